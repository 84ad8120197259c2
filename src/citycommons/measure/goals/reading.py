"""Reading the ledger: public goals and what belongs to them are anyone's, the rest needs a right.

Costs, and goals that are not public, are for those who may read their publisher's ledger. Unit
values are data with a source, so everyone may see them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from citycommons.core.errors import Forbidden, NotFound
from citycommons.core.goals import (
    Act,
    Benefit,
    BenefitId,
    Cost,
    CostId,
    EntryId,
    Goal,
    GoalId,
    Measurement,
    MeasurementId,
    Problem,
    ProblemId,
    Thing,
    UnitValue,
    ValueId,
)
from citycommons.core.types import ActorId, DatasetId, PublisherId
from citycommons.govern.access import Action, allows, publishers_for
from citycommons.store import ledger
from citycommons.store.ledger import Row
from citycommons.store.work import Work

_Made = TypeVar("_Made", bound=Thing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One state of an entry as the asker may see it; who did it is for those who audit."""

    thing: Thing
    act: Act
    at: datetime
    why: str
    by: ActorId | None


def may_read(work: Work, publisher: PublisherId) -> bool:
    """Whether the actor may read all of this publisher's ledger."""
    return allows(work.actor, Action.READ_LEDGER, publisher)


def may_keep(work: Work, thing: Thing) -> bool:
    """Whether the actor may change the entry (to show a button; `save` asks again)."""
    return allows(work.actor, Action.KEEP_LEDGER, owner_of(work, thing))


def owner_of(work: Work, thing: Thing) -> PublisherId | None:
    """Whose entry it is; None is the whole city's. A benefit is its goal's publisher's."""
    if isinstance(thing, UnitValue):
        return None
    if isinstance(thing, Benefit):
        row = ledger.get(work.db, thing.goal)
        if row is None or not isinstance(row.thing, Goal):
            raise NotFound(f"There is no goal “{thing.goal}”. See the list.", entry=thing.goal)
        return row.thing.publisher
    return thing.publisher


def problems(work: Work) -> tuple[Problem, ...]:
    """Problems one may see: of public goals, and of publishers whose ledger one may read."""
    public = {one.problem for one in ledger.find(work.db, Goal) if one.is_public}
    found = ledger.find(work.db, Problem)
    return tuple(one for one in found if one.id in public or may_read(work, one.publisher))


def problem(work: Work, id: ProblemId) -> Problem:
    """The problem; `NotFound` where the actor may not know of it."""
    thing = _there(work, id, Problem)
    if may_read(work, thing.publisher) or any(
        one.is_public for one in ledger.find(work.db, Goal, parents=(id,))
    ):
        return thing
    raise _missing("problem", id)


def goals(work: Work, problem: ProblemId | None = None) -> tuple[Goal, ...]:
    """Goals one may see, all or of one problem."""
    found = ledger.find(work.db, Goal, parents=None if problem is None else (problem,))
    return tuple(one for one in found if _is_visible(work, one))


def goal(work: Work, id: GoalId) -> Goal:
    """The goal; `NotFound` where the actor may not know of it."""
    thing = _there(work, id, Goal)
    if _is_visible(work, thing):
        return thing
    raise _missing("goal", id)


def benefits(
    work: Work, goals_of: GoalId | Collection[GoalId] | None = None
) -> tuple[Benefit, ...]:
    """Benefits of one goal, of some, or of all goals that one may see."""
    wanted = _wanted(goals_of)
    found = ledger.find(work.db, Benefit, parents=wanted)
    seen = _visible_goals(work, {one.goal for one in found})
    return tuple(one for one in found if one.goal in seen)


def benefit(work: Work, id: BenefitId) -> Benefit:
    """The benefit; `NotFound` where its goal may not be seen."""
    thing = _there(work, id, Benefit)
    goal(work, thing.goal)
    return thing


def costs(
    work: Work,
    goals_of: GoalId | Collection[GoalId] | None = None,
    *,
    datasets: Collection[DatasetId] | None = None,
) -> tuple[Cost, ...]:
    """Costs of goals or of datasets, or all; those whose publisher's ledger one may read."""
    parents: list[str] | None = None
    if goals_of is not None or datasets is not None:
        parents = [*(_wanted(goals_of) or ())]
        parents += [ledger.parent_of_dataset(id) for id in datasets or ()]
    found = ledger.find(work.db, Cost, parents=parents)
    readable = publishers_for(work.actor, Action.READ_LEDGER)
    return tuple(one for one in found if readable is None or one.publisher in readable)


