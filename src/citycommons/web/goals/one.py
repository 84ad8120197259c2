"""`/goals/{id}`: everything that an auditor asks about one objective, and its results."""

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import NotFound
from citycommons.core.goals import Benefit, Cost, Goal, GoalId, MeasurementId, UnitValue
from citycommons.govern.access import Action, allows
from citycommons.measure import appraisal
from citycommons.measure.goals import ledger
from citycommons.measure.goals.ledger import Outcome, Proof
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.web.addresses import dataset_path
from citycommons.web.goals import charts, result, words
from citycommons.web.goals.charts import Level
from citycommons.web.goals.history import lines, said
from citycommons.web.goals.listing import line_as_json
from citycommons.web.goals.money import money, numbers, span
from citycommons.web.goals.result import Figure
from citycommons.web.language import N_
from citycommons.web.negotiate import Kind, wanted
from citycommons.web.negotiate import as_json as json_answer
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.running import Running
from citycommons.web.security import May
from citycommons.web.turns import long_turn
from citycommons.web.view import View

_SHOWN = 60  # measurements in the table, and revisions
_BOTH = (Kind.HTML, Kind.JSON)


@get("/goals/{id:str}", sync_to_thread=True, opt={"may": May.ANYONE})
def goal(running: Running, id: FromPath[str]) -> Response[Any]:
    """One objective with its indicator, steps, benefits, costs, result and history."""
    kind = wanted(running, offered=_BOTH)
    with running.work() as work:
        found = ledger.outcome(work, GoalId(id))
        if kind is Kind.JSON:
            return json_answer(running, _json(work, found, running.url))
        return running.page(_page(work, running.view(), found))


def _json(work: Work, found: Outcome, url: str) -> dict[str, Any]:
    goal = found.goal
    benefits = ledger.benefits(work, goal.id)
    proofs = ledger.claims_of(work, benefits)
    newest = appraisal.latest(work, (goal.id,)).get(goal.id)
    body = line_as_json(goal, found, None, url)
    del body["claim"], body["grade"]
    return body | {
        "problem": msgspec.to_builtins(ledger.problem(work, goal.problem), order="deterministic"),
        "measurements": msgspec.to_builtins(ledger.measurements(work, goal.id)[goal.id]),
        "benefits": [
            msgspec.to_builtins(one, order="deterministic")
            | {"proof": msgspec.to_builtins(proofs[one.id]._asdict())}
            for one in benefits
        ],
        "costs": msgspec.to_builtins(ledger.costs(work, goal.id), order="deterministic"),
        "appraisal": msgspec.to_builtins(newest, order="deterministic"),
        "history": msgspec.to_builtins(ledger.history(work, goal.id), order="deterministic"),
    }


def _page(work: Work, view: View, found: Outcome) -> str:
    says, goal = speaker(view), found.goal
    benefits = ledger.benefits(work, goal.id)
    proofs = ledger.claims_of(work, benefits)
    values = {one.id: one for one in ledger.unit_values(work)}
    kept = appraisal.of_goal(work, goal.id, limit=6)
    history = lines(ledger.history(work, goal.id), says)
    return render(
        view,
        "goals/one.html",
        goal=goal,
        title=says.text(goal.title),
        problem=ledger.problem(work, goal.problem),
        publisher=catalogue.publisher(work.db, goal.publisher).name,
        outcome=found,
        pace=words.PACES[found.pace],
        better=words.BETTER[goal.indicator.better],
        figure=figure(found, says),
        measurements=[
            measurement_row(one, says, goal.indicator.unit)
            for one in reversed(found.series[-_SHOWN:])
        ],
        marks=[mark_words(one, says) for one in found.changes],
        benefits=[benefit_row(one, proofs[one.id], values, says) for one in benefits],
        costs=[cost_row(one, values, says) for one in ledger.costs(work, goal.id)],
        may_read=ledger.may_read(work, goal.publisher),
        may_keep=ledger.may_keep(work, goal),
        result=result.shown(kept[0], says) if kept else None,
        older=kept[1:],
        history=history[:_SHOWN],
        levels=words.LEVELS,
        acts=words.ACTS,
        unit=unit_of(goal, says),
        datasets=_datasets(work, goal, says),
    )


