"""Datasets as Opendatasoft's Explore API 2.1 describes them, and what its catalogue may be asked.

References
----------
Opendatasoft: Explore API reference v2.1, `/catalog/datasets`, `/catalog/facets`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from citycommons.core.errors import Invalid
from citycommons.core.types import Access, Dataset, Field, FieldRole, FieldType, Link, Version
from citycommons.govern.licenses import LICENSES
from citycommons.share import cells
from citycommons.share.catalogue import Entry, Found, Search, Sort
from citycommons.share.expressions.names import Names
from citycommons.share.expressions.odsql import Odsql
from citycommons.share.expressions.tree import Call, Column, Expression, Literal
from citycommons.share.faces.opendatasoft import TYPES, is_facet
from citycommons.share.linked import words_in

FACETS = {"publisher": "publisher", "theme": "theme", "license": "license", "format": "format"}
"""Facets of the catalogue, and what they are called here."""

_FIELDS = tuple(
    Field(name=name, type=FieldType.STRING)
    for name in ("dataset_id", "title", "description", "keyword", *FACETS, "modified")
)
_NAMES = Names(fields=_FIELDS)
_SORTS = {
    **dict.fromkeys(("dataset_id", "title", "datasetid"), Sort.TITLE),
    **dict.fromkeys(("modified", "metadata_processed", "data_processed"), Sort.NEWEST),
}


def dataset(
    entry: Entry, kinds: frozenset[str], language: str, base: str, *, links: bool = False
) -> dict[str, Any]:
    """One dataset; `kinds` are those of its shapes."""
    one, version = entry.dataset, entry.version
    license = LICENSES.get(one.license)
    told = {
        "dataset_id": one.id,
        "dataset_uid": "da_" + hashlib.sha256(one.id.encode()).hexdigest()[:6],
        "has_records": version is not None,
        "data_visible": one.access is Access.PUBLIC,
        "visibility": "domain" if one.access is Access.PUBLIC else "restricted",
        "features": _features(version),
        "attachments": [],
        "alternative_exports": [_export(link) for link in one.links],
        "fields": fields(version, kinds, language),
        "metas": {
            "default": {
                "title": words_in(one.title, language),
                "description": words_in(one.description, language),
                "theme": [one.theme] if one.theme else [],
                "keyword": list(one.keywords),
                "license": license.title if license else one.license,
                "license_url": license.url if license else None,
                "language": language,
                "metadata_languages": list(one.title),
                "modified": _iso(version.created if version else one.modified),
                "data_processed": _iso(version.created if version else None),
                "metadata_processed": _iso(one.modified),
                "publisher": entry.publisher.name,
                "references": one.landing_page or one.source or None,
                "attributions": [one.attribution] if one.attribution else None,
                "records_count": version.rows if version else 0,
                "territory": [one.place] if one.place else None,
                "update_frequency": one.frequency or None,
                "source_domain_address": None,
            },
            "dcat": {
                "created": _iso(one.created),
                "issued": _iso(one.created),
                "creator": entry.publisher.name,
                "contact_name": one.steward or None,
                "accrualperiodicity": one.frequency or None,
                "spatial": one.place or None,
                "temporal": _temporal(one),
            },
        },
    }
    if links:
        told["_links"] = _links(one.id, base)
    return told


def _temporal(one: Dataset) -> str | None:
    start, end = one.temporal
    return f"{start or '..'}/{end or '..'}" if start or end else None


def _features(version: Version | None) -> list[str]:
    if version is None:
        return []
    is_timed = any(f.type in (FieldType.DATE, FieldType.DATETIME) for f in version.fields)
    return ["analyze", *(["geo"] if version.geometry else []), *(["timeserie"] if is_timed else [])]


def _export(link: Link) -> dict[str, Any]:
    id = hashlib.sha256(link.url.encode()).hexdigest()[:12]
    return {"id": id, "title": link.title or link.url, "url": link.url, "mimetype": link.format,
            "description": None}  # fmt: skip


def fields(version: Version | None, kinds: frozenset[str], language: str) -> list[dict[str, Any]]:
    """The fields of a dataset's records."""
    if version is None:
        return []
    names = Names(fields=version.fields)
    return [
        {
            "name": names.of[field.name],
            "description": words_in(field.description, language) or None,
            "annotations": _annotations(field, version),
            "label": words_in(field.title, language) or field.name,
            "type": _type(field, field.name == version.geometry and kinds <= {"POINT"}),
        }
        for field in version.fields
    ]


def _type(field: Field, is_point: bool) -> str:
    if field.type is FieldType.GEOMETRY:
        return "geo_point_2d" if is_point else "geo_shape"
    return TYPES[field.type]


def _annotations(field: Field, version: Version) -> dict[str, Any]:
    found: dict[str, Any] = {"unit": field.unit} if field.unit else {}
    if is_facet(field, version):
        found |= {"facet": [], "disjunctive": []}
    if field.role is FieldRole.IDENTIFIER:
        found["id"] = []
    return found


