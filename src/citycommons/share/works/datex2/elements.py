"""Elements of a DATEX II document by their local names: profiles change the namespaces."""

from collections.abc import Iterator
from datetime import datetime, time
from math import isfinite
from xml.etree.ElementTree import Element, ParseError
from zoneinfo import ZoneInfo

from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.works import Line
from citycommons.share.works.datex2.words import TYPE
from citycommons.share.works.places import read_latitude_first

MOST_BYTES = 128 * 2**20


def root_of(data: bytes, name: str) -> Element:
    """The root of a document of version 3; raises `Invalid` for any other."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if len(data) > MOST_BYTES:
        raise TooMuch(f"{name} is larger than {MOST_BYTES // 2**20} MB. Ask for a smaller part.")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as cause:
        raise Invalid(
            f"{name} is broken or unsafe XML: {cause}. Ask for it again at its source."
        ) from cause
    if "datex2.eu/schema/3/" in root.tag or any(
        "datex2.eu/schema/3/" in element.tag for element in root.iter()
    ):
        return root
    if "datex2.eu/schema/2" in root.tag or local(root.tag) == "d2LogicalModel":
        raise Invalid(
            f"{name} is DATEX II of version 2, whose situations are built differently. Ask for "
            "version 3, or bring it as a dataset, which reads both."
        )
    raise Invalid(f"{name} is no DATEX II of version 3; its root is “{local(root.tag)}”.")


def language_of(element: Element) -> str:
    """The language of the first text that names one."""
    found = (e.get("lang") for e in element.iter() if local(e.tag) == "value")
    return next((lang for lang in found if lang), "en")


def clock(text: str) -> time | None:
    """An xs:time; None is the end of the day, which is 24:00:00."""
    try:
        return None if text.startswith("24:00") else time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """An xs:dateTime; without an offset it is told by the city's clock."""
    try:
        found = datetime.fromisoformat(text) if len(text) > len("2026-03-31") else None
    except ValueError:
        return None
    if found is None or not 1900 < found.year < 2200:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def spoken(element: Element, name: str, language: str) -> dict[str, str]:
    """A MultilingualString that is a child of the element: language → text."""
    held = next((e for e in element if local(e.tag) == name), None)
    if held is None:
        return {}
    found = every(held, "value")
    return {e.get("lang") or language: e.text for e in found if e.text}


def kind_of(record: Element) -> str:
    """Its xsi:type without a prefix."""
    return local(record.get(TYPE, ""))


def every(element: Element, name: str) -> list[Element]:
    """All elements of this name, the element itself among them."""
    return [e for e in element.iter() if local(e.tag) == name]


def text_of(element: Element, name: str) -> str:
    """The text of the first element of this name below that has one."""
    found: Iterator[str] = ((e.text or "").strip() for e in every(element, name))
    return next((text for text in found if text), "")


def local(name: str) -> str:
    """The name without its namespace or prefix."""
    return name.rpartition("}")[2].rpartition(":")[2]


def number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def count(text: str) -> int | None:
    """A count of fewer than ten digits, or None."""
    return int(text) if text.isdecimal() and len(text) < 10 else None


def whole_number(element: Element, name: str) -> int | None:
    """The count that the first element of this name holds."""
    return count(text_of(element, name))


def lines_of(place: Element, whose: str) -> list[Line]:
    """The lines below a place, in the order of the document."""
    listed = [e for line in every(place, "gmlLineString") for e in every(line, "posList")]
    found = [read_latitude_first(e.text or "", f"Situation “{whose}”") for e in listed]
    return [line for line in found if line]


def joined(found: list[Line]) -> Line:
    """Lines one after the other; a position that two share stands once."""
    line = found[0]
    for more in found[1:]:
        line += more[1:] if more[0] == line[-1] else more
    return line[:1] if len(line) == 2 and line[0] == line[1] else line


def hours_of(period: Element) -> tuple[time, time | None]:
    """When a recurring period opens and closes; None is the end of the day."""
    opens = clock(text_of(period, "startTimeOfPeriod")) or time(0)
    return opens, clock(text_of(period, "endTimeOfPeriod"))
