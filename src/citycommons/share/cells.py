"""Arrow columns as text, whole columns at a time: the cells of CSV and JSON answers.

Every face writes values through here, so a value reads the same wherever it is met.
"""

import re
from collections.abc import Sequence

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from citycommons.core.types import Field, FieldType
from citycommons.share import shape_texts

DECIMALS = 7
"""Decimals of a degree in GeoJSON: 1 cm (RFC 7946, section 11.2, advises not to give more)."""

_QUOTED = r'[",\r\n]'
_FORMULA = r"^[=+\-@\t\r]"  # what a spreadsheet may take for a formula (OWASP)
# Most columns hold none of these signs: one look at all their bytes tells, and spares a look at
# each text (a third of the time of a CSV).
_MAY_BE_QUOTED = re.compile(rb'[",\r\n]')
_BEGINS_FORMULA = np.isin(np.arange(256), list(b"=+-@\t\r"))
_MAY_BE_ESCAPED = re.compile(rb'["\\\x00-\x1f]')


def csv_cells(column: pa.Array, field: Field, delimiter: str = ",") -> pa.Array:
    """Text of each cell as RFC 4180 wants it; null is empty, an empty text is `""`.

    Texts that begin like a formula get an apostrophe in front; numbers are never touched.
    """
    if field.type is FieldType.GEOMETRY:
        texts = shape_texts.wkt(column)
        listed = pc.match_substring(texts, ",")  # all that a shape's text may hold
        return pc.if_else(listed, pc.binary_join_element_wise('"', texts, '"', ""), texts)
    if field.type is FieldType.STRING:
        return quoted(_harmless(_text(column)), delimiter)
    return plain_cells(column)


def quoted(column: pa.Array, delimiter: str = ",") -> pa.Array:
    """Texts in quotation marks where RFC 4180 demands them, or another delimiter does."""
    signs, pattern = _MAY_BE_QUOTED, _QUOTED
    if delimiter != ",":
        pattern = f'[",\\r\\n{re.escape(delimiter)}]'
        signs = re.compile(pattern.encode())
    if not _holds(column, signs) and not _any(pc.equal(pc.binary_length(column), 0)):
        return column
    needed = pc.or_(pc.match_substring_regex(column, pattern), pc.equal(column, ""))
    doubled = pc.replace_substring(column, '"', '""')
    return pc.if_else(needed, pc.binary_join_element_wise('"', doubled, '"', ""), column)


def _harmless(column: pa.Array) -> pa.Array:
    if not _BEGINS_FORMULA[_first_bytes(column)].any():
        return column
    risky = pc.match_substring_regex(column, _FORMULA)
    return pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)


def json_cells(column: pa.Array, field: Field) -> pa.Array:
    """JSON text of each cell, without nulls: `null` stands for them, and for NaN and infinity."""
    if field.type is FieldType.GEOMETRY:
        return geojson_cells(column)
    if pa.types.is_floating(column.type):
        finite = pc.fill_null(pc.is_finite(column), False)
        cells = pc.if_else(finite, pc.cast(column, pa.string()), "null")
    elif pa.types.is_temporal(column.type):
        cells = pc.binary_join_element_wise('"', plain_cells(column), '"', "")
    elif field.type is FieldType.STRING:
        cells = _json_texts(_text(column))
    else:
        cells = pc.cast(column, pa.string())
    return pc.fill_null(cells, "null")


def _json_texts(column: pa.Array) -> pa.Array:
    if _holds(column, _MAY_BE_ESCAPED):
        texts = column.to_pylist()
        return pa.array(
            [None if text is None else orjson.dumps(text) for text in texts], pa.binary()
        ).cast(pa.string())
    return pc.binary_join_element_wise('"', column, '"', "")


