"""Records as Opendatasoft's Explore API 2.1 gives them, and its questions as a `Query`.

References
----------
Opendatasoft: Explore API reference v2.1, `/catalog/datasets/{dataset_id}/records`, `/facets`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldRole, FieldType, Version
from citycommons.share import cells, sql
from citycommons.share.expressions.names import Names
from citycommons.share.expressions.odsql import Odsql
from citycommons.share.expressions.sql import is_aggregate
from citycommons.share.expressions.tree import (
    Call,
    Column,
    Expression,
    Literal,
    Named,
    Sorted,
    all_of,
    call,
)
from citycommons.share.faces.row_ids import by_place, row_id
from citycommons.share.open import Opened
from citycommons.share.query import Query
from citycommons.share.shapes import geometry_types

MOST_FACETS = 20  # of one answer
MOST_VALUES = 200  # of one facet
_FEW = 100  # values that make a column of text a facet
TYPES = {
    FieldType.STRING: "text",
    FieldType.INTEGER: "int",
    FieldType.NUMBER: "double",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.DATETIME: "datetime",
    FieldType.TIME: "text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The parameters of a question as they came, the repeated ones in their order."""

    select: str = ""
    where: tuple[str, ...] = ()  # all of them hold
    group_by: str = ""
    order_by: str = ""
    refine: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How the columns of an answer are written."""

    columns: tuple[tuple[str, Field], ...]  # name in the answer, and field
    points: frozenset[str]  # names of fields that hold points alone
    zone: str = "UTC"


def names_of(opened: Opened) -> Names:
    """The columns as ODSQL writes them, and what every record has."""
    id = row_id(opened.dataset, opened.version)
    moment = Literal(opened.version.created)
    system = {"_id": id, "recordid": id, "_timestamp": moment, "record_timestamp": moment}
    known = {field.name.lower() for field in opened.version.fields}
    return Names(
        fields=opened.version.fields,
        system={name: one for name, one in system.items() if name not in known},
    )


def question(asked: Asked, names: Names, now: datetime, *, limit: int | None, offset: int) -> Query:
    """The query that the parameters ask for.

    Raises `Invalid` for what cannot be read.
    """

    def read(text: str) -> Odsql:
        one = Odsql(text, names)
        one.now = now
        return one

    filters = [read(text).condition() for text in asked.where if text.strip()]
    filters += refined(asked.refine, names)
    filters += [call("not", one) for one in refined(asked.exclude, names)]
    selected = read(asked.select)
    computed = selected.selected().computed if asked.select.strip() else ()
    aliases = dict(selected.aliases)
    groups: tuple[Named, ...] = ()
    if asked.group_by.strip():
        groups = read(asked.group_by).grouped()
        aliases |= {one.name.lower(): one.expression for one in groups}
        shown = {one.name for one in groups}
        computed = (*groups, *(one for one in computed if one.name not in shown))
    sort: tuple[Sorted, ...] = ()
    if asked.order_by.strip():
        ordered = read(asked.order_by)
        ordered.aliases = aliases
        sort = ordered.sorted_by()
    return Query(
        computed=computed,
        filter=all_of(*filters),
        group_by=tuple(one.expression for one in groups),
        sort=tuple(replace(one, expression=by_place(one.expression)) for one in sort),
        limit=limit,
        offset=offset,
    )


def is_grouped(query: Query) -> bool:
    """Whether it gives groups, or sums over all records."""
    return bool(query.group_by) or any(is_aggregate(one.expression) for one in query.computed)


def refined(texts: Sequence[str], names: Names) -> list[Expression]:
    """What `refine=field:value` says; of several values of one field any will do."""
    by_field: dict[str, list[Expression]] = {}
    for text in texts:
        name, mark, value = text.partition(":")
        if not mark:
            raise Invalid(f"“{text[:60]}” is no refinement. Write refine=field:value.")
        column = names.column(name.strip().strip("`"))
        plain = re.fullmatch(r"""\s*(["'])(.*)\1\s*""", value, re.DOTALL)
        found = _equal(column, plain[2] if plain else value, names)
        by_field.setdefault(name.strip().lower(), []).append(found)
    return [some[0] if len(some) == 1 else Call("or", tuple(some)) for some in by_field.values()]


def _equal(column: Expression, value: str, names: Names) -> Expression:
    field = names.field_of(column)
    is_time = field is not None and field.type in (FieldType.DATE, FieldType.DATETIME)
    if is_time and (span := _span(value.strip())):
        low, high = (Literal(one) for one in span)
        return call("and", call("ge", column, low), call("lt", column, high))
    return Odsql("", names).compared("eq", column, Literal(value))


def _span(text: str) -> tuple[date, date] | None:
    """The days of a year, a month or one day: `2026`, `2026/03`, `2026/03/31`."""
    if not re.fullmatch(r"\d{4}([/-]\d\d?){0,2}", text):
        return None
    year, *rest = map(int, re.split("[/-]", text))
    try:
        low = date(year, *[*rest, 1, 1][:2])
        if not rest:
            return low, date(year + 1, 1, 1)
        if len(rest) == 1:
            return low, date(year + rest[0] // 12, rest[0] % 12 + 1, 1)
        return low, date.fromordinal(low.toordinal() + 1)
    except (ValueError, OverflowError):
        return None


def shown(query: Query, names: Names, opened: Opened, zone: str = "UTC") -> Shown:
    """The answer's columns. Raises `Invalid` for a zone of time that is none."""
    _zone(zone)
    fields = sql.result_fields(query, names.fields)
    given = query.computed or tuple(
        Named(name=names.of[field.name], expression=Column(field.name)) for field in fields
    )
    place = opened.version.geometry
    has_points = place is not None and geometry_types(opened) <= {"POINT"}
    points = {
        field.name
        for one, field in zip(given, fields, strict=True)
        if has_points and one.expression == Column(place or "")
    }
    columns = tuple((one.name, field) for one, field in zip(given, fields, strict=True))
    return Shown(columns=columns, points=frozenset(points), zone=zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as cause:
        raise Invalid(f"“{name[:40]}” is no zone of time. Take Europe/Berlin, or UTC.") from cause


def objects(batch: pa.Table | pa.RecordBatch, shown: Shown, end: str = ",") -> bytes:
    """Records as JSON objects, each with `end` behind it."""
    if not batch.num_rows:
        return b""
    parts: list[pa.Array | str] = []
    for place, (name, field) in enumerate(shown.columns):
        key = orjson.dumps(name).decode()
        parts += [f"{',' if place else '{'}{key}:", _json(batch, field, shown)]
    return cells.payload(cells.joined([*parts, "}" + end]))


def _json(batch: pa.Table | pa.RecordBatch, field: Field, shown: Shown) -> pa.Array:
    column = cells.whole(batch, field.name)
    if field.type is FieldType.DATETIME:
        text = moments(column, shown.zone)
        return pc.fill_null(pc.binary_join_element_wise('"', text, '"', ""), "null")
    if field.type is not FieldType.GEOMETRY:
        return cells.json_cells(column, field)
    shapes = cells.geojson_cells(column)
    is_none = pc.equal(shapes, "null")
    if field.name in shown.points:
        spot = pc.replace_substring_regex(
            shapes, r'^.*"coordinates":\[([^,]*),([^\],]*).*$', r'{"lon":\1,"lat":\2}'
        )
        return pc.if_else(is_none, "null", spot)
    feature = cells.joined(['{"type":"Feature","geometry":', shapes, ',"properties":{}}'])
    return pc.if_else(is_none, "null", feature)


def moments(column: pa.Array, zone: str) -> pa.Array:
    """Times with the offset of the zone: `2026-03-31T08:00:00+00:00`."""
    if zone == "UTC":
        text = cells.plain_cells(column)
        return pc.replace_substring_regex(text, r"Z$", "+00:00")
    local = pc.cast(column, pa.timestamp("s", zone), safe=False)
    text = pc.strftime(local, format="%Y-%m-%dT%H:%M:%S%z")
    return pc.replace_substring_regex(text, r"([+-]\d\d)(\d\d)$", r"\1:\2")


def listed(found: Iterator[pa.RecordBatch], shown: Shown) -> Iterator[bytes]:
    """Records as one JSON array, a batch at a time."""
    before = b"["
    for batch in found:
        if text := objects(batch, shown, ",\n"):
            yield before + text[:-2]
            before = b",\n"
    yield b"[]" if before == b"[" else b"]"


def texts(batch: pa.Table | pa.RecordBatch, shown: Shown) -> tuple[pa.Table, tuple[Field, ...]]:
    """Columns under their names, times with their offset; shapes as they are."""
    arrays, fields = [], []
    for name, field in shown.columns:
        column = cells.whole(batch, field.name)
        if field.type is FieldType.DATETIME:
            column, field = moments(column, shown.zone), replace(field, type=FieldType.STRING)
        arrays.append(column)
        fields.append(replace(field, name=name))
    return pa.table(arrays, names=[name for name, _ in shown.columns]), tuple(fields)


def lines(
    found: Iterator[pa.RecordBatch], shown: Shown, *, delimiter: str, has_labels: bool
) -> Iterator[bytes]:
    """CSV: points as “lat, lon”, other shapes as GeoJSON."""
    head = [
        replace(field, name=next(iter(field.title.values()), name) if has_labels else name)
        for name, field in shown.columns
    ]
    yield cells.csv_header(head, delimiter)
    for batch in found:
        table, fields = texts(batch, shown)
        for place, (field, (_, source)) in enumerate(zip(fields, shown.columns, strict=True)):
            if field.type is FieldType.GEOMETRY:
                column = _place_texts(cells.whole(table, field.name), source.name in shown.points)
                table = table.set_column(place, field.name, column)
        plain = [
            replace(one, type=FieldType.STRING) if one.type is FieldType.GEOMETRY else one
            for one in fields
        ]
        yield cells.csv_lines(table, plain, delimiter)


def _place_texts(column: pa.Array, is_point: bool) -> pa.Array:
    shapes = cells.geojson_cells(column)
    text = shapes
    if is_point:
        text = pc.replace_substring_regex(
            shapes, r'^.*"coordinates":\[([^,]*),([^\],]*).*$', r"\2, \1"
        )
    return pc.if_else(pc.equal(shapes, "null"), pa.scalar(None, pa.string()), text)


def features(found: Iterator[pa.RecordBatch], shown: Shown) -> Iterator[bytes]:
    """A GeoJSON collection, a batch at a time; there must be a geometry."""
    before = b'{"type":"FeatureCollection","features":['
    for batch in found:
        table, fields = texts(batch, shown)
        if text := cells.payload(cells.joined([cells.features(table, fields, None), ",\n"])):
            yield before + text[:-2]
            before = b",\n"
    yield (before if before != b",\n" else b"") + b"]}"


def is_facet(field: Field, version: Version) -> bool:
    """Whether values of a column are worth choosing from."""
    if field.is_sensitive or field.type not in (FieldType.STRING, FieldType.BOOLEAN):
        return False
    if field.role is FieldRole.CATEGORY or field.type is FieldType.BOOLEAN:
        return True
    known = next((one for one in version.statistics if one.name == field.name), None)
    return known is not None and 0 < known.distinct <= _FEW and known.distinct * 2 <= version.rows


def facet(
    name: str, values: Sequence[tuple[Any, int]], refined: Sequence[str], excluded: Sequence[str]
) -> dict[str, Any]:
    """One facet with its values, most frequent first."""
    told = []
    for value, count in values:
        text = ("true" if value else "false") if isinstance(value, bool) else _text(value)
        state = "refined" if text in refined else "displayed"
        told.append(
            {
                "name": text,
                "count": count,
                "state": "excluded" if text in excluded else state,
                "value": text,
            }
        )
    return {"name": name, "facets": told}


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def count_query(query: Query, column: str) -> Query:
    """How many of the records have each value of a column, most first."""
    named = Named(name="value", expression=Column(column))
    count = Named(name="count", expression=call("count"))
    there = call("not", call("is_null", Column(column)))
    return Query(
        computed=(named, count),
        filter=there if query.filter is None else call("and", query.filter, there),
        group_by=(Column(column),),
        sort=(Sorted(expression=count.expression, descending=True),),
        limit=MOST_VALUES,
    )


def error(code: str, message: str) -> bytes:
    """An error as the Explore API tells it."""
    return orjson.dumps({"error_code": code, "message": message})
