"""Run rules over a table: tell what breaks them, and do what their policies say."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.errors import Invalid
from citycommons.core.tables import fields_of, with_fields
from citycommons.core.types import Policy, Rule
from citycommons.standardise.checks import cells, places, rows, series, sums
from citycommons.standardise.checks.kind import Found, Kind, Known, names
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Rows
from citycommons.store import spill

KINDS: dict[str, Kind] = {
    **cells.KINDS,
    **places.KINDS,
    **rows.KINDS,
    **sums.KINDS,
    **series.KINDS,
}
"""Every kind of check by the name that a `Rule` gives."""

_KEPT_ASIDE = "kept aside"
_MANY = 100_000  # rows for which threads are worth it


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A table after its rules: the rows that stay, and those that do not."""

    table: pa.Table  # without the rejected rows; carries its fields
    kept: Rows  # numbers that the rows of `table` had before
    rejected: Rows  # numbers of the rejected rows, in order
    reasons: tuple[str, ...] = ()  # beside `rejected`: all that was wrong with the row, in words
    verdict: Policy = Policy.FLAG  # the strictest policy of the rules that were broken


def check(
    table: pa.Table,
    rules: Sequence[Rule],
    *,
    lines: Callable[[Rows], Rows],
    faults: Faults,
    known: Known | None = None,
) -> Checked:
    """Look at a typed table by its rules; every broken one is told in `faults`, row by row.

    `lines` gives the lines of the file for rows of the table. A rejected row stands once in the
    result, however many rules it breaks; the caller keeps it aside and counts it.

    Raises `Invalid` for a rule that cannot be (an unknown kind, an option that is missing).
    """
    verdicts = [Policy.FLAG]
    reasons: dict[int, list[str]] = {}
    known = known or Known()
    for rule in rules:
        validate(rule)
    for rule, founds in zip(rules, _side_by_side(table, rules, known), strict=True):
        missing = [name for name in _named(rule) if name not in table.column_names]
        if missing:
            message = f"rule “{rule.kind}” was not checked: the table has no such column."
            for name in missing:
                faults.add(rule.kind, message, column=name, action="not checked")
            continue
        for found in founds:
            if _tell(table, rule, found, lines, faults):
                verdicts.append(rule.policy)
                if rule.policy is Policy.REJECT_ROW:
                    _reason(table, rule, found, reasons)
    return _parted(table, reasons, verdicts)


def _side_by_side(
    table: pa.Table, rules: Sequence[Rule], known: Known
) -> Iterator[Iterable[Found]]:
    """What breaks each rule, in the rules' order; those of a table in memory use all cores."""
    there = set(table.column_names)
    if spill.is_large(table) or table.num_rows < _MANY:
        yield from (_found(table, rule, known) for rule in rules)
        return
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        yield from pool.map(
            lambda rule: list(_found(table, rule, known)) if there.issuperset(_named(rule)) else [],
            rules,
        )