def plain_cells(column: pa.Array) -> pa.Array:
    """Numbers, flags and times as text: ISO 8601, times in UTC with `Z`; null stays null."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        mark = "Z" if kind.tz else ""
        text = pc.replace_substring(_seconds(column), " ", "T", max_replacements=1)
        return pc.binary_join_element_wise(text, mark, "") if mark else text
    if pa.types.is_time(kind):
        return _without_zeros(pc.cast(column, pa.string()))
    return pc.cast(column, pa.string())


def _seconds(column: pa.Array) -> pa.Array:
    naive = pc.cast(column, pa.timestamp("us"))
    whole = naive.cast(pa.timestamp("s"), safe=False)
    if not _any(pc.not_equal(naive, whole.cast(pa.timestamp("us")))):
        return pc.cast(whole, pa.string())
    return _without_zeros(pc.cast(naive, pa.string()))


def _without_zeros(column: pa.Array) -> pa.Array:
    shorter = pc.replace_substring_regex(column, r"(\.\d*?)0+$", r"\1")
    return pc.replace_substring_regex(shorter, r"\.$", "")


def geojson_cells(column: pa.Array, decimals: int = DECIMALS) -> pa.Array:
    """GeoJSON geometries (RFC 7946: right-handed rings), `null` for none."""
    return pc.fill_null(shape_texts.geojson(column, decimals), "null")


def wkt(column: pa.Array) -> list[str | None]:
    """Geometries as well-known text, with all their decimals."""
    texts: list[str | None] = shape_texts.wkt(column).to_pylist()
    return texts


def shape_words(wkb: bytes | None) -> str:
    """A geometry in few words (latitude first): “51.96236, 7.62571” or “Polygon, 214 points”."""
    shape = None if wkb is None else shapely.from_wkb(wkb, on_invalid="ignore")
    if shape is None or shape.is_empty:
        return ""
    if shape.geom_type == "Point":
        lon, lat = shapely.get_coordinates(shape)[0]
        return f"{lat:.5f}, {lon:.5f}"
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", shape.geom_type).capitalize()
    return f"{kind}, {shapely.get_num_coordinates(shape)} points"


def joined(parts: Sequence[pa.Array | str], between: str = "") -> pa.Array:
    """The parts put together row by row; a null part reads as nothing."""
    return pc.binary_join_element_wise(
        *parts, between, null_handling="replace", null_replacement=""
    )


def payload(column: pa.Array) -> bytes:
    """All texts of a column behind one another, taken from the buffer as it lies."""
    return bytes(_buffer(column))


def _buffer(column: pa.Array) -> memoryview:
    buffer = column.buffers()[2] if len(column) else None
    if buffer is None:
        return memoryview(b"")
    ends = offsets(column)
    return memoryview(buffer)[int(ends[0]) : int(ends[-1])]


def _first_bytes(column: pa.Array) -> np.ndarray:
    """Of each text that is not empty."""
    if not len(column):
        return np.empty(0, np.uint8)
    ends = offsets(column) - offsets(column)[0]
    return np.asarray(np.frombuffer(_buffer(column), np.uint8)[ends[:-1][np.diff(ends) > 0]])


def _holds(column: pa.Array, signs: re.Pattern[bytes]) -> bool:
    return signs.search(_buffer(column)) is not None


def offsets(column: pa.Array) -> np.ndarray:
    """Where each text of the column begins in its buffer, and where the last one ends."""
    kind = np.int64 if pa.types.is_large_string(column.type) else np.int32
    ends = np.frombuffer(column.buffers()[1], dtype=kind)
    return ends[column.offset : column.offset + len(column) + 1].astype(np.int64)


def _text(column: pa.Array) -> pa.Array:
    return column if pa.types.is_string(column.type) else pc.cast(column, pa.string())


def _any(flags: pa.Array) -> bool:
    return bool(pc.any(flags).as_py())


def json_objects(
    table: pa.Table | pa.RecordBatch, fields: Sequence[Field], end: str = "\n"
) -> bytes:
    """One JSON object a row, each with `end` behind it."""
    if not table.num_rows:
        return b""
    parts: list[pa.Array | str] = []
    for place, field in enumerate(fields):
        key = orjson.dumps(field.name).decode()
        parts += [f"{',' if place else '{'}{key}:", json_cells(whole(table, field.name), field)]
    return payload(joined([*parts, "}" + end]))


def json_lists(table: pa.Table | pa.RecordBatch, fields: Sequence[Field], end: str = "\n") -> bytes:
    """One JSON list a row, each with `end` behind it."""
    if not table.num_rows:
        return b""
    parts: list[pa.Array | str] = []
    for place, field in enumerate(fields):
        parts += ["," if place else "[", json_cells(whole(table, field.name), field)]
    return payload(joined([*parts, "]" + end]))


def csv_lines(
    table: pa.Table | pa.RecordBatch, fields: Sequence[Field], delimiter: str = ","
) -> bytes:
    """One RFC 4180 record a row, each with CRLF behind it."""
    if not table.num_rows:
        return b""
    columns = [csv_cells(whole(table, field.name), field, delimiter) for field in fields]
    if len(columns) == 1:
        # A record of one empty cell would be a blank line, which readers leave out.
        columns = [pc.fill_null(columns[0], '""')]
    columns[-1] = joined([columns[-1], "\r\n"])
    return payload(joined(columns, delimiter))


def csv_header(fields: Sequence[Field], delimiter: str = ",") -> bytes:
    """The names of the columns as first record."""
    names = quoted(_harmless(pa.array([field.name for field in fields], pa.string())), delimiter)
    return delimiter.join(names.to_pylist()).encode() + b"\r\n"


def features(
    table: pa.Table | pa.RecordBatch,
    fields: Sequence[Field],
    ids: int | Sequence[int] | None,
    decimals: int = DECIMALS,
) -> pa.Array:
    """Each row as a GeoJSON feature, of the first geometry or of none.

    Ids are these, or count from this one, or are left out.
    """
    place = next((field for field in fields if field.type is FieldType.GEOMETRY), None)
    parts: list[pa.Array | str] = ['{"type":"Feature",']
    if ids is not None:
        numbers = np.arange(ids, ids + table.num_rows) if isinstance(ids, int) else ids
        parts += ['"id":', pc.cast(pa.array(numbers, pa.int64()), pa.string()), ","]
    shapes = geojson_cells(whole(table, place.name), decimals) if place else "null"
    # Without a column the texts have no length of their own.
    parts += ['"geometry":', shapes, _repeated(',"properties":{', table.num_rows)]
    for count, field in enumerate(f for f in fields if f is not place):
        key = orjson.dumps(field.name).decode()
        parts += [f"{',' if count else ''}{key}:", json_cells(whole(table, field.name), field)]
    return joined([*parts, "}}"])


def _repeated(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text), count)


def whole(table: pa.Table | pa.RecordBatch, name: str) -> pa.Array:
    """One column of a table as one array."""
    column = table.column(name)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
