"""A forecast in plain words: the headline first, then where, whom and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from citycommons.act.model.types import DayType, TrafficModel
from citycommons.act.roadworks.types import (
    HourForecast,
    NoAlternative,
    PairEffect,
    Range,
    StreetChange,
)
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.studio import network

NOTHING_MIN = 0.25  # minutes: nobody feels less
SHOWN = 4
_GATE = "gate-"  # a zone that stands for all that lies beyond the end of a road
_MOST_OF = 0.4  # of all delay on one street: only then it is named
_ALMOST_ONE = 0.95
_MINUTES = (
    N_("Less than a minute"),
    N_("One minute"),
    N_("Two minutes"),
    N_("Three minutes"),
    N_("Four minutes"),
    N_("Five minutes"),
    N_("Six minutes"),
    N_("Seven minutes"),
    N_("Eight minutes"),
    N_("Nine minutes"),
    N_("Ten minutes"),
)
DAYS = {
    DayType.WORKDAY: N_("Workday"),
    DayType.SATURDAY: N_("Saturday"),
    DayType.SUNDAY: N_("Sunday and holiday"),
    DayType.VACATION: N_("Workday in the school holidays"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetLine:
    """One street among the results: its most changed stretch."""

    name: str
    before: float
    after: Range
    change: Range
    minutes: Range


def minutes_words(minutes: float, says: Says) -> str:
    """A time as one says it: Four minutes."""
    whole = round(minutes) if minutes >= _ALMOST_ONE else 0
    if whole < len(_MINUTES):
        return says._(_MINUTES[max(whole, 0)])
    return says._(N_("{minutes} minutes")).format(minutes=says.number(whole))


def headline(hour: HourForecast, model: TrafficModel, says: Says) -> str:
    """What the works do in this hour, in one sentence."""
    if hour.no_alternative and hour.drivers_changing.middle < 1:
        return says._(N_("Some trips have no way left at all"))
    minutes = hour.minutes_per_trip.middle
    if minutes < NOTHING_MIN:
        return says._(N_("Hardly anybody is held up"))
    pair, street = main_pair(hour), main_street(hour)
    values = {"minutes": minutes_words(minutes, says), "street": street}
    if pair is None:
        return _with_street(N_("{minutes} longer for those it touches"), street, values, says)
    values |= {
        "origin": area(pair.origin, model, says),
        "destination": area(pair.destination, model, says),
    }
    if pair.origin == pair.destination:
        return _with_street(N_("{minutes} longer, most in {origin}"), street, values, says)
    text = N_("{minutes} longer, most from {origin} to {destination}")
    return _with_street(text, street, values, says)


_WITH_STREET = {
    "{minutes} longer for those it touches": N_(
        "{minutes} longer for those it touches; most of it on {street}"
    ),
    "{minutes} longer, most in {origin}": N_(
        "{minutes} longer, most in {origin}; {street} carries most of it"
    ),
    "{minutes} longer, most from {origin} to {destination}": N_(
        "{minutes} longer, most from {origin} to {destination}; {street} carries most of it"
    ),
}


def _with_street(text: str, street: str, values: dict[str, str], says: Says) -> str:
    return says._(_WITH_STREET[text] if street else text).format(**values)


def way(one: PairEffect | NoAlternative, model: TrafficModel, says: Says) -> str:
    """From one area to another."""
    if one.origin == one.destination:
        return says._(N_("Within {area}")).format(area=area(one.origin, model, says))
    text = says._(N_("From {origin} to {destination}"))
    origin, destination = area(one.origin, model, says), area(one.destination, model, says)
    return text.format(origin=origin, destination=destination)


def area(name: str, model: TrafficModel, says: Says) -> str:
    """An area's name; a road out of town by the street that leads there."""
    if not name.startswith(_GATE):
        return name
    street = network.gate_streets(model).get(name, "")
    if not street:
        return says._(N_("out of town"))
    return says._(N_("out of town ({street})")).format(street=street)


def main_pair(hour: HourForecast) -> PairEffect | None:
    """The areas between which most time is lost."""
    lost = [pair for pair in hour.pairs if pair.trips * pair.minutes.middle > 0]
    return max(lost, key=lambda pair: pair.trips * pair.minutes.middle) if lost else None


def main_street(hour: HourForecast) -> str:
    """The street on which most of the added time is spent; empty where none stands out."""
    lost: dict[str, float] = {}
    for one in hour.streets:
        if one.street and one.minutes.middle > 0:
            spent = one.minutes.middle * one.after.middle
            lost[one.street] = lost.get(one.street, 0) + spent
    if not lost:
        return ""
    name = max(lost, key=lambda street: lost[street])
    return name if lost[name] >= _MOST_OF * sum(lost.values()) else ""


def sure(hour: HourForecast, says: Says) -> str:
    """How sure that is, and how many drive another way."""
    minutes = hour.minutes_per_trip
    drivers = says.number(_rounded(hour.drivers_changing.middle))
    if minutes.high < 1:
        text = N_("90 % sure: below one minute. {drivers} drivers an hour change their way.")
        return says._(text).format(drivers=drivers)
    text = N_(
        "90 % sure between {low} and {high} minutes. {drivers} drivers an hour change their way."
    )
    low, high = says.number(minutes.low, 1), says.number(minutes.high, 1)
    return says._(text).format(low=low, high=high, drivers=drivers)


def _rounded(value: float) -> int:
    """Whole tens from a hundred on: a forecast knows no more."""
    return round(value, -1 if abs(value) >= 100 else 0).__int__()


def signed(value: float, says: Says) -> str:
    """A change with its sign: + 410."""
    whole = _rounded(value)
    if whole == 0:
        return "0"
    return f"{'+' if whole > 0 else '−'} {says.number(abs(whole))}"


def street_lines(streets: Sequence[StreetChange]) -> list[StreetLine]:
    """Each street once, by the stretch that changes most; those with the largest change first."""
    best: dict[str, StreetChange] = {}
    for one in streets:
        kept = best.get(one.street)
        if one.street and (kept is None or abs(one.change.middle) > abs(kept.change.middle)):
            best[one.street] = one
    ordered = sorted(best.values(), key=lambda one: -abs(one.change.middle))
    return [
        StreetLine(
            name=one.street,
            before=one.before,
            after=one.after,
            change=one.change,
            minutes=one.minutes,
        )
        for one in ordered
        if abs(one.change.middle) >= 1
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A range on its line, in units of a drawing 400 wide; words keep away from one another."""

    low: float
    middle: float
    high: float

    @property
    def width(self) -> float:
        return max(self.high - self.low, 4.0)

    @property
    def low_words(self) -> float:
        return max(_EDGE, min(self.low, self.middle_words - _WORD))

    @property
    def middle_words(self) -> float:
        return min(max(self.middle, _EDGE + _WORD), _WIDE - _EDGE - _WORD)

    @property
    def high_words(self) -> float:
        return min(_WIDE - _EDGE, max(self.high, self.middle_words + _WORD))


_WIDE = 400.0
_WORD = 62.0
_EDGE = 26.0


def bar(given: Range) -> Bar:
    """Where low, middle and high stand between zero (or the lowest) and a fifth above the high."""
    least = min(0.0, given.low)
    most = given.high * 1.25 if given.high > 0 else 1.0
    low, middle, high = (
        round(6 + (_WIDE - 12) * (one - least) / (most - least), 1)
        for one in (given.low, given.middle, given.high)
    )
    return Bar(low=low, middle=middle, high=high)
