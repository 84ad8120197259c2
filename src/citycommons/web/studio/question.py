"""A question of the studio as it stands in an address, so that the address is the link to share.

    model=…&works=…&phase=2026-06-28/2026-08-08/0-24/1234567;closed:12.13:both&day=workday&hour=8

A `phase` is its first and last day, hours of the day, days of the week (Monday is 1), then its
measures: `effect[=value]:links[:both][:parking=places]` with links by their index in the model's
network, in driving order. Model, works, revision and seed are ids, so the same address gives the
same answer.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, time
from urllib.parse import parse_qsl, urlencode

from citycommons.act.model.types import DayType, TrafficModel
from citycommons.core.errors import Invalid
from citycommons.core.works import Effect, Line, Measure, Phase, Position

MOST_PHASES = 12
MOST_MEASURES = 40
MOST_LINKS = 2000
SEED = 1
_NUMBER = re.compile(r"\d{1,7}")
_EVERY_DAY = "1234567"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One measure on links of the model's network."""

    effect: Effect
    links: tuple[int, ...]
    both: bool = False
    value: float | None = None  # lanes left, or km/h
    parking: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One phase of the drawing."""

    first_day: date
    last_day: date
    opens: int = 0  # hour
    closes: int = 24  # hour, 24 is the end of the day
    weekdays: frozenset[int] = frozenset(range(7))
    drawn: tuple[Drawn, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: what is drawn on which model, and which hour is looked at."""

    model: str = ""
    works: str = ""
    revision: int | None = None
    variant: str = ""
    phases: tuple[Stretch, ...] = ()
    day: DayType = DayType.WORKDAY
    hour: int = 8
    at: int = 0  # the phase looked at
    seed: int = SEED

    @property
    def is_drawn(self) -> bool:
        return any(phase.drawn for phase in self.phases)

    def query(self, **changed: str) -> str:
        """The question as the query of an address."""
        pairs = [("model", self.model), ("works", self.works)]
        pairs.append(("revision", str(self.revision or "")))
        pairs.append(("variant", self.variant))
        pairs += [("phase", phase_text(phase)) for phase in self.phases]
        pairs += [("day", str(self.day)), ("hour", str(self.hour))]
        pairs.append(("at", str(self.at) if self.at else ""))
        pairs.append(("seed", str(self.seed) if self.seed != SEED else ""))
        kept = [(key, value) for key, value in pairs if value and key not in changed]
        kept += [(key, value) for key, value in changed.items() if value]
        return urlencode(kept, safe="/;:=.")


def read(pairs: Iterable[tuple[str, str]]) -> Question:
    """The question in an address.

    Raises `Invalid` that names the part which cannot be read.
    """
    given: dict[str, str] = {}
    phases: list[Stretch] = []
    for key, value in pairs:
        if key == "phase" and value:
            phases.append(_phase(value))
        else:
            given.setdefault(key, value)
    if len(phases) > MOST_PHASES:
        raise Invalid(f"{len(phases)} phases are too many; {MOST_PHASES} are the most.")
    return Question(
        model=given.get("model", "")[:80],
        works=given.get("works", "")[:80],
        revision=_whole(given, "revision", 1, 10**6),
        variant=given.get("variant", "")[:120],
        phases=tuple(phases),
        day=_day_type(given.get("day", "")),
        hour=_whole(given, "hour", 0, 23) if given.get("hour") else 8,  # type: ignore[arg-type]
        at=min(_whole(given, "at", 0, MOST_PHASES) or 0, max(len(phases) - 1, 0)),
        seed=_whole(given, "seed", 0, 2**31 - 1) if given.get("seed") else SEED,  # type: ignore[arg-type]
    )


def from_text(query: str) -> Question:
    """The question in the query of an address."""
    return read(parse_qsl(query))


def form_text(pairs: Iterable[tuple[str, str]]) -> str:
    """The phase that the form without script draws; empty where it names no piece of street.

    Raises nothing: what is odd is said when the text is read.
    """
    given: dict[str, str] = {}
    links = []
    for key, value in pairs:
        if key == "link":
            links.append(value)
        else:
            given.setdefault(key, value)
    if not links:
        return ""
    effect = given.get("effect", "closed")
    value = f"={given['value']}" if given.get("value") and effect in ("lanes", "speed") else ""
    both = ":both" if given.get("both") else ""
    calendar = f"{given.get('first', '')}/{given.get('last', '')}"
    return f"{calendar};{effect}{value}:{'.'.join(links)}{both}"


