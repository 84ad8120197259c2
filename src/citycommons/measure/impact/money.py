"""What it was worth and what it cost: kept appraisals, proven and claimed never mixed.

The appraisal of the whole city counts where there is one, else those of goals are added up: their
likely values, and their ends, which makes the range wider than it would be for all at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from citycommons.core.goals import GoalId
from citycommons.measure.appraisal import kept
from citycommons.measure.appraisal.types import Appraisal, Outcome, Quantiles
from citycommons.measure.impact.figures import Figure, Rule, Sureness, unknown
from citycommons.measure.impact.lines import GoalLine
from citycommons.measure.impact.scope import Audience, Basis

_NAMES = ("money.proven", "money.claimed", "money.costs", "money.npv", "money.bcr")
Part = Callable[[Appraisal], Quantiles]
_PARTS: dict[str, tuple[str, Part]] = {
    "money.proven": ("benefits that are proven", lambda one: one.results.proven.benefits),
    "money.claimed": (
        "benefits, with those only claimed",
        lambda one: one.results.with_claims.benefits,
    ),
    "money.costs": ("costs", lambda one: one.results.proven.costs),
    "money.npv": ("net present value of what is proven", lambda one: one.results.proven.npv),
}


def money(basis: Basis, goals: Sequence[GoalLine]) -> tuple[Figure, ...]:
    """Present values of the newest appraisals that were made by the end of the period."""
    found = _appraised(basis, goals)
    if not found:
        return _missing(basis, _why(basis, goals))
    if len({(one.inputs.currency, one.inputs.price_year) for one in found}) > 1:
        return _missing(basis, "currencies")
    put = _Put(basis=basis, every=found)
    figures = [put.sum(id) for id in _PARTS]
    if len(found) == 1:
        figures += [put.ratio(found[0].results.proven), put.payback(found[0].results.proven)]
    return tuple(figures)


def _why(basis: Basis, goals: Sequence[GoalLine]) -> str:
    if basis.scope.audience is Audience.PUBLIC:
        return "not_released"
    return "no_appraisal" if any(one.claim for one in goals) else "no_benefits"


def _missing(basis: Basis, why: str) -> tuple[Figure, ...]:
    return tuple(unknown(id, Rule.MONEY, why, unit="EUR", as_of=basis.as_of) for id in _NAMES)


def _appraised(basis: Basis, goals: Sequence[GoalLine]) -> list[Appraisal]:
    asked: list[GoalId | None] = [GoalId(one.id) for one in goals]
    if basis.scope.publisher is None:
        asked.append(None)
    newest = kept.latest(basis.work, asked) if asked else {}
    known = {id: one for id, one in newest.items() if one.created < basis.until}
    if None in known:
        return [known[None]]
    return [known[id] for id in sorted(id for id in known if id is not None)]


@dataclass(frozen=True, slots=True)
class _Put:
    """Makes figures of appraisals."""

    basis: Basis
    every: Sequence[Appraisal]

    def sum(self, id: str) -> Figure:
        words, part = _PARTS[id]
        parts = [part(one) for one in self.every]
        return self._figure(
            id,
            unit=self.every[0].inputs.currency,
            words=words,
            value=sum(one.likely for one in parts),
            low=sum(one.low for one in parts),
            high=sum(one.high for one in parts),
        )

    def ratio(self, proven: Outcome) -> Figure:
        found = proven.ratio
        if found is None:
            as_of = self.basis.as_of
            return unknown("money.bcr", Rule.MONEY, "no_costs", unit="{ratio}", as_of=as_of)
        return self._figure(
            "money.bcr",
            unit="{ratio}",
            words="benefits that are proven to costs",
            value=found.likely,
            low=found.low,
            high=found.high,
        )

    def payback(self, proven: Outcome) -> Figure:
        found, base = proven.payback, self.every[0].inputs.base_year - 1  # the first year is year 1
        if found.middle is None:
            as_of = self.basis.as_of
            return unknown("money.payback", Rule.MONEY, "never_pays", unit="a", as_of=as_of)
        return self._figure(
            "money.payback",
            unit="a",
            words="first year from which on the sum of all flows stays at zero or above",
            value=found.middle - base,
            low=None if found.early is None else found.early - base,
            high=None if found.late is None else found.late - base,
        )

    def _figure(
        self,
        id: str,
        *,
        unit: str,
        words: str,
        value: float,
        low: float | None,
        high: float | None,
    ) -> Figure:
        return Figure(
            id=id,
            value=_short(value),
            unit=unit,
            rule=Rule.MONEY,
            sureness=Sureness.COMPUTED,
            as_of=self.basis.as_of,
            query=f"{words}; {'; '.join(map(_told, self.every))}",
            inputs=tuple(map(_address, self.every)),
            low=None if low is None else _short(low),
            high=None if high is None else _short(high),
        )


def _told(one: Appraisal) -> str:
    inputs = one.inputs
    return (
        f"appraisal {one.id} (sha-256 {one.digest}): present values of {inputs.base_year} over "
        f"{inputs.horizon} years, prices of {inputs.price_year}, most likely, 5 % and 95 % of "
        f"{inputs.draws} draws"
    )


def _address(one: Appraisal) -> str:
    goal = one.inputs.goal
    return "/goals" if goal is None else f"/goals/{goal}/appraisals/{one.id}"


def _short(value: float) -> float:
    """Six significant digits: what the draws can tell, and the same on every machine."""
    return float(f"{value:.6g}")
