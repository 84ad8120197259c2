"""What the statement does not know, told on its face."""

from collections.abc import Sequence

from citycommons.measure.impact.figures import Figure, Sureness
from citycommons.measure.impact.lines import Gap, GoalLine


def gaps(figures: Sequence[Figure], goals: Sequence[GoalLine]) -> tuple[Gap, ...]:
    """Gaps in a fixed order; those that are none are left out."""
    found = {
        "outside": 1,  # uses of files that were passed on by hand are nowhere counted
        "unmeasured": sum(one.now is None for one in goals),
        "no_baseline": sum(one.baseline is None for one in goals),
        "no_owner": sum(not one.owner for one in goals),
        "unknown": sum(one.sureness is Sureness.UNKNOWN for one in figures),
    }
    return tuple(Gap(key=key, count=count) for key, count in found.items() if count)
