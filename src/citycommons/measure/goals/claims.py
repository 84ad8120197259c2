"""How far a benefit is proven: computed from what is kept, whatever somebody wishes it to be.

claimed → measured: somebody answers for the goal, its baseline stood before the action began, and
the indicator was measured after it and moved the right way by more than it moves by itself.
measured → evaluated: a study says that the action did it.

The indicator's own ups and downs are the range of its values before the action, of three or more of
them, the baseline among them; the change must be larger. After two bad years numbers fall by
themselves: without three values nobody can tell, and the benefit stays claimed. The rule asks
nothing of how values are distributed: of n values that came in any order by chance alone, the next
one lies beyond all of them to one side once in n + 1 times.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from citycommons.act.roadworks import evaluation as of_works
from citycommons.act.roadworks.evaluation import Evaluation
from citycommons.core.goals import (
    Baseline,
    Benefit,
    BenefitId,
    Better,
    Claim,
    Goal,
    GoalId,
    Grade,
    Measurement,
    Revision,
    StudyLink,
)
from citycommons.core.study import ClaimClass
from citycommons.measure.goals import marks, reading
from citycommons.measure.goals.checks import pins
from citycommons.store import evaluations, ledger
from citycommons.store.work import Work

ENOUGH = 3
"""Values before the action from which its own ups and downs can be told."""

_WEAKENING = (marks.Changed.BASELINE, marks.Changed.INDICATOR, marks.Changed.START)


class Proof(NamedTuple):
    """How far a benefit is proven, the grade of its evidence, and why it is not more."""

    claim: Claim
    grade: Grade
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is kept about a goal."""

    goal: Goal
    history: Sequence[Revision]  # newest first
    measured: Sequence[Measurement]  # earliest day first
    today: date


def claim_of(work: Work, benefit: Benefit) -> Proof:
    """How far one benefit is proven."""
    return claims_of(work, (benefit,))[benefit.id]


def claims_of(
    work: Work,
    benefits: Collection[Benefit],
    evidence: Mapping[GoalId, Evidence] | None = None,
) -> dict[BenefitId, Proof]:
    """How far benefits are proven; of those whose goal the actor may not see nothing is said.

    `evidence` is what was read of their goals already.
    """
    if evidence is None:
        goals = {one.id: one for one in reading.goals(work)}
        ids = sorted({one.goal for one in benefits} & set(goals))
        evidence = evidence_of(work, [goals[id] for id in ids])
    wanted = [one.study.evaluation for one in benefits if one.study and one.study.evaluation]
    rows = evaluations.of_ids(work.db, wanted) if wanted else {}
    kept = {id: of_works.from_row(row) for id, row in rows.items()}
    return {
        one.id: prove(one, evidence[one.goal], kept) for one in benefits if one.goal in evidence
    }


def evidence_of(work: Work, goals: Collection[Goal]) -> dict[GoalId, Evidence]:
    """What is kept about goals that were read for the actor."""
    ids = [one.id for one in goals]
    histories, measured = ledger.histories(work.db, ids), ledger.measured(work.db, ids)
    return {
        one.id: Evidence(
            goal=one,
            history=histories.get(one.id, []),
            measured=measured.get(one.id, []),
            today=work.now.date(),
        )
        for one in goals
    }


def prove(benefit: Benefit, evidence: Evidence, kept: dict[str, Evaluation]) -> Proof:
    """The same from what was read; `kept` are evaluations by id."""
    missing = _not_measured(benefit, evidence)
    if missing:
        grade = Grade.C if benefit.study else Grade.D
        return Proof(Claim.CLAIMED, grade, tuple(missing))
    own = _own_quantity(benefit, evidence)
    doubts = _doubts(evidence) + own
    grade = Grade.C if doubts else Grade.B
    if benefit.study is None:
        reason = "No study says that the action did it: something else may have."
        return Proof(Claim.MEASURED, grade, (*doubts, reason))
    if reason := _not_evaluated(benefit.study, evidence.goal, kept):
        return Proof(Claim.MEASURED, grade, (*doubts, reason))
    if not benefit.study.evaluation:
        reason = "The study is from elsewhere and cannot be computed again here."
        return Proof(Claim.EVALUATED, Grade.B, (*doubts, reason))
    return Proof(Claim.EVALUATED, Grade.B if own else Grade.A, tuple(doubts))


