"""Rows as SODA 2.1 gives them: every number a text, no key for what is empty, types by name.

References
----------
Socrata developer documentation: “Data types”, “System fields”, “Response formats”, “Response
codes and headers”.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import Field, FieldType
from citycommons.share import cells, sql
from citycommons.share.expressions import soql
from citycommons.share.expressions.names import Names
from citycommons.share.expressions.tree import Column, Expression, Literal, Named, all_of, call
from citycommons.share.faces.row_ids import by_place, row_id
from citycommons.share.open import Opened
from citycommons.share.query import Query, searchable

MOST_WORDS = 20  # that `$q` looks for
TYPES = {
    FieldType.STRING: "text",
    FieldType.INTEGER: "number",
    FieldType.NUMBER: "number",
    FieldType.BOOLEAN: "checkbox",
    FieldType.DATE: "floating_timestamp",
    FieldType.DATETIME: "floating_timestamp",
    FieldType.TIME: "text",
}
_FIXED = (":created_at", ":updated_at")  # the only times with a zone
_SYSTEM = {":id": "row_identifier", ":version": "row_version"}


def names_of(opened: Opened) -> Names:
    """The columns as SoQL writes them, and the fields that every row has."""
    version = opened.version
    id = call("concat", Literal("row-"), row_id(opened.dataset, version))
    created = Literal(opened.dataset.created or version.created)
    return Names(
        fields=version.fields,
        system={
            ":id": id,
            ":created_at": created,
            ":updated_at": Literal(version.created),
            ":version": Literal(f"rv-{version.digest[:12]}"),
        },
    )


def question(params: Mapping[str, str], names: Names, *, limit: int | None) -> Query:
    """The query that an address's parameters ask for; `limit` holds where none is given.

    Raises `Invalid` for what cannot be read.
    """
    asked = soql.read(params, names)
    filters: list[Expression] = [
        soql.equal(name, text, names) for name, text in params.items() if not name.startswith("$")
    ]
    computed = asked.select
    if asked.group and not computed:
        computed = tuple(_group(one, names, place) for place, one in enumerate(asked.group, 1))
    if params.get("$$exclude_system_fields", "").lower() == "false" and not asked.group:
        given = computed or tuple(Named(name=n, expression=Column(f)) for f, n in names.of.items())
        system = (Named(name=n, expression=e) for n, e in names.system.items())
        computed = (*system, *(one for one in given if one.name not in names.system))
    words = " ".join(asked.search.split()[:MOST_WORDS])
    if words and not searchable(names.fields):
        filters.append(Literal(False))
    return Query(
        computed=computed,
        filter=all_of(*filters) if asked.where is None else all_of(asked.where, *filters),
        words=words if searchable(names.fields) else "",
        group_by=asked.group,
        having=asked.having,
        sort=tuple(replace(one, expression=by_place(one.expression)) for one in asked.order),
        limit=limit if asked.limit is None else asked.limit,
        offset=asked.offset,
    )


def _group(one: Expression, names: Names, place: int) -> Named:
    name = names.of[one.name] if isinstance(one, Column) else f"group_{place}"
    return Named(name=name, expression=one)


def columns(query: Query, names: Names) -> tuple[tuple[str, Field], ...]:
    """The answer's columns: name in the answer, and field."""
    fields = sql.result_fields(query, names.fields)
    if query.computed:
        return tuple((field.name, field) for field in fields)
    return tuple((names.of[field.name], field) for field in fields)


def type_of(name: str, field: Field, place_type: str) -> str:
    """The type of a column as SODA names it; `place_type` is what shapes are here."""
    if name in _FIXED:
        return "fixed_timestamp"
    if field.type is FieldType.GEOMETRY:
        return place_type
    return _SYSTEM.get(name) or TYPES[field.type]


def texts(
    batch: pa.Table | pa.RecordBatch, shown: Sequence[tuple[str, Field]], *, numbers: bool
) -> tuple[pa.Table, tuple[Field, ...]]:
    """The columns under their names, times (and `numbers`) as the texts that SODA has for them."""
    arrays, fields = [], []
    for name, field in shown:
        column = cells.whole(batch, field.name)
        is_number = field.type in (FieldType.INTEGER, FieldType.NUMBER)
        if field.type in (FieldType.DATE, FieldType.DATETIME):
            column, field = _times(column, name), replace(field, type=FieldType.STRING)
        elif field.type is FieldType.TIME or (is_number and numbers):
            column, field = _plain(column), replace(field, type=FieldType.STRING)
        arrays.append(column)
        fields.append(replace(field, name=name))
    return pa.table(arrays, names=[name for name, _ in shown]), tuple(fields)


