"""How a new delivery differs from the version before: columns, types, units, categories, rows.

The version's own statistics are compared with a sample of the table, so nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.tables import fields_of
from citycommons.core.types import (
    Choice,
    ColumnStatistics,
    Field,
    FieldRole,
    FieldType,
    Question,
    Version,
)
from citycommons.standardise.shape import plain_name

_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
_SAMPLE = 100_000
_LEAST_VALUES = 20
_ALIKE = 0.6  # of 1: how alike name and values of a renamed column must be
_SHOWN = 10


class DriftKind(StrEnum):
    """What happened since the version before."""

    GONE = "gone"
    RENAMED = "renamed"  # perhaps: a person says
    NEW = "new"
    TYPE = "type"
    UNITS = "units"  # the numbers are as if in another unit
    EMPTY = "empty"  # most values are missing now
    CATEGORIES = "categories"  # kinds that were not there before, or are not there any more
    ROWS = "rows"  # far fewer rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One thing that is not as it was."""

    kind: DriftKind
    column: str = ""
    before: FieldType | None = None
    found: FieldType | None = None  # what the new file holds by itself
    is_kept: bool = False  # it is read as before, and what does not fit is a fault
    other: str = ""  # of a renamed column: its new name
    factor: float | None = None  # of units: how many times as large the values are
    new: tuple[str, ...] = ()  # categories
    gone: tuple[str, ...] = ()
    words: str = ""  # in words, with the figures


_FACTORS: tuple[tuple[float, str], ...] = (
    (1_000_000.0, "millions and ones, or µg and g"),
    (1_000.0, "kilo and ones, such as km and m or kWh and Wh"),
    (100.0, "shares and per cent, or m and cm"),
    (60.0, "minutes and seconds, or hours and minutes"),
    (3_600.0, "hours and seconds"),
    (10_000.0, "ha and m²"),
    (3.6, "m/s and km/h, or kWh and MJ"),
    (1.609344, "miles and kilometres"),
    (3.28084, "metres and feet"),
)


def drift(before: Version, table: pa.Table, kept: Sequence[str] = ()) -> tuple[Drift, ...]:
    """What is not as in the version before, gravest first: rows, gone, renamed, types, units, new.

    `kept` names columns that are read as before whatever they hold. Columns derived here (a
    geometry made of others) are compared like all.
    """
    fields = fields_of(table)
    found = list(_rows(before, table))
    columns = drifted(before.fields, fields, kept)
    statistics = {one.name: one for one in before.statistics}
    renamed = _renamed(columns, statistics, table)
    taken = {one.column for one in renamed} | {one.other for one in renamed}
    found += [one for one in columns if one.kind is DriftKind.GONE and one.column not in taken]
    found += renamed
    found += [one for one in columns if one.kind is DriftKind.TYPE]
    was = {field.name: field for field in before.fields}
    for field in fields:
        if (known := statistics.get(field.name)) is None or field.name not in was:
            continue
        if was[field.name].type is field.type or {was[field.name].type, field.type} <= set(
            _NUMBERS
        ):
            found += _values(field, known, before.rows, table)
    found += [one for one in columns if one.kind is DriftKind.NEW and one.column not in taken]
    return tuple(found)


def drifted(
    before: Sequence[Field], found: Sequence[Field], kept: Sequence[str] = ()
) -> tuple[Drift, ...]:
    """Columns gone, columns of another type, then new columns; by their fields alone."""
    was = {field.name: field for field in before}
    now = {field.name: field for field in found}
    gone = [
        Drift(
            kind=DriftKind.GONE,
            column=name,
            before=field.type,
            words=f"The column “{name}” is not there any more.",
        )
        for name, field in was.items()
        if name not in now
    ]
    other = [
        Drift(
            kind=DriftKind.TYPE,
            column=name,
            before=was[name].type,
            found=field.type,
            is_kept=name in kept,
            words=f"“{name}” was {was[name].type} and is {field.type} now.",
        )
        for name, field in now.items()
        if name in was and was[name].type is not field.type
    ]
    new = [
        Drift(
            kind=DriftKind.NEW,
            column=name,
            found=field.type,
            words=f"The column “{name}” is new.",
        )
        for name, field in now.items()
        if name not in was
    ]
    return (*gone, *other, *new)


