"""Keeping the ledger: each change asks for the right, is checked whole, and leaves its revision."""

from dataclasses import replace
from datetime import date
from typing import TypeVar

from citycommons.core.errors import Conflict, Invalid, NotFound
from citycommons.core.goals import (
    Act,
    Benefit,
    Cost,
    Goal,
    Measurement,
    Problem,
    Review,
    Thing,
    UnitValue,
)
from citycommons.core.ids import checked_id, slug
from citycommons.core.types import Access, DatasetId
from citycommons.govern import audit
from citycommons.govern.access import Action, allows, require
from citycommons.measure.goals import question, reading
from citycommons.measure.goals.checks import Fault, check, faults_of, pins
from citycommons.store import catalogue, evaluations, ledger
from citycommons.store.ledger import Row, Saving
from citycommons.store.work import Work

_Made = TypeVar("_Made", bound=Thing)
_ID_LONGEST = 50


def save(work: Work, thing: _Made, why: str = "") -> _Made:
    """Keep a new entry (revision 0; without an id one is made of its title), or the next revision
    of what was loaded; answers it as it is kept.

    Raises `Forbidden` without the right to keep the ledger of its publisher (unit values: of the
    city), `Invalid` that names every fault, `Conflict` when somebody else saved it meanwhile or
    the id is taken.
    """
    row = ledger.get(work.db, thing.id) if thing.id else None
    _require(work, thing, row)
    before = None if row is None else row.thing
    check(faults_of(thing, work.now.date()) + _in_context(work, thing, before, why))
    if thing.revision == 0:
        thing = ledger.add(
            work.db, _named(work, thing), _publisher(work, thing), _saving(work, why)
        )
    else:
        _there(row, thing.id)
        thing = ledger.save(work.db, thing, _publisher(work, thing), _saving(work, why))
    _record(work, thing, Act.SAVED, why)
    return thing


def review(work: Work, goal: Goal, *, seen: str, changes: str = "") -> Goal:
    """Write down a look at the goal: what was evaluated, and what is done differently now."""
    one = Review(day=work.now.date(), seen=seen.strip(), changes=changes.strip())
    return save(work, replace(goal, reviews=(*goal.reviews, one)), f"Review: {one.seen[:200]}")


def remove(work: Work, id: str, *, revision: int, why: str) -> None:
    """Take an entry out of the ledger; its history stays, and `restore` brings it back.

    Raises `Conflict` when it changed since that revision, or when others stand on it.
    """
    thing = _there(ledger.get(work.db, id), id)
    require(work, Action.KEEP_LEDGER, reading.owner_of(work, thing))
    if users := _users(work, thing):
        raise Conflict(f"“{id}” is needed by {', '.join(users[:5])}. Change or remove these first.")
    _needs_why(why)
    _go_on(work, replace(thing, revision=revision), Act.REMOVED, why)


def restore(work: Work, id: str, why: str = "") -> None:
    """Bring a removed entry back as it was. Raises `Conflict` when it is there."""
    row = ledger.get(work.db, id)
    if row is None:
        raise NotFound(f"There is no entry “{id}” in the ledger.", entry=id)
    require(work, Action.KEEP_LEDGER, reading.owner_of(work, row.thing))
    if row.removed is None:
        raise Conflict(f"“{id}” is not removed.", entry=id)
    _go_on(work, row.thing, Act.RESTORED, why)


def go_back(work: Work, id: str, *, revision: int, why: str) -> Thing:
    """Keep an entry as it was in an earlier revision, as the next one: nothing is forgotten."""
    now = _there(ledger.get(work.db, id), id)
    then = next(
        (one.thing for one in ledger.history(work.db, now.id) if one.thing.revision == revision),
        None,
    )
    if then is None:
        raise NotFound(f"“{id}” has no revision {revision}. See its history.", entry=id)
    if isinstance(then, Goal) and isinstance(now, Goal):
        then = replace(then, reviews=now.reviews)  # a review is never taken back
    return save(work, replace(then, revision=now.revision), why)


def warnings_of(work: Work, thing: Thing) -> tuple[str, ...]:
    """What is no fault, but has to be known: a unit value that is out of date or unchecked."""
    if isinstance(thing, UnitValue):
        return doubts_of(thing, work.now.date())
    value = thing.value if isinstance(thing, Benefit | Cost) else None
    row = ledger.get(work.db, value) if value else None
    if row is None or not isinstance(row.thing, UnitValue):
        return ()
    return doubts_of(row.thing, work.now.date())


def doubts_of(value: UnitValue, today: date) -> tuple[str, ...]:
    """Why a unit value is to be looked up (again) before anybody relies on it."""
    found = []
    if value.expires is not None and value.expires <= today:
        found.append(f"The unit value “{value.id}” is out of date since {value.expires}.")
    if not value.is_checked:
        found.append(f"The unit value “{value.id}” was not compared with its source.")
    return tuple(found)


def _require(work: Work, thing: Thing, row: Row | None) -> None:
    require(work, Action.KEEP_LEDGER, reading.owner_of(work, thing))
    if row is not None:  # neither taken from somebody else's ledger, nor over it
        require(work, Action.KEEP_LEDGER, reading.owner_of(work, row.thing))


def _in_context(work: Work, thing: Thing, before: Thing | None, why: str) -> list[Fault]:
    """What is wrong with the entry beside what else there is."""
    found: list[Fault] = []
    if before is not None and thing.revision and not why.strip():
        found.append(Fault("why", "Say why it is changed: the reason stands in the history."))
    if isinstance(thing, Problem | Goal | Cost):
        known = {one.id for one in catalogue.publishers(work.db)}
        if thing.publisher not in known:
            found.append(Fault("publisher", f"There is no publisher “{thing.publisher}”."))
    if isinstance(thing, Goal):
        found += _of_goal(work, thing, before)
    if isinstance(thing, Benefit | Cost):
        found += _of_money(work, thing)
    return found


