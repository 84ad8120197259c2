"""How often copies of our data were taken at other portals, by how surely that is known."""

from dataclasses import dataclass, field

from citycommons.core.copies import Certainty
from citycommons.core.types import DatasetId
from citycommons.measure.impact.figures import Figure, Rule, unknown
from citycommons.measure.impact.scope import Basis

AWAY = (Certainty.REPORTED, Certainty.DECLARED, Certainty.ESTIMATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Uses at copies, as figures and by dataset and certainty."""

    figures: tuple[Figure, ...]
    requests: dict[DatasetId, dict[str, int]] = field(default_factory=dict)


def elsewhere(basis: Basis) -> Elsewhere:
    """Requests at copies in the period."""
    return Elsewhere(
        figures=tuple(
            unknown(
                f"use.elsewhere.{one}", Rule.COPIES, "no_copies", unit="{use}", as_of=basis.as_of
            )
            for one in AWAY
        )
    )