def unit_of(goal: Goal, says: Says) -> str:
    """The indicator's unit as it is written."""
    return says.unit(goal.indicator.unit)


def _datasets(work: Work, goal: Goal, says: Says) -> dict[str, str]:
    """Titles of the datasets of the question and the steps that the reader may know of."""
    ids = {*goal.indicator.datasets, *(id for step in goal.steps for id in step.datasets)}
    found = catalogue.datasets(work.db, sorted(ids)) if ids else []
    return {
        str(one.id): says.text(one.title)
        for one in found
        if allows(work.actor, Action.DISCOVER, one)
    }


def figure(found: Outcome, says: Says) -> Figure | None:
    """The indicator over time; None before anything was measured."""
    goal, series = found.goal, found.series
    if not series:
        return None
    unit = unit_of(goal, says)
    levels = []
    if goal.baseline is not None:
        text = says._(N_("baseline {value}")).format(value=says.number(goal.baseline.value))
        levels.append(Level(value=goal.baseline.value, words=text, day=goal.baseline.day))
    if goal.target is not None:
        text = says._(N_("target {value}")).format(value=says.number(goal.target))
        levels.append(Level(value=goal.target, words=text))
    headline = says._(N_("{name}: {value} {unit} on {day}")).format(
        name=says.text(goal.indicator.name),
        value=says.number(series[-1].value),
        unit=unit,
        day=says.date(series[-1].day),
    )
    points = [(one.day, one.value) for one in series]
    began = says._(N_("first step"))
    is_asked = bool(goal.indicator.sql)
    return Figure(
        id="series",
        headline=headline,
        subtitle=f"{says.text(goal.indicator.name)}, {unit} · "
        f"{says._(words.BETTER[goal.indicator.better])}",
        svg=charts.series(points, levels, found.began, says, headline, began),
        source=says._(N_("question to published data, below")) if is_asked else series[-1].source,
        as_of=says.date(series[-1].day),
        how_sure=says._(N_("each value can be computed again to the last digit"))
        if is_asked
        else says._(N_("stated by the office, not computed here")),
        heads=(says._(N_("Day")), unit or says._(N_("Value"))),
        lines=tuple((says.date(day, "medium"), says.number(value)) for day, value in points),
    )


def measurement_row(one: Any, says: Says, unit: str) -> dict[str, Any]:
    """One measurement: value, day, and on which versions it stands."""
    pins = [pin.partition("@") for pin in one.inputs]
    return {
        "id": one.id,
        "day": one.day,
        "value": says.number(one.value),
        "unit": says.unit(unit),
        "at": one.at,
        "source": one.source,
        "inputs": [
            {"dataset": id, "digest": digest[:12], "href": f"{dataset_path(id)}@{digest[:12]}"}
            for id, _, digest in pins
        ],
    }


def mark_words(one: Any, says: Says) -> dict[str, str]:
    """A mark: what was changed too late, and what stood there before."""
    after = says._(words.AFTER[one.after]).format(day=says.date(one.since))
    named = words.FIRST_SAID if one.old is None else words.CHANGED
    return {
        "what": says._(named[one.what]),
        "after": after,
        "old": said(one.old, says),
        "new": said(one.new, says),
        "at": says.date(one.at),
        "why": one.why,
    }


def benefit_row(
    one: Benefit, proof: Proof, values: dict[Any, UnitValue], says: Says
) -> dict[str, Any]:
    """A benefit with each factor, its source and how far it is proven."""
    value = None if one.value is None else values.get(one.value)
    shares = (
        (N_("due to the data (attribution)"), one.attribution, 1.0),
        (N_("would have come anyway (deadweight)"), one.deadweight, 0.0),
        (N_("others lose (displacement)"), one.displacement, 0.0),
        (N_("falls away each year (drop-off)"), one.drop_off, 0.0),
    )
    return {
        "one": one,
        "title": says.text(one.title),
        "who": says.text(one.beneficiaries),
        "claim": words.CLAIMS[proof.claim],
        "means": words.CLAIM_MEANS[proof.claim],
        "grade": proof.grade.value,
        "grade_means": words.GRADES[proof.grade],
        "reasons": proof.reasons,
        "quantity": numbers(says, one.quantity),
        "value": value,
        "amount": span_of(value, says),
        "shares": [
            (words_of, numbers(says, share, is_share=True))
            for words_of, share, usual in shares
            if not share.low == share.high == usual
        ],
        "years": f"{one.first_year} – {one.first_year + one.years - 1}"
        if one.years > 1
        else str(one.first_year),
    }