def questions(found: Iterable[Drift]) -> tuple[Question, ...]:
    """For each column that may only bear a new name: is it the one from before?"""
    return tuple(
        Question(
            id=f"rename:{one.other}",
            kind="rename",
            text=f"Is the new column “{one.other}” the column “{one.column}” from before?",
            columns=(one.other,),
            choices=(
                Choice(
                    value=one.column,
                    title=f"Yes, call it “{one.column}”",
                    evidence=one.words,
                    fits=1.0,
                ),
                Choice(value="", title="No, it is a new column"),
            ),
        )
        for one in found
        if one.kind is DriftKind.RENAMED
    )


def _rows(before: Version, table: pa.Table) -> Iterable[Drift]:
    if before.rows >= _LEAST_VALUES and table.num_rows < before.rows / 2:
        yield Drift(
            kind=DriftKind.ROWS,
            words=f"There are {table.num_rows} rows, and there were {before.rows} before. "
            "Is the file whole?",
        )


# Renamed columns


def _renamed(
    columns: Sequence[Drift], statistics: dict[str, ColumnStatistics], table: pa.Table
) -> list[Drift]:
    """Pairs of a column gone and a new one, alike in name or values, the best ones first."""
    pairs = [
        (_likeness(gone, new, statistics.get(gone.column), table), gone, new)
        for gone in columns
        for new in columns
        if gone.kind is DriftKind.GONE
        and new.kind is DriftKind.NEW
        and (gone.before is new.found or {gone.before, new.found} <= set(_NUMBERS))
    ]
    found: list[Drift] = []
    taken: set[str] = set()
    for score, gone, new in sorted(pairs, key=lambda pair: -pair[0]):
        if score < _ALIKE or taken & {gone.column, new.column}:
            continue
        taken |= {gone.column, new.column}
        found.append(
            replace(
                gone,
                kind=DriftKind.RENAMED,
                found=new.found,
                other=new.column,
                words=f"“{gone.column}” is gone and “{new.column}” is new; names and values are "
                f"alike to {score:.0%}.",
            )
        )
    return found


def _likeness(gone: Drift, new: Drift, known: ColumnStatistics | None, table: pa.Table) -> float:
    """How alike a column before and one now are, 0..1: by names, and by values where known."""
    from rapidfuzz import fuzz

    name = fuzz.token_sort_ratio(plain_name(gone.column), plain_name(new.column)) / 100
    values = None if known is None else _overlap(known, table[new.column])
    if values is None:
        return name
    return max(0.5 * name + 0.5 * values, 0.95 * values if values > 0.9 else 0.0)


def _overlap(known: ColumnStatistics, column: pa.ChunkedArray) -> float | None:
    """Share of the frequent values that are there again, or of the numbers' ranges in common."""
    if known.top:
        here = set(_texts(pc.unique(_some(column))))
        return sum(1 for value, _ in known.top if value in here) / len(known.top)
    low, high = known.minimum, known.maximum
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    numbers = _numbers(column)
    if numbers is None or len(numbers) < 2:
        return None
    least, most = float(numbers.min()), float(numbers.max())
    whole = max(high, most) - min(low, least)
    return max(0.0, (min(high, most) - max(low, least)) / whole) if whole else 1.0


# Values


def _values(field: Field, known: ColumnStatistics, rows: int, table: pa.Table) -> Iterable[Drift]:
    column = table[field.name]
    if table.num_rows >= _LEAST_VALUES and rows:
        nulls, before = column.null_count / table.num_rows, known.nulls / rows
        if nulls > 0.5 and before < 0.1:
            yield Drift(
                kind=DriftKind.EMPTY,
                column=field.name,
                words=f"{nulls:.0%} of “{field.name}” are empty, and {before:.0%} were before.",
            )
    if field.type in _NUMBERS and field.role in (FieldRole.MEASURE, FieldRole.TEXT):
        yield from _units(field, known, rows, column)
    elif field.role is FieldRole.CATEGORY and known.top and len(known.top) >= known.distinct:
        yield from _categories(field, known, column)


