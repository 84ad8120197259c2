"""When a source runs next: pure functions of its interval, the city's clock and its failures.

Runs are aligned: a daily source runs at midnight of the city, an hourly one at the full hour, each
later by its offset. A little later still, by a pause that is always the same for one source, so
that a hundred sources do not ask the world in the same second.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from citycommons.core.errors import Invalid

FIRST_PAUSE = timedelta(minutes=1)  # after a failure; twice as long after each further one
LONGEST_PAUSE = timedelta(days=1)
SHORTEST = timedelta(minutes=1)  # interval of a source
_JITTER = timedelta(minutes=5)  # at most, and at most a tenth of the interval
_DURATION = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A span as ISO 8601 writes it: months have no fixed length, days follow the clock."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    @property
    def about(self) -> timedelta:
        """Roughly how long it is."""
        return timedelta(days=self.days + self.months * 30.44, seconds=self.seconds)


def duration(text: str, what: str = "every") -> Duration:
    """Read `PT15M`, `PT1H`, `P1D`, `P1W`, `P1M`, `P1Y` (ISO 8601 durations).

    Raises `Invalid` that names the option `what`.

    >>> duration("P1W").days
    7
    """
    found = _DURATION.fullmatch(text.strip().upper())
    if found is None:
        raise Invalid(
            f"“{text}” is no duration. Write PT15M, PT1H, P1D, P1W or P1M (ISO 8601).", column=what
        )
    years, months, weeks, days, hours, minutes, seconds = (int(n or 0) for n in found.groups())
    return Duration(
        months=12 * years + months,
        days=7 * weeks + days,
        seconds=3600 * hours + 60 * minutes + seconds,
    )


def check(every: str, offset: str) -> None:
    """Raise `Invalid` unless a source can run so: at least a minute apart, offset within it."""
    if not every:
        if offset:
            raise Invalid("An offset needs an interval: say how often.", column="offset")
        return
    step = duration(every)
    if sum(map(bool, (step.months, step.days, step.seconds))) != 1:
        raise Invalid(
            f"“{every}” mixes months, days and hours. Write one of them: PT6H, P2D, P3M.",
            column="every",
        )
    if step.about < SHORTEST:
        raise Invalid("A source runs at most once a minute: PT1M.", column="every")
    if offset and duration(offset, "offset").about >= step.about:
        raise Invalid(f"The offset {offset} is longer than the interval {every}.", column="offset")


def next_run(every: str, offset: str, *, after: datetime, zone: str, key: str) -> datetime | None:
    """The first aligned time after `after`, in UTC; None without an interval.

    `zone` is the city's, `key` names the source. However many runs were missed, there is one next.
    """
    if not every:
        return None
    step = duration(every)
    shift = duration(offset, "offset") if offset else Duration()
    late = jitter(every, key)
    place = ZoneInfo(zone)
    wanted = after - late
    if step.seconds:
        return _in_day(step.seconds, shift.seconds, wanted, place) + late
    local = wanted.astimezone(place).date()
    # The offset may reach into the next span, so the search begins one span earlier.
    slot = _before(step, local)
    while (found := _moment(slot, shift, place)) <= wanted:
        slot = _following(step, slot)
    return found + late


def jitter(every: str, key: str) -> timedelta:
    """How much later than its hour a source runs: always the same for one source."""
    span = min(_JITTER, duration(every).about / 10).total_seconds()
    drawn = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=int(span * drawn))


def after_failure(
    failures: int, *, now: datetime, retry_after_s: float = 0.0, rests_until: datetime | None = None
) -> datetime:
    """When to try again after so many failures in a row (1 or more).

    The pause doubles up to a day; a host that asked for a longer rest gets it.
    """
    doublings: int = min(max(failures, 1) - 1, 20)
    pause = min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
    pause = max(pause, timedelta(seconds=retry_after_s))
    return max(now + pause, rests_until or now)


def _in_day(step_s: int, shift_s: int, wanted: datetime, place: ZoneInfo) -> datetime:
    """Steps of hours and minutes count from midnight in the city's time."""
    away = wanted.astimezone(place).utcoffset() or timedelta()
    local = wanted.timestamp() + away.total_seconds() - shift_s
    slot = (local // step_s + 1) * step_s
    return datetime.fromtimestamp(slot + shift_s - away.total_seconds(), UTC)


def _before(step: Duration, day: date) -> date:
    """The first day of the span before the one that holds `day`."""
    if step.months:
        count = (day.year * 12 + day.month - 1) // step.months - 1
        return _first_of(count * step.months)
    # Weeks begin on Mondays, and so did the first day of the calendar.
    return date.fromordinal(max(1, ((day.toordinal() - 1) // step.days - 1) * step.days + 1))


def _following(step: Duration, slot: date) -> date:
    if step.months:
        return _first_of(slot.year * 12 + slot.month - 1 + step.months)
    return slot + timedelta(days=step.days)


def _first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _moment(slot: date, shift: Duration, place: ZoneInfo) -> datetime:
    """The slot's midnight and the offset by the clock on the wall, in UTC."""
    wall = datetime.combine(slot, time()) + timedelta(days=shift.days, seconds=shift.seconds)
    if shift.months:
        first = _first_of(wall.year * 12 + wall.month - 1 + shift.months)
        wall = wall.replace(year=first.year, month=first.month)
    return wall.replace(tzinfo=place).astimezone(UTC)
