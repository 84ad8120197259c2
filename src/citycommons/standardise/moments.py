"""Columns of dates and times: in which order and zone, found by all of their values."""

import re
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import FieldType
from citycommons.standardise import clocks, dates, hints
from citycommons.standardise.figures import is_day_column
from citycommons.standardise.samples import Looked
from citycommons.standardise.typed import (
    TEXT,
    Parts,
    Typed,
    cleaned,
    each,
    said,
    stripped,
    without_words,
)
from citycommons.store import spill

_MAY_BE_DATE = re.compile(r"\d[-/. ,]+[^\W_]|^[12]\d{7}(?!\d)")
_FEW = 1_000  # values that may be no days, and the column one of days still
_LONG_YEAR = re.compile(r"\d{4}")
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
    latest = dates.latest_year(column.name)
    shares = {
        name: 1 - dates.parse(sample, pattern, latest).values.null_count / len(sample)
        for name, pattern in patterns.items()
    }
    if max(shares.values()) < 0.5 and not is_declared:
        return None
    extra = "year-month-day"
    found = _iso(column) if shares[extra] == max(shares.values()) else None
    if found is None:
        found, extra = _best_order(column, patterns, shares, order)
    if extra != "year-month-day" and not any(_LONG_YEAR.search(t) for t in column.sample[:100]):
        extra += f"; years of two digits are {latest - 99} to {latest}"
    parts = found.parts
    kind = "dates and times" if found.has_time else "dates"
    typed = Typed(
        values=parts.values(),
        type=FieldType.DATETIME if found.has_time else FieldType.DATE,
        evidence=said(kind, parts, extra),
        misfits=parts.misfits,
        share=1.0 if _are_impossible(column, parts, patterns) else parts.share,
    )
    return _settled(typed, found.is_aware, zone, column.name)


def _are_impossible(column: Looked, parts: Parts, patterns: dict[str, str]) -> bool:
    """Whether all that did not fit are days the calendar does not have (31.02.), in any order."""
    if parts.misfits is None or parts.share < 0.5:
        return False
    rows = np.flatnonzero(parts.misfits)
    texts = stripped(spill.take(column.values, rows[:_FEW]))
    if not all(any(re.match(one, text) for one in patterns.values()) for text in texts.to_pylist()):
        return False
    wrong = pa.chunked_array([texts]) if isinstance(texts, pa.Array) else texts
    days = (dates.parse(wrong, pattern).values for pattern in patterns.values())
    return len(rows) <= _FEW and all(found.null_count == len(found) for found in days)


def _settled(typed: Typed, is_aware: bool, zone: str, name: str = "") -> Typed:
    if typed.type is FieldType.DATE:
        return replace(typed, values=each(typed.values, lambda some: pc.cast(some, pa.date32())))
    if is_aware:
        utc = each(typed.values, lambda some: pc.cast(some, pa.timestamp("us")).cast(_UTC))
        return replace(typed, values=utc)
    if (offset := hints.offset(name)) is not None:
        ahead = pa.scalar(offset * 60_000_000, pa.duration("us"))
        utc = each(typed.values, lambda some: pc.subtract(some, ahead).cast(_UTC))
        said_zone = f"UTC{offset // 60:+03d}:{offset % 60:02d}" if offset else "UTC"
        evidence = f"{typed.evidence}; in {said_zone}, as the column's name says"
        return replace(typed, values=utc, evidence=evidence)
    told = clocks.to_utc(typed.values, hints.zone(name) or zone)
    evidence = f"{typed.evidence}; local to {hints.zone(name) or zone}"
    return replace(
        typed,
        values=told.values,
        skipped=told.skipped if told.skipped.any() else None,
        unsure=told.unsure if told.unsure.any() else None,
        evidence=evidence,
    )


def _iso(column: Looked) -> _Found | None:
    """The quick way for columns that are ISO throughout; None when they are not."""
    found, is_first = _Found(Parts(column.values)), True
    for given in spill.pieces(column.values):
        piece, part = given, dates.parse_iso(given)
        if part is None:
            piece = without_words(given)
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
        part = dates.parse(clean, pattern, dates.latest_year(column.name))
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
        part = dates.parse(clean, pattern, dates.latest_year(column.name))
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
        evidence=said(f"{kind} since 1970", parts, "in UTC"),
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
    return _settled(typed, False, zone, column.name)
