"""Where the city's objectives stand, and how far that is proven."""

from collections.abc import Mapping, Sequence
from datetime import date

from citycommons.core.goals import Benefit, Claim, Goal, GoalId, Measurement
from citycommons.measure.goals import claims, ledger, marks
from citycommons.measure.goals.claims import Evidence, Proof
from citycommons.measure.impact.lines import GoalLine
from citycommons.measure.impact.scope import Basis

_FARTHEST = tuple(Claim)  # the last is the best


def goals(basis: Basis) -> tuple[GoalLine, ...]:
    """Objectives that the statement's readers may see, with their last measurement by its day.

    Those that were measured come first, then by the day they are due.
    """
    found = [
        one for one in ledger.goals(basis.work) if basis.scope.publisher in (None, one.publisher)
    ]
    if not found:
        return ()
    evidence = claims.evidence_of(basis.work, found)
    proofs = _proofs(basis, evidence)
    lines = [_line(evidence[one.id], proofs.get(one.id), basis) for one in found]
    return tuple(sorted(lines, key=_order))


def _order(one: GoalLine) -> tuple[bool, date, str]:
    return one.now is None, one.due or date.max, one.id


def _proofs(basis: Basis, evidence: Mapping[GoalId, Evidence]) -> Mapping[GoalId, Proof]:
    """The farthest proof of each goal's benefits."""
    benefits = ledger.benefits(basis.work, list(evidence))
    proofs = claims.claims_of(basis.work, benefits, evidence)
    found: dict[GoalId, Proof] = {}
    for one in sorted(benefits, key=_id):
        proof = proofs[one.id]
        if one.goal not in found or _rank(proof) > _rank(found[one.goal]):
            found[one.goal] = proof
    return found


def _id(one: Benefit) -> str:
    return one.id


def _rank(one: Proof) -> tuple[int, int]:
    return _FARTHEST.index(one.claim), -ord(one.grade.value)


def _series(goal: Goal, measured: Sequence[Measurement], basis: Basis) -> tuple[Measurement, ...]:
    """Answers to the question as it is asked now, about days until the period's end."""
    asked = goal.indicator.sql
    return tuple(one for one in measured if one.sql == asked and one.day <= basis.as_of)


def _line(evidence: Evidence, proof: Proof | None, basis: Basis) -> GoalLine:
    goal = evidence.goal
    series = _series(goal, evidence.measured, basis)
    changes = marks.marks(evidence.history, evidence.measured, names=False)
    last = series[-1] if series else None
    return GoalLine(
        id=goal.id,
        title=goal.title,
        owner=goal.owner,
        indicator=goal.indicator.name,
        unit=goal.indicator.unit,
        better=goal.indicator.better,
        baseline=goal.baseline.value if goal.baseline else None,
        baseline_day=goal.baseline.day if goal.baseline else None,
        now=last.value if last else None,
        now_day=last.day if last else None,
        target=goal.target,
        due=goal.due,
        series=tuple(one.value for one in series),
        claim=proof.claim.value if proof else "",
        grade=proof.grade.value if proof else "",
        reasons=proof.reasons if proof else (),
        changed_baselines=sum(one.at < basis.until for one in changes),
        query=(last.sql or last.source) if last else goal.indicator.sql,
        inputs=last.inputs if last else (),
        is_public=goal.is_public,
    )
