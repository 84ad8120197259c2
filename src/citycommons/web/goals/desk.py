"""`/desk/goals`: the ledger as its keepers see it, the way to a new objective, and one's hub."""

from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Forbidden, Invalid, NotFound
from citycommons.core.goals import GoalId, MeasurementId
from citycommons.core.types import PublisherId
from citycommons.govern.access import Action, allows, allows_anywhere, require
from citycommons.measure import appraisal
from citycommons.measure.appraisal import optimism, schedules
from citycommons.measure.appraisal.gather import DRAWS, HORIZON, Basis
from citycommons.measure.appraisal.making import USUAL
from citycommons.measure.goals import ledger, templates
from citycommons.store import catalogue
from citycommons.store import ledger as rows
from citycommons.store.work import Work
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.goals import words
from citycommons.web.goals.listing import groups
from citycommons.web.goals.one import (
    benefit_row,
    cost_row,
    mark_words,
    measurement_row,
    unit_of,
)
from citycommons.web.goals.result import headline
from citycommons.web.goals.typed import Typed, typed
from citycommons.web.render import speaker
from citycommons.web.running import Running

_KEEP, _READ = {"may": Action.KEEP_LEDGER}, {"may": Action.READ_LEDGER}
_FEW = 8


@get("/desk/goals", sync_to_thread=True, opt=_READ)
def desk(running: Running) -> Response[str]:
    """All problems and objectives whose ledger the actor may read, and what was removed."""
    with running.work() as work:
        found = [one for one in groups(work) if one.lines or ledger.may_keep(work, one.problem)]
        removed = ledger.removed(work)
        today = work.now.date()
        doubts = [one for one in ledger.unit_values(work) if ledger.doubts_of(one, today)]
    return answer(
        running,
        "goals/desk.html",
        groups=found,
        removed=removed,
        doubts=len(doubts),
        may_keep=allows_anywhere(running.actor, Action.KEEP_LEDGER),
        paces=words.PACES,
        claims=words.CLAIMS,
        grades=words.GRADES,
        kinds=words.KINDS,
        kind_of=rows.kind_of,
    )


@get("/desk/goals/new", sync_to_thread=True, opt=_KEEP)
def begin(running: Running) -> Response[str]:
    """Two ways to begin: with one's own problem, or from a template."""
    return _begin(running)


def _begin(running: Running, error: CityError | None = None) -> Response[str]:
    with running.work() as work:
        mine = [
            one
            for one in catalogue.publishers(work.db)
            if allows(running.actor, Action.KEEP_LEDGER, one.id)
        ]
    return answer(
        running,
        "goals/begin.html",
        error=error,
        templates=list(templates.templates().values()),
        publishers=mine,
        stages=words.STAGES,
    )


@post("/desk/goals/new", sync_to_thread=True, opt=_KEEP, dependencies=WITH_FORM)
def start(running: Running, form: Form) -> Response[str]:
    """Make a template entries of a publisher's ledger."""
    try:
        with running.work(may_write=True) as work:
            publisher = PublisherId(form.get("publisher"))
            made = templates.start(work, form.get("template"), publisher)
    except (NotFound, Forbidden):
        raise
    except CityError as error:
        return _begin(running, error)
    return running.see(f"/desk/goals/{made.goal.id}?saved={made.goal.id}")


@get("/desk/goals/{id:str}", sync_to_thread=True, opt=_READ)
def hub(running: Running, id: FromPath[str]) -> Response[str]:
    """One objective with its six stages: what is there, what is missing, and what to do next."""
    return _hub(running, id)


def _hub(
    running: Running, id: str, error: CityError | None = None, given: Typed | None = None
) -> Response[str]:
    says = speaker(running.view())
    with running.work() as work:
        found = ledger.outcome(work, GoalId(id))
        goal = found.goal
        require(work, Action.READ_LEDGER, goal.publisher)
        values = {one.id: one for one in ledger.unit_values(work)}
        benefits = ledger.benefits(work, goal.id)
        proofs = ledger.claims_of(work, benefits)
        kept = appraisal.of_goal(work, goal.id, limit=_FEW)
        shown: dict[str, Any] = {
            "problem": ledger.problem(work, goal.problem),
            "benefits": [benefit_row(one, proofs[one.id], values, says) for one in benefits],
            "costs": [cost_row(one, values, says) for one in ledger.costs(work, goal.id)],
            "measurements": [
                measurement_row(one, says, goal.indicator.unit)
                for one in reversed(found.series[-_FEW:])
            ],
            "appraisals": [(one, headline(one, one.results.proven, says)) for one in kept],
            "schedules": schedules.every(running.city.settings.home),
            "may_keep": ledger.may_keep(work, goal),
            "today": work.now.date(),
        }
    return answer(
        running,
        "goals/hub.html",
        error=error,
        t=given or Typed({}),
        goal=goal,
        outcome=found,
        marks=[mark_words(one, says) for one in found.changes],
        unit=unit_of(goal, says),
        pace=words.PACES[found.pace],
        levels=words.LEVELS,
        stages=words.STAGES,
        usual=USUAL,
        horizon=HORIZON,
        allowances=optimism.shipped(),
        **shown,
    )


