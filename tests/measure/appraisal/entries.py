"""Entries of a ledger for tests of the money, with sensible numbers where nothing is said."""

from typing import Any

from citycommons.core.goals import (
    Benefit,
    BenefitId,
    Claim,
    Cost,
    CostId,
    CostKind,
    GoalId,
    Grade,
    Range,
    UnitValue,
    ValueId,
)
from citycommons.core.types import PublisherId
from citycommons.measure.appraisal.optimism import shipped as allowances
from citycommons.measure.appraisal.schedules import Rate, Schedule
from citycommons.measure.appraisal.types import Inputs, Proof

FLAT = Schedule(
    id="flat", title="No discounting", source="Test", year=2026, country="EU", steps=(Rate(rate=0),)
)


def exactly(value: float) -> Range:
    return Range(low=value, likely=value, high=value)


def a_value(id: str = "hour", **said: Any) -> UnitValue:
    usual: dict[str, Any] = {
        "title": {"en": id},
        "unit": "h",
        "amount": exactly(10.0),
        "currency": "EUR",
        "price_year": 2024,
        "country": "EU",
        "source": "Test",
        "year": 2024,
        "is_checked": True,
    }
    return UnitValue(id=ValueId(id), **(usual | said))


def a_benefit(id: str = "b", **said: Any) -> Benefit:
    usual: dict[str, Any] = {
        "goal": GoalId("g"),
        "title": {"en": id},
        "beneficiaries": {"en": "all"},
        "quantity": exactly(100.0),
        "quantity_source": "Test",
        "value": ValueId("hour"),
        "first_year": 2024,
    }
    return Benefit(id=BenefitId(id), **(usual | said))


def a_cost(id: str = "c", **said: Any) -> Cost:
    usual: dict[str, Any] = {
        "goal": GoalId("g"),
        "publisher": PublisherId("roads"),
        "title": {"en": id},
        "kind": CostKind.OTHER,
        "quantity": exactly(500.0),
        "source": "Test",
        "first_year": 2024,
    }
    return Cost(id=CostId(id), **(usual | said))


def measured(*benefits: Benefit) -> tuple[Proof, ...]:
    return tuple(
        Proof(benefit=one.id, claim=Claim.MEASURED, grade=Grade.B, reasons=()) for one in benefits
    )


def some_inputs(**said: Any) -> Inputs:
    benefits = said.get("benefits", (a_benefit(),))
    usual: dict[str, Any] = {
        "goal": GoalId("g"),
        "benefits": benefits,
        "costs": (a_cost(),),
        "values": (a_value(),),
        "proofs": measured(*benefits),
        "schedule": FLAT,
        "base_year": 2024,
        "horizon": 10,
        "price_year": 2024,
        "currency": "EUR",
        "optimism": allowances()["none"],
        "so_far": 2025,
        "draws": 200,
        "seed": 1,
    }
    return Inputs(**(usual | said))
