"""Appraisals that are kept: with all inputs, so that each can be computed again from them alone."""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import msgspec

from citycommons.core.errors import Forbidden, NotFound
from citycommons.core.goals import GoalId
from citycommons.core.types import ActorId, PublisherId
from citycommons.govern import audit
from citycommons.govern.access import Action, allows, require
from citycommons.measure.appraisal.types import Appraisal, Inputs, Outcome, Results
from citycommons.measure.goals import ledger
from citycommons.store import appraisals as rows
from citycommons.store.work import Work

_DIGITS = 16  # of the digest that stand in an id


def keep(work: Work, inputs: Inputs, results: Results) -> Appraisal:
    """Keep a result; the same one kept twice is one, whoever does it.

    Raises `Forbidden` without the right to keep the ledger of its goal (of the city).
    """
    require(work, Action.KEEP_LEDGER, publisher_of(work, inputs.goal))
    digest = digest_of(inputs, results)
    id = f"{inputs.goal or 'city'}-{digest[:_DIGITS]}"
    if (there := rows.get(work.db, id)) is not None:
        return _appraisal(there)
    row = rows.AppraisalRow(
        id=id,
        goal=inputs.goal or "",
        created=work.now,
        by=work.actor.id,
        digest=digest,
        body=_body(inputs, results),
    )
    rows.add(work.db, row)
    audit.record(work, "keep-appraisal", id, goal=inputs.goal or "", digest=digest)
    return _appraisal(row)


def publisher_of(work: Work, goal: GoalId | None) -> PublisherId | None:
    """Whose ledger it is; None is the whole city's. Raises `NotFound` for a goal that is not."""
    return None if goal is None else ledger.goal(work, goal).publisher


def digest_of(inputs: Inputs, results: Results) -> str:
    """sha-256 of inputs and results as canonical JSON: fields in order, floats in full."""
    body = {"inputs": inputs, "results": results}
    return hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()


def get(work: Work, id: str) -> Appraisal:
    """A kept appraisal; without the right to read the ledger, a released one without its costs.

    Raises `NotFound` for one that is not there, or that one may not see.
    """
    row = rows.get(work.db, id)
    if row is not None and _may_read(work, row):
        return _appraisal(row)
    if row is None or row.released is None or not _is_known(work, row):
        raise NotFound(f"There is no appraisal “{id[:200]}”. See those of its goal.", appraisal=id)
    return without_costs(_appraisal(row))


def of_goal(
    work: Work, goal: GoalId | None, *, limit: int = 20, offset: int = 0
) -> tuple[Appraisal, ...]:
    """Appraisals of a goal (None: of the city), the newest first: all, or those released."""
    may_all = allows(work.actor, Action.READ_LEDGER, publisher_of(work, goal))
    found = rows.of_goal(work.db, goal or "", released=not may_all, limit=limit, offset=offset)
    all_of_them = (_appraisal(row) for row in found)
    return tuple(one if may_all else without_costs(one) for one in all_of_them)


def latest(work: Work, goals: Collection[GoalId | None]) -> dict[GoalId | None, Appraisal]:
    """The newest appraisal of each goal that the actor may see one of; None stands for the city."""
    seen = {one.id: one.publisher for one in ledger.goals(work)}
    whole = {"": None} if None in goals else {}
    known: dict[str, PublisherId | None] = {one: seen[one] for one in goals if one in seen} | whole
    inside = [id for id, who in known.items() if allows(work.actor, Action.READ_LEDGER, who)]
    found = {id: _appraisal(row) for id, row in rows.latest(work.db, inside).items()}
    if outside := sorted(known.keys() - set(inside)):
        released = rows.latest(work.db, outside, released=True)
        found |= {id: without_costs(_appraisal(row)) for id, row in released.items()}
    return {GoalId(id) if id else None: one for id, one in found.items()}


def release(work: Work, id: str, *, is_public: bool = True) -> Appraisal:
    """Show a result to everybody, or take that back; sums of costs are then public.

    Raises `Forbidden` without the right to keep the ledger, or for a goal that is not public.
    """
    one = get(work, id)
    require(work, Action.KEEP_LEDGER, publisher_of(work, one.inputs.goal))
    goal = None if one.inputs.goal is None else ledger.goal(work, one.inputs.goal)
    if is_public and goal is not None and not goal.is_public:
        raise Forbidden(f"The goal “{goal.id}” is not public. Make it public first.")
    rows.release(work.db, id, work.now if is_public else None)
    audit.record(work, "release-appraisal", id, is_public=is_public)
    return get(work, id)


def without_costs(one: Appraisal) -> Appraisal:
    """The same as everybody may see it: sums of costs, but no single one, nor what they rest on."""
    costs = {cost.id for cost in one.inputs.costs}
    hidden = costs | ({value.id for value in one.inputs.values} - _of_benefits(one.inputs))
    results = replace(
        one.results,
        proven=_outcome(one.results.proven, hidden),
        with_claims=_outcome(one.results.with_claims, hidden),
        notes=tuple(note for note in one.results.notes if note.about not in hidden),
    )
    values = tuple(value for value in one.inputs.values if value.id not in hidden)
    inputs = replace(one.inputs, costs=(), values=values)
    return replace(one, inputs=inputs, results=results, is_whole=False)


def _of_benefits(inputs: Inputs) -> set[str]:
    return {str(benefit.value) for benefit in inputs.benefits if benefit.value is not None}


def _outcome(one: Outcome, hidden: Collection[str]) -> Outcome:
    return replace(
        one,
        parts=tuple(part for part in one.parts if part.entry not in hidden),
        swings=tuple(swing for swing in one.swings if swing.entry not in hidden),
    )


def _may_read(work: Work, row: rows.AppraisalRow) -> bool:
    try:
        publisher = publisher_of(work, GoalId(row.goal) if row.goal else None)
    except NotFound:  # the goal was removed
        return allows(work.actor, Action.READ_LEDGER)
    return allows(work.actor, Action.READ_LEDGER, publisher)


def _is_known(work: Work, row: rows.AppraisalRow) -> bool:
    """Whether the actor may know of its goal."""
    try:
        publisher_of(work, GoalId(row.goal) if row.goal else None)
    except NotFound:
        return False
    return True


def _body(inputs: Inputs, results: Results) -> dict[str, Any]:
    body = {"inputs": inputs, "results": results}
    found: dict[str, Any] = msgspec.to_builtins(body, order="deterministic")
    return found


def _appraisal(row: rows.AppraisalRow) -> Appraisal:
    return Appraisal(
        id=row.id,
        inputs=msgspec.convert(row.body["inputs"], Inputs),
        results=msgspec.convert(row.body["results"], Results),
        digest=row.digest,
        created=row.created,
        by=ActorId(row.by),
        released=row.released,
    )
