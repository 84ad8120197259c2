"""Works as a form: every field that people say, several phases with several measures each.

Names of fields: `p0-first`, `p0-m1-effect`: phase 0, its measure 1. Phases without a first day and
measures without an effect are empty places of the form. A measure without a line is laid along the
named street as far as the city's own streets tell, and the works say that their place is a guess.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time
from enum import StrEnum
from typing import TypeVar

from citycommons.act.roadworks.streets import Streets
from citycommons.core.errors import Invalid
from citycommons.core.types import LANGUAGES, PublisherId
from citycommons.core.works import (
    Effect,
    Line,
    Measure,
    Party,
    Phase,
    Works,
    WorkType,
)
from citycommons.share.works.lines import line_in
from citycommons.web.forms import FormBody

_PHASES, _MEASURES = 40, 20
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, by name: shown again when it cannot be used."""

    values: dict[str, str]
    many: dict[str, tuple[str, ...]]

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    def has(self, name: str, value: str) -> bool:
        return value in self.many.get(name, ())

    def phases(self) -> range:
        """Places for phases: those that are filled in, and one more."""
        used = [p for p in range(_PHASES) if self.get(f"p{p}-first") or self.get(f"p{p}-last")]
        return range(min(_PHASES, max(used, default=-1) + 2))

    def measures(self, phase: int) -> range:
        """Places for measures of a phase: those that are filled in, and one more."""
        used = [m for m in range(_MEASURES) if self.get(f"p{phase}-m{m}-effect")]
        return range(min(_MEASURES, max(used, default=-1) + 2))


def typed(form: FormBody) -> Typed:
    """The form as it came."""
    names = form.starting("")
    many = {name: tuple(form.all(name)) for name in names}
    return Typed(names, many)


def filled(works: Works | None, owner: str) -> Typed:
    """The form of works as they are; without works an empty one."""
    if works is None:
        return Typed({"owner": owner, "p0-m0-both": "1", "p0-m0-effect": "closed"}, {})
    values = {
        "owner": works.owner,
        "party": works.party.value,
        "streets": "; ".join(works.streets),
        "contractor": works.contractor,
        "contact": works.contact,
        "detour": _text(works.detour),
    }
    for name in ("title", "description", "detour_words"):
        values |= {f"{name}-{tag}": words for tag, words in getattr(works, name).items()}
    many: dict[str, tuple[str, ...]] = {
        "types": tuple(works.types),
        "stays_open_to": tuple(works.stays_open_to),
    }
    for p, phase in enumerate(works.phases):
        values |= dict(_phase_values(p, phase))
        many[f"p{p}-weekdays"] = tuple(map(str, sorted(phase.weekdays)))
    return Typed(values, many)


def _phase_values(p: int, phase: Phase) -> Iterator[tuple[str, str]]:
    yield f"p{p}-name", phase.name
    yield f"p{p}-first", phase.first_day.isoformat()
    yield f"p{p}-last", phase.last_day.isoformat()
    yield f"p{p}-opens", phase.opens.strftime("%H:%M") if phase.opens != time(0) else ""
    yield f"p{p}-closes", phase.closes.strftime("%H:%M") if phase.closes else ""
    yield f"p{p}-certain", "1" if phase.is_certain else ""
    for m, measure in enumerate(phase.measures):
        start = f"p{p}-m{m}"
        yield f"{start}-effect", measure.effect.value
        yield f"{start}-line", _text(measure.line)
        yield f"{start}-both", "1" if measure.both_directions else ""
        yield f"{start}-lanes_total", _number(measure.lanes_total)
        yield f"{start}-lanes_open", _number(measure.lanes_open)
        yield f"{start}-speed", _number(measure.speed_kmh)
        yield f"{start}-parking", _number(measure.parking_lost or None)


