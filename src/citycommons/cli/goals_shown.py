"""The ledger on the screen: where goals stand, and a goal with everything that proves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from citycommons.cli.present import print_columns
from citycommons.core.types import Text

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

    from citycommons.core.goals import Benefit, BenefitId, Cost, UnitValue, ValueId
    from citycommons.measure.goals.ledger import Again, BaselineChange, Outcome, Past, Proof
    from citycommons.measure.goals.templates import Template
    from citycommons.store.work import Work

    Actions = _SubParsersAction[ArgumentParser]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A goal with what belongs to it."""

    outcome: "Outcome"
    benefits: "tuple[Benefit, ...]"
    proofs: "dict[BenefitId, Proof]"
    costs: "tuple[Cost, ...]"
    history: "tuple[Past, ...]"


def sheet(work: "Work", id: str) -> Sheet:
    """Everything about one goal that the actor may see."""
    from citycommons.core.goals import GoalId
    from citycommons.measure.goals import ledger

    goal = ledger.goal(work, GoalId(id))
    benefits = ledger.benefits(work, goal.id)
    return Sheet(
        outcome=ledger.outcome(work, goal.id),
        benefits=benefits,
        proofs=ledger.claims_of(work, benefits),
        costs=ledger.costs(work, goal.id),
        history=ledger.history(work, goal.id),
    )