def span_of(value: UnitValue | None, says: Says) -> str:
    """What a unit is worth, with its range, to the digit: it is a source's number, not ours."""
    if value is None:
        return ""
    if value.amount.low == value.amount.high:
        return money(says, value.amount.likely, value.currency, exact=True)
    return span(says, value.amount.low, value.amount.high, value.currency, exact=True)


def cost_row(one: Cost, values: dict[Any, UnitValue], says: Says) -> dict[str, Any]:
    """A cost with what it is made of."""
    value = None if one.value is None else values.get(one.value)
    if value is None:
        amount = span(says, one.quantity.low, one.quantity.high, one.currency)
    else:
        amount = f"{numbers(says, one.quantity)} {says.unit(value.unit)} × {span_of(value, says)}"
    return {
        "one": one,
        "title": says.text(one.title),
        "kind": words.COSTS[one.kind],
        "amount": amount,
        "years": f"{one.first_year} – {one.first_year + one.years - 1}"
        if one.years > 1
        else str(one.first_year),
    }


@get(
    "/goals/{id:str}/measurements/{measurement:str}",
    sync_to_thread=True,
    opt={"may": May.ANYONE},
)
def measurement(running: Running, id: FromPath[str], measurement: FromPath[str]) -> Response[Any]:
    """One measurement, computed again now from the very versions that it read."""
    kind = wanted(running, offered=_BOTH)
    with long_turn(), running.work() as work:
        again = ledger.recompute(work, MeasurementId(measurement))
        one = again.measurement
        if one.goal != id:
            raise NotFound(f"There is no such measurement of “{id}”. See the goal.")
        if kind is Kind.JSON:
            body = msgspec.to_builtins(again, order="deterministic") | {"is_same": again.is_same}
            return json_answer(running, body)
        goal, view = ledger.goal(work, one.goal), running.view()
        says = speaker(view)
        return running.page(
            render(
                view,
                "goals/measurement.html",
                goal=goal,
                again=again,
                row=measurement_row(one, says, goal.indicator.unit),
                one=one,
                title=says.text(goal.indicator.name),
            )
        )


@get("/goals/{id:str}/appraisals/{kept:str}", sync_to_thread=True, opt={"may": May.ANYONE})
def kept_appraisal(running: Running, id: FromPath[str], kept: FromPath[str]) -> Response[Any]:
    """One result as it was kept; for who may, computed again, and beside what it is today."""
    kind = wanted(running, offered=_BOTH)
    with running.work() as work:
        one = appraisal.get(work, kept)
        if (one.inputs.goal or "city") != id:
            raise NotFound("There is no such appraisal of this goal. See the goal.")
        if kind is Kind.JSON:
            return json_answer(running, msgspec.to_builtins(one, order="deterministic"))
        view = running.view()
        says = speaker(view)
        beside = appraisal.compare(work, kept) if one.is_whole else None
        return running.page(
            render(
                view,
                "goals/appraisal.html",
                one=one,
                result=result.shown(one, says),
                again=appraisal.recompute(work, kept) if one.is_whole else None,
                beside=beside,
                changes=_changes(beside, one, says),
                now=result.now(beside, says),
                goal=None if one.inputs.goal is None else ledger.goal(work, one.inputs.goal),
                may_keep=allows(
                    work.actor, Action.KEEP_LEDGER, appraisal.publisher_of(work, one.inputs.goal)
                ),
            )
        )


def _changes(beside: Any, one: Any, says: Says) -> list[str]:
    if beside is None:
        return []
    names = result.titles(one.inputs, says)
    return [
        says._(words.CHANGES[change.kind]).format(
            about=names.get(change.about, change.about),
            before=_claim(change.before, says),
            after=_claim(change.after, says),
        )
        for change in beside.changes
    ]


def _claim(text: str, says: Says) -> str:
    known = {str(claim.value): mark.word for claim, mark in words.CLAIMS.items()}
    return says._(known[text]) if text in known else text


HANDLERS = [goal, measurement, kept_appraisal]