def cost(work: Work, id: CostId) -> Cost:
    """The cost; `Forbidden` for those who may not read its publisher's ledger."""
    thing = _there(work, id, Cost)
    if may_read(work, thing.publisher):
        return thing
    raise Forbidden(f"Costs of {thing.publisher} are for those who may read its ledger.")


def unit_values(work: Work) -> tuple[UnitValue, ...]:
    """What a unit is worth, all by id."""
    return tuple(ledger.find(work.db, UnitValue))


def unit_value(work: Work, id: ValueId) -> UnitValue:
    """One unit value."""
    return _there(work, id, UnitValue)


def measurements(
    work: Work, goals_of: GoalId | Collection[GoalId] | None = None
) -> dict[GoalId, tuple[Measurement, ...]]:
    """Measurements of goals one may see, the earliest day first."""
    wanted = _wanted(goals_of)
    seen = _visible_goals(work, None if wanted is None else set(wanted))
    found = ledger.measured(work.db, seen)
    return {id: tuple(found.get(id, ())) for id in sorted(seen)}


def measurement(work: Work, id: MeasurementId) -> Measurement:
    """One measurement; `NotFound` where its goal may not be seen."""
    if (found := ledger.measurement(work.db, id)) is None:
        raise _missing("measurement", id)
    goal(work, found.goal)
    return found


def history(work: Work, id: EntryId) -> tuple[Past, ...]:
    """All states of an entry, newest first, also of a removed one for those who read the ledger.

    Raises `NotFound` where the actor may not know of the entry.
    """
    row = ledger.get(work.db, id)
    if row is None or not may_see(work, row):
        raise _missing("entry", id)
    may_audit = allows(work.actor, Action.READ_AUDIT, publisher_of(row))
    return tuple(
        Past(
            thing=one.thing,
            act=one.act,
            at=one.at,
            why=one.why,
            by=one.by if may_audit else None,
        )
        for one in ledger.history(work.db, id)
        if was_visible(work, one.thing)
    )


def removed(work: Work) -> tuple[Row, ...]:
    """Removed entries, the last removed first, for those who may read their publisher's ledger.

    An auditor sees what was taken out, and why (`history`); only a keeper brings it back.
    """
    gone = ledger.removed(work.db)
    may = Action.READ_LEDGER
    return tuple(row for row in gone if allows(work.actor, may, publisher_of(row)))


def publisher_of(row: Row) -> PublisherId | None:
    """Whose entry it is; None is the whole city's."""
    return PublisherId(row.publisher) if row.publisher else None


def _wanted(given: GoalId | Collection[GoalId] | None) -> Collection[GoalId] | None:
    return (GoalId(given),) if isinstance(given, str) else given


def _is_visible(work: Work, one: Goal) -> bool:
    return one.is_public or may_read(work, one.publisher)


def was_visible(work: Work, thing: Thing) -> bool:
    """Whether the actor may see this state of an entry that may be seen."""
    # A goal that was internal once keeps what it said then to those who could read it.
    return not isinstance(thing, Goal) or _is_visible(work, thing)


def _visible_goals(work: Work, ids: Iterable[GoalId] | None) -> set[GoalId]:
    if ids is None:
        return {one.id for one in goals(work)}
    rows = ledger.of_ids(work.db, list(ids)).values()
    return {
        row.thing.id
        for row in rows
        if row.removed is None and isinstance(row.thing, Goal) and _is_visible(work, row.thing)
    }


def may_see(work: Work, row: Row, goals: Collection[Goal] | None = None) -> bool:
    """Whether the actor may know of the entry at all; of a removed one only who reads the ledger.

    `goals` are all that there are, for who asks about many entries.
    """
    publisher = publisher_of(row)
    thing = row.thing
    if allows(work.actor, Action.READ_LEDGER, publisher):
        return True
    if row.removed is not None or isinstance(thing, UnitValue):
        return row.removed is None
    if isinstance(thing, Goal):
        return thing.is_public
    known = ledger.find(work.db, Goal) if goals is None else goals
    public = [one for one in known if one.is_public]
    if isinstance(thing, Benefit):
        return any(one.id == thing.goal for one in public)
    return isinstance(thing, Problem) and any(one.problem == thing.id for one in public)


def _there(work: Work, id: str, made: type[_Made]) -> _Made:
    row = ledger.get(work.db, id)
    if row is None or row.removed is not None or not isinstance(row.thing, made):
        raise _missing(made.__name__.lower(), id)
    return row.thing


def _missing(kind: str, id: str) -> NotFound:
    word = {"unitvalue": "unit value"}.get(kind, kind)
    return NotFound(f"There is no {word} “{id}” in the ledger. See the list.", entry=id)
