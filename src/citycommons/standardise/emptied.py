"""Which words of a column were read as empty: “-”, “k.A.”, “NULL”; nothing goes in silence."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.standardise.samples import Looked
from citycommons.standardise.typed import Typed
from citycommons.store import spill

_MOST = 100_000  # cells whose words are looked at
_SHOWN = 4


def words(column: Looked, found: Typed) -> str:
    """What to say of cells that held a word and are empty now without being faults."""
    misfits = 0 if found.misfits is None else int(found.misfits.sum())
    aside = 0 if found.status is None else len(found.status) - found.status.null_count
    before = column.values.null_count
    if found.values.null_count - before - misfits - aside <= 0:
        return ""
    gone = np.asarray(column.values.is_valid()) & np.asarray(pc.is_null(found.values))
    if found.misfits is not None:
        gone &= ~found.misfits
    if found.status is not None:
        gone &= np.asarray(found.status.is_null())
    rows = np.flatnonzero(gone)
    held = pc.utf8_trim_whitespace(spill.take(column.values, rows[:_MOST]))
    counted = pc.value_counts(held.filter(pc.not_equal(held, "")))
    pairs = sorted(zip(*(_list(counted, n) for n in ("counts", "values")), strict=True))[::-1]
    if not pairs:
        return ""
    total = sum(count for count, _ in pairs)
    shown = ", ".join(f"“{word}”" for _, word in pairs[:_SHOWN])
    more = ", …" if len(pairs) > _SHOWN else ""
    is_rough = len(rows) > _MOST
    return f"{'more than ' if is_rough else ''}{total} cells with {shown}{more} read as empty"


def _list(counted: pa.StructArray, name: str) -> list[object]:
    found: list[object] = counted.field(name).to_pylist()
    return found
