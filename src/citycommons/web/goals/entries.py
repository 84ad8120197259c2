"""Entries of the ledger ↔ what is typed into their forms."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from citycommons.core.goals import (
    Baseline,
    Benefit,
    BenefitId,
    Better,
    Claim,
    Cost,
    CostId,
    CostKind,
    Goal,
    GoalId,
    Indicator,
    Kind,
    Level,
    Problem,
    ProblemId,
    Range,
    Step,
    StudyLink,
    Thing,
    UnitValue,
    ValueId,
)
from citycommons.core.study import ClaimClass
from citycommons.core.types import DatasetId, PublisherId
from citycommons.web.goals.typed import Typed, ends, written

_NONE = Range(low=0.0, likely=0.0, high=0.0)


def blank(kind: Kind, *, publisher: str, parent: str, year: int, currency: str) -> Thing:
    """An entry of which nothing is said yet; `parent` is a problem, or a goal."""
    whose = PublisherId(publisher)
    if kind is Kind.PROBLEM:
        return Problem(id=ProblemId(""), title={}, description={}, publisher=whose)
    if kind is Kind.GOAL:
        asked = Indicator(name={}, unit="", better=Better.LOWER)
        return Goal(
            id=GoalId(""),
            problem=ProblemId(parent),
            title={},
            publisher=whose,
            indicator=asked,
        )
    if kind is Kind.BENEFIT:
        return Benefit(
            id=BenefitId(""),
            goal=GoalId(parent),
            title={},
            beneficiaries={},
            quantity=_NONE,
            quantity_source="",
            first_year=year,
        )
    if kind is Kind.COST:
        return Cost(
            id=CostId(""),
            goal=GoalId(parent) if parent else None,
            publisher=whose,
            title={},
            kind=CostKind.STAFF,
            quantity=_NONE,
            currency=currency,
            source="",
            first_year=year,
        )
    return UnitValue(
        id=ValueId(""),
        title={},
        unit="",
        amount=_NONE,
        currency=currency,
        price_year=year,
        country="",
        source="",
        year=year,
    )


def filled(thing: Thing) -> Typed:
    """The form of an entry as it is."""
    values = {f"title-{tag}": words for tag, words in thing.title.items()}
    many: dict[str, tuple[str, ...]] = {}
    if isinstance(thing, Problem):
        values |= {f"description-{tag}": words for tag, words in thing.description.items()}
        values["publisher"] = thing.publisher
        many["levels"] = tuple(thing.levels)
    elif isinstance(thing, Goal):
        values |= dict(_of_goal(thing)) | dict(_of_steps(thing))
    elif isinstance(thing, Benefit):
        values |= dict(_of_benefit(thing))
    elif isinstance(thing, Cost):
        values |= dict(_of_cost(thing))
    else:
        values |= dict(_of_value(thing))
    return Typed(values, many)


def _of_goal(one: Goal) -> Iterator[tuple[str, str]]:
    yield "owner", one.owner
    for tag, words in one.indicator.name.items():
        yield f"indicator-{tag}", words
    yield "unit", one.indicator.unit
    yield "better", one.indicator.better.value
    yield "datasets", " ".join(one.indicator.datasets)
    yield "sql", one.indicator.sql
    if one.baseline is not None:
        yield "baseline_value", written(one.baseline.value)
        yield "baseline_day", one.baseline.day.isoformat()
        yield "baseline_source", one.baseline.source
    yield "target", "" if one.target is None else written(one.target)
    yield "due", one.due.isoformat() if one.due else ""
    yield "is_public", "1" if one.is_public else ""


def _of_steps(one: Goal) -> Iterator[tuple[str, str]]:
    for n, step in enumerate(one.steps):
        for tag, words in step.title.items():
            yield f"s{n}-title-{tag}", words
        yield f"s{n}-first", step.first_day.isoformat() if step.first_day else ""
        yield f"s{n}-last", step.last_day.isoformat() if step.last_day else ""
        yield f"s{n}-datasets", " ".join(step.datasets)
        yield f"s{n}-link", step.link


def _of_benefit(one: Benefit) -> Iterator[tuple[str, str]]:
    for tag, words in one.beneficiaries.items():
        yield f"beneficiaries-{tag}", words
    if one.id:
        yield from ends("quantity", one.quantity)
    yield "quantity_source", one.quantity_source
    yield "value", one.value or ""
    for name in ("attribution", "deadweight", "displacement", "drop_off"):
        yield from ends(name, getattr(one, name))
    yield "first_year", str(one.first_year)
    yield "years", str(one.years)
    yield "is_expected", "1" if one.is_expected else ""
    if one.study is not None:
        yield "study_evaluation", one.study.evaluation
        yield "study_link", one.study.link
        yield "study_title", one.study.title
        yield "study_claim", one.study.claim.value


def _of_cost(one: Cost) -> Iterator[tuple[str, str]]:
    yield "kind", one.kind.value
    if one.id:
        yield from ends("quantity", one.quantity)
    yield "value", one.value or ""
    yield "currency", one.currency
    yield "source", one.source
    yield "first_year", str(one.first_year)
    yield "years", str(one.years)
    yield "dataset", one.dataset or ""
    yield "publisher", one.publisher


def _of_value(one: UnitValue) -> Iterator[tuple[str, str]]:
    yield "unit", one.unit
    if one.id:
        yield from ends("amount", one.amount)
    yield "currency", one.currency
    yield "price_year", str(one.price_year)
    yield "country", one.country
    yield "source", one.source
    yield "year", str(one.year)
    yield "link", one.link
    yield "expires", one.expires.isoformat() if one.expires else ""
    yield "is_checked", "1" if one.is_checked else ""


def made(given: Typed, before: Thing, *, steps: bool = False) -> Thing:
    """The entry as typed; `steps` when the form of a goal's steps was filled in.

    Raises `Invalid` with `faults` by field.
    """
    found = _made(given, before, steps)
    given.check()
    return found


def _made(given: Typed, before: Thing, steps: bool) -> Thing:
    if isinstance(before, Goal):
        return replace(before, steps=tuple(_steps(given))) if steps else _goal(given, before)
    title = given.texts("title")
    if isinstance(before, Problem):
        return replace(
            before,
            title=title,
            description=given.texts("description"),
            publisher=PublisherId(given.get("publisher", before.publisher)),
            levels=given.words(Level, "levels"),
        )
    if isinstance(before, Benefit):
        return replace(before, title=title, **_benefit(given, before))
    if isinstance(before, Cost):
        return replace(before, title=title, **_cost(given, before))
    return replace(before, title=title, **_value(given, before))


def _goal(given: Typed, before: Goal) -> Goal:
    asked = Indicator(
        name=given.texts("indicator"),
        unit=given.text("unit", 60),
        better=given.word(Better, "better", before.indicator.better),
        datasets=tuple(DatasetId(one) for one in given.names("datasets")),
        sql=given.get("sql").strip().replace("\r\n", "\n")[:20_000],
    )
    return replace(
        before,
        title=given.texts("title"),
        owner=given.text("owner", 300),
        indicator=asked,
        baseline=_baseline(given, before.baseline),
        target=given.number("target"),
        due=given.day("due"),
        is_public=bool(given.get("is_public")),
    )


def _baseline(given: Typed, before: Baseline | None) -> Baseline | None:
    value, day = given.number("baseline_value", "baseline"), given.day("baseline_day", "baseline")
    source = given.text("baseline_source")
    if value is None and day is None and not source:
        return None
    if value is None or day is None:
        if not any(one["field"] == "baseline" for one in given.faults):
            given.wrong("baseline", "A baseline needs its number, its day and where it is from.")
        return before
    # A number that was only shown and not typed anew keeps all of its digits.
    if before is not None and f"{before.value:.15g}" == f"{value:.15g}":
        value = before.value
    return Baseline(value=value, day=day, source=source)


def _steps(given: Typed) -> Iterator[Step]:
    for n in given.steps():
        title = given.texts(f"s{n}-title")
        first, last = given.day(f"s{n}-first", "steps"), given.day(f"s{n}-last", "steps")
        datasets, link = given.names(f"s{n}-datasets"), given.text(f"s{n}-link", 2000)
        if title or first or last or datasets or link:
            yield Step(
                title=title,
                first_day=first,
                last_day=last,
                datasets=tuple(DatasetId(one) for one in datasets),
                link=link,
            )


def _benefit(given: Typed, before: Benefit) -> dict[str, Any]:
    return {
        "beneficiaries": given.texts("beneficiaries"),
        "quantity": given.range("quantity"),
        "quantity_source": given.text("quantity_source"),
        "value": ValueId(given.get("value")) if given.get("value") else None,
        "attribution": given.range("attribution", 1.0),
        "deadweight": given.range("deadweight", 0.0),
        "displacement": given.range("displacement", 0.0),
        "drop_off": given.range("drop_off", 0.0),
        "first_year": given.whole("first_year", before.first_year),
        "years": given.whole("years", 1),
        "is_expected": bool(given.get("is_expected")),
        "claim": before.claim if before.id else Claim.CLAIMED,
        "study": _study(given),
    }


def _study(given: Typed) -> StudyLink | None:
    evaluation, link = given.text("study_evaluation", 200), given.text("study_link")
    if not evaluation and not link:
        return None
    return StudyLink(
        claim=given.word(ClaimClass, "study_claim", ClaimClass.DESCRIPTIVE),
        evaluation=evaluation,
        link=link,
        title=given.text("study_title", 300),
    )


def _cost(given: Typed, before: Cost) -> dict[str, Any]:
    dataset = given.get("dataset")
    return {
        "goal": None if dataset else before.goal,
        "dataset": DatasetId(dataset) if dataset else None,
        "publisher": PublisherId(given.get("publisher", before.publisher)),
        "kind": given.word(CostKind, "kind", before.kind),
        "quantity": given.range("quantity"),
        "value": ValueId(given.get("value")) if given.get("value") else None,
        "currency": given.text("currency", 3).upper(),
        "source": given.text("source"),
        "first_year": given.whole("first_year", before.first_year),
        "years": given.whole("years", 1),
    }


def _value(given: Typed, before: UnitValue) -> dict[str, Any]:
    return {
        "unit": given.text("unit", 60),
        "amount": given.range("amount"),
        "currency": given.text("currency", 3).upper(),
        "price_year": given.whole("price_year", before.price_year),
        "country": given.text("country", 2).upper(),
        "source": given.text("source"),
        "year": given.whole("year", before.year),
        "link": given.text("link"),
        "expires": given.day("expires"),
        "is_checked": bool(given.get("is_checked")),
    }