def checked(question: Question, model: TrafficModel) -> Question:
    """The question, bound to this model.

    Raises `Invalid` for a link that the model does not have.
    """
    links = model.network.links
    for phase in question.phases:
        for drawn in phase.drawn:
            for link in drawn.links:
                if link >= links:
                    raise Invalid(
                        f"The model {model.id} has no link {link}: it has {links}. Was this drawn "
                        "on another model? Draw it again, or name that model in the address."
                    )
    return replace(question, model=model.id)


def phases_of(question: Question, model: TrafficModel) -> tuple[Phase, ...]:
    """The drawing as phases of works, with lines on the ground in driving order."""
    return tuple(phase_of(one, model) for one in question.phases if one.drawn)


def phase_of(one: Stretch, model: TrafficModel) -> Phase:
    """One phase of works."""
    return Phase(
        first_day=one.first_day,
        last_day=one.last_day,
        weekdays=one.weekdays,
        opens=time(one.opens),
        closes=None if one.closes == 24 else time(one.closes),
        measures=tuple(measure for drawn in one.drawn for measure in measures_of(drawn, model)),
    )


def measures_of(drawn: Drawn, model: TrafficModel) -> list[Measure]:
    """A measure for each unbroken run of links."""
    streets = model.network.streets
    lanes = drawn.value if drawn.effect in (Effect.LANES, Effect.NEW_LINK) else None
    speed = drawn.value if drawn.effect is Effect.SPEED else None
    return [
        Measure(
            effect=drawn.effect,
            line=line_of(run, model),
            both_directions=drawn.both,
            lanes_total=int(max(streets.lanes[link] for link in run)) if streets else None,
            lanes_open=None if lanes is None else int(lanes),
            speed_kmh=speed,
            parking_lost=0 if place else drawn.parking,
        )
        for place, run in enumerate(runs_of(drawn, model))
    ]


def runs_of(drawn: Drawn, model: TrafficModel) -> list[tuple[int, ...]]:
    """Links that follow one another as one drives; a turn is one whole."""
    if drawn.effect is Effect.TURN_BAN:
        return [drawn.links]
    network = model.network
    runs: list[list[int]] = []
    for link in drawn.links:
        last = runs[-1][-1] if runs else None
        is_next = last is not None and network.head[last] == network.tail[link]
        # Back where one came from is another run: a line there and back is no street's.
        if is_next and network.tail[last] != network.head[link]:
            runs[-1].append(link)
        else:
            runs.append([link])
    return [tuple(run) for run in runs]


def line_of(links: Iterable[int], model: TrafficModel) -> Line:
    """The positions along these links, none twice in a row, and never two alone.

    Who draws them on a map of their own (Waze) takes two positions for a mistake.
    """
    streets = model.network.streets
    points: list[Position] = []
    for link in links:
        for lon, lat in streets.lines[link] if streets else ():
            point = (float(lon), float(lat))
            if not points or points[-1] != point:
                points.append(point)
    if len(points) == 2:
        (west, south), (east, north) = points
        points.insert(1, (round((west + east) / 2, 7), round((south + north) / 2, 7)))
    return tuple(points)


def streets_of(question: Question, model: TrafficModel) -> tuple[str, ...]:
    """Names of the streets drawn on, those with the longest stretch first."""
    streets = model.network.streets
    length: dict[str, float] = {}
    for phase in question.phases:
        for drawn in phase.drawn:
            for link in drawn.links:
                if streets and (name := streets.name[link]):
                    length[name] = length.get(name, 0) + float(streets.length_m[link])
    return tuple(sorted(length, key=lambda name: -length[name]))


