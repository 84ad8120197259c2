"""What came of a goal: from where to where, how far, in time or not, and what is not known yet."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from citycommons.core.goals import Benefit, Goal, GoalId, Measurement
from citycommons.measure.goals import claims, marks, reading
from citycommons.measure.goals.claims import Evidence, improvement
from citycommons.measure.goals.marks import BaselineChange
from citycommons.store.work import Work


class Pace(StrEnum):
    """Where a goal stands against its date."""

    REACHED = "reached"  # by the due date, or there is none
    LATE = "late"  # reached, but after the due date
    ON_PACE = "on-pace"  # as far as an even course from the first step to the due date
    BEHIND = "behind"
    MISSED = "missed"  # the due date is over
    UNKNOWN = "unknown"  # no target, no baseline, no date or no measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One goal as it stands; numbers in the indicator's unit."""

    goal: Goal
    series: tuple[Measurement, ...]  # of the indicator as it is asked now, earliest day first
    latest: Measurement | None
    change: float | None  # latest less baseline
    is_better: bool | None  # whether that is the right way; None for no change, or unknown
    share: float | None  # of the way from baseline to target; below 0 is the wrong way
    pace: Pace
    began: date | None
    not_yet: str  # why nothing can be said yet; empty when something can
    changes: tuple[BaselineChange, ...]  # marks that a page must show
    unexpected: tuple[Benefit, ...]


def outcome(work: Work, goal_id: GoalId) -> Outcome:
    """What came of one goal. Raises `NotFound` where it may not be seen."""
    goal = reading.goal(work, goal_id)
    return outcomes(work, (goal,))[goal.id]


def outcomes(work: Work, goals: Collection[Goal]) -> dict[GoalId, Outcome]:
    """What came of several goals that were read for the actor."""
    evidence = claims.evidence_of(work, goals)
    changes = marks.changes_of(work, goals)
    surprises: dict[GoalId, list[Benefit]] = {}
    for one in reading.benefits(work, [goal.id for goal in goals]):
        if not one.is_expected:
            surprises.setdefault(one.goal, []).append(one)
    return {
        id: _outcome(one, changes[id], tuple(surprises.get(id, ()))) for id, one in evidence.items()
    }


def _outcome(
    evidence: Evidence, changes: tuple[BaselineChange, ...], unexpected: tuple[Benefit, ...]
) -> Outcome:
    goal = evidence.goal
    series = tuple(one for one in evidence.measured if one.sql == goal.indicator.sql)
    latest = series[-1] if series else None
    began = marks.began(evidence.history)
    change = latest.value - goal.baseline.value if latest and goal.baseline else None
    share = _share(goal, latest.value) if latest else None
    return Outcome(
        goal=goal,
        series=series,
        latest=latest,
        change=change,
        is_better=(change < 0) == (goal.indicator.better == "lower") if change else None,
        share=share,
        pace=_pace(goal, series, share, began, evidence.today),
        began=began,
        not_yet=_not_yet(evidence, latest, began),
        changes=changes,
        unexpected=unexpected,
    )


def _share(goal: Goal, value: float) -> float | None:
    if goal.baseline is None or goal.target is None or goal.target == goal.baseline.value:
        return None
    return (value - goal.baseline.value) / (goal.target - goal.baseline.value)


def _pace(
    goal: Goal,
    series: tuple[Measurement, ...],
    share: float | None,
    began: date | None,
    today: date,
) -> Pace:
    if share is None or goal.target is None:
        return Pace.UNKNOWN
    if share >= 1:
        return Pace.LATE if goal.due and _reached(goal, series) > goal.due else Pace.REACHED
    if goal.due is None:
        return Pace.UNKNOWN
    if series[-1].day >= goal.due or today > goal.due:
        return Pace.MISSED
    if began is None or began >= goal.due:
        return Pace.UNKNOWN
    even = (series[-1].day - began).days / (goal.due - began).days
    return Pace.ON_PACE if share >= even else Pace.BEHIND


def _reached(goal: Goal, series: tuple[Measurement, ...]) -> date:
    """The first day from which every later measurement was at the target too."""
    day = series[-1].day
    for one in reversed(series):
        if goal.target is None or improvement(goal.target, one.value, goal.indicator.better) < 0:
            break
        day = one.day
    return day


def _not_yet(evidence: Evidence, latest: Measurement | None, began: date | None) -> str:
    goal = evidence.goal
    if latest is None:
        said = "Its question changed" if evidence.measured else "Nothing was measured yet"
        return f"Not yet measurable: {said[0].lower()}{said[1:]}."
    if goal.baseline is None:
        return "Not yet measurable: there is no baseline to compare with."
    if began is None or began > evidence.today:
        return "Not yet measurable: no step has begun, as far as is written down."
    if latest.day <= began:
        return f"Not yet measurable: nothing was measured since the first step began on {began}."
    return ""
