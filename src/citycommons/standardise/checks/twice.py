"""Rows that stand twice in a table too large for memory: compared by a number, then exactly."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from citycommons.standardise.formats import Rows
from citycommons.store import hashes, spill


def again_in_files(
    table: pa.Table, given: list[str], again: Callable[[pa.Table, list[str]], Rows]
) -> Rows:
    """Rows equal to an earlier one in these columns, in order; `again` compares a few exactly."""
    if _tells_apart(table, given):
        return np.empty(0, np.int64)
    numbers = hashes.hashed(table.select(given))
    found: list[Rows] = []
    for part in range(hashes.PARTS):
        mine, rows = hashes.part(numbers, part)
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
