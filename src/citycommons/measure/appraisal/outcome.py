"""From flows to what is told of them: net present value, ratio, payback, years and parts."""

import math
from dataclasses import replace

import numpy as np

from citycommons.core.errors import Invalid, TooMuch
from citycommons.measure.appraisal import draws
from citycommons.measure.appraisal.flows import Sums, proven, ranges, sums
from citycommons.measure.appraisal.notes import notes
from citycommons.measure.appraisal.schedules import LONGEST, factors
from citycommons.measure.appraisal.swings import swings
from citycommons.measure.appraisal.types import (
    METHOD,
    Floats,
    Inputs,
    Outcome,
    Part,
    Payback,
    Quantiles,
    Results,
    Year,
)

MOST_DRAWS = 100_000
_FIRST_YEAR, _LAST_YEAR = 1950, 2150
_MOST_SEED = 2**53 - 1  # the whole numbers that JSON keeps everywhere
_MOST_CELLS = 1e9  # draws × years × entries: some ten seconds


def results(inputs: Inputs) -> Results:
    """Both results of these inputs: to the last bit the same wherever and whenever computed.

    Raises `Invalid` for inputs that are no ranges, mix prices or currencies, or are of an edition
    of the arithmetic that this program does not know; `TooMuch` for more draws than are computed.
    """
    inputs = _sorted(_checked(inputs))
    known = ranges(inputs)
    likely = sums(inputs, {name: np.array([one.likely]) for name, one in known.items()})
    drawn = sums(inputs, draws.drawn(known, draws=inputs.draws, seed=inputs.seed))
    return Results(
        proven=_outcome(inputs, drawn, likely, with_claims=False),
        with_claims=_outcome(inputs, drawn, likely, with_claims=True),
        notes=notes(inputs),
    )


def _checked(inputs: Inputs) -> Inputs:
    if inputs.method != METHOD:
        raise Invalid(
            f"This result was computed by edition {inputs.method} of the arithmetic, and this "
            f"program knows {METHOD}. Use the program version that made it."
        )
    if not 0 <= inputs.horizon <= LONGEST:
        raise Invalid(f"The horizon is 0 to {LONGEST} years.", column="horizon")
    for name, year in (("base_year", inputs.base_year), ("price_year", inputs.price_year)):
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            raise Invalid(f"Years run from {_FIRST_YEAR} to {_LAST_YEAR}.", column=name)
    if not 0 <= inputs.seed <= _MOST_SEED:
        raise Invalid(f"A seed is a whole number from 0 to {_MOST_SEED}.", column="seed")
    if not 1 <= inputs.draws <= MOST_DRAWS:
        raise TooMuch(f"Draw between 1 and {MOST_DRAWS:,} times.", column="draws")
    entries = len(inputs.benefits) + len(inputs.costs) + 1
    if inputs.draws * (inputs.horizon + 1) * entries > _MOST_CELLS:
        raise TooMuch("That is too much for one appraisal: take fewer draws, or fewer years.")
    return inputs


def _sorted(inputs: Inputs) -> Inputs:
    return replace(
        inputs,
        benefits=tuple(sorted(inputs.benefits, key=lambda one: one.id)),
        costs=tuple(sorted(inputs.costs, key=lambda one: one.id)),
        values=tuple(sorted(inputs.values, key=lambda one: one.id)),
        proofs=tuple(sorted(inputs.proofs, key=lambda one: one.benefit)),
    )


