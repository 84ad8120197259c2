"""ISO 19115 metadata in ISO 19139 XML, as INSPIRE's catalogues (CSW) give it.

References
----------
ISO/TS 19139:2007. INSPIRE Technical Guidelines for metadata 2.0.1.
"""

from typing import TYPE_CHECKING

from citycommons.core.types import Link, Parcel
from citycommons.standardise.records.file_formats import format_of
from citycommons.standardise.records.markup import at, element_of, first, words
from citycommons.standardise.records.periods import Period, period
from citycommons.standardise.records.said import Said
from citycommons.standardise.records.texts import cleaned, language_of, line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_HREF = "{http://www.w3.org/1999/xlink}href"
_NO_LIMITS = ("noLimitations", "noConditionsApply", "conditionsUnknown")


def read(content: bytes, parcel: Parcel, language: str) -> Said:
    """What the metadata say of the data they identify."""
    root = element_of(content, parcel.identifier or parcel.name)
    about = next(at(root, "identificationInfo"), root)
    citation = next(at(about, "citation"), about)
    id = first(root, "fileIdentifier") or parcel.identifier
    main = _language(root) or language
    uri = first(root, "dataSetURI") or first(citation, "identifier/code")
    return Said(
        identifier=id,
        source=uri if uri.startswith(("http://", "https://")) else parcel.origin,
        title=_texts(root, next(at(citation, "title"), None), main, is_line=True),
        description=_texts(root, next(at(about, "abstract"), None), main),
        landing_page=_page(root) or parcel.origin,
        publisher=_organisation(about) or _organisation(root),
        steward=_organisation(about) or _organisation(root),
        keywords=tuple(words(one) for one in at(about, "MD_Keywords/keyword")),
        themes=tuple(words(one) for one in at(about, "topicCategory")),
        frequency=_frequency(about),
        licenses=_licenses(about),
        place=first(about, "EX_Extent/description")
        or first(about, "EX_GeographicDescription/geographicIdentifier/code"),
        temporal=_period(about),
        links=tuple(_links(root)),
    )


def _language(root: "Element") -> str:
    for one in (*at(root, "language/LanguageCode"), *at(root, "language/CharacterString")):
        if found := language_of(one.get("codeListValue", "") or words(one)):
            return found
    return ""


def _texts(
    root: "Element", element: "Element | None", language: str, *, is_line: bool = False
) -> dict[str, str]:
    """The text, and its translations by the locales that the record declares."""
    if element is None:
        return {}
    clean = line if is_line else cleaned
    locales = {
        locale.get("id", ""): language_of(code.get("codeListValue", ""))
        for locale in at(root, "PT_Locale")
        for code in at(locale, "LanguageCode")
    }
    found: dict[str, str] = {}
    for one in (*at(element, "CharacterString"), *at(element, "Anchor")):
        if text := clean(one.text or ""):
            found.setdefault(language, text)
    for one in at(element, "LocalisedCharacterString"):
        said = one.get("locale", "").lstrip("#")
        tag = locales.get(said) or language_of(said.removeprefix("locale-"))
        if tag and (text := clean(one.text or "")):
            found.setdefault(tag, text)
    return found


def _organisation(about: "Element") -> str:
    return line(first(about, "CI_ResponsibleParty/organisationName"))


def _frequency(about: "Element") -> str:
    for one in at(about, "MD_MaintenanceFrequencyCode"):
        return one.get("codeListValue", "") or words(one)
    return ""


def _licenses(about: "Element") -> tuple[tuple[str, ...], ...]:
    """Constraints on use, each a statement: text and the address behind it."""
    found: list[tuple[str, ...]] = []
    for path in (
        "MD_LegalConstraints/otherConstraints",
        "MD_LegalConstraints/useLimitation",
        "MD_Constraints/useLimitation",
    ):
        for one in at(about, path):
            text = words(one)
            address = next((part.get(_HREF, "") for part in one.iter() if part.get(_HREF)), "")
            if not any(word in f"{text} {address}" for word in _NO_LIMITS):
                found.append((text, address))
    return tuple(found)


def _period(about: "Element") -> Period:
    for one in at(about, "TimePeriod"):
        return period(
            first(one, "beginPosition", "begin/timePosition"),
            first(one, "endPosition", "end/timePosition"),
        )
    return None, None


def _online(root: "Element") -> list[tuple[str, str, str, str]]:
    """Address, protocol, name and function of each way to the data."""
    found = []
    for one in at(root, "transferOptions/CI_OnlineResource"):
        if url := first(one, "linkage"):
            code = next(at(one, "CI_OnLineFunctionCode"), None)
            function = code.get("codeListValue", "") if code is not None else ""
            found.append((url, first(one, "protocol"), line(first(one, "name")), function))
    return found


def _links(root: "Element") -> list[Link]:
    formats = [words(one) for one in at(root, "distributionFormat/name")]
    only = formats if len(formats) == 1 else []
    return [
        Link(url=url, title=name, format=format_of([protocol, *only], url))
        for url, protocol, name, function in _online(root)
        if function not in ("information", "search", "order")
    ]


def _page(root: "Element") -> str:
    return next((url for url, _, _, function in _online(root) if function == "information"), "")