def _times(column: pa.Array, name: str) -> pa.Array:
    """Milliseconds and no zone, as a floating timestamp is written."""
    whole = pc.cast(column, pa.timestamp("ms", getattr(column.type, "tz", None)), safe=False)
    text = pc.replace_substring(pc.cast(whole.cast(pa.timestamp("ms")), pa.string()), " ", "T")
    return pc.binary_join_element_wise(text, "Z", "") if name in _FIXED else text


def _plain(column: pa.Array) -> pa.Array:
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))
    return cells.plain_cells(column)


def objects(batch: pa.Table | pa.RecordBatch, shown: Sequence[tuple[str, Field]]) -> bytes:
    """Rows as JSON objects with a comma and a line's end behind each; empty cells have no key."""
    if not batch.num_rows:
        return b""
    table, fields = texts(batch, shown, numbers=True)
    parts: list[pa.Array | str] = []
    for field in fields:
        cell = cells.json_cells(cells.whole(table, field.name), field)
        key = "," + orjson.dumps(field.name).decode() + ":"
        keyed = pc.binary_join_element_wise(key, cell, "")
        parts.append(pc.if_else(pc.equal(cell, "null"), "", keyed))
    bodies = pc.utf8_slice_codeunits(cells.joined(parts), 1)
    return cells.payload(cells.joined(["{", bodies, "},\n"]))


def listed(found: Iterator[pa.RecordBatch], shown: Sequence[tuple[str, Field]]) -> Iterator[bytes]:
    """The same as one JSON array, a batch at a time."""
    before = b"["
    for batch in found:
        if text := objects(batch, shown):
            yield before + text[:-2]
            before = b",\n"
    yield b"[]\n" if before == b"[" else b"]\n"


def lists(
    found: Iterator[pa.RecordBatch], shown: Sequence[tuple[str, Field]], head: bytes
) -> Iterator[bytes]:
    """Rows as JSON lists: the eight fields that every row has, then the cells.

    The first columns shown are `:id`, `:created_at` and `:updated_at`.
    """
    before = head
    for batch in found:
        table, fields = texts(batch, shown, numbers=True)
        id, created, updated, *values = (
            cells.json_cells(cells.whole(table, f.name), f) for f in fields
        )
        system = ["[", id, ",", id, ",0,", created, ",null,", updated, ',null,"{ }"']
        row = [part for cell in values for part in (",", cell)]
        if text := cells.payload(cells.joined([*system, *row, "],\n"])):
            yield before + text[:-2]
            before = b",\n"
    yield (b"" if before == b",\n" else before) + b"]}\n"


def lines(found: Iterator[pa.RecordBatch], shown: Sequence[tuple[str, Field]]) -> Iterator[bytes]:
    """CSV with times as SODA writes them."""
    yield cells.csv_header([replace(field, name=name) for name, field in shown])
    for batch in found:
        yield cells.csv_lines(*texts(batch, shown, numbers=False))


def features(
    found: Iterator[pa.RecordBatch], shown: Sequence[tuple[str, Field]]
) -> Iterator[bytes]:
    """A GeoJSON collection, a batch at a time; there must be a geometry."""
    before = b'{"type":"FeatureCollection","features":['
    for batch in found:
        table, fields = texts(batch, shown, numbers=True)
        if text := cells.payload(cells.joined([cells.features(table, fields, None), ",\n"])):
            yield before + text[:-2]
            before = b",\n"
    yield (before if before != b",\n" else b"") + _CRS


_CRS = b'],"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}}\n'


def error(code: str, message: str, data: Mapping[str, Any]) -> bytes:
    """An error as Socrata tells it, in the words of both its older and its newer interface."""
    told = {"code": code, "error": True, "errorCode": code, "message": message, "data": data}
    return orjson.dumps(told, default=str, option=orjson.OPT_NON_STR_KEYS)