def _of_goal(work: Work, one: Goal, before: Thing | None) -> list[Fault]:
    found = []
    row = ledger.get(work.db, one.problem)
    if row is None or row.removed or not isinstance(row.thing, Problem):
        found.append(Fault("problem", f"There is no problem “{one.problem}”: define it first."))
    found += _of_datasets(work, one)
    if one.indicator.sql:
        found += [Fault("sql", words) for words in question.faults(one.indicator)]
    if isinstance(before, Goal) and one.reviews[: len(before.reviews)] != before.reviews:
        found.append(Fault("reviews", "A review is not changed or taken back: write another one."))
    if one.baseline is not None and (inputs := pins(one.baseline.source)):
        kept = ledger.measured(work.db, (one.id,)).get(one.id, [])
        if not any(_gave(measured, one, inputs) for measured in kept):
            found.append(
                Fault(
                    "baseline", "No measurement of these versions gave this baseline: measure it."
                )
            )
    return found


def _gave(measured: Measurement, one: Goal, inputs: tuple[str, ...]) -> bool:
    baseline = one.baseline
    return baseline is not None and (measured.inputs, measured.value, measured.day) == (
        inputs,
        baseline.value,
        baseline.day,
    )


def _of_datasets(work: Work, one: Goal) -> list[Fault]:
    wanted = {*one.indicator.datasets, *(id for step in one.steps for id in step.datasets)}
    found = _missing_datasets(work, wanted)
    if one.is_public and one.indicator.datasets:
        closed = [
            dataset.id
            for dataset in catalogue.datasets(work.db, list(one.indicator.datasets))
            if dataset.access is not Access.PUBLIC and allows(work.actor, Action.DISCOVER, dataset)
        ]
        found += [
            Fault("is_public", f"“{id}” is not open to all, so neither is a goal measured by it.")
            for id in closed
        ]
    return found


def _missing_datasets(work: Work, wanted: set[DatasetId]) -> list[Fault]:
    if not wanted:
        return []
    there = {
        one.id
        for one in catalogue.datasets(work.db, sorted(wanted))
        if one.removed is None and allows(work.actor, Action.DISCOVER, one)
    }
    return [
        Fault("datasets", f"There is no dataset “{id}”. Search for it, or list all.")
        for id in sorted(wanted - there)
    ]


def _of_money(work: Work, one: Benefit | Cost) -> list[Fault]:
    found = []
    ids = [id for id in (one.value, one.goal) if id]
    rows = {id: row for id, row in ledger.of_ids(work.db, ids).items() if row.removed is None}
    if one.value and not isinstance(getattr(rows.get(one.value), "thing", None), UnitValue):
        found.append(Fault("value", f"There is no unit value “{one.value}”: save it first."))
    if one.goal and not isinstance(getattr(rows.get(one.goal), "thing", None), Goal):
        found.append(Fault("goal", f"There is no goal “{one.goal}”."))
    if isinstance(one, Cost) and one.dataset:
        found += _missing_datasets(work, {one.dataset})
    study = one.study.evaluation if isinstance(one, Benefit) and one.study else ""
    if study and not evaluations.of_ids(work.db, (study,)):
        found.append(Fault("study", f"No evaluation “{study}” is kept here."))
    return found


def _users(work: Work, thing: Thing) -> list[str]:
    """Entries that cannot do without it."""
    if isinstance(thing, Problem):
        return [one.id for one in ledger.find(work.db, Goal, parents=(thing.id,))]
    if isinstance(thing, UnitValue):
        money: list[Benefit | Cost] = [*ledger.find(work.db, Benefit), *ledger.find(work.db, Cost)]
        return [one.id for one in money if one.value == thing.id]
    return []


def _named(work: Work, thing: _Made) -> _Made:
    if thing.id:
        checked_id(thing.id, "ledger entry")
        return thing
    words = thing.title.get("en") or next(iter(thing.title.values()))
    start = slug(words, _ID_LONGEST) or "entry"
    known = ledger.taken(work.db, start)
    numbered = (f"{start}-{number}" for number in range(2, len(known) + 3))
    free = next(id for id in (start, *numbered) if id not in known)
    return replace(thing, id=free)  # type: ignore[arg-type]  # a new type of str each


def _publisher(work: Work, thing: Thing) -> str:
    return reading.owner_of(work, thing) or ""


def _saving(work: Work, why: str) -> Saving:
    return Saving(at=work.now, by=work.actor.id, why=why.strip()[:2000])


def _there(row: Row | None, id: str) -> Thing:
    if row is None or row.removed is not None:
        raise NotFound(f"There is no entry “{id}” in the ledger, or it was removed.", entry=id)
    return row.thing


def _needs_why(why: str) -> None:
    if not why.strip():
        raise Invalid("Say why it is removed: the reason stands in the history.", column="why")


def _go_on(work: Work, thing: _Made, act: Act, why: str) -> None:
    done = ledger.save(work.db, thing, _publisher(work, thing), _saving(work, why), act)
    _record(work, done, act, why)


def _record(work: Work, thing: Thing, act: Act, why: str) -> None:
    audit.record(
        work,
        Action.KEEP_LEDGER,
        thing.id,
        kind=ledger.kind_of(thing).value,
        act=act.value,
        revision=thing.revision,
        why=why.strip()[:200],
    )
