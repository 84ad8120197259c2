"""Works and people of a small city with a municipality, two utilities and a contractor."""

from datetime import UTC, date, datetime
from typing import Any

from citycommons.core.types import Actor, ActorId, ActorKind, Grant, Publisher, PublisherId, Role
from citycommons.core.works import (
    Effect,
    Line,
    Measure,
    Party,
    Phase,
    Works,
    WorksId,
    WorksState,
    WorkType,
)
from citycommons.store import catalogue
from citycommons.store.work import City

CITY_HALL, WATER, POWER = PublisherId("city-hall"), PublisherId("water"), PublisherId("power")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
HARBOUR: Line = ((7.630, 51.950), (7.632, 51.951), (7.634, 51.952))


def person(name: str, role: Role, publisher: PublisherId | None = None) -> Actor:
    return Actor(
        id=ActorId(name), name=name.title(), grants=(Grant(role=role, publisher=publisher),)
    )


WIM = person("wim", Role.ROADWORKS_PLANNER, WATER)
PIA = person("pia", Role.ROADWORKS_PLANNER, POWER)
CONNY = person("conny", Role.ROADWORKS_COORDINATOR)
CARL = person("carl", Role.ROADWORKS_CONTRACTOR, WATER)


def settle(city: City) -> None:
    """Let the three owners be."""
    with city.work(person("boss", Role.ADMINISTRATOR)) as work:
        for id, kind in (
            (CITY_HALL, ActorKind.CITY),
            (WATER, ActorKind.UTILITY),
            (POWER, ActorKind.UTILITY),
        ):
            one = Publisher(id=id, name=id.replace("-", " ").title(), kind=kind)
            catalogue.save_publisher(work.db, one)


def phase(first: str, last: str, line: Line = HARBOUR, **more: Any) -> Phase:
    given: dict[str, Any] = {
        "measures": (Measure(effect=Effect.CLOSED, line=line, both_directions=True),),
        "is_certain": True,
    }
    return Phase(
        first_day=date.fromisoformat(first), last_day=date.fromisoformat(last), **{**given, **more}
    )


def dig(owner: PublisherId = WATER, **more: Any) -> Works:
    """A water main in Harbour Street, two weeks in May."""
    given: dict[str, Any] = {
        "id": WorksId(""),
        "title": {"en": "New water main"},
        "description": {"en": "The main of 1931 is replaced."},
        "streets": ("Hafenstraße",),
        "state": WorksState.PROPOSED,
        "party": Party.UTILITY,
        "phases": (phase("2026-05-04", "2026-05-17"),),
        "detour_words": {},
        "types": frozenset({WorkType.BELOW_ROAD}),
        "created": NEVER,
        "updated": NEVER,
        "updated_by": ActorId("nobody"),
    }
    return Works(owner=owner, **{**given, **more})
