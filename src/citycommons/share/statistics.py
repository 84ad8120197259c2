"""What each column of a version holds, computed once at publication, vectorised."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import ColumnStatistics, Field, FieldRole, FieldType
from citycommons.share import counts
from citycommons.store import spill

STEPS = 20  # of a histogram
TOP = 12  # most frequent values kept
_ORDERED = {FieldType.DATE, FieldType.DATETIME, FieldType.TIME}
_NUMERIC = {FieldType.INTEGER, FieldType.NUMBER}


def column_statistics(table: pa.Table, fields: Sequence[Field]) -> tuple[ColumnStatistics, ...]:
    """Statistics of each column, in the order of the fields."""
    # Two at a time: Arrow leaves the interpreter free, and memory stays bounded.
    with ThreadPoolExecutor(2) as pool:
        return tuple(pool.map(lambda field: _one(field, table.column(field.name)), fields))


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
    _, mean, histogram = _spread(column)
    distinct = counts.distinct_numbers(column, low, high)
    is_short = histogram and distinct <= TOP
    return ColumnStatistics(
        name=field.name,
        nulls=column.null_count,
        distinct=distinct,
        minimum=low,
        maximum=high,
        mean=mean,
        histogram=histogram,
        top=_top(counts.counted(column, TOP * 4)) if is_short else (),
    )


def _times(field: Field, column: pa.ChunkedArray) -> ColumnStatistics:
    low, high = (x.as_py() for x in pc.min_max(column).values())
    ends, _, histogram = _spread(column)
    return ColumnStatistics(
        name=field.name,
        nulls=column.null_count,
        distinct=counts.distinct_numbers(column, *ends),
        minimum=low.isoformat(),
        maximum=high.isoformat(),
        histogram=histogram,
    )


def _values(field: Field, column: pa.ChunkedArray) -> ColumnStatistics:
    found = counts.counted(column, TOP * 4)
    # Free text seldom repeats: its most frequent values say nothing and may name a person.
    repeats = found.distinct <= max(50, len(column) // 2)
    has_ends = field.type is FieldType.STRING and field.role is not FieldRole.TEXT and repeats
    return ColumnStatistics(
        name=field.name,
        nulls=column.null_count,
        distinct=found.distinct,
        minimum=found.minimum if has_ends else None,
        maximum=found.maximum if has_ends else None,
        top=_top(found) if repeats and not field.is_sensitive else (),
    )


def _spread(column: pa.ChunkedArray) -> tuple[tuple[Any, Any], float | None, tuple[int, ...]]:
    """Ends, mean and histogram of the finite values, as numbers."""
    ends: tuple[Any, Any] = (None, None)
    sums: list[float] = []
    count = 0
    for piece in spill.pieces(column):
        values = _finite(piece)
        if not len(values):
            continue
        low, high = values.min().item(), values.max().item()
        ends = (low, high) if ends[0] is None else (min(low, ends[0]), max(high, ends[1]))
        sums.append(float(values.sum(dtype=np.float64)))
        count += len(values)
    if not count:
        return ends, None, ()
    total = np.zeros(STEPS, np.int64)
    try:
        for piece in spill.pieces(column):
            total += np.histogram(_finite(piece), bins=STEPS, range=ends)[0]
    except ValueError:  # so large and so near one another that no floats lie between them
        return ends, math.fsum(sums) / count, (count,)
    return ends, math.fsum(sums) / count, tuple(int(n) for n in total)


def _finite(piece: pa.ChunkedArray) -> npt.NDArray[Any]:
    values = spill.numbers_of(piece)
    return values[np.isfinite(values)] if values.dtype.kind == "f" else values


def _top(found: counts.Counted) -> tuple[tuple[str, int], ...]:
    # Ties by value, so that the same content always gives the same answer.
    pairs = sorted(((str(value), count) for value, count in found.most), key=_by_count)
    return tuple(pairs[:TOP])


def _by_count(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]
