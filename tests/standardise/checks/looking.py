"""Run one rule over a small table, and say what was found as (line, column, value)."""

from typing import Any

import pyarrow as pa

from citycommons.core.types import Fault, Rule
from citycommons.standardise.checks import Known, check
from citycommons.standardise.faults import Faults


def look(table: pa.Table, kind: str, *columns: str, known: Known | None = None, **options: Any):
    """The faults; row 0 stands on line 2, below a header."""
    faults = Faults()
    rule = Rule(kind=kind, columns=columns, options=options)
    check(table, (rule,), lines=lambda rows: rows + 2, faults=faults, known=known)
    return faults.report(()).faults


def at(faults: tuple[Fault, ...]) -> list[tuple[int | None, str, str]]:
    return [(fault.line, fault.column, fault.value) for fault in faults]