def _outcome(inputs: Inputs, drawn: Sums, likely: Sums, *, with_claims: bool) -> Outcome:
    running = drawn.running(with_claims=with_claims)
    expected = likely.running(with_claims=with_claims)
    benefits = _total(drawn.benefits(with_claims=with_claims))
    benefit = _one(_total(likely.benefits(with_claims=with_claims)))
    costs, cost = _total(drawn.costs), _one(_total(likely.costs))
    npv = running[-1]
    mean, error = _mean(npv)
    past = min(max(inputs.so_far - inputs.base_year, -1), inputs.horizon)
    nothing = np.zeros_like(npv), np.zeros(1)
    reached = (running[past], expected[past]) if past >= 0 else nothing
    return Outcome(
        npv=draws.quantiles(npv, _one(expected[-1])),
        npv_mean=mean,
        npv_error=error,
        share_positive=int(np.count_nonzero(npv > 0)) / len(npv),
        ratio=_ratio(benefits, costs, benefit, cost),
        payback=_payback(inputs, running, expected),
        benefits=draws.quantiles(benefits, benefit),
        costs=draws.quantiles(costs, cost),
        so_far=draws.quantiles(reached[0], _one(reached[1])),
        years=_years(inputs, drawn, likely, with_claims=with_claims),
        parts=_parts(inputs, drawn, likely, with_claims=with_claims),
        swings=swings(inputs, with_claims=with_claims),
    )


def _total(years: list[Floats]) -> Floats:
    whole = np.zeros_like(years[0])
    for one in years:
        whole = whole + one
    return whole


def _one(values: Floats) -> float:
    return float(values[0])


def _mean(values: Floats) -> tuple[float, float]:
    """Mean and its standard error; `fsum` is exact, so its order tells nothing."""
    n = len(values)
    mean = math.fsum(values.tolist()) / n
    off = (values - mean) * (values - mean)
    spread = math.fsum(off.tolist()) / (n - 1) if n > 1 else 0.0
    return mean + 0.0, math.sqrt(spread / n)


def _ratio(benefits: Floats, costs: Floats, benefit: float, cost: float) -> Quantiles | None:
    if cost <= 0 or bool(np.any(costs <= 0)):
        return None
    return draws.quantiles(benefits / costs, benefit / cost)


def _payback(inputs: Inputs, running: list[Floats], expected: list[Floats]) -> Payback:
    places = np.sort(_paid_back(running))
    at = [int(share * (len(places) - 1)) for share in (draws.LOW, draws.MIDDLE, draws.HIGH)]
    early, middle, late = (_year(inputs, int(places[one])) for one in at)
    likely = _year(inputs, int(_paid_back(expected)[0]))
    return Payback(early=early, middle=middle, late=late, likely=likely)


def _paid_back(running: list[Floats]) -> Floats:
    """Place of the first year from which on the sum stays at or above zero."""
    found = np.full_like(running[0], len(running))
    stays = np.ones(len(running[0]), np.bool_)
    for place in range(len(running) - 1, -1, -1):
        stays &= running[place] >= 0
        found = np.where(stays, place, found)
    return found


def _year(inputs: Inputs, place: int) -> int | None:
    return None if place > inputs.horizon else inputs.base_year + place


def _years(inputs: Inputs, drawn: Sums, likely: Sums, *, with_claims: bool) -> tuple[Year, ...]:
    benefits, expected = (one.benefits(with_claims=with_claims) for one in (drawn, likely))
    running, reached = (one.running(with_claims=with_claims) for one in (drawn, likely))
    discount = factors(inputs.schedule, inputs.horizon)
    return tuple(
        Year(
            year=inputs.base_year + place,
            factor=discount[place],
            benefits=draws.quantiles(benefits[place], _one(expected[place])),
            costs=draws.quantiles(drawn.costs[place], _one(likely.costs[place])),
            sum=draws.quantiles(running[place], _one(reached[place])),
        )
        for place in range(inputs.horizon + 1)
    )


def _parts(inputs: Inputs, drawn: Sums, likely: Sums, *, with_claims: bool) -> tuple[Part, ...]:
    counted = proven(inputs) | {one.id for one in inputs.costs}
    return tuple(
        Part(entry=id, value=draws.quantiles(values, _one(likely.parts[id])))
        for id, values in drawn.parts.items()
        if with_claims or id in counted
    )