@post("/desk/goals/{id:str}/{act:str}", sync_to_thread=True, opt=_KEEP, dependencies=WITH_FORM)
def act(running: Running, id: FromPath[str], act: FromPath[str], form: Form) -> Response[str]:
    """Measure, state a value, set a baseline, review, appraise, release: each from a form."""
    given, goal = typed(form), GoalId(id)
    try:
        address = _ACTS[act](running, goal, given) if act in _ACTS else None
    except (NotFound, Forbidden):
        raise
    except CityError as error:
        return _hub(running, id, error, given)
    if address is None:
        raise NotFound(f"Nothing is called “{act[:40]}” here. See the objective.")
    return running.see(address)


def _measure(running: Running, goal: GoalId, given: Typed) -> str:
    day = given.day("day")
    given.check()
    with running.work() as work:  # asked while nobody waits to write
        found = ledger.answer(work, goal, day=day)
    with running.work(may_write=True) as work:
        ledger.keep(work, found)
    return f"/desk/goals/{goal}?saved=1#measured"


def _state(running: Running, goal: GoalId, given: Typed) -> str:
    value, day = given.number("value"), given.day("day")
    if value is None and not given.faults:
        given.wrong("value", "Say the number.")
    given.check()
    with running.work(may_write=True) as work:
        when = day or work.now.date()
        ledger.state(work, goal, value=value or 0.0, day=when, source=given.text("source"))
    return f"/desk/goals/{goal}?saved=1#measured"


def _baseline(running: Running, goal: GoalId, given: Typed) -> str:
    with running.work(may_write=True) as work:
        one = ledger.measurement(work, MeasurementId(given.get("measurement")))
        if one.goal != goal:
            raise NotFound("There is no such measurement of this objective.")
        ledger.set_baseline(work, one.id)
    return f"/desk/goals/{goal}?saved=1#measured"


def _review(running: Running, goal: GoalId, given: Typed) -> str:
    if not given.text("seen"):
        raise Invalid("Say what was seen.", column="seen")
    with running.work(may_write=True) as work:
        thing = ledger.goal(work, goal)
        ledger.review(work, thing, seen=given.text("seen"), changes=given.text("changes"))
    return f"/desk/goals/{goal}?saved=1#review"


def _appraise(running: Running, goal: GoalId, given: Typed) -> str:
    base, horizon = given.number("base_year"), given.whole("horizon", HORIZON)
    price, seed = given.number("price_year"), given.whole("seed", 1)
    given.check()
    basis = Basis(
        schedule=schedules.named(running.city.settings.home, given.get("schedule", USUAL)),
        base_year=None if base is None else int(base),
        price_year=None if price is None else int(price),
        horizon=horizon,
        draws=DRAWS,
        seed=abs(seed),
        currency=given.get("currency").upper()[:3] or None,
        optimism=given.get("optimism") or "none",
    )
    with running.work() as work:  # computed while nobody waits to write
        require(work, Action.KEEP_LEDGER, ledger.goal(work, goal).publisher)
        found = appraisal.compute(work, goal, basis)
    with running.work(may_write=True) as work:
        one = appraisal.keep(work, found.inputs, found.results)
    return f"/goals/{goal}/appraisals/{one.id}"


def _release(running: Running, goal: GoalId, given: Typed) -> str:
    with running.work(may_write=True) as work:
        one = _of(work, goal, given.get("appraisal"))
        appraisal.release(work, one, is_public=bool(given.get("is_public")))
    return f"/desk/goals/{goal}?saved=1#review"


def _of(work: Work, goal: GoalId, id: str) -> str:
    one = appraisal.get(work, id)
    if one.inputs.goal != goal:
        raise NotFound("There is no such result of this objective.")
    return one.id


_ACTS = {
    "measure": _measure,
    "state": _state,
    "baseline": _baseline,
    "review": _review,
    "appraise": _appraise,
    "release": _release,
}

HANDLERS = [desk, begin, start, hub, act]
