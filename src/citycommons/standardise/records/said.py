"""What a catalogue's record says, in its own words, and the entry of ours that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from citycommons.core.errors import Invalid
from citycommons.core.types import (
    Access,
    Category,
    Dataset,
    DatasetId,
    Link,
    PublisherId,
    Text,
)
from citycommons.standardise.records.frequencies import frequency_of
from citycommons.standardise.records.licences import Statement, license_of
from citycommons.standardise.records.periods import Period
from citycommons.standardise.records.texts import line
from citycommons.standardise.records.themes import theme_of

_TRANSPARENCY = frozenset(("GOVE", "SOCI", "ECON", "JUST"))
_LICENCE_SAID: Text = {
    "en": "Licence as the origin states it: “{words}”.",
    "de": "Lizenz nach Angabe der Quelle: „{words}“.",
    "fr": "Licence telle que la source l’indique : « {words} ».",
    "it": "Licenza come indicata dalla fonte: «{words}».",
}
_ACCESS = {
    "PUBLIC": Access.PUBLIC,
    "RESTRICTED": Access.RESTRICTED,
    "RESTRICTED PUBLIC": Access.RESTRICTED,
    "NON_PUBLIC": Access.INTERNAL,
    "NON-PUBLIC": Access.INTERNAL,
    "CONFIDENTIAL": Access.INTERNAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One record, the same whatever its vocabulary; texts are clean, codes are not read yet."""

    identifier: str
    source: str = ""  # the origin's IRI of the dataset
    title: Text = field(default_factory=dict)
    description: Text = field(default_factory=dict)
    landing_page: str = ""
    publisher: str = ""  # name
    steward: str = ""  # name of a contact
    attribution: str = ""
    keywords: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    frequency: str = ""
    licenses: tuple[Statement, ...] = ()
    access: str = ""
    place: str = ""
    temporal: Period = (None, None)
    links: tuple[Link, ...] = ()


def object_of(content: bytes, where: str) -> dict[str, Any]:
    """The record as a JSON object; `Invalid` if it is none, or only the error its server gave."""
    try:
        record = orjson.loads(content)
    except orjson.JSONDecodeError as cause:
        raise Invalid(f"The record {where} is no JSON.", record=where) from cause
    if not isinstance(record, dict):
        raise Invalid(f"The record {where} is a {type(record).__name__}, no object.", record=where)
    if set(record) <= {"id", "name", "error"} and record.get("error"):
        raise Invalid(f"The record {where} could not be had: {record['error']}", record=where)
    return record


def text_of(value: Any) -> str:
    """A value as text; empty for none, and for what is no text or number."""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a value that should be a list of them."""
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, dict)]


def dataset_of(
    said: Said, *, publisher: PublisherId, license: str, attribution: str, where: str
) -> Dataset:
    """The entry, still without an id of ours; `Invalid` names the record and what it lacks."""
    if not said.title:
        raise Invalid(
            f"The record {said.identifier or where} has no title. Ask its publisher to add one.",
            column="title",
            record=said.identifier or where,
        )
    keywords = tuple(dict.fromkeys(filter(None, map(line, said.keywords))))
    theme = theme_of(said.themes, keywords)
    id, words = license_of(said.licenses, license)
    return Dataset(
        id=DatasetId(""),
        title=said.title,
        description=_with_licence(said.description, said.title, words),
        publisher=publisher,
        steward=said.steward,
        license=id,
        attribution=said.attribution or attribution or said.publisher,
        access=_ACCESS.get(said.access.rpartition("/")[2].upper().strip(), Access.PUBLIC),
        category=Category.TRANSPARENCY if theme in _TRANSPARENCY else Category.ENVIRONMENTAL,
        theme=theme,
        keywords=keywords,
        place=said.place,
        temporal=said.temporal,
        frequency=frequency_of(said.frequency),
        landing_page=said.landing_page,
        source=said.source,
        identifier=said.identifier,
        links=_once(said.links),
    )


def _with_licence(description: Text, title: Text, words: str) -> Mapping[str, str]:
    """The description, with the licence's words where we have no name for it."""
    if not words:
        return description
    languages = description or title
    return {
        tag: f"{description.get(tag, '')}\n\n"
        f"{_LICENCE_SAID.get(tag, _LICENCE_SAID['en']).format(words=line(words))}".strip()
        for tag in languages
    }


def _once(links: tuple[Link, ...]) -> tuple[Link, ...]:
    found: dict[tuple[str, str], Link] = {}
    for link in links:
        found.setdefault((link.url, link.format), link)
    return tuple(found.values())
