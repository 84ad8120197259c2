"""Lines of a statement that are more than one number: datasets, goals, reuses, stories, demand."""

from dataclasses import dataclass
from datetime import date

from citycommons.core.goals import Better
from citycommons.core.types import DatasetId, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetLine:
    """One of the most used datasets: requests here, and at copies by certainty."""

    id: DatasetId
    title: Text
    here: int
    reported: int = 0
    declared: int = 0
    estimated: int = 0

    @property
    def total(self) -> int:
        return self.here + self.reported + self.declared + self.estimated


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalLine:
    """An objective: from where, where it stands, whereto, and how far that is proven."""

    id: str
    title: Text
    owner: str
    indicator: Text
    unit: str  # UCUM
    better: Better
    baseline: float | None
    baseline_day: date | None
    now: float | None
    now_day: date | None
    target: float | None
    due: date | None
    series: tuple[float, ...]  # measurements, the oldest first
    claim: str  # `Claim`, the farthest of its benefits
    grade: str  # `Grade` of that claim
    reasons: tuple[str, ...]  # why no higher one
    changed_baselines: int  # how often the baseline was changed after it was set
    query: str  # SQL as it was asked, or where a person has the number from
    inputs: tuple[str, ...]  # dataset@digest
    is_public: bool

    @property
    def progress(self) -> float | None:
        """The share of the way from the baseline to the target; below 0 it went the wrong way."""
        if self.baseline is None or self.now is None or self.target in (None, self.baseline):
            return None
        return (self.now - self.baseline) / ((self.target or 0.0) - self.baseline)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReuseLine:
    """Something that was made of the data, confirmed by a steward."""

    id: str
    title: str
    kind: str
    maker: str
    url: str
    created: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """What changed in the city, told with its data."""

    id: str
    title: Text
    lead: Text
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WishLine:
    """Data that people ask for, or search for and do not find."""

    title: str
    count: int  # of who needs them, or of searches
    request: str = ""  # id of the request; empty for a search


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What the statement does not know: key of words, and how many of them."""

    key: str
    count: int = 1
