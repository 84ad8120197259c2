"""Find each column's type by all of its values, and say by which evidence."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.tables import ARROW_TYPES
from citycommons.core.types import FieldType
from citycommons.standardise import dates, hints, numbers
from citycommons.standardise.samples import Looked
from citycommons.standardise.words import BOOLEANS, EMPTY_AMONG_TYPED

MAJORITY = 0.98  # share of a column's values that must fit its type
_MOST_STATUS_WORDS = 8
_TEXT = pa.string()
_MAY_BE_DATE = re.compile(r"\d[-/. ,]+[^\W_]|^[12]\d{7}(?!\d)")
_UTC = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A column that found its type."""

    values: pa.ChunkedArray | pa.Array
    type: FieldType
    evidence: str
    misfits: np.ndarray | None = None  # rows whose text did not fit and is null now
    status: pa.ChunkedArray | None = None  # words that stood among the numbers, in a column beside
    skipped: np.ndarray | None = None  # rows with a local time that the zone never had
    unit: str = ""
    share: float = 1.0


def infer(
    column: Looked, *, decimal: str, zone: str, order: str = "", is_workbook: bool = False
) -> Typed:
    """The type that at least 98 % of all values fit; text when there is none."""
    if not column.sample:
        return as_text(column, "no values")
    for attempt in (_boolean, _number, _moment, _clock):
        found = attempt(column, decimal=decimal, zone=zone, order=order, is_workbook=is_workbook)
        if found is not None and (found.share >= MAJORITY or found.status is not None):
            return found
    return as_text(column, "values are text")


def force(column: Looked, wanted: FieldType, *, decimal: str, zone: str, order: str = "") -> Typed:
    """The declared type, whatever share of the values fits."""
    given: dict[str, Any] = {"decimal": decimal, "zone": zone, "order": order, "is_workbook": False}
    found: Typed | None = None
    if not column.sample:
        found = None
    elif wanted is FieldType.BOOLEAN:
        found = _boolean(column, **given)
    elif wanted in (FieldType.NUMBER, FieldType.INTEGER):
        styles = column.styles or [numbers.Style()]
        found = _number(replace(column, styles=styles), is_declared=True, **given)
    elif wanted in (FieldType.DATE, FieldType.DATETIME):
        found = _moment(column, is_declared=True, **given)
    elif wanted is FieldType.TIME:
        found = _clock(column, **given)
    if wanted is FieldType.STRING or wanted is FieldType.GEOMETRY:
        return replace(as_text(column, ""), evidence="declared")
    if found is None:
        nothing = pa.nulls(len(column.values), ARROW_TYPES[wanted])
        misfits = np.asarray(column.values.is_valid())
        return Typed(values=nothing, type=wanted, evidence="declared", misfits=misfits)
    return replace(_cast_to(found, wanted, zone), evidence=f"declared; {found.evidence}")


def as_text(column: Looked, evidence: str) -> Typed:
    """The column as it is, blank cells as nulls."""
    values = column.values
    blank = pc.match_substring_regex(values, r"^\s+$")
    if pc.any(blank).as_py():
        values = pc.if_else(blank, pa.scalar(None, _TEXT), values)
    return Typed(values=values, type=FieldType.STRING, evidence=evidence)