def _units(
    field: Field, known: ColumnStatistics, rows: int, column: pa.ChunkedArray
) -> Iterable[Drift]:
    """Middle and spread both grew by one factor between units: that is no change of the world."""
    numbers = _numbers(column)
    if numbers is None or len(numbers) < _LEAST_VALUES or (then := _before(known)) is None:
        return
    now = _middle_and_spread(numbers)
    if min(map(abs, (*then, *now))) == 0 or then[0] * now[0] < 0:
        return
    middle, spread = now[0] / then[0], now[1] / then[1]
    # The spread of few values is known to a few per cent only (twice its standard error).
    chance = min(0.3, 2.4 * np.sqrt(1 / len(numbers) + 1 / max(rows - known.nulls, 1)))
    for factor, units in _FACTORS:
        for likely, words in ((factor, "larger"), (1 / factor, "smaller")):
            near = 0.35 if factor >= 10 else 0.06
            is_middle = abs(np.log(middle / likely)) < near
            if is_middle and abs(np.log(spread / likely)) < near + chance:
                yield Drift(
                    kind=DriftKind.UNITS,
                    column=field.name,
                    factor=likely,
                    words=f"The values of “{field.name}” are about {factor:g} times {words} than "
                    f"before (in the middle {now[0]:.6g}, and {then[0]:.6g} before), as between "
                    f"{units}. Has the unit changed?",
                )
                return


def _before(known: ColumnStatistics) -> tuple[float, float] | None:
    """Median and interquartile range of the version before, from its histogram's equal steps."""
    low, high = known.minimum, known.maximum
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    counts = np.asarray(known.histogram, np.float64)
    if not counts.sum() or high <= low:
        return None
    edges = np.linspace(low, high, len(counts) + 1)
    quarter, median, three = _quantiles(counts, edges)
    if counts.max() > 0.5 * counts.sum() and known.mean is not None:
        # Most values share one step, so quartiles say little: mean and whole range do.
        return float(known.mean), float(high - low)
    return median, three - quarter


def _middle_and_spread(numbers: npt.NDArray[np.float64]) -> tuple[float, float]:
    """As `_before` sees the version before: through twenty equal steps."""
    counts, edges = np.histogram(numbers, bins=20)
    if counts.max() > 0.5 * counts.sum():
        return float(numbers.mean()), float(numbers.max() - numbers.min())
    quarter, median, three = _quantiles(counts.astype(np.float64), edges)
    return median, three - quarter


def _quantiles(
    counts: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]
) -> tuple[float, float, float]:
    share = np.concatenate([[0.0], np.cumsum(counts) / counts.sum()])
    quarter, median, three = np.interp((0.25, 0.5, 0.75), share, edges)
    return float(quarter), float(median), float(three)


def _categories(field: Field, known: ColumnStatistics, column: pa.ChunkedArray) -> Iterable[Drift]:
    was = {value for value, _ in known.top}
    here = set(_texts(pc.unique(column)))
    new, gone = sorted(here - was), sorted(was - here)
    if not new and not gone:
        return
    said = [f"new: {', '.join(new[:_SHOWN])}"] if new else []
    said += [f"not there any more: {', '.join(gone[:_SHOWN])}"] if gone else []
    yield Drift(
        kind=DriftKind.CATEGORIES,
        column=field.name,
        new=tuple(new[:_SHOWN]),
        gone=tuple(gone[:_SHOWN]),
        words=f"The kinds in “{field.name}” are not the same: {'; '.join(said)}.",
    )


def _texts(values: Any) -> list[str]:
    return [str(value) for value in values.to_pylist() if value is not None]


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64] | None:
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return None
    some = pc.drop_null(pc.cast(_some(column), pa.float64()))
    values = np.asarray(some, np.float64)
    return values[np.isfinite(values)]


def _some(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Values from all over a long column."""
    if len(column) <= _SAMPLE:
        return column
    at = np.linspace(0, len(column) - 1, _SAMPLE).astype(np.int64)
    return column.take(pa.array(at))
