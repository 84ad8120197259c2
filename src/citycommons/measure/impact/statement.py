"""The statement: everything that is proven of one period, each number with how it is known.

The same data and the same period give the same statement, to the last bit: its digest is printed
on the page, and anybody who has the JSON computes it again (`digest`).
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from citycommons.core.settings import Settings
from citycommons.measure.impact import demand, gaps, made, money, objectives, offer, use
from citycommons.measure.impact.elsewhere import Elsewhere, elsewhere
from citycommons.measure.impact.figures import Figure
from citycommons.measure.impact.lines import (
    DatasetLine,
    Gap,
    GoalLine,
    ReuseLine,
    StoryLine,
    WishLine,
)
from citycommons.measure.impact.scope import Basis, Scope, basis
from citycommons.measure.impact.use import Uses
from citycommons.store import catalogue
from citycommons.store.work import Work

FORMAT = "citycommons-statement/1"
MOST_USED = 5
FEWEST = 5  # uses of one dataset that are told to everybody: fewer could tell of a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is proven of a city, or of one of its publishers, in one period."""

    city: str
    publisher_name: str  # empty: the whole city
    contact: str  # who answers for it
    scope: Scope
    as_of: str  # day, ISO 8601
    figures: tuple[Figure, ...]
    datasets: tuple[DatasetLine, ...]  # most used, here and elsewhere together
    goals: tuple[GoalLine, ...]
    reuses: tuple[ReuseLine, ...]
    stories: tuple[StoryLine, ...]
    wishes: tuple[WishLine, ...]
    gaps: tuple[Gap, ...]

    def figure(self, id: str) -> Figure | None:
        """The figure of this id."""
        return next((one for one in self.figures if one.id == id), None)

    @property
    def is_over(self) -> bool:
        """Whether the whole period has passed."""
        return self.as_of >= self.scope.period.last_day.isoformat()


def statement(work: Work, scope: Scope, settings: Settings) -> Statement:
    """What is proven, from the stores as they are now.

    Raises `Forbidden` for who may not read it, and `NotFound` for a publisher that is none.
    """
    of = basis(work, scope)
    used, away = use.uses(of), elsewhere(of)
    goals, came, asked = objectives.goals(of), made.made(of), demand.demand(of)
    figures = (
        *used.figures,
        *away.figures,
        *came.figures,
        *money.money(of, goals),
        *asked.figures,
        *offer.offer(of),
    )
    return Statement(
        city=settings.name,
        publisher_name=_publisher_name(of),
        contact=settings.contact,
        scope=scope,
        as_of=of.as_of.isoformat(),
        figures=figures,
        datasets=_most_used(of, used, away),
        goals=goals,
        reuses=came.reuses,
        stories=came.stories,
        wishes=asked.wishes,
        gaps=gaps.gaps(figures, goals),
    )


def body(one: Statement) -> dict[str, Any]:
    """The statement as plain values, each figure with its address; what the digest covers."""
    found: dict[str, Any] = msgspec.to_builtins(one)
    for figure, values in zip(one.figures, found["figures"], strict=True):
        values["address"] = f"{figure.address}?period={one.scope.period.name}"
    found["scope"]["period"] = one.scope.period.name
    return {"format": FORMAT, **found}


def canonical(value: Any) -> bytes:
    """JSON with sorted names and nothing between, in UTF-8: one text for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(one: Statement) -> str:
    """SHA-256 of the canonical JSON of `body`, in hex."""
    return sha256(canonical(body(one))).hexdigest()


def _publisher_name(of: Basis) -> str:
    id = of.scope.publisher
    return catalogue.publisher(of.work.db, id).name if id else ""


def _most_used(of: Basis, used: Uses, away: Elsewhere) -> tuple[DatasetLine, ...]:
    lines = [
        DatasetLine(
            id=id,
            title=dataset.title,
            here=used.requests.get(id, 0),
            **away.requests.get(id, {}),
        )
        for id, dataset in of.datasets.items()
    ]
    fewest = FEWEST if of.scope.audience == "public" else 1
    shown = [one for one in lines if one.total >= fewest]
    return tuple(sorted(shown, key=lambda one: (-one.total, one.id))[:MOST_USED])
