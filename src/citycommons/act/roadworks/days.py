"""The calendar of works: on how many days of which type each hour is touched, week by week."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from citycommons.act.model.types import DayType
from citycommons.core.errors import TooMuch
from citycommons.core.works import Phase

WEEKS = 8  # after so many weeks drivers have found their ways
_LONGEST_DAYS = 3660

Days = Callable[[date], DayType]
"""The type of a day: weekends by themselves, holidays and vacations as the city says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One hour of one day type under one phase, with the number of such days in each week."""

    phase: int
    day: DayType
    hour: int
    days: tuple[float, ...]  # (WEEKS,) of the works' first weeks; the last holds all later ones

    @property
    def count(self) -> float:
        return sum(self.days)


def by_weekday(day: date) -> DayType:
    """The type of a day where no holidays are known."""
    return {5: DayType.SATURDAY, 6: DayType.SUNDAY}.get(day.weekday(), DayType.WORKDAY)


def with_holidays(holidays: frozenset[date], vacations: Sequence[tuple[date, date]] = ()) -> Days:
    """Day types of a place with these public holidays and school vacations (both days included)."""

    def kind(day: date) -> DayType:
        if day in holidays:
            return DayType.SUNDAY
        free = any(first <= day <= last for first, last in vacations)
        usual = by_weekday(day)
        return DayType.VACATION if free and usual is DayType.WORKDAY else usual

    return kind


def occasions(phases: Sequence[Phase], days: Days = by_weekday) -> tuple[Occasion, ...]:
    """All hours that works touch, the share of an hour counting as such a share of a day.

    Raises `TooMuch` for works of more than ten years.
    """
    found: dict[tuple[int, DayType, int, int], float] = defaultdict(float)
    for number, phase in enumerate(phases):
        shares = list(hours(phase.opens, phase.closes))
        for day in _days(phase):
            week = min(WEEKS - 1, (day - phase.first_day).days // 7)
            kind = days(day)
            for hour, share in shares:
                found[number, kind, hour, week] += share
    keys = sorted({key[:3] for key in found}, key=lambda key: (key[0], key[1].value, key[2]))
    return tuple(
        Occasion(
            phase=phase,
            day=kind,
            hour=hour,
            days=tuple(found.get((phase, kind, hour, week), 0.0) for week in range(WEEKS)),
        )
        for phase, kind, hour in keys
    )


def hours(opens: time, closes: time | None) -> Iterator[tuple[int, float]]:
    """Each hour of the day that is touched, with the share of it; nights run over midnight."""
    first = opens.hour + opens.minute / 60
    last = 24.0 if closes is None else closes.hour + closes.minute / 60
    runs_over_midnight = last <= first  # 20:00 to 05:00
    spans = ((first, 24.0), (0.0, last)) if runs_over_midnight else ((first, last),)
    for hour in range(24):
        share = sum(max(0.0, min(hour + 1, end) - max(hour, begin)) for begin, end in spans)
        if share > 0:
            yield hour, share


def _days(phase: Phase) -> Iterator[date]:
    length = (phase.last_day - phase.first_day).days + 1
    if length > _LONGEST_DAYS:
        raise TooMuch(f"A phase of {length} days is longer than ten years; split it.")
    for step in range(length):
        day = phase.first_day + timedelta(days=step)
        if day.weekday() in phase.weekdays:
            yield day
