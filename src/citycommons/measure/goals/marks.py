"""Marks of goals that were moved while they were played for: everyone sees them.

A baseline, an indicator, a target, a due date or the day of the first step that is changed after
the first step began, or after the first measurement, is not forbidden: there can be good reasons.
It is shown for ever beside the goal, with what stood there before.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise

from citycommons.core.goals import Baseline, Goal, GoalId, Indicator, Measurement, Revision
from citycommons.core.types import ActorId
from citycommons.govern.access import Action, allows
from citycommons.measure.goals import reading
from citycommons.store import ledger
from citycommons.store.work import Work

State = Baseline | Indicator | float | date | None


class Changed(StrEnum):
    """What of a goal was changed."""

    BASELINE = "baseline"
    INDICATOR = "indicator"
    TARGET = "target"
    DUE = "due"
    START = "start"  # the day on which the first step begins


class After(StrEnum):
    """What had happened already."""

    STEP = "step"  # the first step had begun
    MEASUREMENT = "measurement"  # the first measurement was there


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineChange:
    """One mark."""

    goal: GoalId
    what: Changed
    old: State
    new: State
    at: datetime
    why: str
    by: ActorId | None  # for those who may read the audit log
    after: After
    since: date  # the day of the first step, or of the first measurement's making
    revision: int  # the one that brought the change


def baseline_changes(work: Work, goal_id: GoalId) -> tuple[BaselineChange, ...]:
    """Marks of one goal, newest first. Raises `NotFound` where it may not be seen."""
    goal = reading.goal(work, goal_id)
    return changes_of(work, (goal,))[goal.id]


def changes_of(work: Work, goals: Collection[Goal]) -> dict[GoalId, tuple[BaselineChange, ...]]:
    """Marks of several goals that were read for the actor, newest first."""
    ids = [one.id for one in goals]
    histories, measured = ledger.histories(work.db, ids), ledger.measured(work.db, ids)
    return {
        one.id: marks(
            histories.get(one.id, []),
            measured.get(one.id, []),
            names=allows(work.actor, Action.READ_AUDIT, one.publisher),
        )
        for one in goals
    }


def began(history: Sequence[Revision]) -> date | None:
    """The earliest day on which any revision says that a step begins: no edit moves it later."""
    days = [
        step.first_day
        for one in history
        if isinstance(one.thing, Goal)
        for step in one.thing.steps
        if step.first_day is not None
    ]
    return min(days, default=None)


def marks(
    history: Sequence[Revision], measured: Sequence[Measurement], *, names: bool
) -> tuple[BaselineChange, ...]:
    """What was changed too late, of a history that has its newest revision first."""
    start = began(history)
    first = min((one.at for one in measured), default=None)
    found: list[BaselineChange] = []
    for new, old in pairwise(history):
        if not (isinstance(new.thing, Goal) and isinstance(old.thing, Goal)):
            continue
        for what, before, now in _changed(old.thing, new.thing):
            after = _after(new.at, before, start, first, what)
            if after is not None:
                found.append(
                    BaselineChange(
                        goal=new.thing.id,
                        what=what,
                        old=before,
                        new=now,
                        at=new.at,
                        why=new.why,
                        by=new.by if names else None,
                        after=after[0],
                        since=after[1],
                        revision=new.thing.revision,
                    )
                )
    return tuple(found)


def _after(
    at: datetime, before: State, start: date | None, first: datetime | None, what: Changed
) -> tuple[After, date] | None:
    if start is not None and at.date() >= start:
        return After.STEP, start
    # What is said for the first time is not changed: a measurement can become the baseline.
    if before is not None and first is not None and at > first and what is not Changed.START:
        return After.MEASUREMENT, first.date()
    return None


def _changed(old: Goal, new: Goal) -> Iterator[tuple[Changed, State, State]]:
    if old.baseline != new.baseline:
        yield Changed.BASELINE, old.baseline, new.baseline
    if _asked(old.indicator) != _asked(new.indicator) or _is_renamed(old.indicator, new.indicator):
        yield Changed.INDICATOR, old.indicator, new.indicator
    if old.target != new.target:
        yield Changed.TARGET, old.target, new.target
    if old.due != new.due:
        yield Changed.DUE, old.due, new.due
    if (before := _first_day(old)) is not None and before != (now := _first_day(new)):
        yield Changed.START, before, now


def _asked(one: Indicator) -> Indicator:
    return replace(one, name={})


def _is_renamed(old: Indicator, new: Indicator) -> bool:
    """Whether a name reads otherwise in a language that it had; a translation is no change."""
    return any(new.name.get(language) != words for language, words in old.name.items())


def _first_day(one: Goal) -> date | None:
    return min((step.first_day for step in one.steps if step.first_day), default=None)
