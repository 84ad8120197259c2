"""Rows of a database, written as Parquet a batch at a time; shapes as GeoParquet."""

import base64
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from citycommons.core.errors import Invalid, Unavailable

Batches = Iterable[list[tuple[Any, ...]]]

Shape = tuple[bytes, int]
"""WKB, and the number of its reference system as the database keeps it (0: none is named)."""

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a result: its Arrow type, and how its values become that."""

    name: str
    type: Any  # pyarrow.DataType; binary for shapes
    shape: Callable[[Any], Shape] | None = None  # of a geometry column
    is_text_in_database: bool = False  # typed here, and compared as text over there


@contextmanager
def written(columns: list[Column], batches: Batches, folder: Path) -> Iterator[Iterator[bytes]]:
    """The rows as the bytes of a Parquet file, written aside in `folder` and removed after."""
    aside = folder / "partial" / f"{uuid.uuid4().hex}.tmp"
    try:
        _write(columns, batches, aside)
        yield _pieces(aside)
    except OSError as cause:
        raise Unavailable(
            f"The rows cannot be kept in {folder}: {cause.strerror}. Free some space and try again."
        ) from cause
    finally:
        aside.unlink(missing_ok=True)


def _write(columns: list[Column], batches: Batches, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([pa.field(column.name, column.type) for column in columns])
    systems: dict[str, int] = {}
    # Without Arrow's copy of the schema, which would hide the key added at the end from readers.
    with pq.ParquetWriter(path, schema, compression="zstd", store_schema=False) as writer:
        for batch in batches:
            arrays = [
                _array(column, [row[at] for row in batch], systems)
                for at, column in enumerate(columns)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
        if any(column.shape for column in columns):
            writer.add_key_value_metadata({"geo": orjson.dumps(_geo(columns, systems)).decode()})


def _array(column: Column, values: list[Any], systems: dict[str, int]) -> Any:
    import pyarrow as pa

    if column.shape:
        return pa.array([_wkb(column, value, systems) for value in values], pa.binary())
    try:
        if not pa.types.is_string(column.type) or {*map(type, values)} <= {str, type(None)}:
            return pa.array(values, column.type)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        pass  # some of them need a look one by one
    try:
        return pa.array([_plain(value, column.type) for value in values], column.type)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as cause:
        raise Invalid(
            f"Column “{column.name}” holds a value that is no {column.type}: {cause}. "
            "Convert it in a query.",
            column=column.name,
        ) from cause


def _wkb(column: Column, value: Any, systems: dict[str, int]) -> bytes | None:
    if value is None or column.shape is None:
        return None
    shape, system = column.shape(value)
    if systems.setdefault(column.name, system) != system:
        raise Invalid(
            f"Column “{column.name}” holds shapes in two reference systems, "
            f"{systems[column.name]} and {system}. Bring them to one with ST_Transform in a query.",
            column=column.name,
        )
    return shape


def _plain(value: Any, kind: Any) -> Any:
    """A value of a driver as one that Arrow takes: texts for what has no type of its own."""
    import pyarrow as pa

    if value is None:
        return None
    if pa.types.is_string(kind):
        return value if isinstance(value, str) else _text(value)
    if isinstance(value, Decimal) and pa.types.is_floating(kind):
        return float(value)
    if isinstance(value, int) and pa.types.is_boolean(kind):
        return bool(value)
    if isinstance(value, bytes) and pa.types.is_integer(kind):
        return int.from_bytes(value, "big")  # MySQL's BIT
    if isinstance(value, str) and not pa.types.is_string(kind):
        return _parsed(value, kind)
    return value


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, list | dict | tuple):
        return orjson.dumps(value, default=_text).decode()
    return value.isoformat() if isinstance(value, date | datetime | time) else str(value)


def _parsed(text: str, kind: Any) -> Any:
    """A time as text, as SQLite keeps it; MySQL's day zero is no day."""
    import pyarrow as pa

    if text.startswith("0000-00-00") or not text:
        return None
    if pa.types.is_timestamp(kind):
        return datetime.fromisoformat(text)
    if pa.types.is_date(kind):
        return date.fromisoformat(text[:10])
    return float(text) if pa.types.is_floating(kind) else int(text)


def _geo(columns: list[Column], systems: dict[str, int]) -> dict[str, Any]:
    """GeoParquet 1.1 metadata, file level."""
    said = {
        column.name: {"encoding": "WKB", "geometry_types": []}
        | _system(systems.get(column.name, 4326))
        for column in columns
        if column.shape
    }
    return {"version": "1.1.0", "primary_column": next(iter(said)), "columns": said}


def _system(number: int) -> dict[str, Any]:
    """`crs` as PROJJSON; left out it is CRS84, null it is unknown (GeoParquet 1.1)."""
    if number == 4326:  # as every database keeps it: longitude first
        return {}
    if number == 0:
        return {"crs": None}
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return {"crs": CRS.from_epsg(number).to_json_dict()}
    except CRSError as cause:
        raise Invalid(
            f"The database names the reference system {number}, which is no EPSG code. Bring the "
            "shapes to a known one with ST_Transform in a query."
        ) from cause


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
