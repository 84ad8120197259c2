"""Typed Arrow tables from elsewhere (GDAL, Parquet), brought to the few types we keep."""

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.standardise.clocks import to_utc

_UTC = pa.timestamp("us", tz="UTC")


def plain_table(table: pa.Table, zone: str) -> pa.Table:
    """Every column as one of the types of `core.tables.ARROW_TYPES`; naive times are of `zone`."""
    columns = {name: _plain(table[name], zone) for name in table.column_names}
    return pa.table(columns) if columns else table.select([])


def _plain(values: pa.ChunkedArray, zone: str) -> pa.ChunkedArray | pa.Array:
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = pc.cast(values, kind.value_type)
        kind = values.type
    if pa.types.is_string(kind):
        return _text(values)
    if pa.types.is_timestamp(kind):
        if kind.tz:
            return pc.cast(values, _UTC, safe=False)
        return to_utc(pc.cast(values, pa.timestamp("us"), safe=False), zone).values
    for is_kind, target in (
        (pa.types.is_boolean, pa.bool_()),
        (pa.types.is_decimal, pa.float64()),
        (pa.types.is_floating, pa.float64()),
        (pa.types.is_date, pa.date32()),
        (pa.types.is_time, pa.time64("us")),
        (pa.types.is_large_string, pa.string()),
        (pa.types.is_string_view, pa.string()),
        (pa.types.is_null, pa.string()),
        (pa.types.is_binary, pa.binary()),
    ):
        if is_kind(kind):
            return pc.cast(values, target, safe=False)
    if pa.types.is_integer(kind):
        is_huge = pa.types.is_uint64(kind) and (pc.max(values).as_py() or 0) > 2**63 - 1
        return pc.cast(values, pa.string() if is_huge else pa.int64())
    return _as_json(values)


def _text(values: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """Texts that are UTF-8 in truth; old DBF files promise it and hold cp1252."""
    raw = pc.cast(values, pa.binary())
    try:
        return pc.cast(raw, pa.string())
    except pa.ArrowInvalid:
        return pa.array([None if v is None else _decoded(v) for v in raw.to_pylist()], pa.string())


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _as_json(values: pa.ChunkedArray) -> pa.Array:
    """Lists, structs and anything else as JSON text."""
    texts = [
        None if value is None else orjson.dumps(value, default=str).decode()
        for value in values.to_pylist()
    ]
    return pa.array(texts, pa.string())
