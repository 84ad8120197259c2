"""What people ask for: requests for data, and searches that found nothing."""

from citycommons.measure.impact.figures import Figure, Rule, unknown
from citycommons.measure.impact.lines import WishLine
from citycommons.measure.impact.scope import Basis


def figures(basis: Basis) -> tuple[Figure, ...]:
    """How many requests are open, and how many searches found nothing."""
    return (
        unknown("demand.open", Rule.DEMAND, "no_requests", unit="{request}", as_of=basis.as_of),
    )


def wishes(basis: Basis) -> tuple[WishLine, ...]:
    """What is asked for most."""
    return ()
