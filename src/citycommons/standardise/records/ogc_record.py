"""Records of OGC API Records, Part 1: GeoJSON features that describe a dataset."""

from typing import Any

from citycommons.core.types import Link, Parcel
from citycommons.standardise.records.file_formats import format_of
from citycommons.standardise.records.periods import Period, interval, period
from citycommons.standardise.records.said import Said, object_of, objects, text_of
from citycommons.standardise.records.texts import language_of, line, strings, texts

_DATA = ("enclosure", "item", "items", "data", "download", "service", "distribution",
         "http://www.opengis.net/def/rel/ogc/1.0/data")  # fmt: skip
_PAGES = ("about", "canonical", "describedby", "alternate", "landing", "related")


def read(content: bytes, parcel: Parcel, language: str) -> Said:
    """What the record says; links that lead to data become its files."""
    record = object_of(content, parcel.identifier or parcel.name)
    says = (objects(record.get("properties")) or [{}])[0]
    spoken = (objects(says.get("language")) or [{}])[0]
    main = language_of(text_of(spoken.get("code")) or text_of(says.get("language"))) or language
    contacts = objects(says.get("contacts") or says.get("providers"))
    links = objects(record.get("links"))
    id = text_of(record.get("id")) or parcel.identifier
    return Said(
        identifier=id,
        source=_href(links, "canonical", "self") or parcel.origin,
        title=texts(says.get("title"), main, is_line=True),
        description=texts(says.get("description"), main),
        landing_page=_page(links) or parcel.origin,
        publisher=_contact(contacts, "publisher", "owner", "custodian", ""),
        steward=_contact(contacts, "pointOfContact", "contact"),
        attribution=line(text_of(says.get("attribution"))),
        keywords=tuple(strings(says.get("keywords"))),
        themes=tuple(_themes(says.get("themes"))),
        frequency=text_of(says.get("accrualPeriodicity")) or text_of(says.get("frequency")),
        licenses=((text_of(says.get("license")), _href(links, "license")),),
        temporal=_period(record.get("time")),
        links=tuple(
            Link(
                url=text_of(one.get("href")),
                title=line(text_of(one.get("title"))),
                format=format_of([text_of(one.get("type"))], text_of(one.get("href"))),
            )
            for one in links
            if text_of(one.get("rel")).casefold() in _DATA and text_of(one.get("href"))
        ),
    )


def _href(links: list[dict[str, Any]], *relations: str) -> str:
    for relation in relations:
        for one in links:
            if text_of(one.get("rel")) == relation and text_of(one.get("href")).startswith("http"):
                return text_of(one.get("href"))
    return ""


def _page(links: list[dict[str, Any]]) -> str:
    """The page that people read."""
    for relation in _PAGES:
        for one in links:
            if text_of(one.get("rel")) == relation and "html" in text_of(one.get("type")):
                return text_of(one.get("href"))
    return ""


def _contact(contacts: list[dict[str, Any]], *roles: str) -> str:
    for role in roles:
        for one in contacts:
            if not role or role in strings(one.get("roles")):
                return line(text_of(one.get("organization")) or text_of(one.get("name")))
    return ""


def _themes(value: Any) -> list[str]:
    found: list[str] = []
    for theme in objects(value):
        for concept in objects(theme.get("concepts")):
            found += [text_of(concept.get("id")), text_of(concept.get("title"))]
    return [one for one in found if one]


def _period(time: Any) -> Period:
    if isinstance(time, str):
        return interval(time)
    if not isinstance(time, dict):
        return None, None
    if len(span := [text_of(one) for one in time.get("interval") or ()]) == 2:
        return period(*span)
    return interval(text_of(time.get("date")) or text_of(time.get("timestamp")))
