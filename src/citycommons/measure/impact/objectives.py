"""Where the city's objectives stand, and how far that is proven."""

from citycommons.measure.impact.lines import GoalLine
from citycommons.measure.impact.scope import Basis


def goals(basis: Basis) -> tuple[GoalLine, ...]:
    """Objectives that the statement's readers may see, with their last measurement by its day."""
    return ()
