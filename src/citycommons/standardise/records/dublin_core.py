"""Dublin Core in XML: `csw:Record` of catalogue services, `oai_dc:dc` of OAI-PMH.

References
----------
DCMI Metadata Terms. OGC 07-006r1: Catalogue Services 2.0.2, `csw:Record`. OAI-PMH 2.0, `oai_dc`.
"""

from typing import TYPE_CHECKING

from citycommons.core.types import Link, Parcel
from citycommons.standardise.records.file_formats import format_of
from citycommons.standardise.records.markup import at, element_of, words
from citycommons.standardise.records.periods import Period, interval
from citycommons.standardise.records.said import Said
from citycommons.standardise.records.texts import cleaned, language_of, line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_WEB = ("http://", "https://")


def read(content: bytes, parcel: Parcel, language: str) -> Said:
    """What the record says; addresses among its identifiers are its page and source."""
    root = element_of(content, parcel.identifier or parcel.name)
    spoken = {language_of(text) for text in _all(root, "language")} - {""}
    main = spoken.pop() if len(spoken) == 1 else language
    identifiers = _all(root, "identifier")
    pages = [one for one in identifiers if one.startswith(_WEB)]
    files = [
        (words(one), one.get("scheme", ""))
        for name in ("references", "URI", "relation")
        for one in at(root, name)
        if words(one).startswith(_WEB)
    ]
    formats = _all(root, "format")
    return Said(
        identifier=parcel.identifier or next(iter(identifiers), ""),
        source=next(iter(pages), parcel.origin),
        title=_texts(root, main, "title", is_line=True),
        description=_texts(root, main, "abstract", "description"),
        landing_page=next(iter(pages), ""),
        publisher=line(next(iter(_all(root, "publisher")), "")),
        steward=line(next(iter(_all(root, "creator")), "")),
        keywords=tuple(_all(root, "subject")),
        themes=tuple(_all(root, "subject")),
        frequency=next(iter(_all(root, "accrualPeriodicity")), ""),
        licenses=(tuple(_all(root, "license")) or tuple(_all(root, "rights")),),
        place=next((line(t) for t in _all(root, "spatial", "coverage") if _is_name(t)), ""),
        temporal=_period(root),
        links=tuple(
            Link(
                url=url,
                format=format_of([scheme, *formats] if len(formats) == 1 else [scheme], url),
            )
            for url, scheme in files
        ),
    )


def _all(root: "Element", *names: str) -> list[str]:
    return [text for name in names for one in at(root, name) if (text := words(one))]


def _texts(root: "Element", language: str, *names: str, is_line: bool = False) -> dict[str, str]:
    clean = line if is_line else cleaned
    for name in names:
        found: dict[str, str] = {}
        for one in at(root, name):
            if text := clean("".join(one.itertext())):
                found.setdefault(language_of(one.get(_LANG, "")) or language, text)
        if found:
            return found
    return {}


def _is_name(text: str) -> bool:
    return text[:1].isalpha() and "=" not in text and not text.startswith("POLYGON")


def _period(root: "Element") -> Period:
    for text in _all(root, "temporal"):
        said = dict(
            part.strip().split("=", 1) for part in text.split(";") if "=" in part
        )  # DCMI Period: start=2015; end=2016
        found = interval(f"{said.get('start', '')}/{said.get('end', '')}" if said else text)
        if found != (None, None):
            return found
    return None, None
