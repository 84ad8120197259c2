"""How many different values a column has, and the most frequent ones, in bounded memory."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.store import hashes, spill

_MOST_HELD = 1 << 20  # different values of a large column that are counted in memory
_VALUE, _COUNT = "v", "n"
_WIDEST = 1 << 26  # whole numbers between the smallest and the largest that are ticked off


@dataclass(frozen=True, slots=True)
class Counted:
    """Different values of a column: how many, the first ones by frequency, the ends."""

    distinct: int
    most: tuple[tuple[Any, int], ...] = ()
    minimum: Any = None
    maximum: Any = None


def distinct_numbers(column: pa.ChunkedArray, low: Any, high: Any) -> int:
    """How many different numbers, dates or times; `low` and `high` are the ends, as numbers."""
    if spill.is_growing(column):
        there: int = len(column) - column.null_count
        return there
    if isinstance(low, int) and high - low < min(_WIDEST, max(4 * len(column), 1 << 16)):
        seen = np.zeros(high - low + 1, bool)
        for piece in spill.pieces(column):
            seen[spill.numbers_of(piece) - low] = True
        return int(np.count_nonzero(seen))
    if not spill.is_mapped(column):
        count: int = pc.count_distinct(column).as_py()
        return count
    held = pa.array([], column.type)
    for piece in spill.pieces(column):
        held = pc.unique(pa.chunked_array([held, pc.unique(piece).drop_null()]))
        if len(held) > _MOST_HELD:
            return _counted_in_files(column, 0).distinct
    return len(held)


def counted(column: pa.ChunkedArray, most: int) -> Counted:
    """The different values with the `most` frequent ones, those that came first before others."""
    if not spill.is_mapped(column):
        found = column.drop_null().value_counts()
        return _summed(found.field("values"), found.field("counts"), most)
    held = pa.table({_VALUE: pa.array([], column.type), _COUNT: pa.array([], pa.int64())})
    for piece in spill.pieces(column):
        found = piece.drop_null().value_counts()
        some = pa.table({_VALUE: found.field("values"), _COUNT: found.field("counts")})
        both = pa.concat_tables([held, some]).group_by(_VALUE).aggregate([(_COUNT, "sum")])
        held = both.rename_columns({f"{_COUNT}_sum": _COUNT}).select([_VALUE, _COUNT])
        if len(held) > _MOST_HELD:
            return _counted_in_files(column, most)
    values, counts = (one.combine_chunks() for one in held.columns)
    return _summed(values, counts, most)


def _summed(values: pa.Array, counts: pa.Array, most: int) -> Counted:
    counts = np.asarray(counts)
    first = np.argsort(-counts, kind="stable")[:most].tolist()
    ends = pc.min_max(values).as_py() if not pa.types.is_binary(values.type) else {}
    return Counted(
        distinct=len(values),
        most=tuple((values[row].as_py(), int(counts[row])) for row in first),
        minimum=ends.get("min"),
        maximum=ends.get("max"),
    )


def _counted_in_files(column: pa.ChunkedArray, most: int) -> Counted:
    """By a number of 64 bits for each value: two values of one column hardly ever share it."""
    numbers = hashes.hashed(pa.table({_VALUE: column}))
    nothing = hashes.hashed(pa.table({_VALUE: pa.nulls(1, column.type)}))[0].as_py()
    distinct = 0
    often: list[tuple[int, int]] = []
    for part in range(hashes.PARTS):
        mine, _ = hashes.part(numbers, part)
        found, times = np.unique(mine, return_counts=True)
        is_value = found != nothing
        found, times = found[is_value], times[is_value]
        distinct += len(found)
        first = np.argsort(-times, kind="stable")[:most]
        often += zip(times[first].tolist(), found[first].tolist(), strict=True)
    often = sorted(often, key=lambda pair: -pair[0])[:most]
    ends = [pc.min_max(piece).as_py() for piece in spill.pieces(column)]
    lows = [end["min"] for end in ends if end["min"] is not None]
    highs = [end["max"] for end in ends if end["max"] is not None]
    return Counted(
        distinct=distinct,
        most=_named(column, numbers, often),
        minimum=min(lows, default=None),
        maximum=max(highs, default=None),
    )


def _named(
    column: pa.ChunkedArray, numbers: pa.ChunkedArray, often: list[tuple[int, int]]
) -> tuple[tuple[Any, int], ...]:
    """The values behind the most frequent numbers, which is where each stands first."""
    left = {number: count for count, number in often}
    found: list[tuple[Any, int]] = []
    row = 0
    for piece in spill.pieces(numbers):
        if not left:
            break
        values = np.asarray(piece)
        for at in np.flatnonzero(np.isin(values, np.array(list(left), np.uint64))).tolist():
            if (count := left.pop(int(values[at]), None)) is not None:
                found.append((column[row + at].as_py(), count))
        row += len(piece)
    return tuple(sorted(found, key=lambda pair: -pair[1]))
