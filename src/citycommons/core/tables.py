"""A table in flight: a `pyarrow.Table` that carries its `Field`s, and the report of its reading.

Geometry columns are WKB in `pa.binary()`, CRS84. Times are `timestamp('us', tz='UTC')`.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa

from citycommons.core.types import Fault, Field, FieldType, Policy, Question

_KEY = b"citycommons:fields"

LINE, REASON = "line", "what was wrong"
"""Columns that stand before those of the file in a table of rejected rows: int64, string."""

ARROW_TYPES: dict[FieldType, pa.DataType] = {
    FieldType.STRING: pa.string(),
    FieldType.INTEGER: pa.int64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.DATETIME: pa.timestamp("us", tz="UTC"),
    FieldType.TIME: pa.time64("us"),
    FieldType.GEOMETRY: pa.binary(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a reading found: all faults summed up, the first of them one by one, and the choices.

    `faults` holds at most 10 000 single faults; `summary` counts all of them by rule and column.
    """

    faults: tuple[Fault, ...] = ()
    summary: tuple[Fault, ...] = ()
    rejected: int = 0
    steps: tuple[str, ...] = ()  # "encoding latin-1", "delimiter ;", "2 title rows left out"
    questions: tuple[Question, ...] = ()  # what a person has to say; answers go into the plan
    verdict: Policy = Policy.FLAG  # REJECT_DELIVERY: a rule says that the delivery has to wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardised:
    """One or more parcels as a table of ours, with all that was found on the way."""

    table: pa.Table  # carries its fields
    report: Report
    rejects: pa.Table | None = None  # the rows kept aside as texts, after LINE and REASON
    faults: pa.Table | None = None  # every fault, also those beyond `Report.faults`
    lines: tuple[int, ...] = ()  # lines of the file on which the first rows stand
    shape: str = ""  # names the set of columns the file had: equal for the next file of its kind


def with_fields(table: pa.Table, fields: tuple[Field, ...]) -> pa.Table:
    """The table with its fields in the Arrow metadata."""
    metadata = {**(table.schema.metadata or {}), _KEY: msgspec.json.encode(fields)}
    return table.replace_schema_metadata(metadata)


def fields_of(table: pa.Table) -> tuple[Field, ...]:
    """The fields that travel with the table; plain ones from the Arrow types when none do."""
    if packed := (table.schema.metadata or {}).get(_KEY):
        return msgspec.json.decode(packed, type=tuple[Field, ...])
    return tuple(Field(name=f.name, type=type_of(f.type)) for f in table.schema)


def type_of(arrow: pa.DataType) -> FieldType:
    """The Table Schema type that stands for an Arrow type."""
    checks: tuple[tuple[Any, FieldType], ...] = (
        (pa.types.is_boolean, FieldType.BOOLEAN),
        (pa.types.is_integer, FieldType.INTEGER),
        (pa.types.is_floating, FieldType.NUMBER),
        (pa.types.is_decimal, FieldType.NUMBER),
        (pa.types.is_date, FieldType.DATE),
        (pa.types.is_timestamp, FieldType.DATETIME),
        (pa.types.is_time, FieldType.TIME),
        (pa.types.is_binary, FieldType.GEOMETRY),
    )
    return next((name for check, name in checks if check(arrow)), FieldType.STRING)


RESERVED = frozenset({"bbox", "file_row_number", "filename"})
"""Names no column may bear: the covering column beside a geometry, and what DuckDB adds."""


def clash(names: list[str]) -> str | None:
    """The first name that is reserved or differs from another only in case; None if none is."""
    seen: set[str] = set()
    for name in names:
        folded = name.casefold()
        if folded in RESERVED or folded in seen:
            return name
        seen.add(folded)
    return None