def _links(id: str, base: str) -> list[dict[str, str]]:
    own = f"{base}/api/explore/v2.1/catalog/datasets/{quote(id, safe='')}"
    parts = {"self": "", "datasets": "/..", "records": "/records", "exports": "/exports"}
    return [
        {"href": f"{base}/api/explore/v2.1/catalog/datasets" if p == "/.." else own + p, "rel": rel}
        for rel, p in parts.items()
    ]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def question(
    where: Sequence[str], refine: Sequence[str], order_by: str, *, limit: int, offset: int
) -> tuple[Search, tuple[str, ...]]:
    """What is searched in the catalogue, and the ids that were asked for by name.

    Raises `Invalid` for what the catalogue cannot be asked.
    """
    chosen: dict[str, tuple[str, ...]] = {}
    words: list[str] = []
    ids: list[str] = []
    for text in where:
        if text.strip():
            _gather(Odsql(text, _NAMES).whole(), chosen, words, ids)
    for text in refine:
        name, mark, value = text.partition(":")
        facet = name.strip().removeprefix("default.")
        if not mark or facet not in (*FACETS, "keyword"):
            raise Invalid(f"“{text[:60]}”: refine by {', '.join(FACETS)} or keyword.")
        _choose(facet, value.strip().strip("\"'"), chosen, words)
    name = (
        order_by.split(",", maxsplit=1)[0]
        .strip()
        .lower()
        .removeprefix("-")
        .removeprefix("default.")
    )
    sort = _SORTS.get(name.split(" ")[0], Sort.RELEVANCE)
    found = Search(text=" ".join(words), chosen=chosen, sort=sort, limit=limit, offset=offset)
    return found, tuple(ids)


def _gather(
    one: Expression, chosen: dict[str, tuple[str, ...]], words: list[str], ids: list[str]
) -> None:
    match one:
        case Literal(str(text)):
            words.append(text.replace("*", " "))
        case Call("and", ()):
            pass
        case Call("and", parts):
            for part in parts:
                _gather(part, chosen, words, ids)
        case Call("eq", (Column("dataset_id"), Literal(str(id)))):
            ids.append(id)
        case Call("in", (Column("dataset_id"), *given)):
            ids.extend(str(g.value) for g in given if isinstance(g, Literal))
        case Call("eq", (Column(facet), Literal(str(value)))) if facet in (*FACETS, "keyword"):
            _choose(facet, value, chosen, words)
        case Call("in", (Column(facet), *given)) if facet in FACETS:
            for g in given:
                _choose(facet, str(g.value) if isinstance(g, Literal) else "", chosen, words)
        case _:
            found = _words(one)
            if not found:
                raise Invalid(
                    "The catalogue is asked for words, dataset_id, keyword, "
                    f"{', '.join(FACETS)}, joined by AND. Ask the records for more."
                )
            words.extend(found)


def _words(one: Expression) -> list[str]:
    """The words of a search in titles and descriptions, as `search(…)` and `like` were read."""
    match one:
        case Call("contains", (_, Literal(str(word)))):
            return [word]
        case Call("and" | "or", parts):
            return list(dict.fromkeys(word for part in parts for word in _words(part)))
    return []


def _choose(facet: str, value: str, chosen: dict[str, tuple[str, ...]], words: list[str]) -> None:
    if facet == "keyword":
        words.append(value)
    else:
        chosen[facet] = (*chosen.get(facet, ()), value)


def facets(found: Found, names: Mapping[str, str], refined: Mapping[str, Sequence[str]],
           wanted: Sequence[str]) -> list[dict[str, Any]]:  # fmt: skip
    """Facets of the catalogue; `names` are those of publishers by their ids."""
    told = []
    for facet, ours in FACETS.items():
        if wanted and facet not in wanted:
            continue
        values = [
            {
                "name": names.get(value, value),
                "count": count,
                "state": "refined" if value in refined.get(facet, ()) else "displayed",
                "value": value,
            }
            for value, count in found.facets.get(ours, {}).items()
            if count
        ]
        told.append({"name": facet, "facets": values})
    return told


def by_id(asked: Search, publishers: Mapping[str, str]) -> Search:
    """Publishers that were asked for by name are meant by their id."""
    given = asked.chosen.get("publisher")
    if not given:
        return asked
    ids = {name: id for id, name in publishers.items()}
    chosen = {**asked.chosen, "publisher": tuple(ids.get(one, one) for one in given)}
    licenses = {one.title: one.id for one in LICENSES.values()}
    if "license" in chosen:
        chosen["license"] = tuple(licenses.get(one, one) for one in chosen["license"])
    return replace(asked, chosen=chosen)


def lines(told: Sequence[Mapping[str, Any]]) -> bytes:
    """Datasets as CSV, a column for each of the usual descriptions."""
    names = ("title", "description", "theme", "keyword", "publisher", "license", "modified")
    columns = {"datasetid": [one["dataset_id"] for one in told]}
    for name in (*names, "records_count"):
        columns[f"default.{name}"] = [_cell(one["metas"]["default"][name]) for one in told]
    fields = [Field(name=name, type=FieldType.STRING) for name in columns]
    table = pa.table({name: pa.array(some, pa.string()) for name, some in columns.items()})
    return cells.csv_header(fields, ";") + cells.csv_lines(table, fields, ";")


def _cell(value: Any) -> str | None:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return None if value is None else str(value)