def _stripped(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Without spaces and single quotes around, and with nulls where a word says nothing."""
    values = pc.utf8_trim_whitespace(values)
    quoted = pc.match_substring_regex(values, "^'.*'$")
    if pc.any(quoted).as_py():
        values = pc.if_else(quoted, pc.utf8_slice_codeunits(values, 1, -1), values)
        values = pc.utf8_trim_whitespace(values)
    values = pc.replace_substring(values, "\u2212", "-")
    # Signs of a currency may stand before a dash that says nothing: “€ -”.
    bare = pc.utf8_trim(pc.utf8_lower(values), "€$£?% \u00a0")
    nothing = pc.is_in(bare, value_set=pa.array(sorted(EMPTY_AMONG_TYPED)))
    return pc.if_else(nothing, pa.scalar(None, _TEXT), values)


def _judge(column: Looked, clean: pa.ChunkedArray, parsed: pa.Array) -> tuple[np.ndarray, float]:
    """Rows that had a value and lost it, and the share of values that fit."""
    if parsed.null_count == clean.null_count:
        return np.zeros(len(clean), bool), 1.0
    misfits = np.asarray(clean.is_valid()) & np.asarray(parsed.is_null())
    count = len(clean) - clean.null_count
    return misfits, 1.0 - float(misfits.sum()) / count if count else 0.0


def _said(kind: str, column: Looked, misfits: np.ndarray, extra: str) -> str:
    count = len(column.values) - column.values.null_count
    fit = count - int(misfits.sum())
    said = f"{fit} of {count} values are {kind}"
    return f"{said}; {extra}" if extra else said


def _boolean(column: Looked, **_: object) -> Typed | None:
    words = {text.lower() for text in column.sample}
    if len(words) > 4:
        return None
    for yes, no in BOOLEANS:
        if words <= yes | no and (words & yes or len(next(iter(words))) > 1):
            break
    else:
        return None
    clean = pc.utf8_lower(_stripped(column.values))
    is_yes = pc.is_in(clean, value_set=pa.array(sorted(yes)))
    is_no = pc.is_in(clean, value_set=pa.array(sorted(no)))
    none = pa.scalar(None, pa.bool_())
    values = pc.if_else(is_yes, True, pc.if_else(is_no, False, none))
    misfits, share = _judge(column, clean, values)
    shown = "/".join((*sorted(words & yes), *sorted(words & no)))
    evidence = _said("yes or no", column, misfits, shown)
    return Typed(
        values=values, type=FieldType.BOOLEAN, evidence=evidence, misfits=misfits, share=share
    )


def _number(
    column: Looked,
    *,
    decimal: str,
    is_workbook: bool,
    is_declared: bool = False,
    **rest: object,
) -> Typed | None:
    if not column.styles or (not is_declared and hints.is_code(column.name)):
        return None
    if not is_declared and _is_day_column(column, is_workbook):
        return None
    values = column.values
    style, extra = numbers.choose(column.styles, column.sample, decimal=decimal)
    clean, parsed = values, None
    if style == numbers.Style():
        try:
            parsed = numbers.parse_plain(values)
        except pa.ArrowInvalid:
            parsed = None
    if parsed is None:
        clean = _stripped(values)
        style, extra = _best_style(column, clean, style, extra, decimal)
        parsed = numbers.parse(clean, style)
    all_of = clean if pa.types.is_integer(parsed.type) else pa.array(column.sample, _TEXT)
    if not is_declared and numbers.has_codes(all_of):
        return None
    misfits, share = _judge(column, clean, parsed)
    is_whole = pa.types.is_integer(parsed.type)
    status = None if share >= MAJORITY or is_declared else _status_words(clean, misfits, share)
    if status is not None:
        extra = "; ".join(
            part for part in (extra, "words among them stand in a column beside") if part
        )
    unit = numbers.UNITS.get(style.sign, style.sign)
    return Typed(
        values=parsed,
        type=FieldType.INTEGER if is_whole else FieldType.NUMBER,
        evidence=_said("whole numbers" if is_whole else "numbers", column, misfits, extra),
        misfits=misfits if status is None else None,
        status=status,
        unit=unit,
        share=share,
    )


def _best_style(
    column: Looked, clean: pa.ChunkedArray, style: numbers.Style, extra: str, decimal: str
) -> tuple[numbers.Style, str]:
    """The style that fits most of the whole column, where the sample left several."""
    if len(column.styles) < 2 or not any(c in text for text in column.sample for c in ".,"):
        return style, extra
    if len({s.decimal for s in column.styles}) == 1:
        # They differ in the thousands only: the plainest that fits throughout is as good as any.
        for plain in column.styles:
            if pc.all(pc.match_substring_regex(clean, plain.pattern)).as_py():
                return plain, plain.words
    fits = {
        s: pc.sum(pc.match_substring_regex(clean, s.pattern)).as_py() or 0 for s in column.styles
    }
    most = max(fits.values())
    left = [s for s in column.styles if fits[s] == most]
    return numbers.choose(left, column.sample, decimal=decimal)


def _status_words(clean: pa.ChunkedArray, misfits: np.ndarray, share: float) -> pa.Array | None:
    """The few words that stand among numbers (“ges” for closed), as a column; None if many."""
    if share < 0.5:
        return None
    words = pc.if_else(pa.array(misfits), clean.combine_chunks(), pa.scalar(None, _TEXT))
    distinct = [word for word in pc.unique(words).to_pylist() if word is not None]
    if len(distinct) > _MOST_STATUS_WORDS:
        return None
    if any(len(word) > 40 or re.search(r"\d", word) for word in distinct):
        return None
    return words


def _is_day_column(column: Looked, is_workbook: bool) -> bool:
    """Whole numbers under a date's name that are 20260331, or days of a workbook's calendar."""
    if not hints.is_date(column.name):
        return False
    if all(re.match(dates.COMPACT, text) for text in column.sample):
        return True
    return is_workbook and all(
        re.match(r"^\d{5}(\.\d+)?$", text) and 18_000 < float(text) < 80_000
        for text in column.sample
    )


def _moment(
    column: Looked,
    *,
    zone: str,
    order: str,
    is_workbook: bool,
    is_declared: bool = False,
    **_: object,
) -> Typed | None:
    is_serial = is_workbook and _is_day_column(column, True) and "." not in column.sample[0][:4]
    if is_serial and (serial := _serial(column, zone)):
        return serial
    if not is_declared and not any(map(_MAY_BE_DATE.search, column.sample[:100])):
        return None
    patterns = dict(dates.ORDERS)
    if hints.is_date(column.name) or is_declared:
        patterns["yearmonthday"] = dates.COMPACT
    sample = pa.chunked_array([pa.array(column.sample, _TEXT)])
    shares = {
        name: 1 - dates.parse(sample, pattern).values.null_count / len(sample)
        for name, pattern in patterns.items()
    }
    if max(shares.values()) < 0.5 and not is_declared:
        return None
    clean, extra = column.values, "year-month-day"
    is_iso = shares[extra] == max(shares.values())
    moments = dates.parse_iso(column.values) if is_iso else None
    if moments is None:
        clean = _stripped(column.values)
        moments, extra = _best_order(clean, patterns, shares, order)
    misfits, share = _judge(column, clean, moments.values)
    evidence = _said("dates and times" if moments.has_time else "dates", column, misfits, extra)
    typed = Typed(
        values=moments.values,
        type=FieldType.DATETIME if moments.has_time else FieldType.DATE,
        evidence=evidence,
        misfits=misfits,
        share=share,
    )
    return _settled(typed, moments, zone)


def _settled(typed: Typed, moments: dates.Moments, zone: str) -> Typed:
    if not moments.has_time:
        return replace(typed, values=pc.cast(typed.values, pa.date32()))
    if moments.is_aware:
        return replace(typed, values=pc.cast(typed.values, pa.timestamp("us")).cast(_UTC))
    values, skipped = dates.to_utc(typed.values, zone)
    evidence = f"{typed.evidence}; local to {zone}"
    return replace(
        typed, values=values, skipped=skipped if skipped.any() else None, evidence=evidence
    )


def _best_order(
    clean: pa.ChunkedArray, patterns: dict[str, str], shares: dict[str, float], order: str
) -> tuple[dates.Moments, str]:
    """The order of day, month and year that fits most of the whole column."""
    best = max(shares.values())
    left = [name for name, share in shares.items() if share >= best - 0.02 and share > 0]
    tried = {name: dates.parse(clean, patterns[name]) for name in left or ["year-month-day"]}
    fewest = min(moments.values.null_count for moments in tried.values())
    fit = [name for name, moments in tried.items() if moments.values.null_count == fewest]
    if len(fit) == 1:
        return tried[fit[0]], fit[0]
    if order in fit:
        return tried[order], f"{order}, as in the file's other columns"
    return tried[fit[0]], f"{fit[0]}; ambiguous, no day above 12 decides ({' or '.join(fit)})"


def _serial(column: Looked, zone: str) -> Typed | None:
    """Days since 1899-12-30, as spreadsheets count."""
    try:
        days = pc.cast(_stripped(column.values), pa.float64())
    except pa.ArrowInvalid:
        return None
    has_time = any("." in text for text in column.sample)
    micros = pc.cast(
        pc.round(pc.multiply(pc.subtract(days, 25_569.0), 86_400_000_000.0), -3), pa.int64()
    )
    moments = dates.Moments(pc.cast(micros, pa.timestamp("us")), has_time, False)
    typed = Typed(
        values=moments.values,
        type=FieldType.DATETIME if has_time else FieldType.DATE,
        evidence="days of the workbook's calendar",
    )
    return _settled(typed, moments, zone)


def _clock(column: Looked, **_: object) -> Typed | None:
    if not any(":" in text for text in column.sample):
        return None
    clean = _stripped(column.values)
    chunked = clean if isinstance(clean, pa.ChunkedArray) else pa.chunked_array([clean])
    values = dates.parse_clock(chunked)
    misfits, share = _judge(column, clean, values)
    evidence = _said("times of day", column, misfits, "")
    return Typed(
        values=values, type=FieldType.TIME, evidence=evidence, misfits=misfits, share=share
    )


def _cast_to(found: Typed, wanted: FieldType, zone: str) -> Typed:
    """A found column as the declared type: 3 as 3.0, a day as its midnight."""
    if found.type is wanted:
        return found
    values = found.values
    if wanted is FieldType.NUMBER:
        values = pc.cast(values, pa.float64())
    elif wanted is FieldType.INTEGER:
        is_whole = pc.equal(pc.floor(values), values)
        whole = pc.if_else(is_whole, values, pa.scalar(None, pa.float64()))
        lost = np.asarray(pc.fill_null(pc.invert(is_whole), False))
        misfits = lost if found.misfits is None else lost | found.misfits
        return replace(found, values=pc.cast(whole, pa.int64()), type=wanted, misfits=misfits)
    elif wanted is FieldType.DATETIME:
        values, _ = dates.to_utc(pc.cast(values, pa.timestamp("us")), zone)
    elif wanted is FieldType.DATE:
        local = pc.local_timestamp(pc.cast(values, pa.timestamp("us", tz=zone)))
        values = pc.cast(pc.floor_temporal(local, unit="day"), pa.date32())
    return replace(found, values=values, type=wanted)
