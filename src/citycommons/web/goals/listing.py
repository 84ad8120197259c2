"""`/goals`: what data are for: each problem with its objectives and where they stand; also JSON."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import get
from litestar.response import Response

from citycommons.core.goals import Benefit, Claim, Goal, Problem, ProblemId
from citycommons.govern.access import Action, allows_anywhere
from citycommons.measure.goals import ledger
from citycommons.measure.goals.ledger import Outcome, Proof
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.web.goals import words
from citycommons.web.negotiate import Kind, wanted
from citycommons.web.negotiate import as_json as json_answer
from citycommons.web.render import render
from citycommons.web.running import Running
from citycommons.web.security import May
from citycommons.web.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One goal in a list: how it stands, and the best proof of any of its benefits."""

    goal: Goal
    outcome: Outcome
    proof: Proof | None  # None: no benefit is written down

    @property
    def trend(self) -> tuple[float, ...]:
        """Values of the indicator, the earliest first."""
        return tuple(one.value for one in self.outcome.series)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A problem with its goals."""

    problem: Problem
    lines: tuple[Line, ...]


def groups(work: Work) -> tuple[Group, ...]:
    """All problems and goals that the actor may see, in few statements."""
    goals = ledger.goals(work)
    found = ledger.outcomes(work, goals)
    benefits = ledger.benefits(work)
    proofs = ledger.claims_of(work, benefits)
    lines: dict[ProblemId, list[Line]] = defaultdict(list)
    for one in goals:
        best = best_proof([b for b in benefits if b.goal == one.id], proofs)
        lines[one.problem].append(Line(goal=one, outcome=found[one.id], proof=best))
    return tuple(Group(problem=one, lines=tuple(lines[one.id])) for one in ledger.problems(work))


def best_proof(benefits: list[Benefit], proofs: dict[Any, Proof]) -> Proof | None:
    """The proof with the best grade; of the same grade the furthest claim."""
    known = [proofs[one.id] for one in benefits if one.id in proofs]
    order = list(Claim)
    return min(known, key=lambda one: (one.grade, -order.index(one.claim)), default=None)


@get("/goals", sync_to_thread=True, opt={"may": May.ANYONE})
def goals(running: Running) -> Response[Any]:
    """Problems, objectives and where they stand."""
    kind = wanted(running, offered=(Kind.HTML, Kind.JSON))
    with running.work() as work:
        found = groups(work)
        if kind is Kind.JSON:
            return json_answer(running, {"problems": [_json(one, running.url) for one in found]})
        return running.page(_page(work, running.view(), found))


def _page(work: Work, view: View, found: tuple[Group, ...]) -> str:
    lines = [line for one in found for line in one.lines]
    return render(
        view,
        "goals/list.html",
        groups=[one for one in found if one.lines],
        names={one.id: one.name for one in catalogue.publishers(work.db)},
        count=len(lines),
        proven=sum(1 for one in lines if one.proof and one.proof.claim is not Claim.CLAIMED),
        may_keep=allows_anywhere(work.actor, Action.KEEP_LEDGER),
        paces=words.PACES,
        claims=words.CLAIMS,
        grades=words.GRADES,
        levels=words.LEVELS,
    )


def _json(group: Group, url: str) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(group.problem, order="deterministic")
    body["goals"] = [line_as_json(line.goal, line.outcome, line.proof, url) for line in group.lines]
    return body


def line_as_json(goal: Goal, outcome: Outcome, proof: Proof | None, url: str) -> dict[str, Any]:
    """A goal for programs."""
    body: dict[str, Any] = msgspec.to_builtins(goal, order="deterministic")
    return body | {
        "url": f"{url}/goals/{goal.id}",
        "latest": msgspec.to_builtins(outcome.latest),
        "change": outcome.change,
        "share": outcome.share,
        "pace": outcome.pace.value,
        "not_yet": outcome.not_yet,
        "marks": msgspec.to_builtins(outcome.changes),
        "claim": proof.claim.value if proof else None,
        "grade": proof.grade.value if proof else None,
    }


HANDLERS = [goals]