def _phase(text: str) -> Stretch:
    calendar, *measures = text.split(";")
    parts = calendar.split("/")
    if len(parts) < 2 or len(parts) > 4:
        raise Invalid(
            f"“{text[:80]}” is no phase. Write it as 2026-06-28/2026-08-08/0-24;closed:12.13:both."
        )
    first, last = _date(parts[0]), _date(parts[1])
    if last < first:
        raise Invalid(f"The phase ends on {last}, before it begins on {first}.")
    opens, closes = _hours(parts[2]) if len(parts) > 2 else (0, 24)
    weekdays = parts[3] if len(parts) > 3 else _EVERY_DAY
    if not weekdays or set(weekdays) - set(_EVERY_DAY):
        raise Invalid(f"“{weekdays[:20]}” are no days of the week: 1 is Monday, 7 is Sunday.")
    drawn = tuple(_measure(one) for one in measures if one)
    if len(drawn) > MOST_MEASURES or sum(len(one.links) for one in drawn) > MOST_LINKS:
        raise Invalid(
            f"This draws too much: {MOST_MEASURES} measures on {MOST_LINKS} pieces of street are "
            "the most of a phase."
        )
    days = frozenset(int(day) - 1 for day in weekdays)
    return Stretch(
        first_day=first, last_day=last, opens=opens, closes=closes, weekdays=days, drawn=drawn
    )


def _measure(text: str) -> Drawn:
    head, *rest = text.split(":")
    name, _, value = head.partition("=")
    if name not in set(Effect) or not rest:
        raise Invalid(
            f"“{text[:60]}” is no measure. Write it as closed:12.13, lanes=1:12 or speed=30:12; "
            f"there are {', '.join(Effect)}."
        )
    links = tuple(_link(one) for one in rest[0].split(".") if one)
    flags = dict(one.partition("=")[::2] for one in rest[1:] if one)
    effect = Effect(name)
    if not links or (effect is Effect.TURN_BAN and len(links) < 2):
        raise Invalid(f"“{text[:60]}” names no street; a turn ban needs two.")
    parking = flags.get("parking", "0")
    if not _NUMBER.fullmatch(parking):
        raise Invalid(f"“{parking[:20]}” is no number of places to park.")
    return Drawn(
        effect=effect,
        links=links,
        both="both" in flags,
        value=_value(effect, value),
        parking=int(parking),
    )


def _value(effect: Effect, text: str) -> float | None:
    most = {Effect.LANES: 8, Effect.NEW_LINK: 8, Effect.SPEED: 130}.get(effect)
    if most is None:
        return None
    least = 1 if effect is not Effect.SPEED else 5
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        word = "km/h" if effect is Effect.SPEED else "lanes left"
        raise Invalid(f"Say how many {word}, from {least} to {most}: {effect}={least}:…")
    return float(text)


def _link(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise Invalid(f"“{text[:20]}” is no link of the network; links are numbers.")
    return int(text)


def _hours(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not (_NUMBER.fullmatch(first) and _NUMBER.fullmatch(last)):
        raise Invalid(f"“{text[:20]}” are no hours of the day. Write them as 7-19.")
    if not 0 <= int(first) < int(last) <= 24:
        raise Invalid(f"The hours {text} must begin before they end, within 0-24.")
    return int(first), int(last)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise Invalid(f"“{text[:20]}” is no day. Write it as 2026-06-28.") from cause


def _day_type(text: str) -> DayType:
    if text and text not in set(DayType):
        raise Invalid(f"“{text[:20]}” is no type of day; there are {', '.join(DayType)}.")
    return DayType(text) if text else DayType.WORKDAY


def _whole(given: dict[str, str], name: str, least: int, most: int) -> int | None:
    text = given.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"\d{1,10}", text) or not least <= int(text) <= most:
        raise Invalid(f"“{name}={text[:20]}” is to be a whole number from {least} to {most}.")
    return int(text)


def phase_text(phase: Stretch) -> str:
    days = "".join(str(day + 1) for day in sorted(phase.weekdays))
    hours = f"{phase.opens}-{phase.closes}"
    parts = [f"{phase.first_day}/{phase.last_day}/{hours}/{days}"]
    return ";".join([*parts, *(_measure_text(drawn) for drawn in phase.drawn)])


def _measure_text(drawn: Drawn) -> str:
    head = str(drawn.effect) + (f"={drawn.value:g}" if drawn.value is not None else "")
    text = f"{head}:{'.'.join(map(str, drawn.links))}"
    text += ":both" if drawn.both else ""
    return text + (f":parking={drawn.parking}" if drawn.parking else "")
