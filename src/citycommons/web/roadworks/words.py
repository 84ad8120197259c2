"""Works in plain sentences, in each of the four languages."""

from datetime import date, time

from citycommons.core.types import LANGUAGES, Text
from citycommons.core.works import Effect, Measure, Party, Phase, Works, WorksState
from citycommons.share.works.calendar import WEEK, is_over_night, is_whole_days
from citycommons.share.works.edition import Delay
from citycommons.web.language import N_
from citycommons.web.presentation import Says, says

STATES = {
    WorksState.PROPOSED: N_("proposed"),
    WorksState.COORDINATED: N_("coordinated"),
    WorksState.PERMITTED: N_("permitted"),
    WorksState.ACTIVE: N_("going on"),
    WorksState.CLOSED: N_("over"),
    WorksState.CANCELLED: N_("cancelled"),
}
PARTIES = {
    Party.MUNICIPALITY: N_("the municipality"),
    Party.UTILITY: N_("a utility"),
    Party.ROAD_BUILDER: N_("a road builder"),
    Party.CONTRACTOR: N_("a contractor"),
}
STAYS = {
    "foot": N_("people on foot"),
    "bicycle": N_("bicycles"),
    "bus": N_("buses"),
    "emergency": N_("emergency services"),
    "residents": N_("residents"),
}
_CHANGED = {
    "title": N_("the title"),
    "description": N_("the description"),
    "streets": N_("the streets"),
    "phases": N_("days, place or restrictions"),
    "detour": N_("the detour"),
    "detour_words": N_("the detour in words"),
    "stays_open_to": N_("who may pass"),
    "contractor": N_("the contractor"),
    "contact": N_("the contact"),
    "owner": N_("the owner"),
    "party": N_("the owner"),
}
_NOTHING = 0.5  # minutes below which nobody notices


def status(one: Works, today: date, said: Says) -> str:
    """Where the works stand, as a sentence."""
    first, last = said.date(one.first_day), said.date(one.last_day)
    if one.state is WorksState.CANCELLED:
        return said._(N_("These works were cancelled."))
    if one.state is WorksState.CLOSED:
        return said._(N_("These works are over. They lasted from {first} to {last}.")).format(
            first=first, last=last
        )
    if one.state is WorksState.ACTIVE:
        if one.last_day < today:
            return said._(
                N_("They were to end on {last}, and nobody has said yet that they did.")
            ).format(last=last)
        return said._(N_("Going on since {first}, until {last}.")).format(first=first, last=last)
    if one.state is WorksState.PERMITTED:
        if one.first_day == one.last_day:
            return said._(N_("Permitted for {first}.")).format(first=first)
        return said._(N_("Permitted from {first} to {last}.")).format(first=first, last=last)
    return said._(N_("Planned from {first} to {last}; not permitted yet.")).format(
        first=first, last=last
    )


def days(phase: Phase, said: Says) -> str:
    """From which day to which."""
    if phase.first_day == phase.last_day:
        return said.date(phase.first_day)
    return said.period(phase.first_day.isoformat(), phase.last_day.isoformat())


def hours(phase: Phase, said: Says) -> str:
    """On which days of the week, and between which hours."""
    found = []
    if phase.weekdays != WEEK:
        named = [said.weekday(day, "abbreviated") for day in sorted(phase.weekdays)]
        found.append(", ".join(named))
    if is_whole_days(phase):
        found.append(said._(N_("all day and night")))
    elif is_over_night(phase):
        sentence = said._(N_("from {opens} to {closes} of the next day"))
        found.append(sentence.format(opens=_clock(phase.opens), closes=_clock(phase.closes)))
    else:
        sentence = said._(N_("from {opens} to {closes}"))
        closes = _clock(phase.closes) if phase.closes else "24:00"
        found.append(sentence.format(opens=_clock(phase.opens), closes=closes))
    return "; ".join(found)


def _clock(hour: time | None) -> str:
    return f"{hour:%H:%M}" if hour else "00:00"


def measure(one: Measure, said: Says) -> str:
    """A restriction as a sentence."""
    way = (
        said._(N_("in both directions")) if one.both_directions else said._(N_("in one direction"))
    )
    if one.effect is Effect.CLOSED:
        return said._(N_("Closed to motor traffic {way}.")).format(way=way)
    if one.effect is Effect.LANES:
        return _lanes(one, way, said)
    if one.effect is Effect.SPEED:
        speed = said.number(one.speed_kmh or 0)
        return said._(N_("At most {speed} km/h {way}.")).format(speed=speed, way=way)
    if one.effect is Effect.ONE_WAY:
        return said._(N_("One-way street for the time of the works."))
    if one.effect is Effect.TURN_BAN:
        return said._(N_("A turn is not allowed."))
    if one.effect is Effect.NEW_LINK:
        return said._(N_("A temporary road is open {way}.")).format(way=way)
    if one.parking_lost:
        count = said.number(one.parking_lost)
        return said._(N_("No parking: {count} places are lost.")).format(count=count)
    return said._(N_("No parking."))


def _lanes(one: Measure, way: str, said: Says) -> str:
    if one.lanes_open == 0:
        return said._(N_("No lane is open {way}.")).format(way=way)
    if one.lanes_open is not None and one.lanes_total is not None:
        sentence = said._(N_("{left} of {total} lanes open {way}."))
        return sentence.format(left=one.lanes_open, total=one.lanes_total, way=way)
    return said._(N_("Fewer lanes {way}.")).format(way=way)


def stays_open(one: Works, said: Says) -> str:
    """To whom the street stays open; empty where nobody said."""
    return ", ".join(said._(STAYS[who]) for who in STAYS if who in one.stays_open_to)


def delay(found: Delay, said: Says) -> str:
    """The range first in words: “4 minutes longer, 90 % sure between 2 and 7”."""
    low, middle, high = (_minutes(value, said) for value in (found.low, found.middle, found.high))
    if found.high < _NOTHING:
        return said._(N_("Trips take no longer than usual, 90 % sure."))
    sentence = said._(N_("{middle} minutes longer, 90 % sure between {low} and {high}."))
    return sentence.format(low=low, middle=middle, high=high)


def delay_texts(found: Delay) -> Text:
    """The same in all languages, for feeds."""
    return {language: delay(found, says(language)) for language in LANGUAGES}


def changed(fields: list[str], said: Says) -> str:
    """What a revision says otherwise."""
    return ", ".join(dict.fromkeys(said._(_CHANGED[one]) for one in fields if one in _CHANGED))


def _minutes(value: float, said: Says) -> str:
    value = max(value, 0.0)
    return said.number(round(value) if value >= 2 else round(value, 1))
