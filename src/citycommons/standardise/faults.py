"""What is wrong with a delivery: kept in columns, so that a million faults stay cheap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.tables import Report
from citycommons.core.types import Fault, FieldType

MOST = 1_000_000  # single faults that are kept; all are counted
MOST_SHOWN = 10_000  # of these travel in `Report.faults`
LONGEST_VALUE = 500
FOOTER = "footer"
_MOST_TEXT = 64 << 20  # signs of values; beyond, values are cut to a few words
_SHORT = 40
_SHOWN = 80  # signs of a value inside a message
MISFITS = frozenset(kind.value for kind in FieldType)
"""Rules that a value breaks by not being of its column's type."""

_DONE = {
    **dict.fromkeys(MISFITS, "left empty"),
    **dict.fromkeys(("position-outside", "geometry-empty", "column-missing"), "left empty"),
    **dict.fromkeys(("short-row", "json"), "left empty"),
    **dict.fromkeys(("geometry-crossed", "quotes", "text-number", "time-skipped"), "mended"),
}
"""What readers do about a rule that is broken, where they do not say it themselves."""

Rows = npt.NDArray[np.int64]

SCHEMA = pa.schema(
    {
        "line": pa.int64(),
        "column": pa.string(),
        "value": pa.string(),
        "rule": pa.string(),
        "message": pa.string(),
        "is_rejected": pa.bool_(),
        "action": pa.string(),
    }
)
"""The columns of a report's file in the lake."""


_Key = tuple[str, str, bool, str]  # rule, column, is_rejected, action


@dataclass(slots=True)
class _Part:
    """Faults of one rule in one column: `lines` and `values` of those kept, `total` of all."""

    rule: str
    message: str  # may hold {value}
    column: str
    is_rejected: bool
    action: str
    total: int
    lines: pa.Array  # int64, null where no line is known
    values: pa.Array  # string
    told: pa.Array | None = None  # messages of the single faults, where they differ