def _found(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """What breaks the rule.

    Raises `Invalid` where the rule does not fit the type of a column.
    """
    try:
        yield from _pieces(table, rule, known)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as cause:
        held = ", ".join(f"“{name}” holds {table.schema.field(name).type}" for name in _named(rule))
        raise Invalid(
            f"Rule “{rule.kind}” cannot be checked: {held}. Change the rule, or the column's type.",
            column=next(iter(rule.columns), ""),
        ) from cause


def _named(rule: Rule) -> list[str]:
    """Every column that the rule names, in its options too."""
    return [*rule.columns, *names(rule, "time"), *names(rule, "series")]


def _pieces(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """What breaks the rule; a large table is looked at piece by piece where rows stand alone."""
    kind = KINDS[rule.kind]
    if kind.of_table or not spill.is_large(table):
        yield from kind.find(table, rule, known)
        return
    told: set[str] = set()
    for start in range(0, len(table), spill.PIECE):
        for found in kind.find(table.slice(start, spill.PIECE), rule, known):
            if found.rows is not None:
                yield replace(found, rows=found.rows + start)
            elif found.message not in told:
                told.add(found.message)
                yield found
        spill.ease()


def validate(rule: Rule) -> None:
    """Raise `Invalid` for a rule of an unknown kind, or without the columns or options it needs."""
    kind = KINDS.get(rule.kind)
    if kind is None:
        raise Invalid(f"There is no rule “{rule.kind}”. There are {', '.join(sorted(KINDS))}.")
    if len(rule.columns) < kind.least:
        raise Invalid(
            f"Rule “{rule.kind}” names {kind.least} column or more; this names none."
            if not rule.columns
            else f"Rule “{rule.kind}” names {kind.least} columns or more."
        )
    if missing := [name for name in kind.needs if rule.options.get(name) in (None, "", ())]:
        raise Invalid(
            f"Rule “{rule.kind}” needs the option {missing[0]}: {kind.options[missing[0]]}."
        )
    if unknown := [name for name in rule.options if name not in kind.options]:
        raise Invalid(
            f"Rule “{rule.kind}” has no option “{unknown[0]}”. It has "
            f"{', '.join(kind.options) or 'none'}."
        )
    if rule.kind == "pattern":
        cells.safe_pattern(str(rule.options["pattern"]))


def _tell(
    table: pa.Table, rule: Rule, found: Found, lines: Callable[[Rows], Rows], faults: Faults
) -> bool:
    """Note what was found; False where nothing was."""
    message = _message(rule, found)
    if found.rows is None:
        faults.add(rule.kind, message, column=found.column)
        return True
    if not len(found.rows):
        return False
    is_rejected = rule.policy is Policy.REJECT_ROW
    shown = found.rows[: faults.left]
    faults.add_column(
        rule.kind,
        message,
        column=found.column,
        lines=lines(shown),
        values=_values(table, found, len(shown)),
        total=len(found.rows),
        is_rejected=is_rejected,
        action=_KEPT_ASIDE if is_rejected else "",
    )
    return True


def _message(rule: Rule, found: Found) -> str:
    """What was found, and why it matters where the rule says so."""
    if not rule.reason or rule.reason in found.message:
        return found.message
    return f"{found.message} {rule.reason}"


def _values(table: pa.Table, found: Found, most: int) -> pa.Array:
    if found.values is not None:
        return found.values.slice(0, most)
    if not found.column or found.rows is None:
        return pa.nulls(most, pa.string())
    some = spill.take(table.column(found.column), found.rows[:most])
    if pa.types.is_binary(some.type):
        return pa.nulls(most, pa.string())
    return pc.cast(some, pa.string())


def _reason(table: pa.Table, rule: Rule, found: Found, reasons: dict[int, list[str]]) -> None:
    if found.rows is None:
        return
    said = _message(rule, found)
    values = _values(table, found, len(found.rows)).to_pylist()
    start = f"{found.column}: " if found.column else ""
    for row, value in zip(found.rows.tolist(), values, strict=True):
        reasons.setdefault(row, []).append(start + said.replace("{value}", value or ""))


def _parted(table: pa.Table, reasons: dict[int, list[str]], verdicts: list[Policy]) -> Checked:
    strict = list(Policy)
    verdict = max(verdicts, key=strict.index)
    everything = np.arange(table.num_rows, dtype=np.int64)
    if not reasons:
        return Checked(table=table, kept=everything, rejected=everything[:0], verdict=verdict)
    out = np.array(sorted(reasons), np.int64)
    stays = np.ones(table.num_rows, bool)
    stays[out] = False
    return Checked(
        table=with_fields(spill.take_rows(table, everything[stays]), fields_of(table)),
        kept=everything[stays],
        rejected=out,
        reasons=tuple("; ".join(dict.fromkeys(reasons[row])) for row in out.tolist()),
        verdict=verdict,
    )
