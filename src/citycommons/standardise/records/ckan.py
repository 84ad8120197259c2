"""CKAN's packages, with what its common extensions add: translated texts, DCAT in extras.

References
----------
CKAN 2.11 API guide: package_show. ckanext-dcat: mapping of CKAN fields to DCAT. ckanext-fluent.
"""

import re
from typing import Any

import orjson

from citycommons.core.types import Link, Parcel
from citycommons.standardise.records.file_formats import format_of
from citycommons.standardise.records.periods import Period, interval, period
from citycommons.standardise.records.said import Said, object_of, objects, text_of
from citycommons.standardise.records.texts import language_of, line, strings, texts

_FREQUENCY = ("frequency", "accrual_periodicity", "accrualPeriodicity", "update_frequency",
              "updateFrequency", "accrual-periodicity", "frequency-of-update")  # fmt: skip
_START = ("temporal_start", "temporal_coverage_from", "temporal-coverage-from", "start_date")
_END = ("temporal_end", "temporal_coverage_to", "temporal-coverage-to", "end_date")


def read(content: bytes, parcel: Parcel, language: str) -> Said:
    """What the package says; its extras count like fields."""
    record = object_of(content, parcel.identifier or parcel.name)
    extras = {text_of(one.get("key")): one.get("value") for one in objects(record.get("extras"))}
    said: dict[str, Any] = {k: v for k, v in extras.items() if k} | {
        k: v for k, v in record.items() if v not in (None, "", [], {})
    }
    portal = parcel.origin.partition("/api/3/")[0]
    id = text_of(said.get("id")) or parcel.identifier
    page = f"{portal}/dataset/{text_of(said.get('name')) or id}"
    uri = text_of(said.get("uri"))
    spoken = {language_of(one) for one in strings(said.get("language"))} - {""}
    main = spoken.pop() if len(spoken) == 1 else language
    organization = said.get("organization")
    return Said(
        identifier=text_of(said.get("identifier")) or id,
        source=uri if uri.startswith("http") else f"{portal}/dataset/{id}",
        title=_texts(said, "title", main, is_line=True),
        description=_texts(said, "notes", main) or _texts(said, "description", main),
        landing_page=text_of(said.get("landing_page")) or page,
        publisher=line(text_of(said.get("publisher_name")) or _title(organization, main)),
        steward=_first(said, "contact_name", "maintainer", "author"),
        attribution=_first(said, "attribution", "attribution_text", "license_attribution"),
        keywords=_keywords(said),
        themes=_themes(said),
        frequency=_first(said, *_FREQUENCY),
        licenses=_licenses(said),
        access="NON_PUBLIC" if said.get("private") is True else _first(said, "access_rights"),
        place=_place(said),
        temporal=_temporal(said),
        links=tuple(
            link for one in objects(said.get("resources")) if (link := _link(one, main, portal))
        ),
    )


def _texts(said: dict[str, Any], name: str, language: str, *, is_line: bool = False) -> Any:
    """A text of ckanext-fluent (`title_translated`) or a plain one."""
    for key in (f"{name}_translated", name, f"{name}-translated"):
        if found := texts(said.get(key), language, is_line=is_line):
            return found
    return {}


def _first(said: dict[str, Any], *names: str) -> str:
    return next((line(text) for name in names if (text := text_of(said.get(name)))), "")


def _title(thing: Any, language: str) -> str:
    """The title of an organisation or group in the language, else in any, else its name."""
    if not isinstance(thing, dict):
        return ""
    found = texts(thing.get("display_name") or thing.get("title"), language, is_line=True)
    return found.get(language) or next(iter(found.values()), text_of(thing.get("name")))


def _keywords(said: dict[str, Any]) -> tuple[str, ...]:
    tags = [
        text_of(one.get("display_name") or one.get("name")) for one in objects(said.get("tags"))
    ]
    translated = said.get("keywords")
    if isinstance(translated, dict):
        tags += [word for words in translated.values() for word in strings(words)]
    return tuple(tags)


def _themes(said: dict[str, Any]) -> tuple[str, ...]:
    """Themes of DCAT, of dati.gov.it's aggregates, and the groups by name and title."""
    found = strings(said.get("theme")) + strings(said.get("themes"))
    if isinstance(aggregate := said.get("themes_aggregate"), str):
        try:
            aggregate = orjson.loads(aggregate)
        except orjson.JSONDecodeError:
            aggregate = []
    found += [text_of(one.get("theme")) for one in objects(aggregate)]
    groups = objects(said.get("groups"))
    return tuple(
        [*found]
        or [name for one in groups for name in (_title(one, "en"), text_of(one.get("name")))]
    )


def _licenses(said: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    names = ("license_id", "license_title", "license_url", "license")
    places = (said, *objects(said.get("resources")))
    return tuple(tuple(text_of(one.get(name)) for name in names) for one in places)


def _place(said: dict[str, Any]) -> str:
    """The name of a place; a geometry in its stead is no word."""
    for name in ("spatial_text", "geographical_name", "spatial_name", "spatial", "geolocation"):
        if (text := _first(said, name)) and not text.startswith(("{", "[", "POLYGON", "http")):
            return text
    return ""


def _temporal(said: dict[str, Any]) -> Period:
    first, last = _first(said, *_START), _first(said, *_END)
    if first or last:
        return period(first, last)
    coverage = said.get("temporal_coverage") or said.get("temporals") or said.get("temporal")
    if isinstance(coverage, str) and coverage.startswith("["):
        try:
            coverage = orjson.loads(coverage)
        except orjson.JSONDecodeError:
            coverage = []
    for one in objects(coverage):
        starts = one.get("temporal_start") or one.get("start_date") or one.get("start")
        ends = one.get("temporal_end") or one.get("end_date") or one.get("end")
        return period(text_of(starts), text_of(ends))
    text = text_of(coverage)
    return interval(text) if "/" in text or re.fullmatch(r"\d{4}", text) else (None, None)


def _link(one: dict[str, Any], language: str, portal: str) -> Link | None:
    url = text_of(one.get("download_url")) or text_of(one.get("url"))
    if not url:
        return None
    if url.startswith("/"):
        url = portal + url
    names = _texts(one, "name", language, is_line=True) or _texts(one, "title", language)
    media = [text_of(one.get(key)) for key in ("format", "mimetype", "media_type")]
    return Link(
        url=url,
        title=line(names.get(language) or next(iter(names.values()), "")),
        format=format_of(media, url),
    )