def _text(line: Line) -> str:
    if not line:
        return ""
    return json.dumps({"type": "LineString", "coordinates": [list(p) for p in line]})


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def works_of(given: Typed, before: Works, streets: Streets) -> Works:
    """The works as typed. Raises `Invalid` that names the field (`column`)."""
    names = tuple(
        dict.fromkeys(p.strip()[:300] for p in given.get("streets").split(";") if p.strip())
    )
    guessed: list[str] = []
    phases = tuple(_phases(given, names, streets, guessed))
    was_guess = not before.is_place_exact and phases == before.phases
    return replace(
        before,
        title=_texts(given, "title"),
        description=_texts(given, "description"),
        detour_words=_texts(given, "detour_words"),
        streets=names,
        owner=PublisherId(given.get("owner")),
        party=_word(Party, given.get("party"), "party"),
        contractor=given.get("contractor")[:300],
        contact=given.get("contact")[:300],
        types=frozenset(_word(WorkType, one, "types") for one in given.many.get("types", ())),
        stays_open_to=frozenset(given.many.get("stays_open_to", ())),
        detour=_line(given.get("detour"), "detour"),
        phases=phases,
        is_place_exact=not guessed and not was_guess,
    )


def _phases(
    given: Typed, names: tuple[str, ...], streets: Streets, guessed: list[str]
) -> Iterator[Phase]:
    for p in given.phases():
        if not (given.get(f"p{p}-first") or given.get(f"p{p}-last")):
            continue
        first = _day(given.get(f"p{p}-first"), f"p{p}-first")
        closes = _hour(given.get(f"p{p}-closes"), f"p{p}-closes")
        days = given.many.get(f"p{p}-weekdays", ())
        yield Phase(
            first_day=first,
            last_day=_day(given.get(f"p{p}-last") or first.isoformat(), f"p{p}-last"),
            name=given.get(f"p{p}-name")[:200],
            opens=_hour(given.get(f"p{p}-opens"), f"p{p}-opens") or time(0),
            closes=closes,
            weekdays=frozenset(int(d) for d in days if d in set("0123456")) or frozenset(range(7)),
            is_certain=bool(given.get(f"p{p}-certain")),
            measures=tuple(_measures(given, p, names, streets, guessed)),
        )


def _measures(
    given: Typed, p: int, names: tuple[str, ...], streets: Streets, guessed: list[str]
) -> Iterator[Measure]:
    for m in given.measures(p):
        start = f"p{p}-m{m}"
        if not given.get(f"{start}-effect"):
            continue
        line = _line(given.get(f"{start}-line"), f"{start}-line")
        if not line:
            line = _along(names, streets, f"{start}-line")
            guessed.append(start)
        total, left = (_count(given, f"{start}-{name}") for name in ("lanes_total", "lanes_open"))
        speed, parking = (_count(given, f"{start}-{name}") for name in ("speed", "parking"))
        yield Measure(
            effect=_word(Effect, given.get(f"{start}-effect"), f"{start}-effect"),
            line=line,
            both_directions=bool(given.get(f"{start}-both")),
            lanes_total=total,
            lanes_open=left,
            speed_kmh=speed,
            parking_lost=parking or 0,
        )


def _along(names: tuple[str, ...], streets: Streets, column: str) -> Line:
    found = streets.find(names[0], names[1:]) if names else None
    if found is None:
        raise Invalid(
            "The city's own streets do not tell where that is. Draw it, or write the line.",
            column=column,
        )
    return found.line


def _texts(given: Typed, name: str) -> dict[str, str]:
    found = {tag: given.get(f"{name}-{tag}")[:10_000].strip() for tag in LANGUAGES}
    return {tag: words for tag, words in found.items() if words}


def _word(kind: type[_Word], text: str, column: str) -> _Word:
    try:
        return kind(text)
    except ValueError as cause:
        raise Invalid("Choose one of the list.", column=column) from cause


def _line(text: str, column: str) -> Line:
    try:
        return line_in(text)
    except Invalid as cause:
        raise Invalid(cause.message, column=column) from cause


def _day(text: str, column: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise Invalid(f"“{text[:40]}” is no day: write it as 2026-03-31.", column=column) from cause


def _hour(text: str, column: str) -> time | None:
    if not text:
        return None
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError as cause:
        raise Invalid(f"“{text[:40]}” is no hour: write it as 07:30.", column=column) from cause


def _count(given: Typed, column: str) -> int | None:
    text = given.get(column)
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise Invalid(f"“{text[:40]}” is no whole number.", column=column)
    return int(text)
