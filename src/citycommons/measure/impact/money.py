"""What it was worth and what it cost, with ranges: benefits proven and claimed, NPV, payback."""

from collections.abc import Sequence

from citycommons.measure.impact.figures import Figure, Rule, unknown
from citycommons.measure.impact.lines import GoalLine
from citycommons.measure.impact.scope import Basis


def money(basis: Basis, goals: Sequence[GoalLine]) -> tuple[Figure, ...]:
    """Figures in money."""
    names = ("money.proven", "money.claimed", "money.costs", "money.npv", "money.bcr")
    return tuple(
        unknown(one, Rule.MONEY, "no_benefits", unit="EUR", as_of=basis.as_of) for one in names
    )
