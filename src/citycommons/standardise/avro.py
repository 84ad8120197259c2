"""Avro object container files: typed records in blocks."""

import datetime as dt
import zlib
from struct import error as StructError
from typing import Any

import pyarrow as pa

from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.tables import ARROW_TYPES
from citycommons.core.types import FieldType
from citycommons.standardise.cells import text_of
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.gather import MOST_COLUMNS, flat
from citycommons.standardise.plain import plain_table

_KINDS: tuple[tuple[type, FieldType], ...] = (
    (bool, FieldType.BOOLEAN),
    (int, FieldType.INTEGER),
    (float, FieldType.NUMBER),
    (dt.datetime, FieldType.DATETIME),
    (dt.date, FieldType.DATE),
    (dt.time, FieldType.TIME),
)
_PER_VALUE = 32  # bytes a value takes in memory, at least


class Avro:
    """Avro, with the types its schema names."""

    def recognises(self, source: Source) -> float:
        return 1.0 if source.head.startswith(b"Obj\x01") else 0.0

    def read(self, source: Source) -> Draft:
        import fastavro

        columns: dict[str, list[Any]] = {}
        count = 0
        try:
            with source.path.open("rb") as file:
                for record in fastavro.reader(file):
                    row = flat(record) if isinstance(record, dict) else {"value": record}
                    for name, value in row.items():
                        column = columns.setdefault(name, [])
                        column.extend([None] * (count - len(column)))
                        column.append(value)
                    count += 1
                    _bounded(count, columns, source)
        except (ValueError, EOFError, LookupError, TypeError, StructError, zlib.error) as cause:
            raise Invalid(
                f"{source.name} is a damaged Avro file: {type(cause).__name__} {cause}. "
                "Write it again."
            ) from cause
        for column in columns.values():
            column.extend([None] * (count - len(column)))
        table = pa.table({name: _typed(column) for name, column in columns.items()})
        table = plain_table(table, source.zone)
        return Draft(table=table, steps=["format Avro"], is_typed=True)


def _bounded(count: int, columns: dict[str, list[Any]], source: Source) -> None:
    if len(columns) > MOST_COLUMNS or count * len(columns) * _PER_VALUE > source.most_bytes:
        raise TooMuch(
            f"{source.name} unpacks to more than {source.most_bytes >> 20} MB. Split it, or raise "
            "the setting unpacked_limit_mb."
        )


def _typed(values: list[Any]) -> pa.Array:
    """The column as the one type all of its values have; as text when they differ."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    for kind, target in _KINDS:
        if kinds != {kind}:
            continue
        if kind is int and any(v is not None and not -(2**63) <= v < 2**63 for v in values):
            break
        if kind is dt.datetime and all(v is None or v.tzinfo is None for v in values):
            return pa.array(values, pa.timestamp("us"))
        return pa.array(values, ARROW_TYPES[target])
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.hex()
    return text_of(value)
