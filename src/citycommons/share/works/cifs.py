"""Waze's Closure and Incident Feed (CIFS), as XML and as JSON, and the rules it is held to.

What breaks a rule is not sent: a wrong geometry or time becomes a “map problem” for Waze's
volunteers, and a closure in the wrong place leads drivers astray. `check` says in sentences what
the owner can do about it.

References
----------
Waze for Cities: CIFS specification (version 2), road closure information.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import orjson

from citycommons.core.errors import Invalid
from citycommons.core.works import Effect, Line, Measure, Phase, Works, WorksState
from citycommons.share.works.calendar import is_over_night, is_unbroken, local, whole
from citycommons.share.works.edition import Edition, said
from citycommons.share.works.markup import HEAD, leaf, tag
from citycommons.share.works.places import latitude_first, metres

XML, JSON = "application/xml", "application/json"
LONGEST_WORDS = 40  # signs of a description that its app shows
_FEWEST = 3  # positions: “more than two points”
_LONGEST_STEP_M = 5000  # between two positions of a street
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOSED = ("ROAD_CLOSED", "ROAD_CLOSED_CONSTRUCTION")
_LANES = ("HAZARD", "HAZARD_ON_ROAD_LANE_CLOSED")
_WORKS = ("HAZARD", "HAZARD_ON_ROAD_CONSTRUCTION")
_KINDS = {
    Effect.CLOSED: _CLOSED,
    Effect.ONE_WAY: _CLOSED,  # against the line
    Effect.LANES: _LANES,
    Effect.SPEED: _WORKS,
    Effect.TURN_BAN: _WORKS,
}
"""What is told to drivers; lost places to park and new links have no word in CIFS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rule that works break: which, where in them, and what their owner can do."""

    rule: str  # state, street, source, effect, points, closed, direction, place, times
    where: str  # "phase 1, restriction 2", or empty for all of them
    message: str


def check(one: Works, edition: Edition) -> tuple[Violation, ...]:
    """All rules that the works break; none of them may be sent then."""
    found: list[Violation] = []
    if one.state not in (WorksState.PERMITTED, WorksState.ACTIVE):
        message = f"The works are {one.state.value}; only permitted and active ones are sent."
        found.append(Violation(rule="state", where="", message=message))
    if not any(name.strip() for name in one.streets):
        message = "No street is named. Waze finds the road by its name; say it as signs do."
        found.append(Violation(rule="street", where="", message=message))
    if one.vanished is not None:
        message = (
            f"Its source no longer lists these works since {one.vanished.date()}. Ask there "
            "whether they are over, then say so here."
        )
        found.append(Violation(rule="source", where="", message=message))
    told = list(_told(one))
    if not told:
        message = "Nothing in these works concerns drivers; there is nothing to send."
        found.append(Violation(rule="effect", where="", message=message))
    for number, place, phase, measure in told:
        where = _where(number + 1, place + 1)
        for rule, message in _broken(one, phase, measure, edition):
            found.append(Violation(rule=rule, where=where, message=message))
    return tuple(found)


def _where(phase: int, restriction: int) -> str:
    return f"phase {phase}, restriction {restriction}"


def _broken(
    one: Works, phase: Phase, measure: Measure, edition: Edition
) -> Iterator[tuple[str, str]]:
    points = len(dict.fromkeys(measure.line))
    if points < _FEWEST:
        yield (
            "points",
            f"The line has {points} points; Waze wants more than two. "
            "Draw it along the street, or snap it to the road network.",
        )
    step = max((metres(pair) for pair in pairwise(measure.line)), default=0.0)
    if step > _LONGEST_STEP_M:
        yield (
            "points",
            f"Two points of the line lie {step / 1000:.0f} km apart, which is no street of a "
            "city. Draw the line again.",
        )
    if measure.line and measure.line[0] == measure.line[-1] and not measure.both_directions:
        yield (
            "direction",
            "The line ends where it begins, so its direction is not clear. Split it in two.",
        )
    if measure.effect is Effect.CLOSED and measure.lanes_open:
        yield (
            "closed",
            f"It says closed, yet {measure.lanes_open} lanes stay open. ROAD_CLOSED is for all "
            "lanes only: say how many lanes are open, or that none is.",
        )
    if _kind(measure) is _CLOSED and not one.is_place_exact:
        yield (
            "place",
            "The line was guessed from the street's name, so a wrong stretch would be closed "
            "in the app. Draw where the road is closed.",
        )
    begins, ends = whole(phase, edition.zone)
    if ends <= begins or not any(True for _ in _open_days(phase)):
        yield ("times", "It ends before it begins. Correct its days or hours.")


def _open_days(phase: Phase) -> Iterator[int]:
    span = (phase.last_day - phase.first_day).days
    first = phase.first_day.weekday()
    yield from (day for day in phase.weekdays if span >= 6 or (day - first) % 7 <= span)


def xml(works: Sequence[Works], edition: Edition) -> bytes:
    """The feed as XML. Raises `Invalid` with a sentence for the owner whose works break a rule."""
    inside = [_element(incident) for incident in _incidents(works, edition)]
    return (HEAD + tag("incidents", inside, timestamp=local(edition.made, edition.zone))).encode()


def json(works: Sequence[Works], edition: Edition) -> bytes:
    """The feed as JSON. Raises `Invalid` as `xml` does."""
    found = [{"incident": incident} for incident in _incidents(works, edition)]
    return orjson.dumps({"timestamp": local(edition.made, edition.zone), "incidents": found})


def _incidents(works: Sequence[Works], edition: Edition) -> Iterator[dict[str, Any]]:
    for one in works:
        if broken := check(one, edition):
            first = broken[0]
            where = f" ({first.where})" if first.where else ""
            raise Invalid(
                f"“{one.id}”{where} cannot be sent to Waze: {first.message}", works=one.id
            )
        for number, place, phase, measure in _told(one):
            # By place among the restrictions, as both days and lines are corrected over a life.
            yield _incident(one, phase, measure, f"{one.id}.{number}.{place}", edition)


def _told(one: Works) -> Iterator[tuple[int, int, Phase, Measure]]:
    for number, phase in enumerate(one.phases):
        for place, measure in enumerate(phase.measures):
            if measure.effect in _KINDS:
                yield number, place, phase, measure


def _kind(measure: Measure) -> tuple[str, str]:
    # No lane open in the line's direction is a closure, by whatever name.
    is_all = measure.effect is Effect.LANES and measure.lanes_open == 0
    return _CLOSED if is_all else _KINDS[measure.effect]


def _incident(
    one: Works, phase: Phase, measure: Measure, id: str, edition: Edition
) -> dict[str, Any]:
    kind, subtype = _kind(measure)
    begins, ends = whole(phase, edition.zone)
    line: Line = measure.line
    is_back = measure.effect is Effect.ONE_WAY
    both = measure.both_directions and not is_back
    found: dict[str, Any] = {  # in the order of the schema
        "id": id,
        "creationtime": local(one.created, edition.zone),
        "updatetime": local(one.updated, edition.zone),
        "source": {
            "reference": one.id,
            "name": edition.owner(one),
            "url": edition.page(one),
        },
        "type": kind,
        "subtype": subtype,
        "description": _short(said(one.title, edition.language)),
        "street": one.streets[0],
        "polyline": latitude_first(tuple(reversed(line)) if is_back else line),
        "direction": "BOTH_DIRECTIONS" if both else "ONE_DIRECTION",
        "starttime": local(begins, edition.zone),
        "endtime": local(ends, edition.zone),
    }
    if not is_unbroken(phase):
        found["schedule"] = _schedule(phase)
    if measure.lanes_total is not None and measure.lanes_open is not None and kind == "HAZARD":
        closed = max(measure.lanes_total - measure.lanes_open, 0)
        found["lane_impact"] = {"total_closed_lanes": closed, "roadside": "RIGHT"}
    return found


def _schedule(phase: Phase) -> dict[str, str]:
    """Hours by day of the week; a night is the end of one day and the start of the next."""
    hours: dict[int, list[str]] = {}
    opens = f"{phase.opens:%H:%M}"
    closes = f"{phase.closes:%H:%M}" if phase.closes else "23:59"
    for day in phase.weekdays:
        if is_over_night(phase):
            hours.setdefault(day, []).append(f"{opens}-23:59")
            if closes != "00:00":
                hours.setdefault((day + 1) % 7, []).append(f"00:00-{closes}")
        else:
            hours.setdefault(day, []).append(f"{opens}-{closes}")
    return {_DAYS[day]: ",".join(sorted(hours[day])) for day in sorted(hours)}


def _short(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= LONGEST_WORDS:
        return words
    cut = words[: LONGEST_WORDS - 1]
    return (cut.rpartition(" ")[0] or cut) + "…"


def _element(incident: dict[str, Any]) -> str:
    inside = [
        tag(name, [leaf(key, held) for key, held in value.items()])
        if isinstance(value, dict)
        else leaf(name, value)
        for name, value in incident.items()
        if name != "id"
    ]
    return tag("incident", inside, id=incident["id"])
