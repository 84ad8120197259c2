"""How many different values a column has, and the most frequent ones, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.store import spill
from citycommons.store.scratch import scratch

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
    # Moments are counted as the numbers that they are: nothing but their number is asked of them.
    is_temporal = pa.types.is_temporal(column.type)

    def batches() -> Iterator[pa.RecordBatch]:
        for piece in spill.pieces(column):
            there = (
                pa.chunked_array([spill.numbers_of(piece)]) if is_temporal else piece.drop_null()
            )
            yield from pa.table({_VALUE: there}).to_batches()

    first = next(batches(), None)
    schema = pa.schema([(_VALUE, column.type)]) if first is None else first.schema
    with scratch() as duck:
        duck.register("given", pa.RecordBatchReader.from_batches(schema, batches()))
        duck.execute("CREATE TEMP TABLE sums AS SELECT v, count(*) AS n FROM given GROUP BY v")
        ends = duck.execute("SELECT count(*), min(v), max(v) FROM sums").fetchall()[0]
        top = duck.execute("SELECT v, n FROM sums ORDER BY n DESC, v LIMIT ?", [most]).fetchall()
    found = tuple((value, int(count)) for value, count in top)
    return Counted(distinct=ends[0], most=found, minimum=ends[1], maximum=ends[2])
