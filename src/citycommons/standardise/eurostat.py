"""Eurostat's own text tables: dimensions in one cell, and flags behind the numbers.

Source: Eurostat, TSV file format of the bulk download (“freq,unit,geo\\TIME_PERIOD”, then one
column a period; “:” is not available, letters behind a value are observation flags).
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

from citycommons.standardise.formats import Draft

_CORNER = re.compile(r"^\w+(?:,\w+)*\\\w+$")
_CELL = r"^\s*(?P<value>:|[+-]?[\d.]+(?:[eE][+-]?\d+)?)?\s*(?P<flag>[a-z]*)\s*$"


def understood(draft: Draft) -> Draft:
    """The draft with a column for each dimension, and one for the flags of each period."""
    table = draft.table
    if table.num_columns < 2 or not _CORNER.match(corner := table.column_names[0]):
        return draft
    names = corner.split("\\")[0].split(",")
    periods = table.column_names[1:]
    parts = pc.split_pattern(table.column(0), ",")
    is_whole = pc.all(pc.equal(pc.list_value_length(parts), len(names))).as_py()
    if not is_whole or len({*names, *periods}) < len(names) + len(periods):
        return draft
    columns = {name: pc.list_element(parts, place) for place, name in enumerate(names)}
    flagged = 0
    for name in periods:
        values, flags = _split(table[name])
        columns[name] = values
        if flags.null_count < len(flags):
            columns[f"{name} (status)"] = flags
            flagged += len(flags) - flags.null_count
    draft.table = pa.table(columns)
    draft.steps.append(f"the first column is {len(names)} dimensions: {', '.join(names)}")
    if flagged:
        draft.steps.append(f"{flagged} flags behind values stand in columns beside")
    return draft


def _split(cells: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """The values of a period and their flags; cells of another kind stay as they are."""
    found = pc.extract_regex(cells, _CELL)
    value, flag = (pc.struct_field(found, name) for name in ("value", "flag"))
    nothing = pa.scalar(None, pa.string())
    value = pc.if_else(pc.is_in(value, value_set=pa.array([":", ""])), nothing, value)
    values = pc.if_else(pc.is_valid(found), value, cells)
    return values, pc.if_else(pc.equal(flag, ""), nothing, flag)
