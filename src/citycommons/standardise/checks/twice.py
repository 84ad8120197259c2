"""Rows that stand twice in a table too large for memory: compared by a number, then exactly."""

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from citycommons.standardise.formats import Rows
from citycommons.store import spill
from citycommons.store.scratch import scratch

_PARTS = 32  # of the rows, by their number: equal rows are always in the same part
_HASH = "hash"


def again_in_files(
    table: pa.Table, given: list[str], again: Callable[[pa.Table, list[str]], Rows]
) -> Rows:
    """Rows equal to an earlier one in these columns, in order; `again` compares a few exactly."""
    if _tells_apart(table, given):
        return np.empty(0, np.int64)
    hashes = _hashed(table.select(given))
    found: list[Rows] = []
    for part in range(_PARTS):
        mine, rows = _part(hashes, part)
        order = np.argsort(mine, kind="stable")
        is_same = mine[order][1:] == mine[order][:-1]
        is_double = np.zeros(len(mine), bool)
        is_double[order[1:][is_same]] = is_double[order[:-1][is_same]] = True
        doubtful = rows[is_double]
        if len(doubtful):
            columns = {name: spill.take(table.column(name), doubtful) for name in given}
            found.append(doubtful[again(pa.table(columns), given)])
    return np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)


def _tells_apart(table: pa.Table, given: list[str]) -> bool:
    """Whether one column of growing numbers makes each row another."""
    for name in given:
        column = table.column(name)
        is_number = pa.types.is_primitive(column.type) and not pa.types.is_boolean(column.type)
        if is_number and not column.null_count and spill.is_growing(column):
            return True
    return False


def _hashed(table: pa.Table) -> pa.ChunkedArray:
    """A number for each row, equal for equal rows."""
    names = [f"c{place}" for place in range(table.num_columns)]
    plain = table.rename_columns(names).replace_schema_metadata(None)

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in plain.to_batches(spill.PIECE):
            yield batch
            spill.ease()

    schema = pa.schema([(_HASH, pa.uint64())])
    with scratch() as duck, spill.Spill(schema, on_disk=True) as kept:
        duck.register("rows", pa.RecordBatchReader.from_batches(plain.schema, batches()))
        # The order of the rows is kept: DuckDB's preserve_insertion_order is on by itself.
        found = duck.execute(f"SELECT hash({', '.join(names)}) AS {_HASH} FROM rows")
        for batch in found.to_arrow_reader(spill.PIECE):
            kept.write(pa.Table.from_batches([batch]).cast(schema))
        return kept.table().column(0)


def _part(hashes: pa.ChunkedArray, part: int) -> tuple[np.ndarray, Rows]:
    numbers, rows, row = [], [], 0
    for piece in spill.pieces(hashes):
        values = np.asarray(piece)
        mine = np.flatnonzero(values % np.uint64(_PARTS) == part)
        numbers.append(values[mine])
        rows.append(mine + row)
        row += len(piece)
    return np.concatenate(numbers), np.concatenate(rows)