def _not_measured(benefit: Benefit, evidence: Evidence) -> list[str]:
    """Why the benefit is no more than claimed."""
    found = []
    goal = evidence.goal
    if not benefit.is_expected:
        found.append("It was no objective, so nothing measured it: make a goal of it.")
    if not goal.owner.strip():
        found.append("Nobody answers for the goal.")
    start = marks.began(evidence.history)
    if goal.baseline is None:
        found.append("The goal has no baseline.")
    elif start is not None:
        found += _not_before(goal.baseline, evidence, start)
    if start is None or start > evidence.today:
        found.append("No step of the goal has begun, as far as is written down.")
    elif goal.baseline is not None:
        found += _not_moved(goal.baseline, evidence, start)
    return found


def _not_before(baseline: Baseline, evidence: Evidence, start: date) -> list[str]:
    """A baseline stands before the action; one set afterwards only if anyone can compute it."""
    if baseline.day > start:
        return [f"The baseline is of {baseline.day}, after the first step began on {start}."]
    if pins(baseline.source):
        return []
    said = _since(baseline, evidence.history)
    if said is not None and said >= start:
        return [
            f"The baseline was stated on {said}, after the first step began on {start}, and "
            "nobody can compute it again from published data."
        ]
    return []


def _since(baseline: Baseline, history: Sequence[Revision]) -> date | None:
    """The day from which this baseline has stood in the ledger."""
    found = None
    for one in history:
        if not isinstance(one.thing, Goal) or one.thing.baseline != baseline:
            break
        found = one.at.date()
    return found


def _not_moved(baseline: Baseline, evidence: Evidence, start: date) -> list[str]:
    asked = evidence.goal.indicator
    after = [one for one in evidence.measured if one.sql == asked.sql and one.day > start]
    if not after:
        return [f"Nothing was measured since the first step began on {start}."]
    change = improvement(baseline.value, after[-1].value, asked.better)
    if change <= 0:
        return ["The indicator did not move the right way."]
    noise = noise_of(evidence, baseline, start)
    if noise is None:
        return [
            f"Before the action there are fewer than {ENOUGH} values: nobody knows how much the "
            "indicator moves by itself."
        ]
    if change <= noise:
        return [
            f"The indicator moved by {change:g}, no more than it did before the action ({noise:g})."
        ]
    return []


def improvement(before: float, after: float, better: Better) -> float:
    """How far the indicator went the right way, in its unit; negative is the wrong way."""
    return before - after if better is Better.LOWER else after - before


def noise_of(evidence: Evidence, baseline: Baseline, start: date) -> float | None:
    """The range of the indicator's values before the action; None if there are too few to tell."""
    asked = evidence.goal.indicator.sql
    days = {
        one.day: one.value for one in evidence.measured if one.sql == asked and one.day <= start
    }
    days.setdefault(baseline.day, baseline.value)
    return max(days.values()) - min(days.values()) if len(days) >= ENOUGH else None


def _doubts(evidence: Evidence) -> list[str]:
    """What weakens a measured change."""
    found = []
    baseline = evidence.goal.baseline
    if baseline and evidence.goal.indicator.sql and not pins(baseline.source):
        found.append("The baseline is stated, not measured by the question that measures now.")
    for one in marks.marks(evidence.history, evidence.measured, names=False):
        if one.what in _WEAKENING:
            done = "first set" if one.old is None else "changed"
            found.append(f"The {one.what.value} was {done} on {one.at:%Y-%m-%d}, afterwards.")
    return list(dict.fromkeys(found))


def _own_quantity(benefit: Benefit, evidence: Evidence) -> list[str]:
    """The indicator may have moved, and the quantity of the benefit be a guess all the same."""
    read = {pin for one in evidence.measured for pin in one.inputs}
    stated = {one.source for one in evidence.measured if one.source}
    words = benefit.quantity_source
    if any(pin in words for pin in read) or any(source in words for source in stated):
        return []
    return ["The quantity stands on its own source, not on what the indicator measured."]


def _not_evaluated(study: StudyLink, goal: Goal, kept: dict[str, Evaluation]) -> str:
    if not study.evaluation:
        if study.claim is ClaimClass.CAUSAL:
            return ""
        return f"The study is {study.claim.value}: it does not say that the action did it."
    if (found := kept.get(study.evaluation)) is None:
        return f"No evaluation “{study.evaluation}” is kept here."
    if found.works is None or not any(_names(step.link, found.works) for step in goal.steps):
        return f"The evaluation is of works “{found.works}”, which are no step of this goal."
    claims = [one.claim for one in found.counters if one.verdict != "artefact"]
    if ClaimClass.CAUSAL not in claims:
        best = ClaimClass.ASSOCIATIONAL if ClaimClass.ASSOCIATIONAL in claims else found.study.claim
        return f"The evaluation is {best.value}: it does not say that the action did it."
    return ""


def _names(link: str, works: str) -> bool:
    """Whether a step's link is to these works: their id, or an address that ends with it."""
    return link.rstrip("/").rsplit("/", 1)[-1] == works
