"""What is known of the city around a file: where it lies, and its own addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from citycommons.core.types import Bbox

if TYPE_CHECKING:
    from citycommons.standardise.gazetteer import Gazetteer


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The box around the city, and the gazetteer of its addresses, where known."""

    bounds: Bbox | None = None
    gazetteer: Gazetteer | None = None


NOWHERE = Surroundings()
