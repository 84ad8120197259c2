"""Columns of dates and times: in which order and zone, found by all of their values."""

import re
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import FieldType
from citycommons.standardise import dates, hints
from citycommons.standardise.figures import is_day_column
from citycommons.standardise.samples import Looked
from citycommons.standardise.typed import TEXT, Parts, Typed, cleaned, each, said, stripped
from citycommons.store import spill

_MAY_BE_DATE = re.compile(r"\d[-/. ,]+[^\W_]|^[12]\d{7}(?!\d)")
_UTC = pa.timestamp("us", tz="UTC")


@dataclass(slots=True)
class _Found:
    """Pieces of moments, and what all of them together are."""

    parts: Parts
    has_time: bool = False
    is_aware: bool = False


def moment(
    column: Looked,
    *,
    zone: str,
    order: str,
    is_workbook: bool,
    is_declared: bool = False,
    **_: object,
) -> Typed | None:
    """The column as dates, or dates with times in UTC; None when it holds none."""
    is_serial = is_workbook and is_day_column(column, True) and "." not in column.sample[0][:4]
    if is_serial and (serial := _serial(column, zone)):
        return serial
    if unit := dates.epoch_unit(column.name, column.sample):
        return _epoch(column, unit)
    if not is_declared and not any(map(_MAY_BE_DATE.search, column.sample[:100])):
        return None
    patterns = dict(dates.ORDERS)
    if hints.is_date(column.name) or is_declared:
        patterns["yearmonthday"] = dates.COMPACT
    sample = pa.chunked_array([pa.array(column.sample, TEXT)])
    shares = {
        name: 1 - dates.parse(sample, pattern).values.null_count / len(sample)
        for name, pattern in patterns.items()
    }
    if max(shares.values()) < 0.5 and not is_declared:
        return None
    extra = "year-month-day"
    found = _iso(column) if shares[extra] == max(shares.values()) else None
    if found is None:
        found, extra = _best_order(column, patterns, shares, order)
    parts = found.parts
    kind = "dates and times" if found.has_time else "dates"
    typed = Typed(
        values=parts.values(),
        type=FieldType.DATETIME if found.has_time else FieldType.DATE,
        evidence=said(kind, column, parts.misfit, extra),
        misfits=parts.misfits,
        share=parts.share,
    )
    return _settled(typed, found.is_aware, zone)


def to_utc(values: pa.ChunkedArray | pa.Array, zone: str) -> tuple[pa.ChunkedArray, np.ndarray]:
    """Local times as UTC piece by piece, and which of them the zone never had; see `dates`."""
    column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    clock = _Clock(zone)
    parts, skipped = clock.through(column)
    if clock.comes_twice and clock.grows and zone != "UTC":
        # Only now is it known that the times grow: the second coming of an hour is the later one.
        clock.is_sure = True
        parts, skipped = clock.through(column)
    return parts.values(), skipped


