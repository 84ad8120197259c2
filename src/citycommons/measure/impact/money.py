"""What it was worth and what it cost: the city's appraisal, proven and claimed never mixed."""

from collections.abc import Sequence

from citycommons.measure.appraisal import kept
from citycommons.measure.appraisal.types import Appraisal, Outcome, Quantiles
from citycommons.measure.impact.figures import Figure, Rule, Sureness, unknown
from citycommons.measure.impact.lines import GoalLine
from citycommons.measure.impact.scope import Basis

_NAMES = ("money.proven", "money.claimed", "money.costs", "money.npv", "money.bcr")
_LOOKED_AT = 20


def money(basis: Basis, goals: Sequence[GoalLine]) -> tuple[Figure, ...]:
    """Present values of the newest appraisal of the whole city that was made by then."""
    if basis.scope.publisher is not None:
        return _missing(basis, "whole_city")
    found = [
        one for one in kept.of_goal(basis.work, None, limit=_LOOKED_AT) if one.created < basis.until
    ]
    if not found:
        return _missing(basis, "no_appraisal" if any(g.claim for g in goals) else "no_benefits")
    return _figures(basis, found[0])


def _missing(basis: Basis, why: str) -> tuple[Figure, ...]:
    return tuple(unknown(id, Rule.MONEY, why, unit="EUR", as_of=basis.as_of) for id in _NAMES)


def _figures(basis: Basis, one: Appraisal) -> tuple[Figure, ...]:
    proven, hoped = one.results.proven, one.results.with_claims
    put = _Put(basis=basis, one=one)
    return (
        put.money("money.proven", proven.benefits, "benefits that are proven"),
        put.money("money.claimed", hoped.benefits, "benefits, with those only claimed"),
        put.money("money.costs", proven.costs, "costs"),
        put.money("money.npv", proven.npv, "net present value of what is proven"),
        put.ratio(proven),
        put.payback(proven),
    )


class _Put:
    """Makes figures of one appraisal."""

    def __init__(self, basis: Basis, one: Appraisal) -> None:
        self.basis, self.one = basis, one

    def money(self, id: str, found: Quantiles, words: str) -> Figure:
        inputs = self.one.inputs
        return self._figure(id, found, inputs.currency, words)

    def ratio(self, proven: Outcome) -> Figure:
        if proven.ratio is None:
            as_of = self.basis.as_of
            return unknown("money.bcr", Rule.MONEY, "no_costs", unit="1", as_of=as_of)
        return self._figure("money.bcr", proven.ratio, "{ratio}", "benefits to costs")

    def payback(self, proven: Outcome) -> Figure:
        year, as_of = proven.payback.middle, self.basis.as_of
        if year is None:
            return unknown("money.payback", Rule.MONEY, "never_pays", unit="a", as_of=as_of)
        base = self.one.inputs.base_year - 1  # the first year is year 1
        early, late = proven.payback.early, proven.payback.late
        return Figure(
            id="money.payback",
            value=year - base,
            unit="a",
            rule=Rule.MONEY,
            sureness=Sureness.COMPUTED,
            as_of=as_of,
            query=self._query("first year from which on all flows stay at zero or above"),
            inputs=self._inputs(),
            low=None if early is None or late is None else early - base,
            high=None if early is None or late is None else late - base,
        )

    def _figure(self, id: str, found: Quantiles, unit: str, words: str) -> Figure:
        return Figure(
            id=id,
            value=_short(found.likely),
            unit=unit,
            rule=Rule.MONEY,
            sureness=Sureness.COMPUTED,
            as_of=self.basis.as_of,
            query=self._query(words),
            inputs=self._inputs(),
            low=_short(found.low),
            high=_short(found.high),
        )

    def _query(self, words: str) -> str:
        inputs = self.one.inputs
        return (
            f"appraisal {self.one.id}, sha-256 {self.one.digest}: {words}; present values of "
            f"{inputs.base_year} over {inputs.horizon} years, in prices of {inputs.price_year}, "
            f"most likely, 5 % and 95 % of {inputs.draws} draws"
        )

    def _inputs(self) -> tuple[str, ...]:
        return (f"/appraisals/{self.one.id}",)


def _short(value: float) -> float:
    """Six significant digits: what the draws can tell, and the same on every machine."""
    return float(f"{value:.6g}")
