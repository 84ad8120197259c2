"""From the ledger to the inputs of an appraisal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from citycommons.core.errors import Invalid
from citycommons.core.goals import (
    Benefit,
    Cost,
    Goal,
    GoalId,
    UnitValue,
    ValueId,
)
from citycommons.core.types import DatasetId
from citycommons.measure.appraisal import optimism, prices
from citycommons.measure.appraisal.prices import Deflator, ExchangeRate
from citycommons.measure.appraisal.schedules import Schedule
from citycommons.measure.appraisal.types import Inputs, Proof

HORIZON, DRAWS, SEED = 10, 10_000, 1
"""What is taken where nothing is said: ten years, ten thousand draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """How an appraisal is made; what is None follows from the entries, and is kept with them."""

    schedule: Schedule
    base_year: int | None = None  # None: the first year of any entry
    horizon: int = HORIZON
    draws: int = DRAWS
    seed: int = SEED
    price_year: int | None = None  # None: the latest of the unit values
    currency: str | None = None  # None: the one that all entries are in
    deflators: Sequence[Deflator] | None = None  # None: those that come with the program
    rates: tuple[ExchangeRate, ...] = ()
    optimism: str = "none"
    apart: Mapping[ValueId, Schedule] = field(default_factory=dict)


def inputs(
    basis: Basis,
    *,
    goal: GoalId | None,
    benefits: Sequence[Benefit],
    costs: Sequence[Cost],
    values: Sequence[UnitValue],
    proofs: Sequence[Proof],
    datasets: Sequence[str],
    year: int,
) -> Inputs:
    """The inputs of these entries on this basis; `year` is the one that is under way.

    Raises `Invalid` where there is nothing to appraise, or where the currency is not clear.
    """
    if not benefits and not costs:
        raise Invalid(
            "There is nothing to appraise yet: enter a benefit or a cost first.", column="value"
        )
    if not costs and all(one.value is None for one in benefits):
        raise Invalid(
            "No benefit has a unit value and no cost is entered: there is no money to sum up yet.",
            column="value",
        )
    used = _used(benefits, costs, values)
    currency = basis.currency or _currency(costs, used)
    price_year = basis.price_year or _price_year(costs, used)
    firsts = [one.first_year for one in benefits] + [one.first_year for one in costs]
    known = prices.shipped().values() if basis.deflators is None else basis.deflators
    mixed = _mixed(price_year, costs, used)
    return Inputs(
        goal=goal,
        benefits=tuple(benefits),
        costs=tuple(costs),
        values=tuple(used),
        proofs=tuple(proofs),
        datasets=tuple(sorted(set(datasets))),
        schedule=basis.schedule,
        apart={id: one for id, one in basis.apart.items() if id in {v.id for v in used}},
        base_year=min(firsts) if basis.base_year is None else basis.base_year,
        horizon=basis.horizon,
        price_year=price_year,
        currency=currency,
        deflators=tuple(one for one in known if one.currency in mixed),
        rates=basis.rates,
        optimism=optimism.named(basis.optimism),
        so_far=year - 1,
        draws=basis.draws,
        seed=basis.seed,
    )


def _used(
    benefits: Sequence[Benefit], costs: Sequence[Cost], values: Sequence[UnitValue]
) -> list[UnitValue]:
    wanted = {one.value for one in benefits if one.value is not None}
    wanted |= {one.value for one in costs if one.value is not None}
    known = {one.id: one for one in values}
    for missing in sorted(wanted - known.keys()):
        raise Invalid(
            f"The unit value “{missing}” is not in the ledger any more. Restore it, or give the "
            "entries that use it another one.",
            column="value",
        )
    return [known[id] for id in sorted(wanted)]


def _currency(costs: Sequence[Cost], values: Sequence[UnitValue]) -> str:
    found = {one.currency for one in values}
    found |= {one.currency for one in costs if one.value is None}
    if len(found) > 1:
        raise Invalid(
            f"These entries are in {' and '.join(sorted(found))}, which cannot be added. Say in "
            "which currency to tell the result, and state a rate with its source.",
            column="currency",
        )
    return found.pop() if found else "EUR"


def _price_year(costs: Sequence[Cost], values: Sequence[UnitValue]) -> int:
    if values:
        return max(one.price_year for one in values)
    return min((one.first_year for one in costs), default=0)


def _mixed(price_year: int, costs: Sequence[Cost], values: Sequence[UnitValue]) -> set[str]:
    """Currencies in which prices of another year have to be brought to the appraisal's."""
    found = {one.currency for one in values if one.price_year != price_year}
    return found | {
        one.currency for one in costs if one.value is None and one.first_year < price_year
    }


def datasets_of(goal: Goal) -> set[DatasetId]:
    """Datasets of which a goal is measured, and which its steps use."""
    return set(goal.indicator.datasets).union(*(step.datasets for step in goal.steps))