class _Clock:
    """Local times of one column on their way to UTC."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self.is_sure = False  # the column grows but for doubled hours
        self.grows, self.comes_twice = True, False
        self._twice: np.ndarray | None = None
        self._last = self._highest = np.iinfo(np.int64).min

    def through(self, column: pa.ChunkedArray) -> tuple[Parts, np.ndarray]:
        parts = Parts(column)
        skipped = np.zeros(len(column), bool)
        row = 0
        self._last = self._highest = np.iinfo(np.int64).min
        for piece in spill.pieces(column):
            self._twice = None
            utc, wrong = dates.to_utc(piece.combine_chunks(), self.zone, self._again)
            if self.zone != "UTC":
                self._follow(piece)
            parts.add(utc, piece)
            skipped[row : row + len(piece)] = wrong
            row += len(piece)
        return parts, skipped

    def _again(self, values: pa.Array, is_twice: np.ndarray) -> np.ndarray:
        """Times not later than one before them, where that is known to mean a second coming."""
        self._twice, self.comes_twice = is_twice, True
        again = np.zeros(len(values), bool)
        if self.is_sure:
            at = np.flatnonzero(np.asarray(pc.is_valid(values)))
            local = _micros(values)[at]
            highest = np.maximum.accumulate(np.concatenate([[self._highest], local]))
            again[at] = local <= highest[:-1]
        return again

    def _follow(self, piece: pa.ChunkedArray) -> None:
        local = _micros(piece)
        there = np.asarray(pc.is_valid(piece))
        once = local[there if self._twice is None else there & ~self._twice]
        if len(once):
            self.grows &= bool(once[0] > self._last) and bool((np.diff(once) > 0).all())
            self._last = once[-1]
        if there.any():
            self._highest = max(self._highest, local[there].max())


def _micros(values: pa.ChunkedArray | pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.cast(values, pa.int64()), 0))


def _settled(typed: Typed, is_aware: bool, zone: str) -> Typed:
    if typed.type is FieldType.DATE:
        return replace(typed, values=each(typed.values, lambda some: pc.cast(some, pa.date32())))
    if is_aware:
        utc = each(typed.values, lambda some: pc.cast(some, pa.timestamp("us")).cast(_UTC))
        return replace(typed, values=utc)
    values, skipped = to_utc(typed.values, zone)
    evidence = f"{typed.evidence}; local to {zone}"
    return replace(
        typed, values=values, skipped=skipped if skipped.any() else None, evidence=evidence
    )


def _iso(column: Looked) -> _Found | None:
    """The quick way for columns that are ISO throughout; None when they are not."""
    found, is_first = _Found(Parts(column.values)), True
    for piece in spill.pieces(column.values):
        part = dates.parse_iso(piece)
        if part is None:
            return None
        if piece.null_count < len(piece):
            if part.is_aware != found.is_aware and not is_first:
                return None  # some name an offset and others do not
            found.is_aware, is_first = part.is_aware, False
            found.has_time |= part.has_time
        found.parts.add(part.values, piece)
    return found


def _parsed(column: Looked, pattern: str) -> _Found:
    found = _Found(Parts(column.values))
    naive: list[int] = []
    for number, clean in enumerate(cleaned(column.values)):
        part = dates.parse(clean, pattern)
        found.has_time |= part.has_time
        found.is_aware |= part.is_aware
        if not part.is_aware and part.values.null_count < len(part.values):
            naive.append(number)
        found.parts.add(part.values, clean)
    return _without_naive(column, pattern) if found.is_aware and naive else found


def _without_naive(column: Looked, pattern: str) -> _Found:
    """Where some name an offset, times of those that do not cannot be known."""
    found = _Found(Parts(column.values), is_aware=True)
    for clean in cleaned(column.values):
        part = dates.parse(clean, pattern)
        found.has_time |= part.has_time and part.is_aware
        nothing = pa.nulls(len(clean), part.values.type)
        found.parts.add(part.values if part.is_aware else nothing, clean)
    return found


def _best_order(
    column: Looked, patterns: dict[str, str], shares: dict[str, float], order: str
) -> tuple[_Found, str]:
    """The order of day, month and year that fits most of the whole column."""
    best = max(shares.values())
    left = [name for name, share in shares.items() if share >= best - 0.02 and share > 0]
    tried = {name: _parsed(column, patterns[name]) for name in left or ["year-month-day"]}
    most = min(found.parts.misfit for found in tried.values())
    fit = [name for name, found in tried.items() if found.parts.misfit == most]
    if len(fit) == 1:
        return tried[fit[0]], fit[0]
    if order in fit:
        return tried[order], f"{order}, as in the file's other columns"
    return tried[fit[0]], f"{fit[0]}; ambiguous, no day above 12 decides ({' or '.join(fit)})"


def _epoch(column: Looked, unit: int) -> Typed:
    """Seconds, or thousandths of them, since 1970 in UTC."""
    parts = Parts(column.values)
    for clean in cleaned(column.values):
        fits = pc.match_substring_regex(clean, dates.EPOCH)
        whole = pc.cast(pc.if_else(fits, clean, pa.scalar(None, TEXT)), pa.float64())
        micros = pc.cast(pc.multiply(whole, float(unit)), pa.int64(), safe=False)
        parts.add(pc.cast(micros, pa.timestamp("us")), clean)
    kind = "seconds" if unit == 1_000_000 else "milliseconds"
    typed = Typed(
        values=parts.values(),
        type=FieldType.DATETIME,
        evidence=said(f"{kind} since 1970", column, parts.misfit, "in UTC"),
        misfits=parts.misfits,
        share=parts.share,
    )
    return _settled(typed, True, "UTC")


def _serial(column: Looked, zone: str) -> Typed | None:
    """Days since 1899-12-30, as spreadsheets count."""
    try:
        days = pc.cast(stripped(column.values), pa.float64())
    except pa.ArrowInvalid:
        return None
    has_time = any("." in text for text in column.sample)
    micros = pc.cast(
        pc.round(pc.multiply(pc.subtract(days, 25_569.0), 86_400_000_000.0), -3), pa.int64()
    )
    typed = Typed(
        values=pc.cast(micros, pa.timestamp("us")),
        type=FieldType.DATETIME if has_time else FieldType.DATE,
        evidence="days of the workbook's calendar",
    )
    return _settled(typed, False, zone)
