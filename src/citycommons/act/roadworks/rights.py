"""Who may do which step of works (the report's Figure 1: who owns the data of this event?).

An owner (municipality, utility, road builder) proposes, and answers for what is said. The
municipality alone weighs works against one another and permits them, whoever owns them: these two
rights count for the whole city only. Owner and contractor say when works began and ended.
Proposals are seen by their owner and by who coordinates; coordinated works by all owners, as they
have to fit theirs; from the permit on by everyone.
"""

from dataclasses import dataclass

from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound
from citycommons.core.types import Actor, ActorKind, PublisherId
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.govern.access import Action, allows, allows_anywhere, publishers_for, require
from citycommons.store import works as rows
from citycommons.store.work import Work
from citycommons.store.works import Seen

PUBLIC = frozenset({WorksState.PERMITTED, WorksState.ACTIVE, WorksState.CLOSED})
"""States that everyone may see."""
OPEN = frozenset(
    {WorksState.PROPOSED, WorksState.COORDINATED, WorksState.PERMITTED, WorksState.ACTIVE}
)
"""States of works that are not over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One way on (or back) in the life of works, and the right it needs."""

    before: WorksState
    after: WorksState
    needs: Action
    is_of_city: bool = False  # the right has to hold for the whole city, not for the owner
    needs_reason: bool = False


_PROPOSED, _COORDINATED, _PERMITTED, _ACTIVE, _CLOSED, _CANCELLED = WorksState
STEPS = (
    Step(before=_PROPOSED, after=_COORDINATED, needs=Action.COORDINATE_WORKS, is_of_city=True),
    Step(before=_COORDINATED, after=_PERMITTED, needs=Action.PERMIT_WORKS, is_of_city=True),
    Step(before=_PERMITTED, after=_ACTIVE, needs=Action.RUN_WORKS),
    Step(before=_ACTIVE, after=_CLOSED, needs=Action.RUN_WORKS),
    # Back, as people err; each says why.
    Step(
        before=_COORDINATED,
        after=_PROPOSED,
        needs=Action.COORDINATE_WORKS,
        is_of_city=True,
        needs_reason=True,
    ),
    Step(
        before=_PERMITTED,
        after=_COORDINATED,
        needs=Action.PERMIT_WORKS,
        is_of_city=True,
        needs_reason=True,
    ),
    Step(before=_ACTIVE, after=_PERMITTED, needs=Action.RUN_WORKS, needs_reason=True),
    Step(before=_CLOSED, after=_ACTIVE, needs=Action.RUN_WORKS, needs_reason=True),
    Step(before=_CANCELLED, after=_PROPOSED, needs=Action.PROPOSE_WORKS, needs_reason=True),
    *(
        Step(before=state, after=_CANCELLED, needs=Action.PROPOSE_WORKS, needs_reason=True)
        for state in (_PROPOSED, _COORDINATED, _PERMITTED, _ACTIVE)
    ),
)


def may_step(actor: Actor, works: Works, step: Step) -> bool:
    """Whether the actor may take works this step."""
    return allows(actor, step.needs, None if step.is_of_city else works.owner)


def steps(actor: Actor, works: Works) -> tuple[Step, ...]:
    """What the actor may do next with the life of these works."""
    return tuple(s for s in STEPS if s.before is works.state and may_step(actor, works, s))


def require_step(work: Work, works: Works, after: WorksState, why: str) -> Step:
    """The step, if it exists and the actor may take it.

    Raises `Conflict` for a step that life does not have, `Forbidden` without the right, and
    `Invalid` where a reason is missing.
    """
    found = next((s for s in STEPS if s.before is works.state and s.after is after), None)
    if found is None:
        word = works.state.value
        words = " or ".join(s.after.value for s in STEPS if s.before is works.state)
        raise Conflict(
            f"“{works.id}” is {word}; from there it can only become {words}.",
            works=works.id,
            state=works.state.value,
        )
    require(work, found.needs, None if found.is_of_city else works.owner)
    if found.needs_reason and not why.strip():
        word = after.value
        raise Invalid(f"Say why: works become {word} again only with a reason.", column="why")
    return found


def require_change(work: Work, before: Works, *, is_bound: bool) -> None:
    """Go on if the actor may change these works; `is_bound`: what a permit is bound to changes.

    Raises `Forbidden`: after the permit, days and places are changed by who permits.
    """
    require(work, Action.PROPOSE_WORKS, before.owner)
    if before.state in (_CLOSED, _CANCELLED):
        require(work, Action.PERMIT_WORKS)  # what is over is changed by who answers for the record
    if is_bound and before.state in (_PERMITTED, _ACTIVE):
        if allows(work.actor, Action.PERMIT_WORKS):
            return
        raise Forbidden(
            f"“{before.id}” is permitted as it is: days, place and what is closed are changed by "
            "a road works coordinator. Ask for it, or cancel these works and propose new ones."
        )


def is_insider(actor: Actor, works: Works) -> bool:
    """Whether the actor belongs to the owner, or coordinates."""
    return (
        allows(actor, Action.COORDINATE_WORKS)
        or allows(actor, Action.PROPOSE_WORKS, works.owner)
        or allows(actor, Action.RUN_WORKS, works.owner)
    )


def is_owner(actor: Actor) -> bool:
    """Whether the actor plans works of anybody, and so has to know of others that are coming."""
    return allows_anywhere(actor, Action.PROPOSE_WORKS) or allows(actor, Action.COORDINATE_WORKS)


def seen_by(actor: Actor) -> Seen:
    """Which works the actor may see."""
    if actor.kind is ActorKind.ANYONE:
        return Seen(states=PUBLIC, once_in=PUBLIC)
    mine: set[PublisherId] = set()
    for action in (Action.PROPOSE_WORKS, Action.RUN_WORKS):
        some = publishers_for(actor, action)
        if some is None:
            return Seen(states=None)
        mine |= some
    if allows(actor, Action.COORDINATE_WORKS):
        return Seen(states=None)
    states = PUBLIC | {_COORDINATED} if is_owner(actor) else PUBLIC
    return Seen(states=states, owners=frozenset(mine), once_in=PUBLIC)


def may_see(work: Work, works: Works) -> bool:
    """Whether the actor may know of these works."""
    if works.state in PUBLIC or is_insider(work.actor, works):
        return True
    if works.state is _CANCELLED:  # who had heard of them must learn that they will not be
        return rows.was_in(work.db, works.id, PUBLIC)
    return works.state is _COORDINATED and is_owner(work.actor)


def require_sight(work: Work, id: WorksId, works: Works | None) -> Works:
    """The works, if the actor may know of them; else `NotFound`, as if they were not there."""
    if works is None or not may_see(work, works):
        raise NotFound(f"There are no works “{id}”. Look for them in the list.", works=id)
    return works