def fields(thing: Any) -> dict[str, Any]:
    """A dataclass as a dictionary for JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(thing, enc_hook=str)
    return plain


def plain_outcome(one: "Outcome") -> dict[str, Any]:
    """An outcome for JSON."""
    return fields(one)


def plain_sheet(one: Sheet) -> dict[str, Any]:
    """A goal with what belongs to it for JSON; claims are the computed ones."""
    benefits = [
        {**fields(benefit), "proven": fields(one.proofs[benefit.id])} for benefit in one.benefits
    ]
    named = ("claim", "grade", "reasons")
    for benefit in benefits:
        benefit["proven"] = dict(zip(named, benefit["proven"], strict=True))
    return {
        **plain_outcome(one.outcome),
        "benefits": benefits,
        "costs": fields(one.costs),
        "history": fields(one.history),
    }


def words(text: Text) -> str:
    """A text in English, or in the first language that it has."""
    return text.get("en") or next(iter(text.values()), "")


def list_of(outcomes: "Sequence[Outcome]") -> None:
    """Where goals stand, one a line."""
    if not outcomes:
        print("There are no goals yet. Begin with a template: citycommons goals templates")
        return
    rows = [
        (
            one.goal.id,
            one.goal.owner or "nobody yet",
            "" if one.goal.baseline is None else f"{one.goal.baseline.value:g}",
            "" if one.latest is None else f"{one.latest.value:g}",
            "" if one.goal.target is None else f"{one.goal.target:g}",
            one.goal.due or "",
            one.not_yet or one.pace.value,
            f"{len(one.changes)} changed afterwards" if one.changes else "",
        )
        for one in outcomes
    ]
    print_columns(("goal", "owner", "baseline", "latest", "target", "due", "stands", "marks"), rows)


def goal(one: Sheet) -> None:
    """A goal with everything that proves it."""
    outcome = one.outcome
    thing, asked = outcome.goal, outcome.goal.indicator
    print(f"{thing.id}: {words(thing.title)}")
    print(f"answers for it: {thing.owner or 'nobody yet'} ({thing.publisher})")
    print(f"measured by: {words(asked.name)} [{asked.unit}], {asked.better.value} is better")
    if asked.sql:
        print(f"question: {' '.join(asked.sql.split())}")
    if thing.baseline is not None:
        said = thing.baseline
        print(f"baseline: {said.value:g} on {said.day}; {said.source}")
    if thing.target is not None:
        print(f"target: {thing.target:g}" + (f" by {thing.due}" if thing.due else ""))
    if outcome.not_yet:
        print(outcome.not_yet)
    elif outcome.latest is not None:
        share = "" if outcome.share is None else f", {outcome.share:.0%} of the way"
        print(f"now: {outcome.latest.value:g} on {outcome.latest.day}{share}, {outcome.pace.value}")
    for change in outcome.changes:
        print(mark(change))
    for measured in outcome.series:
        where = " ".join(measured.inputs) or measured.source
        print(f"measured: {measured.value:g} on {measured.day}; {where}")
    for step in thing.steps:
        print(
            f"step: {words(step.title)}, from {step.first_day or 'no day yet'} {step.link}".rstrip()
        )
    for review in thing.reviews:
        print(f"review {review.day}: {review.seen} {review.changes}".rstrip())
    for benefit in one.benefits:
        _benefit(benefit, one.proofs[benefit.id])
    for cost in one.costs:
        said_of = f"{cost.quantity.low:g} to {cost.quantity.high:g} × {cost.value or cost.currency}"
        print(f"cost: {words(cost.title)}, {said_of}; {cost.source}")
    for past in one.history:
        print(f"revision {past.thing.revision}: {past.at:%Y-%m-%d %H:%M} {past.by} {past.why}")


def mark(one: "BaselineChange") -> str:
    """A mark as a line."""
    had = {"step": "the first step began", "measurement": "the first measurement was made"}
    return (
        f"! {one.what.value} changed on {one.at:%Y-%m-%d}, after {had[one.after.value]} on "
        f"{one.since}: {_state(one.old)} → {_state(one.new)}. Why: {one.why or 'not said'}"
    )


def _state(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "sql"):
        return " ".join(value.sql.split()) or words(value.name)
    return f"{value.value:g} on {value.day}"


def _benefit(one: "Benefit", proof: "Proof") -> None:
    surprise = "" if one.is_expected else ", unexpected"
    print(f"benefit: {words(one.title)}, {proof.claim.value}, grade {proof.grade.value}{surprise}")
    amount = (
        f"{one.quantity.low:g} to {one.quantity.high:g} × {one.value or 'no unit value'} a year"
    )
    print(f"  {amount}; {one.quantity_source}")
    for reason in proof.reasons:
        print(f"  {reason}")


def template(one: "Template") -> None:
    """What a template brings."""
    print(f"{one.id}: {words(one.title)}")
    print(f"problem: {words(one.problem.title)}")
    print(f"goal: {words(one.goal.title)}")
    print(f"measured by: {words(one.goal.indicator.name)} [{one.goal.indicator.unit}]")
    for benefit in one.benefits:
        print(f"benefit: {words(benefit.title)}; {benefit.quantity_source}")
    for cost in one.costs:
        print(f"cost: {words(cost.title)}; {cost.source}")
    if one.holes:
        print(f"its question asks for: {', '.join(one.holes)} (--with NAME=VALUE)")
    if one.gap:
        print(one.gap)
    print(f"source: {one.source}")


def again(found: "Sequence[Again]") -> None:
    """Measurements that were computed again."""
    rows = [
        (
            one.measurement.day,
            repr(one.measurement.value),
            "" if one.value is None else repr(one.value),
            one.why_not or ("the same to the last bit" if one.is_same else "DIFFERENT"),
        )
        for one in found
    ]
    print_columns(("day", "kept", "again", ""), rows)


def unit_values(found: "Sequence[UnitValue]", doubts: "Mapping[ValueId, tuple[str, ...]]") -> None:
    """Unit values, with what has to be known of them."""
    rows = [
        (
            one.id,
            f"{one.amount.low:g} to {one.amount.high:g}",
            one.currency,
            one.unit,
            one.price_year,
            one.source[:60],
            f"{len(doubts[one.id])} warnings" if doubts[one.id] else "",
        )
        for one in found
    ]
    if rows:
        print_columns(("value", "amount", "currency", "unit", "prices of", "source", ""), rows)
