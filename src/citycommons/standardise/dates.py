"""Dates and times as people write them: ISO, 31.3.2026, 3/31/2026 0:00, 18-dec-16, 24:00."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.standardise.words import MONTHS

_ZONES = {"UTC": 0, "GMT": 0, "WET": 0, "MEZ": 1, "CET": 1, "BST": 1, "MESZ": 2, "CEST": 2}
_ZONE = (
    r"(?P<z>Z|[+-]\d{2}:?\d{2}|[+-]\d{2}|(?:UTC|GMT) ?[+-]\d{1,2}(?::?\d{2})?|"
    + "|".join(_ZONES)
    + r")"
)
_TIME = (
    r"(?:(?:[ T]+|, ?| ?- | à | um | ore | alle | at )(?P<h>\d{1,2})(?: ?h ?|[:.])(?P<mi>\d{2})"
    r"(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,6})\d*)?)?"
    r"(?: ?(?P<p>[AaPp])\.?[Mm]\.?)?(?: ?\(?" + _ZONE + r"\)?)?(?:\[[\w/+-]+\])?(?: ?(?:Uhr|h))?)?$"
)
_FROM_UTC = re.compile(r"(?:UTC|GMT) ?([+-])(\d{1,2}):?(\d{2})?$")
_DAY_NAME = r"(?:[A-Za-zÀ-ÿ]{2,10}[.,]{0,2} )?"
_YEAR = r"(?P<y>\d{4}|\d{2})"
_MONTH = r"(?P<m>[A-Za-zÀ-ÿ]{3,10})"
ORDERS: dict[str, str] = {
    "year-month-day": r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _TIME,
    "day.month.year": (
        "^" + _DAY_NAME + r"(?P<d>\d{1,2})[-/.] ?(?P<m>\d{1,2})[-/.] ?" + _YEAR + _TIME
    ),
    "month/day/year": r"^(?P<m>\d{1,2})[-/.](?P<d>\d{1,2})[-/.]" + _YEAR + _TIME,
    "day month-name year": (
        "^"
        + _DAY_NAME
        + r"(?P<d>\d{1,2})(?:er|st|nd|rd|th|[°º])?\.?[- /]?(?:di |de |of )?"
        + _MONTH
        + r"\.?[- /,]+"
        + _YEAR
        + _TIME
    ),
    "month-name day year": (
        "^" + _DAY_NAME + _MONTH + r"\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? " + _YEAR + _TIME
    ),
    "yearmonthday-T-time": (
        r"^(?P<y>[12]\d{3})(?P<m>\d{2})(?P<d>\d{2})T(?P<h>\d{2}):?(?P<mi>\d{2})"
        r"(?::?(?P<s>\d{2})(?:[.,](?P<f>\d{1,6})\d*)?)?" + _ZONE + "?$"
    ),
}
COMPACT = r"^(?P<y>[12]\d{3})(?P<m>\d{2})(?P<d>\d{2})" + _TIME
_CLOCK = (
    r"^(?P<h>\d{1,2})(?::| ?h ?|[.:])(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,6})\d*)?)?"
    r"(?: ?(?:Uhr|h))?$"
)
MAY_BE_CLOCK = re.compile(r"\d:\d|\d ?h ?\d\d|\d[:.]\d\d ?(?:Uhr|h)$")
EPOCH = r"^\d{9,13}(?:\.\d+)?$"
_EPOCH_NAME = re.compile(
    r"(?:^|[\W_])(?:unix|epoch|posix|ts|timestamp|time_?ms|timestampms|millis)(?:$|[\W_]|time)"
    r"|(?:unix|epoch)time|timestamp$",
    re.IGNORECASE,
)
_MS = re.compile(r"(?:^|[\W_])ms$", re.IGNORECASE)
_PERIODS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "quarters",
        re.compile(r"^(?:[QT]\d[ /-]?\d{4}|\d{4}[ /-]?[QT]\d|\d\. ?Quartal \d{4})$", re.I),
    ),
    ("weeks", re.compile(r"^(?:\d{4}-?W\d{2}|(?:KW|sem\.?|week) ?\d{1,2}[ /-]\d{4})$", re.I)),
    ("months", re.compile(r"^(?:\d{4}[-/.]\d{1,2}|\d{1,2}[-/.]\d{4})$")),
)
_MONTH_YEAR = re.compile(r"^([A-Za-zÀ-ÿ]{3,10})\.?[- /']+(?:\d{4}|\d{2})$")

_AHEAD = 10  # years from now that two digits may mean
_ENDS = re.compile(
    r"(?:^|[\W_])(?:bis|ende|end|until|to|valid|expir\w*|ablauf|scad\w*|fine|fin|al|jusqu\w*|till|"
    r"gültig\w*|termine|plan\w*|prognos\w*|forecast|ziel\w*|due|deadline|frist)(?:$|[\W_])",
    re.IGNORECASE,
)
_US = 1_000_000
_QUARTER = 15 * 60 * _US
_BLANK, _NOTHING = pa.scalar("", pa.string()), pa.scalar(None, pa.string())
_MANY = 20_000  # from here on it pays to look for repeated texts


@dataclass(frozen=True)
class Moments:
    """Parsed dates: naive microseconds, or UTC where the text named an offset."""

    values: pa.Array  # timestamp('us'), null where it is no date
    has_time: bool
    is_aware: bool


def epoch_unit(name: str, sample: list[str]) -> int:
    """Microseconds in one step of a column that counts time since 1970; 0 for any other column.

    Its name has to say so, and the values have to lie between 1990 and 2100.
    """
    if not sample or not (_EPOCH_NAME.search(name) or _MS.search(name)):
        return 0
    if not all(re.match(EPOCH, text) for text in sample):
        return 0
    # Below “ms”, smaller numbers may be a duration.
    scales = ((1_000, 1000.0),) if _MS.search(name) else ((1_000_000, 1.0), (1_000, 1000.0))
    for unit, scale in scales:
        if all(631_152_000 <= float(text) / scale <= 4_102_444_800 for text in sample):
            return unit
    return 0


def period_words(sample: list[str]) -> str:
    """What to say of a column of months, quarters or weeks; empty for any other column.

    They stay texts: a day would be an invention, and the texts lose nothing.
    """
    if not sample:
        return ""
    for kind, pattern in _PERIODS:
        if all(map(pattern.match, sample)):
            return f"{kind}, kept as they are: no value names a day"
    if all((m := _MONTH_YEAR.match(text)) and m[1].lower() in MONTHS for text in sample):
        return "months, kept as they are: no value names a day"
    return ""


def parse_iso(values: pa.ChunkedArray) -> Moments | None:
    """The quick way for columns that are ISO throughout; None when they are not."""
    for arrow, has_time, is_aware in (
        (pa.date32(), False, False),
        (pa.timestamp("us"), True, False),
        (pa.timestamp("us", tz="UTC"), True, True),
    ):
        try:
            found = pc.cast(values, arrow)
        except pa.ArrowInvalid:
            continue
        return Moments(pc.cast(found, pa.timestamp("us")), has_time, is_aware)
    return None


def latest_year(name: str) -> int:
    """The last year that a year of two digits may be below a column's name.

    68 is 1968: people write down what was. Only dates named as an end (`gültig bis`) lie far ahead.
    """
    this = datetime.now(UTC).year
    return this + 50 if _ENDS.search(name) else this + _AHEAD


def parse(values: pa.ChunkedArray, pattern: str, latest: int | None = None) -> Moments:
    """All that fits the pattern and is a day of the calendar; the rest is null.

    `latest` is the last year that two digits may mean, see `latest_year`.
    """
    latest = latest or latest_year("")
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if len(array) > _MANY and pc.count_distinct(array.slice(0, _MANY)).as_py() < _MANY // 2:
        encoded = pc.dictionary_encode(array)
        found = parse(pa.chunked_array([encoded.dictionary]), pattern, latest)
        return replace(found, values=found.values.take(encoded.indices))
    parts = pc.extract_regex(array, pattern)

    def number(name: str) -> tuple[np.ndarray, np.ndarray]:
        text = pc.struct_field(parts, name) if name in names else pa.nulls(len(array), pa.string())
        text = pc.if_else(pc.equal(text, _BLANK), _NOTHING, text)
        whole = pc.cast(text, pa.int64())
        return _filled(whole), np.asarray(pc.is_valid(whole))

    names = {field.name for field in parts.type}
    year, fits = number("y")
    late = latest - (latest - year) % 100
    year = np.where(year < 100, late, year)
    day, _ = number("d")
    month = _months(parts) if "A-Z" in pattern.split("(?P<m>")[1][:4] else number("m")[0]
    hour, has_hour = number("h")
    minute, second = number("mi")[0], number("s")[0]
    hour = _twelve(hour, parts)
    micro = _fractions(parts)
    is_end = (hour == 24) & (minute == 0) & (second == 0)
    fits &= (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= 1000)
    fits &= ((hour < 24) | is_end) & (minute < 60) & (second < 60)
    months = np.where(fits, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (np.where(fits, day, 1) - 1)
    fits &= days.astype("datetime64[M]") == months  # 31.02. would run over into March
    clock = ((hour * 60 + minute) * 60 + second) * _US + micro
    offset, has_offset = _offsets(parts)
    moments = days.astype("datetime64[us]").astype(np.int64) + clock - offset * _US
    is_aware = bool(has_offset.any())
    if is_aware:
        fits &= has_offset
    return Moments(
        pa.array(moments, pa.int64(), mask=~fits).cast(pa.timestamp("us")),
        has_time=bool((has_hour & fits).any()),
        is_aware=is_aware,
    )


def parse_clock(values: pa.ChunkedArray) -> pa.Array:
    """Times of day as time64('us'); null where it is none."""
    parts = pc.extract_regex(values.combine_chunks(), _CLOCK)
    hour, minute, second = (
        pc.cast(pc.if_else(pc.equal(text, ""), "0", text) if name == "s" else text, pa.int64())
        for name in ("h", "mi", "s")
        for text in (pc.struct_field(parts, name),)
    )
    h, mi, s = (_filled(part) for part in (hour, minute, second))
    fits = np.asarray(pc.is_valid(parts)) & (h < 24) & (mi < 60) & (s < 60)
    micro = ((h * 60 + mi) * 60 + s) * _US + _fractions(parts)
    return pa.array(micro, pa.int64(), mask=~fits).cast(pa.time64("us"))


def to_utc(
    values: pa.Array, zone: str, again: Callable[[pa.Array, np.ndarray], np.ndarray]
) -> tuple[pa.Array, np.ndarray]:
    """Local times as UTC, and which of them the zone never had (the hour skipped in spring).

    The hour that comes twice in autumn is the first one, except where the times of the column
    otherwise only grow: then its second coming is the second one. `again` knows the column and
    says which of the times in doubled hours, given as a mask, come for the second time.
    """
    if zone == "UTC":
        return pc.cast(values, pa.timestamp("us", tz="UTC")), np.zeros(len(values), bool)
    there = np.asarray(pc.is_valid(values))
    local = np.asarray(pc.fill_null(pc.cast(values, pa.int64()), 0))
    if not there.any():
        return pc.cast(values, pa.timestamp("us", tz="UTC")), ~there
    # Clocks change on quarters of an hour, of which a column has few: each is looked up once.
    quarters = local // _QUARTER
    low = int(quarters[there].min())
    places = np.where(there, quarters - low, 0)
    used = np.zeros(int(places.max()) + 1, bool)
    used[places] = True
    starts = (np.flatnonzero(used) + low) * _QUARTER
    first, last, skipped = _offsets_of(starts, zone)
    rows = (np.cumsum(used) - 1)[places]
    offset = first[rows]
    is_twice = there & (first != last)[rows]
    if is_twice.any():
        offset = np.where(is_twice & again(values, is_twice), last[rows], offset)
    utc = pa.array(local - offset, pa.int64(), mask=~there).cast(pa.timestamp("us"))
    return pc.cast(utc, pa.timestamp("us", tz="UTC")), skipped[rows] & there


def _offsets_of(starts: np.ndarray, zone: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Microseconds east of Greenwich at local times, first and second coming, and which never come.

    A time that the clocks skipped has the offset from before: it is read as one hour later.
    """
    values = pa.array(starts, pa.int64()).cast(pa.timestamp("us"))
    both = [
        pc.assume_timezone(values, zone, ambiguous=which, nonexistent="latest")
        for which in ("earliest", "latest")
    ]
    first, last = (starts - np.asarray(pc.cast(moment, pa.int64())) for moment in both)
    skipped = np.asarray(pc.not_equal(pc.local_timestamp(both[0]), values))
    for place in np.flatnonzero(skipped).tolist():
        moment = datetime(1970, 1, 1) + timedelta(microseconds=int(starts[place]))  # noqa: DTZ001
        before = moment.replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
        first[place] = last[place] = before // timedelta(microseconds=1)
    return first, last, skipped


