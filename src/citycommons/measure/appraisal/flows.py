"""Yearly benefits and costs, discounted: the whole arithmetic of an appraisal.

Benefit of a year = quantity × unit value × attribution × (1 - deadweight) × (1 - displacement),
less `drop_off` of itself each year after its first; cost of a year = quantity × unit value, or an
amount of money. Both in the prices of one year and in one currency.

References
----------
HM Treasury, The Green Book (net present social value, additionality); Nicholls et al., A Guide to
Social Return on Investment, 2012 (deadweight, displacement, attribution, drop-off).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from citycommons.core.goals import Benefit, Claim, Cost, Range, UnitValue
from citycommons.measure.appraisal import draws
from citycommons.measure.appraisal.prices import exchange, factor
from citycommons.measure.appraisal.schedules import factors
from citycommons.measure.appraisal.types import Factor, Floats, Inputs

OPTIMISM = Factor.OPTIMISM.value
_MOST = 1e15  # of a quantity or an amount


def key(kind: Factor, entry: str) -> str:
    """The name of an input."""
    return f"{kind.value}:{entry}"


def ranges(inputs: Inputs) -> dict[str, Range]:
    """All inputs by name. Raises `Invalid` for one that is no range, or no share of 0..1."""
    found: dict[str, Range] = {}
    for benefit in inputs.benefits:
        if benefit.value is not None:
            found |= _of_benefit(benefit)
    for cost in inputs.costs:
        name = f"Cost “{cost.id}”, quantity"
        found[key(Factor.COST, cost.id)] = draws.checked(cost.quantity, name, least=0.0, most=_MOST)
    for value in inputs.values:
        what = f"Unit value “{value.id}”, amount"
        found[key(Factor.UNIT_VALUE, value.id)] = draws.checked(
            value.amount, what, least=0.0, most=_MOST
        )
    uplift = inputs.optimism.uplift
    found[OPTIMISM] = draws.checked(uplift, "Allowance for optimism", least=0.0, most=10.0)
    return found


def _of_benefit(benefit: Benefit) -> dict[str, Range]:
    shares = {
        Factor.ATTRIBUTION: benefit.attribution,
        Factor.DEADWEIGHT: benefit.deadweight,
        Factor.DISPLACEMENT: benefit.displacement,
        Factor.DROP_OFF: benefit.drop_off,
    }
    name = f"Benefit “{benefit.id}”"
    # A harm that comes with the rest is a benefit below zero.
    quantity = draws.checked(benefit.quantity, f"{name}, quantity", least=-_MOST, most=_MOST)
    return {key(Factor.QUANTITY, benefit.id): quantity} | {
        key(kind, benefit.id): draws.checked(share, f"{name}, {kind.value}", least=0.0, most=1.0)
        for kind, share in shares.items()
    }


def lift(inputs: Inputs, currency: str, of_year: int) -> float:
    """By what money of this currency and year is multiplied to be in the appraisal's.

    Raises `Invalid` where no deflator or no rate is among the inputs.
    """
    known = {one.currency: one for one in inputs.deflators}
    risen = factor(known.get(currency), currency, of_year, inputs.price_year)
    return risen * exchange(inputs.rates, currency, inputs.currency)


def year_of_prices(inputs: Inputs, cost: Cost) -> int:
    """In whose prices an amount of money is: what is spent later is planned in today's prices."""
    return min(cost.first_year, inputs.price_year)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Discounted money by year, and by entry over all years; each array of shape (draws,)."""

    proven: list[Floats]  # one a year, from the base year on
    claimed: list[Floats]
    costs: list[Floats]
    parts: dict[str, Floats] = field(default_factory=dict)

    def benefits(self, *, with_claims: bool) -> list[Floats]:
        """Benefits by year: the proven ones, or all."""
        if not with_claims:
            return self.proven
        return [one + other for one, other in zip(self.proven, self.claimed, strict=True)]

    def running(self, *, with_claims: bool) -> list[Floats]:
        """Benefits less costs, added up to each year."""
        total = np.zeros_like(self.costs[0])
        found = []
        benefits = self.benefits(with_claims=with_claims)
        for benefit, cost in zip(benefits, self.costs, strict=True):
            total = total + (benefit - cost)
            found.append(total)
        return found


def sums(inputs: Inputs, x: Mapping[str, Floats]) -> Sums:
    """All flows for these values of the inputs, each array of one shape (n,)."""
    n, years = len(x[OPTIMISM]), inputs.horizon + 1
    found = Sums(
        proven=[np.zeros(n) for _ in range(years)],
        claimed=[np.zeros(n) for _ in range(years)],
        costs=[np.zeros(n) for _ in range(years)],
    )
    values = {one.id: one for one in inputs.values}
    known = proven(inputs)
    for benefit in inputs.benefits:
        if benefit.value is not None:
            into = found.proven if benefit.id in known else found.claimed
            _add(found, into, benefit.id, _benefit(inputs, benefit, values[benefit.value], x))
    for cost in inputs.costs:
        value = None if cost.value is None else values[cost.value]
        _add(found, found.costs, cost.id, _cost(inputs, cost, value, x))
    return found


def _add(sums: Sums, into: list[Floats], entry: str, flow: Iterator[tuple[int, Floats]]) -> None:
    whole = np.zeros_like(into[0])
    for place, money in flow:
        into[place] = into[place] + money
        whole = whole + money
    sums.parts[entry] = whole


def proven(inputs: Inputs) -> frozenset[str]:
    """Benefits that count as realised."""
    real = {Claim.MEASURED, Claim.EVALUATED}
    return frozenset(one.benefit for one in inputs.proofs if one.claim in real)


def _benefit(
    inputs: Inputs, one: Benefit, value: UnitValue, x: Mapping[str, Floats]
) -> Iterator[tuple[int, Floats]]:
    money = x[key(Factor.QUANTITY, one.id)] * x[key(Factor.UNIT_VALUE, value.id)]
    money = money * lift(inputs, value.currency, value.price_year)
    money = money * x[key(Factor.ATTRIBUTION, one.id)]
    money = money * (1.0 - x[key(Factor.DEADWEIGHT, one.id)])
    money = money * (1.0 - x[key(Factor.DISPLACEMENT, one.id)])
    discount = factors(inputs.apart.get(value.id, inputs.schedule), inputs.horizon)
    kept = 1.0 - x[key(Factor.DROP_OFF, one.id)]
    for year in range(one.first_year, one.first_year + one.years):
        place = year - inputs.base_year
        if place > inputs.horizon:
            return
        if place >= 0:
            yield place, money * discount[place]
        money = money * kept


def _cost(
    inputs: Inputs, one: Cost, value: UnitValue | None, x: Mapping[str, Floats]
) -> Iterator[tuple[int, Floats]]:
    money = x[key(Factor.COST, one.id)] * (1.0 + x[OPTIMISM])
    if value is None:
        money = money * lift(inputs, one.currency, year_of_prices(inputs, one))
    else:
        money = money * x[key(Factor.UNIT_VALUE, value.id)]
        money = money * lift(inputs, value.currency, value.price_year)
    discount = factors(inputs.schedule, inputs.horizon)
    first, last = one.first_year - inputs.base_year, inputs.horizon
    for place in range(max(first, 0), min(first + one.years - 1, last) + 1):
        yield place, money * discount[place]
