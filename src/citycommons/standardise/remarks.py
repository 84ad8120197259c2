"""Rows that are no data among the rows of a table: headers that come again, and sums."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.standardise import numbers
from citycommons.standardise.formats import Draft, Rows
from citycommons.standardise.words import EMPTY_AMONG_TYPED, SUMS

_MOST = 1_000  # single rows that are looked at
_NAMES = pa.array(sorted(SUMS))


def without_remarks(draft: Draft) -> Draft:
    """The draft without repeated headers and sums; each of them is kept aside as a fault.

    A sum is taken out only where its numbers are those of the rows above, or where it is the last
    row. Others that say “Total” stay, and are flagged: whoever adds up the column counts twice.
    """
    table = draft.table
    if draft.is_typed or table.num_rows < 2 or not table.num_columns:
        return draft
    gone = _headers(table)
    headers = len(gone)
    for row in gone.tolist()[:_MOST]:
        _note(draft, row, "repeated-header", "the header stands here again; left out.")
    sums = np.setdiff1d(_sums(table), gone)
    if len(sums):
        gone = np.union1d(gone, _judged(draft, sums, gone))
    if not len(gone):
        return draft
    keep = np.ones(table.num_rows, bool)
    keep[gone] = False
    kept, lines = np.flatnonzero(keep), draft.lines
    draft.table = table.filter(pa.array(keep))
    draft.lines = lambda rows: lines(kept[rows])
    if headers:
        draft.steps.append(f"{headers} repeated header rows left out")
    return draft


def _headers(table: pa.Table) -> Rows:
    """Rows whose first cells are the names of their columns."""
    again: pa.ChunkedArray | None = None
    looked = 0
    for name in table.column_names:
        if name.startswith("column_") or not pa.types.is_string(table[name].type):
            continue
        same = pc.fill_null(pc.equal(table[name], name), False)
        if not pc.any(same).as_py():
            return np.empty(0, np.int64)
        again = same if again is None else pc.and_(again, same)
        looked += 1
        if looked == 3:
            break
    if again is None or looked < 2:
        return np.empty(0, np.int64)
    return np.flatnonzero(np.asarray(again))


def _sums(table: pa.Table) -> Rows:
    """Rows whose first cell, or the second where the first is blank, is a word for a sum."""
    first = table.column(0)
    if not pa.types.is_string(first.type):
        return np.empty(0, np.int64)
    found = np.asarray(pc.is_in(first, value_set=_NAMES))
    if first.null_count and table.num_columns > 1 and pa.types.is_string(table.column(1).type):
        blank = np.asarray(pc.is_null(first))
        found = found | (blank & np.asarray(pc.is_in(table.column(1), value_set=_NAMES)))
    return np.flatnonzero(found)


def _judged(draft: Draft, sums: Rows, others: Rows) -> Rows:
    """Which of the rows are sums in truth; the faults are noted for all."""
    table = draft.table
    columns = _numbers(table)
    out: list[int] = []
    skipped = set(others.tolist()) | set(sums.tolist())
    before = -1
    last = table.num_rows - 1
    for row in sums.tolist()[:_MOST]:
        part = [r for r in range(before + 1, row) if r not in skipped]
        whole = [r for r in range(row) if r not in skipped]
        after = [r for r in range(row + 1, table.num_rows) if r not in skipped] if row < 2 else []
        if row == last or any(_adds_up(columns, row, rows) for rows in (part, whole, after)):
            message = "a sum of other rows; left out of the data."
            _note(draft, row, "sum-row", message)
            out.append(row)
        else:
            message = (
                "the row is named like a sum, but its numbers are not those of the rows above; "
                "it stays, and whoever adds up the column may count twice."
            )
            value = " ".join(v or "" for v in table.slice(row, 1).to_pylist()[0].values())
            draft.faults.add("sum-row", message, line=_line(draft, row), value=value.strip())
        before = row
    return np.array(out, np.int64)


def _numbers(table: pa.Table) -> list[np.ndarray]:
    """The columns that hold numbers, as floats; NaN where there is none."""
    found = []
    for name in table.column_names:
        values = table[name]
        if not pa.types.is_string(values.type):
            continue
        sample = [
            v
            for v in values.slice(0, 500).to_pylist()
            if v and v.strip().lower() not in EMPTY_AMONG_TYPED
        ]
        styles = numbers.styles_of(sample)
        if not styles:
            continue
        style, _ = numbers.choose(styles, sample, decimal="")
        parsed = pc.cast(numbers.parse(pc.utf8_trim_whitespace(values), style), pa.float64())
        found.append(np.asarray(pc.fill_null(parsed, np.nan), np.float64))
    return found


def _adds_up(columns: list[np.ndarray], row: int, rows: Sequence[int]) -> bool:
    if len(rows) < 2:
        return False
    told = fit = 0
    for values in columns:
        parts = values[list(rows)]
        total = values[row]
        if np.isnan(total) or np.isfinite(parts).sum() < 2 or not np.nansum(np.abs(parts)):
            continue
        told += 1
        fit += bool(np.isclose(np.nansum(parts), total, rtol=1e-6, atol=0.51))
    return told > 0 and fit * 2 >= told


def _note(draft: Draft, row: int, rule: str, message: str) -> None:
    cells = list(draft.table.slice(row, 1).to_pylist()[0].values())
    draft.faults.reject(_line(draft, row), cells, rule, message)


def _line(draft: Draft, row: int) -> int:
    return int(draft.lines(np.array([row], np.int64))[0])
