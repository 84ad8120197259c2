"""Works as pages and programs see them: rows of lists, and JSON without who was signed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from citycommons.act.roadworks import clock, rights
from citycommons.core.types import Actor
from citycommons.core.works import Effect, Works
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.web.presentation import Says
from citycommons.web.register.words import EFFECTS, STATES, Mark

_INSIDE = ("updated_by", "source_digest")


@dataclass(frozen=True, slots=True)
class Row:
    """One works in a list."""

    works: Works
    title: str
    tongue: str
    owner: str
    effect: str
    state: Mark
    is_overdue: bool


def rows(
    found: tuple[Works, ...], names: Mapping[str, str], says: Says, today: date
) -> tuple[Row, ...]:
    """Works for a page in its language."""
    return tuple(
        Row(
            works=one,
            title=says.text(one.title),
            tongue=says.tongue(one.title),
            owner=names.get(one.owner, one.owner),
            effect=EFFECTS[worst(one)],
            state=STATES[one.state],
            is_overdue=clock.is_overdue(one, today),
        )
        for one in found
    )


def worst(works: Works) -> Effect:
    """The measure that hinders most; effects are named in that order."""
    found = {m.effect for phase in works.phases for m in phase.measures}
    return next(one for one in Effect if one in found)


def owner_names(work: Work) -> dict[str, str]:
    """Names of owners by id."""
    return work.known(
        ("publisher-names",), lambda: {one.id: one.name for one in catalogue.publishers(work.db)}
    )


def as_json(works: Works, actor: Actor, base: str) -> dict[str, Any]:
    """The works' own fields and `bounds`; accounts are shown to who belongs to them only."""
    body: dict[str, Any] = msgspec.to_builtins(works, order="deterministic")
    if not rights.is_insider(actor, works):
        for name in _INSIDE:
            del body[name]
    body["bounds"] = works.bounds
    body["url"] = f"{base}/roadworks/{works.id}"
    return body
