"""When works are: the moments of a phase on the city's clock, and a phase from two moments."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from citycommons.core.works import Phase

WEEK = frozenset(range(7))
Window = tuple[datetime, datetime]


def is_whole_days(phase: Phase) -> bool:
    """Whether it lasts from midnight to midnight."""
    return phase.opens == time(0) and phase.closes is None


def is_unbroken(phase: Phase) -> bool:
    """Whether it goes on day and night from its first day to its last."""
    return is_whole_days(phase) and (phase.weekdays == WEEK or phase.first_day == phase.last_day)


def is_over_night(phase: Phase) -> bool:
    """Whether each of its days ends on the next one, as 22:00 to 05:00 does."""
    return phase.closes is not None and phase.closes <= phase.opens


def window(phase: Phase, day: date, zone: ZoneInfo) -> Window:
    """From when to when it lasts on one of its days, in the city's time."""
    begins = datetime.combine(day, phase.opens, zone)
    ends = day + timedelta(days=phase.closes is None or is_over_night(phase))
    return begins, datetime.combine(ends, phase.closes or time(0), zone)


def days(phase: Phase) -> Iterator[date]:
    """The days on which it is."""
    for n in range((phase.last_day - phase.first_day).days + 1):
        day = phase.first_day + timedelta(days=n)
        if day.weekday() in phase.weekdays:
            yield day


def whole(phase: Phase, zone: ZoneInfo) -> Window:
    """From its first moment to its last."""
    first = next(days(phase), phase.first_day)
    backwards = (phase.last_day - timedelta(days=n) for n in range(7))
    last = next((day for day in backwards if day.weekday() in phase.weekdays), phase.last_day)
    return window(phase, first, zone)[0], window(phase, max(last, first), zone)[1]


def windows(phase: Phase, zone: ZoneInfo, after: datetime, most: int) -> list[Window]:
    """The next stretches of time that end after a moment; one when it goes on day and night.

    When all is past, the last stretch; so there is always one.
    """
    if is_unbroken(phase):
        return [whole(phase, zone)]
    found: list[Window] = []
    last = whole(phase, zone)
    for day in days(phase):
        last = window(phase, day, zone)
        if last[1] > after:
            found.append(last)
            if len(found) == most:
                break
    return found or [last]


def between(begins: datetime, ends: datetime, zone: ZoneInfo) -> list[Phase]:
    """Phases without measures that together last exactly from one moment to another.

    A phase opens and closes at the same hours on each of its days, so a stretch that begins at
    10:25 and ends weeks later at noon is a first day, the days between, and a last day.
    """
    start, end = _wall(begins, zone), max(_wall(ends, zone), _wall(begins, zone))
    last = end.date()
    if end.time() == time(0) and last > start.date():
        last -= timedelta(days=1)
        closes = None
    else:
        closes = end.time()
    first = start.date()
    one = Phase(first_day=first, last_day=last, measures=(), opens=start.time(), closes=closes)
    if first == last or is_whole_days(one):
        return [one]
    # What is shorter than a day and reaches over one midnight is a night.
    if last - first == timedelta(days=1) and closes is not None and closes < one.opens:
        return [replace(one, last_day=first)]
    found = []
    if one.opens != time(0):
        found.append(replace(one, last_day=first, closes=None))
        first += timedelta(days=1)
    rest = None
    if closes is not None:
        rest = replace(one, first_day=last, opens=time(0))
        last -= timedelta(days=1)
    if first <= last:
        found.append(replace(one, first_day=first, last_day=last, opens=time(0), closes=None))
    return [*found, *([rest] if rest else [])]


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return aware.astimezone(zone).replace(tzinfo=None, fold=0)


def utc(moment: datetime) -> str:
    """RFC 3339, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local(moment: datetime, zone: ZoneInfo) -> str:
    """RFC 3339 with the city's offset, whole seconds."""
    return moment.astimezone(zone).isoformat(timespec="seconds")