def _filled(whole: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(whole, 0))


def _part(parts: pa.StructArray, name: str) -> pa.Array:
    if any(field.name == name for field in parts.type):
        return pc.fill_null(pc.struct_field(parts, name), "")
    return pa.array([""] * len(parts), pa.string())


def _months(parts: pa.StructArray) -> np.ndarray:
    encoded = pc.dictionary_encode(pc.utf8_lower(_part(parts, "m")))
    numbers = np.array([MONTHS.get(name, 0) for name in encoded.dictionary.to_pylist()] or [0])
    found: np.ndarray = numbers[np.asarray(encoded.indices)]
    return found


def _twelve(hour: np.ndarray, parts: pa.StructArray) -> np.ndarray:
    half = np.asarray(pc.utf8_lower(_part(parts, "p")), dtype=object)
    if not (half != "").any():
        return hour
    return np.where(
        half == "", hour, np.where(hour > 12, 99, hour % 12 + np.where(half == "p", 12, 0))
    )


def _fractions(parts: pa.StructArray) -> np.ndarray:
    text = _part(parts, "f")
    if not pc.any(pc.not_equal(text, _BLANK)).as_py():
        return np.zeros(len(text), np.int64)
    return np.asarray(pc.cast(pc.utf8_rpad(text, 6, "0"), pa.int64()))


def _offsets(parts: pa.StructArray) -> tuple[np.ndarray, np.ndarray]:
    """Seconds east of Greenwich, and where the text named an offset at all."""
    encoded = pc.dictionary_encode(_part(parts, "z"))
    seconds, named = [0], [False]
    for text in encoded.dictionary.to_pylist():
        named.append(bool(text))
        if text in _ZONES:
            seconds.append(_ZONES[text] * 3600)
            continue
        if from_utc := _FROM_UTC.match(text):  # UTC+1 is +01
            sign, hours, minutes = from_utc.groups("")
            text = f"{sign}{hours:0>2}{minutes}"
        digits = text[1:].replace(":", "").ljust(4, "0")
        seconds.append(
            0
            if text in ("", "Z")
            else (int(digits[:2]) * 60 + int(digits[2:])) * (-60 if text[0] == "-" else 60)
        )
    at = np.asarray(encoded.indices) + 1
    return np.array(seconds)[at], np.array(named)[at]
