"""What was made of the data: reuses that a steward confirmed, and stories."""

from dataclasses import dataclass

from citycommons.measure.impact.figures import Figure, Rule, unknown
from citycommons.measure.impact.lines import ReuseLine, StoryLine
from citycommons.measure.impact.scope import Basis

SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Reuses and stories, as figures and as lines, the newest first."""

    figures: tuple[Figure, ...]
    reuses: tuple[ReuseLine, ...] = ()
    stories: tuple[StoryLine, ...] = ()


def made(basis: Basis) -> Made:
    """What came of the data until the period ended."""
    return Made(
        figures=(
            unknown("reuse.confirmed", Rule.REUSES, "no_reuses", unit="{reuse}", as_of=basis.as_of),
        )
    )
