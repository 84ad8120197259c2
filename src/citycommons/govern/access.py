"""The only place that says yes: (actor, action, thing) → yes, or a reason. Closed by default."""

from enum import StrEnum

from citycommons.core.errors import Forbidden, NotFound
from citycommons.core.types import (
    Access,
    Actor,
    ActorKind,
    Dataset,
    PublisherId,
    Role,
)
from citycommons.store.work import Work


class Action(StrEnum):
    """What somebody wants to do; the names are the scopes of API keys."""

    DISCOVER = "discover"  # see that it is there, and its description
    READ = "read"  # its rows
    DESCRIBE = "describe"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    DECIDE_PRIVACY = "decide-privacy"
    MANAGE_PUBLISHER = "manage-publisher"
    MANAGE_PEOPLE = "manage-people"
    MANAGE_CITY = "manage-city"
    READ_AUDIT = "read-audit"
    READ_LEDGER = "read-ledger"  # goals that are not public, costs, the council's page
    KEEP_LEDGER = "keep-ledger"  # problems, goals, measurements, benefits, costs
    PROPOSE_WORKS = "propose-works"  # propose works of an owner, and change them
    RUN_WORKS = "run-works"  # say that an owner's works began and ended
    COORDINATE_WORKS = "coordinate-works"  # see all proposals, weigh them against one another
    PERMIT_WORKS = "permit-works"  # allow them, and change what was allowed


Thing = Dataset | PublisherId | None
"""What is acted on: a dataset, a publisher by id, or the whole city."""

_OPEN = frozenset({Action.DISCOVER, Action.READ})

MAY: dict[Role, frozenset[Action]] = {
    Role.READER: _OPEN,
    Role.DATA_OFFICER: _OPEN
    | {Action.DESCRIBE, Action.PUBLISH, Action.READ_LEDGER, Action.KEEP_LEDGER},
    Role.DATA_MANAGER: _OPEN
    | {Action.DESCRIBE, Action.PUBLISH, Action.WITHDRAW, Action.MANAGE_PUBLISHER}
    | {Action.READ_LEDGER, Action.KEEP_LEDGER},
    Role.DATA_PROTECTION_OFFICER: _OPEN
    | {Action.DECIDE_PRIVACY, Action.WITHDRAW, Action.READ_AUDIT, Action.READ_LEDGER},
    Role.ADMINISTRATOR: frozenset(Action) - {Action.DECIDE_PRIVACY},
    # A member of the council or an auditor: reads what is proven, and how; changes nothing.
    Role.COUNCIL: _OPEN | {Action.READ_LEDGER, Action.READ_AUDIT},
    # Of works alone: who plans a dig need not read an office's internal data.
    Role.ROADWORKS_PLANNER: frozenset({Action.PROPOSE_WORKS, Action.RUN_WORKS}),
    Role.ROADWORKS_CONTRACTOR: frozenset({Action.RUN_WORKS}),
    Role.ROADWORKS_COORDINATOR: frozenset(
        {Action.PROPOSE_WORKS, Action.RUN_WORKS, Action.COORDINATE_WORKS, Action.PERMIT_WORKS}
    ),
}
"""What each role may do at its publisher; privacy is the data protection officer's alone."""


def allows(actor: Actor, action: Action, thing: Thing = None) -> bool:
    """Whether the actor may do this to the thing."""
    if actor.scopes is not None and action.value not in actor.scopes:
        return False
    if action in _OPEN and isinstance(thing, Dataset) and _is_open_to(actor, thing):
        return True
    publisher = thing.publisher if isinstance(thing, Dataset) else thing
    return any(
        action in MAY[grant.role] and (grant.publisher is None or grant.publisher == publisher)
        for grant in actor.grants
    )


def _is_open_to(actor: Actor, dataset: Dataset) -> bool:
    if dataset.access is Access.PUBLIC:
        return True
    return dataset.access is Access.RESTRICTED and actor.kind is not ActorKind.ANYONE


def allows_anywhere(actor: Actor, action: Action) -> bool:
    """Whether there is any publisher for whom the actor may do this (to show a menu, not more)."""
    scoped = actor.scopes is None or action.value in actor.scopes
    return scoped and any(action in MAY[grant.role] for grant in actor.grants)


def publishers_for(actor: Actor, action: Action) -> frozenset[PublisherId] | None:
    """Publishers for whom the actor may do this; None is all of them."""
    if actor.scopes is not None and action.value not in actor.scopes:
        return frozenset()
    able = [grant.publisher for grant in actor.grants if action in MAY[grant.role]]
    return None if None in able else frozenset(one for one in able if one is not None)


def visible_publishers(actor: Actor) -> frozenset[PublisherId] | None:
    """Publishers whose internal datasets the actor may discover; None is all of them."""
    if actor.scopes is not None and Action.DISCOVER.value not in actor.scopes:
        return frozenset()
    able = [grant.publisher for grant in actor.grants if Action.DISCOVER in MAY[grant.role]]
    return None if None in able else frozenset(one for one in able if one is not None)


def require(work: Work, action: Action, thing: Thing = None) -> None:
    """Go on if the work's actor may do this.

    Raises `NotFound` for a dataset the actor may not even discover, else `Forbidden` that says
    which role would be needed.
    """
    if allows(work.actor, action, thing):
        return
    if isinstance(thing, Dataset) and not allows(work.actor, Action.DISCOVER, thing):
        # Word for word what is said of a dataset that is not there.
        raise NotFound(
            f"There is no dataset “{thing.id}”. Search for it, or list all.", dataset=thing.id
        )
    able = " or ".join(role.value for role, actions in MAY.items() if action in actions)
    where = thing.publisher if isinstance(thing, Dataset) else thing or "the city"
    if work.actor.kind is ActorKind.ANYONE:
        raise Forbidden(f"Sign in to do this: {action.value} needs the role {able} for {where}.")
    raise Forbidden(
        f"You may not do this: {action.value} needs the role {able} for {where}. "
        "Ask an administrator."
    )
