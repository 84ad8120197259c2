"""What each column of a version holds, computed once at publication, vectorised."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import ColumnStatistics, Field, FieldRole, FieldType

STEPS = 20  # of a histogram
TOP = 12  # most frequent values kept
_ORDERED = {FieldType.DATE, FieldType.DATETIME, FieldType.TIME}
_NUMERIC = {FieldType.INTEGER, FieldType.NUMBER}


def column_statistics(table: pa.Table, fields: Sequence[Field]) -> tuple[ColumnStatistics, ...]:
    """Statistics of each column, in the order of the fields."""
    return tuple(_one(field, table.column(field.name)) for field in fields)


def _one(field: Field, column: pa.ChunkedArray) -> ColumnStatistics:
    nulls = column.null_count
    if field.type is FieldType.GEOMETRY or nulls == len(column):
        return ColumnStatistics(name=field.name, nulls=nulls, distinct=0)
    if field.type in _NUMERIC:
        return _numbers(field, column)
    if field.type in _ORDERED:
        return _times(field, column)
    return _values(field, column)


def _numbers(field: Field, column: pa.ChunkedArray) -> ColumnStatistics:
    low, high = (x.as_py() for x in pc.min_max(column).values())
    values = column.drop_null().to_numpy()
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    distinct = pc.count_distinct(column.combine_chunks()).as_py()
    whole = len(finite) and distinct <= TOP
    return ColumnStatistics(
        name=field.name,
        nulls=column.null_count,
        distinct=distinct,
        minimum=low,
        maximum=high,
        mean=float(finite.mean()) if len(finite) else None,
        histogram=_histogram(finite),
        top=_top(column) if whole else (),
    )


def _times(field: Field, column: pa.ChunkedArray) -> ColumnStatistics:
    low, high = (x.as_py() for x in pc.min_max(column).values())
    there = column.drop_null()
    width = pa.int32() if there.type.bit_width == 32 else pa.int64()
    numbers = there.cast(width).to_numpy() if len(there) else np.array([])
    return ColumnStatistics(
        name=field.name,
        nulls=column.null_count,
        distinct=pc.count_distinct(column).as_py(),
        minimum=low.isoformat(),
        maximum=high.isoformat(),
        histogram=_histogram(numbers),
    )


def _values(field: Field, column: pa.ChunkedArray) -> ColumnStatistics:
    distinct = pc.count_distinct(column).as_py()
    # Free text seldom repeats: its most frequent values say nothing and may name a person.
    repeats = distinct <= max(50, len(column) // 2)
    low, high = None, None
    if field.type is FieldType.STRING and field.role is not FieldRole.TEXT and repeats:
        low, high = (x.as_py() for x in pc.min_max(column).values())
    return ColumnStatistics(
        name=field.name,
        nulls=column.null_count,
        distinct=distinct,
        minimum=low,
        maximum=high,
        top=_top(column) if repeats and not field.is_sensitive else (),
    )


def _histogram(values: Any) -> tuple[int, ...]:
    if not len(values):
        return ()
    try:
        counts, _edges = np.histogram(values, bins=STEPS)
    except ValueError:  # so large and so near one another that no floats lie between them
        return (len(values),)
    return tuple(int(n) for n in counts)


def _top(column: pa.ChunkedArray) -> tuple[tuple[str, int], ...]:
    counted = column.drop_null().value_counts()
    counts = counted.field("counts").to_numpy()
    values = counted.field("values")
    # Ties by value, so that the same content always gives the same answer.
    most = np.argsort(-counts, kind="stable")[: TOP * 4]
    pairs = sorted(((str(values[int(i)].as_py()), int(counts[i])) for i in most), key=_by_count)
    return tuple(pairs[:TOP])


def _by_count(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]