class Faults:
    """Collects faults and rejected rows of one reading; memory is bounded however broken it is."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._loose: dict[_Key, list[tuple[int | None, str, str]]] = {}
        self._kept = 0
        self._text = 0
        self.aside: list[tuple[int | None, str, str | tuple[str | None, ...]]] = []
        """Rows that a format kept out: line, reason, and the whole row as its text or its cells."""
        self.rejected = 0

    @property
    def left(self) -> int:
        """How many more single faults are kept."""
        return MOST - self._kept

    def add(
        self,
        rule: str,
        message: str,
        *,
        line: int | None = None,
        column: str = "",
        value: str = "",
        is_rejected: bool = False,
        action: str = "",
    ) -> None:
        """Note one fault; `is_rejected` says that its row, which `value` holds, is kept aside.

        What stands below a table (rule `footer`) is no row of it: nobody repairs that.
        """
        if is_rejected and rule != FOOTER:
            self.aside.append((line, message, value))
        self._add(rule, message, line, column, value, is_rejected, action)

    def _add(
        self,
        rule: str,
        message: str,
        line: int | None,
        column: str,
        value: str,
        is_rejected: bool,
        action: str,
    ) -> None:
        self.rejected += is_rejected
        key = (rule, column, is_rejected, action or _done(rule, is_rejected))
        if self._kept < MOST:
            self._kept += 1
            self._loose.setdefault(key, []).append((line, self._cut(value), message))
        else:
            self._settle()
            self._beyond(key, message)

    def reject(
        self,
        line: int | None,
        cells: Sequence[str | None],
        rule: str,
        message: str,
        *,
        value: str = "",
        column: str = "",
    ) -> None:
        """Note a row that never becomes data, and keep its cells as they stood in the file."""
        self.aside.append((line, message, tuple(cells)))
        value = value or " | ".join(cell or "" for cell in cells)
        self._add(rule, message, line, column, value, True, "")

    def add_many(
        self,
        rule: str,
        message: str,
        *,
        column: str,
        found: Iterable[tuple[int, str]],
        total: int,
        action: str = "",
    ) -> None:
        """Note `total` flagged values of a column; `found` gives (line, value) of the first ones.

        The message may hold `{value}`.
        """
        pairs = list(found)
        lines = np.fromiter((line for line, _ in pairs), np.int64, len(pairs))
        values = pa.array([value for _, value in pairs], pa.string())
        self.add_column(
            rule, message, column=column, lines=lines, values=values, total=total, action=action
        )

    def add_column(
        self,
        rule: str,
        message: str,
        *,
        column: str = "",
        lines: Rows | None = None,
        values: pa.Array | pa.ChunkedArray | None = None,
        total: int | None = None,
        is_rejected: bool = False,
        action: str = "",
    ) -> None:
        """Note many faults of one rule at once, in columns: the way for a hundred thousand.

        `lines` and `values` stand side by side and may be shorter than `total`. A rejected row may
        have several faults, so it is counted by whoever keeps it aside.
        """
        count = len(lines) if lines is not None else len(values) if values is not None else 0
        keep = min(count, self.left)
        texts = pa.nulls(keep, pa.string()) if values is None else _flat(values.slice(0, keep))
        part = _Part(
            rule=rule,
            message=message,
            column=column,
            is_rejected=is_rejected,
            action=action or _done(rule, is_rejected),
            total=count if total is None else max(total, count),
            lines=pa.nulls(keep, pa.int64()) if lines is None else pa.array(lines[:keep]),
            values=self._short(pc.fill_null(pc.cast(texts, pa.string()), "")),
        )
        self._kept += keep
        self._settle()
        self._parts.append(part)

    def absorb(self, other: "Faults") -> None:
        """Take over all that another reading found: the pages of one table are one delivery."""
        for faults in (self, other):
            faults._settle()
        self._parts += other._parts
        self.aside += other.aside
        self._kept += other._kept
        self._text += other._text
        self.rejected += other.rejected

    def reject_misfits(self) -> None:
        """Say of every value that did not fit that its row was kept aside."""
        for part in self._parts:
            if part.rule in MISFITS:
                part.is_rejected, part.action = True, "kept aside"

    def report(self, steps: Iterable[str]) -> Report:
        """Everything found, as it travels with the table: all summed up, the first one by one."""
        self._settle()
        return Report(
            faults=tuple(_faults(self.table(MOST_SHOWN))),
            summary=tuple(sorted(self._sums(), key=lambda fault: -fault.count)),
            rejected=self.rejected,
            steps=tuple(steps),
        )

    def table(self, most: int = MOST) -> pa.Table:
        """The single faults as a table of `SCHEMA`, in the order in which they were found."""
        self._settle()
        found: list[pa.Table] = []
        for part in self._parts:
            if most <= 0:
                break
            found.append(_listed(part, min(most, len(part.lines))))
            most -= len(part.lines)
        return pa.concat_tables([SCHEMA.empty_table(), *found])

    def _sums(self) -> Iterable[Fault]:
        sums: dict[tuple[str, str, bool], Fault] = {}
        for part in self._parts:
            if not part.total:
                continue
            key = (part.rule, part.column, part.is_rejected)
            if (before := sums.get(key)) is not None:
                sums[key] = replace(before, count=before.count + part.total)
                continue
            sums[key] = Fault(
                rule=part.rule,
                message=part.message,
                column=part.column,
                value=part.values[0].as_py() if len(part.values) else "",
                is_rejected=part.is_rejected,
                count=part.total,
                action=part.action,
            )
        return sums.values()

    def _cut(self, value: str) -> str:
        value = value[: LONGEST_VALUE if self._text < _MOST_TEXT else _SHORT]
        self._text += len(value)
        return value

    def _short(self, values: pa.Array) -> pa.Array:
        longest = LONGEST_VALUE if self._text < _MOST_TEXT else _SHORT
        cut = pc.utf8_slice_codeunits(values, 0, longest)
        self._text += pc.sum(pc.utf8_length(cut)).as_py() or 0
        return cut

    def _beyond(self, key: _Key, message: str) -> None:
        """Count a fault that is not kept any more."""
        for part in reversed(self._parts):
            if (part.rule, part.column, part.is_rejected, part.action) == key:
                part.total += 1
                return
        rule, column, is_rejected, action = key
        nothing = pa.array([], pa.int64()), pa.array([], pa.string())
        self._parts.append(_Part(rule, message, column, is_rejected, action, 1, *nothing))

    def _settle(self) -> None:
        """Bring the faults noted one by one into columns."""
        loose, self._loose = self._loose, {}
        for (rule, column, is_rejected, action), found in loose.items():
            lines, values, told = zip(*found, strict=True)
            part = _Part(
                rule=rule,
                message=told[0],
                column=column,
                is_rejected=is_rejected,
                action=action,
                total=len(found),
                lines=pa.array(lines, pa.int64()),
                values=pa.array(values, pa.string()),
            )
            if len(set(told)) > 1:
                part.told = pa.array(told, pa.string())
            self._parts.append(part)


def _done(rule: str, is_rejected: bool) -> str:
    if is_rejected:
        return "left out" if rule == FOOTER else "kept aside"
    return _DONE.get(rule, "")


def _flat(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _listed(part: _Part, count: int) -> pa.Table:
    lines, values = part.lines.slice(0, count), part.values.slice(0, count)
    same = {
        "column": part.column,
        "rule": part.rule,
        "is_rejected": part.is_rejected,
        "action": part.action,
    }
    columns = {name: pa.repeat(pa.scalar(said), count) for name, said in same.items()}
    columns |= {"line": lines, "value": values, "message": _messages(part, lines, values)}
    return pa.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA)


def _messages(part: _Part, lines: pa.Array, values: pa.Array) -> pa.Array:
    """“Column “x”, line 7: …” for each fault, joined in columns."""
    head = f"Column “{part.column}”" if part.column else ""
    told = pc.cast(lines, pa.string())
    at = pc.binary_join_element_wise(", line " if head else "Line ", told, "")
    start = pc.binary_join_element_wise(head, pc.fill_null(at, ""), "")
    start = pc.if_else(pc.equal(start, ""), "", pc.binary_join_element_wise(start, ": ", ""))
    if part.told is not None:
        return pc.binary_join_element_wise(start, part.told.slice(0, len(lines)), "")
    before, marker, after = part.message.partition("{value}")
    if not marker:
        return pc.binary_join_element_wise(start, before, "")
    cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(values, 0, _SHOWN - 1), "…", "")
    shown = pc.if_else(pc.greater(pc.utf8_length(values), _SHOWN), cut, values)
    return pc.binary_join_element_wise(start, before, shown, after, "")


def _faults(listed: pa.Table) -> Iterable[Fault]:
    columns = (listed[name].to_pylist() for name in SCHEMA.names)
    for line, column, value, rule, message, is_rejected, action in zip(*columns, strict=True):
        yield Fault(
            rule=rule,
            message=message,
            line=line,
            column=column,
            value=value,
            is_rejected=is_rejected,
            action=action,
        )
