"""The time data speak of, as two days: from ISO dates, months, years and intervals."""

import calendar
import re
from datetime import date, timedelta

_ISO = re.compile(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?(?![\d])")
_WRITTEN = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})$")

Period = tuple[date | None, date | None]


def period(first: str, last: str) -> Period:
    """From the beginning of the first to the end of the last; None where nothing is said.

    A period that ends before it begins says nothing.
    """
    begins, ends = day(first), day(last, is_end=True)
    return (None, None) if begins and ends and ends < begins else (begins, ends)


def interval(said: str) -> Period:
    """`2015-01-01/2016-12-31`, `2015/..`, `2015-03/P1Y`; a date alone is its year, month or day."""
    first, slash, last = said.strip().partition("/")
    if not slash:
        return period(first, first)
    if last.startswith("P") and (begins := day(first)):
        return begins, _after(begins, last)
    return period(first, last)


def day(said: str, *, is_end: bool = False) -> date | None:
    """The day of an ISO date or time, or the first (or last) day of a month or year."""
    text = said.strip()
    if found := _WRITTEN.match(text):
        text = f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"
    if (found := _ISO.match(text)) is None:
        return None
    year, month, number = (int(part) if part else 0 for part in found.groups())
    try:
        if not month:
            return date(year, 12 if is_end else 1, 31 if is_end else 1)
        return date(year, month, number or (calendar.monthrange(year, month)[1] if is_end else 1))
    except ValueError:
        return None


def _after(begins: date, length: str) -> date | None:
    found = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?", length)
    if found is None:
        return None
    years, months, weeks, days = (int(part or 0) for part in found.groups())
    month = begins.month - 1 + months
    year = begins.year + years + month // 12
    month = month % 12 + 1
    at = min(begins.day, calendar.monthrange(year, month)[1])
    return date(year, month, at) + timedelta(days=7 * weeks + days - 1)
