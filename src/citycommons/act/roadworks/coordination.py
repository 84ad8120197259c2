"""Weighing works against one another: clashes of saved works or of a draft, and who accepts them.

A clash names both owners. Each of them may accept it with a reason; once all have, it stands in
nobody's way. What was accepted is accepted as it was: other days or another distance ask anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from citycommons.act.roadworks import register, rights
from citycommons.act.roadworks.clash import Clash, sentence
from citycommons.act.roadworks.conflicts import Index
from citycommons.act.roadworks.rules import Calendars, Rules, default_rules
from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound
from citycommons.core.types import ActorId, PublisherId
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.govern import audit
from citycommons.govern.access import Action, allows
from citycommons.store import catalogue, notes
from citycommons.store import works as rows
from citycommons.store.work import Work
from citycommons.store.works import Wanted

_NOTES = "works-clash:"
DRAFT = WorksId("draft")
"""The id of works that were not saved yet, in what `check` answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """By what works are weighed; a door makes it from the city's settings."""

    today: date
    rules: Rules = field(default_factory=default_rules)
    calendars: Calendars = field(default_factory=Calendars)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """An owner lives with a clash, and says why."""

    by: ActorId
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A clash, and which of its owners accept it."""

    clash: Clash
    works: Works  # the one that `clash.works` names
    sentence: str  # in English
    accepted: Mapping[PublisherId, Acceptance]

    @property
    def is_settled(self) -> bool:
        return self.clash.owners <= set(self.accepted)


def check(work: Work, works: Works, setting: Setting) -> list[Weighed]:
    """Clashes of works as they are given, saved or not, with all others that one may see.

    Each with dates that would do for one side or the other.
    """
    given = works if works.id else replace(works, id=DRAFT)
    others = [one for one in _others(work, setting) if one.id != given.id]
    index = Index([given, *others], setting.rules, setting.calendars)
    found = index.with_dates(index.clashes(of=given.id), today=setting.today)
    return _weighed(work, found, {one.id: one for one in index.works})


def clashes(work: Work, id: WorksId, setting: Setting) -> list[Weighed]:
    """Clashes of saved works. Raises `NotFound` for works one may not know of."""
    return check(work, register.get(work, id), setting)


def every(work: Work, setting: Setting) -> list[Weighed]:
    """All clashes among works that one may see, without dates that would do."""
    index = Index(_others(work, setting), setting.rules, setting.calendars)
    return _weighed(work, index.clashes(), {one.id: one for one in index.works})


def accept(work: Work, id: WorksId, key: str, setting: Setting, *, reason: str) -> Weighed:
    """Say for all owners one may speak for that they live with the clash, and why.

    Raises `NotFound` when there is no such clash (any more), `Forbidden`, `Invalid` without reason.
    """
    found = next((one for one in clashes(work, id, setting) if one.clash.key == key), None)
    if found is None:
        raise NotFound("This clash is gone: somebody changed one side. Look at the works again.")
    mine = [one for one in found.clash.owners if allows(work.actor, Action.PROPOSE_WORKS, one)]
    if not mine:
        raise Forbidden("Only the two owners, or who coordinates, may accept a clash.")
    if not reason.strip():
        raise Invalid("Say why this clash can be lived with.", column="reason")
    said = Acceptance(by=work.actor.id, at=work.now, reason=reason.strip()[:2000])
    accepted = {**found.accepted, **dict.fromkeys(mine, said)}
    notes.write(work.db, _note(found.clash), _body(found.clash, accepted))
    audit.record(work, "accept-clash", id, clash=key, owners=sorted(mine), reason=said.reason)
    return replace(found, accepted=accepted)


def advance(
    work: Work,
    id: WorksId,
    state: WorksState,
    setting: Setting,
    *,
    revision: int | None = None,
    why: str = "",
) -> Works:
    """As `register.advance`; nothing is permitted while a clash is not settled.

    Raises `Conflict` that says the first clash in the way.
    """
    before = register.get(work, id)
    if state is WorksState.PERMITTED and before.state is WorksState.COORDINATED:
        rights.require_step(work, before, state, why)
        for one in clashes(work, id, setting):
            if not one.is_settled:
                raise Conflict(
                    f"{one.sentence} Move one of them, or let both owners accept it.",
                    works=id,
                    clash=one.clash.key,
                )
    return register.advance(work, id, state, revision=revision, why=why)


def moved(works: Works, days: int) -> Works:
    """The works with all phases so many days later (or earlier); not saved."""
    by = timedelta(days=days)
    return replace(
        works,
        phases=tuple(
            replace(one, first_day=one.first_day + by, last_day=one.last_day + by)
            for one in works.phases
        ),
    )


def _others(work: Work, setting: Setting) -> list[Works]:
    """All that is not over, and closed works whose surface is still protected."""
    seen = rights.seen_by(work.actor)
    since = setting.today - timedelta(days=setting.rules.moratorium_days)

    def load() -> list[Works]:
        open = rows.find(work.db, Wanted(seen=seen, states=rights.OPEN))
        closed = Wanted(seen=seen, states=frozenset({WorksState.CLOSED}), from_day=since)
        return open + rows.find(work.db, closed)

    return work.known(("works-to-weigh", seen, since), load)


def _weighed(work: Work, found: list[Clash], works: Mapping[WorksId, Works]) -> list[Weighed]:
    if not found:
        return []
    names = {one.id: one.name for one in catalogue.publishers(work.db)}
    kept = notes.starting(work.db, _NOTES)
    return [
        Weighed(
            clash=one,
            works=works[one.works],
            sentence=sentence(
                one,
                names.get(one.owner, one.owner),
                names.get(one.other_owner, one.other_owner) if one.other_owner else "",
                next(iter(works[one.works].title.values()), one.works),
            ),
            accepted=_accepted(kept.get(_note(one)), one),
        )
        for one in found
    ]


def _note(clash: Clash) -> str:
    return f"{_NOTES}{clash.key}"


def _print(clash: Clash) -> str:
    return f"{clash.first_day} {clash.last_day} {round(clash.metres)}"


def _body(clash: Clash, accepted: Mapping[PublisherId, Acceptance]) -> dict[str, Any]:
    return {
        "print": _print(clash),
        "accepted": {
            owner: {"by": one.by, "at": one.at.isoformat(), "reason": one.reason}
            for owner, one in accepted.items()
        },
    }


def _accepted(body: Any, clash: Clash) -> dict[PublisherId, Acceptance]:
    if not body or body["print"] != _print(clash):
        return {}
    return {
        PublisherId(owner): Acceptance(
            by=ActorId(said["by"]),
            at=datetime.fromisoformat(said["at"]),
            reason=said["reason"],
        )
        for owner, said in body["accepted"].items()
    }
