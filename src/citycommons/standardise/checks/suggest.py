"""The checks every table gets by itself: they only flag, and say why."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from citycommons.core.types import Field, FieldRole, FieldType, Rule
from citycommons.standardise.checks import sums
from citycommons.standardise.checks.kind import Known, codes, floats
from citycommons.standardise.checks.series import ordered, step_of
from citycommons.store import spill

_SAMPLE = 20_000  # rows by which series and sums are recognised
_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
_TIMES = (FieldType.DATE, FieldType.DATETIME)
_MOST_SERIES = 5_000


def suggested(
    table: pa.Table, fields: Sequence[Field], known: Known | None = None
) -> tuple[Rule, ...]:
    """Rules that fit this table: duplicates, broken shapes, sums, and what time series need.

    None rejects anything. Each is found in a sample of the rows; what it then finds is told. The
    same `known` handed to `check` spares it the sorting. A table that lies in files is not looked
    at for series.
    """
    if not table.num_rows:
        return ()
    there = [field for field in fields if field.name in table.column_names]
    rules: list[Rule] = []
    if len(there) > 2:
        reason = "Whoever counts rows would count it twice."
        rules.append(Rule(kind="duplicate-row", reason=reason))
    rules += [
        Rule(
            kind="valid-geometry",
            columns=(field.name,),
            reason="Areas and overlaps cannot be computed from it.",
        )
        for field in there
        if field.type is FieldType.GEOMETRY
    ]
    rules += _sums(table, there)
    if spill.is_large(table):
        return tuple(rules)  # series need all rows in another order, in memory
    if any(field.type is FieldType.STRING for field in there) and table.num_rows <= 100_000:
        rules.append(
            Rule(kind="total-row", reason="Whoever adds up the rows would count it twice.")
        )
    return (*rules, *_series(table, there, known or Known()))


def _sums(table: pa.Table, fields: list[Field]) -> list[Rule]:
    numbers = [field.name for field in fields if field.type in _NUMBERS]
    some = table.select(numbers).slice(0, 2_000)
    found: list[Rule] = []
    for name in numbers:
        if not _is_total(name):
            continue
        if parts := _parts(some, numbers, name):
            reason = f"In most rows {name} is the sum of {', '.join(parts[:6])}."
            found.append(Rule(kind="sum", columns=(name, *parts), reason=reason))
    return found


def _is_total(name: str) -> bool:
    words = {word.strip(".:()[]") for word in name.casefold().replace("_", " ").split()}
    return any(word in words for word in sums.WORDS if word != "all")


def _parts(some: pa.Table, numbers: list[str], total: str) -> list[str]:
    """The columns beside the total that add up to it in four of five rows; empty if none do."""
    at = numbers.index(total)
    left, right = numbers[:at], numbers[at + 1 :]
    tries = [left[-count:] for count in range(len(left), 1, -1)]
    tries += [right[:count] for count in range(len(right), 1, -1)]
    for parts in (left + right, *tries):
        if len(parts) < 2:
            continue
        have, want, is_told = sums.added(some, total, parts)
        is_told &= have != 0
        if is_told.sum() >= 3:
            fits = np.abs(have - want)[is_told] <= 0.005 * len(parts) + 1e-9
            if fits.mean() >= 0.8:
                return parts
    return []


def _series(table: pa.Table, fields: list[Field], known: Known) -> list[Rule]:
    """Gaps, standing still and leaps, where a column of times has a rhythm."""
    time = next((f.name for f in fields if f.type in _TIMES and f.role is FieldRole.TIME), None)
    if time is None or table.num_rows < 24:
        return []
    if (series := _by(table, fields, time, known)) is None:
        return []
    said = {"series": list(series)}
    rules = [Rule(kind="time-gap", columns=(time,), options=said, reason="Times have a rhythm.")]
    line = ordered(table, time, list(series), known)
    some = pa.array(line.rows[:_SAMPLE])
    within = ~line.starts[1:_SAMPLE]
    for field in fields:
        if field.role is not FieldRole.MEASURE or field.type not in _NUMBERS:
            continue
        values = floats(table.column(field.name).take(some).combine_chunks())
        told = values[~np.isnan(values)]
        if len(told) < 100 or len(np.unique(told)) < 20:
            continue
        still = ((np.diff(values) == 0) & (values[1:] != 0))[within]
        if len(still) and still.mean() > 0.3:
            continue  # it changes seldom by its nature
        options = {"time": time, **said}
        rules.append(
            Rule(
                kind="stuck",
                columns=(field.name,),
                options=options,
                reason="Measured values move.",
            )
        )
        rules.append(
            Rule(
                kind="jump",
                columns=(field.name,),
                options={**options, "and_back": True},
                reason="It leaps far beyond the usual steps, and back at once.",
            )
        )
    return rules


def _by(table: pa.Table, fields: list[Field], time: str, known: Known) -> tuple[str, ...] | None:
    """Columns that name a series, so that no time stands twice in one; None without a rhythm."""
    kinds = (FieldRole.IDENTIFIER, FieldRole.CATEGORY)
    named = [f.name for f in fields if f.role in kinds and f.type is not FieldType.GEOMETRY]
    tries: list[tuple[str, ...]] = [(), *((name,) for name in named)]
    tries += [(a, b) for at, a in enumerate(named[:4]) for b in named[at + 1 : 5]]
    head = table.slice(0, _SAMPLE)
    for series in tries[:16]:
        if len(head) < len(table) and not _is_series(head, series, time, Known()):
            continue
        if _is_series(table, series, time, known):
            return series
        known.found.pop(("ordered", time, *series), None)
    return None


def _is_series(table: pa.Table, series: tuple[str, ...], time: str, known: Known) -> bool:
    if series:
        most = max(int(codes(table, (name,)).max(initial=0)) for name in series)
        if most > min(_MOST_SERIES, table.num_rows // 8):
            return False
    line = ordered(table, time, list(series), known)
    steps = np.diff(line.times)[~line.starts[1:]]
    return len(steps) > 0 and float((steps == 0).mean()) < 0.02 and step_of(line) is not None
