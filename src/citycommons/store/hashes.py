"""A number for each row of a large table, equal for equal rows: what is equal lies together."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from citycommons.store import spill
from citycommons.store.scratch import scratch

PARTS = 32  # of the rows, by their number: equal rows are always in the same part
_HASH = "hash"


def hashed(table: pa.Table) -> pa.ChunkedArray:
    """64 bits for each row, in the order of the rows."""
    names = [f"c{place}" for place in range(table.num_columns)]
    plain = table.rename_columns(names).replace_schema_metadata(None)

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in plain.to_batches(spill.PIECE):
            yield batch
            spill.ease()

    schema = pa.schema([(_HASH, pa.uint64())])
    with scratch() as duck, spill.Spill(schema, on_disk=True) as kept:
        duck.register("given", pa.RecordBatchReader.from_batches(plain.schema, batches()))
        # DuckDB keeps the order of rows where none is asked for.
        found = duck.execute(f"SELECT hash({', '.join(names)}) AS {_HASH} FROM given")
        for batch in found.to_arrow_reader(spill.PIECE):
            kept.write(pa.Table.from_batches([batch]).cast(schema))
        return kept.table().column(0)


def part(
    hashes: pa.ChunkedArray, number: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The numbers in one of the parts, and their rows."""
    numbers, rows, row = [], [], 0
    for piece in spill.pieces(hashes):
        values = np.asarray(piece)
        mine = np.flatnonzero(values % np.uint64(PARTS) == number)
        numbers.append(values[mine])
        rows.append(mine + row)
        row += len(piece)
    return np.concatenate(numbers), np.concatenate(rows)
