"""What a quality score is made of: metrics with points, each with what to do next."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One thing that is measured. `next_step` is what to do where points are missing."""

    name: str  # stable: "keywords", "file-size"
    title: str
    dimension: str = ""
    points: float
    of: float
    value: float | None = None  # what decided: a share 0..1, days, a count
    next_step: str = ""  # in English; empty where nothing is missing

    @property
    def holds(self) -> bool:
        """Whether no point is missing."""
        return self.points >= self.of


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A dataset and version by one method."""

    method: str  # "udata", "mqa", "content"
    title: str
    metrics: tuple[Metric, ...]
    rating: str = ""  # in the method's own words
    source: str = ""  # address where the method is written down

    @property
    def points(self) -> float:
        return round(sum(metric.points for metric in self.metrics), 2)

    @property
    def of(self) -> float:
        return sum(metric.of for metric in self.metrics)

    @property
    def share(self) -> float:
        """Points out of all, 0..1."""
        return self.points / self.of if self.of else 0.0

    @property
    def next_steps(self) -> tuple[Metric, ...]:
        """What is missing, the most points first."""
        missing = [metric for metric in self.metrics if not metric.holds]
        return tuple(sorted(missing, key=lambda metric: metric.points - metric.of))


def yes(
    name: str, title: str, holds: bool, of: float, next_step: str, dimension: str = ""
) -> Metric:
    """A metric that holds or does not."""
    return Metric(
        name=name,
        title=title,
        dimension=dimension,
        points=of if holds else 0.0,
        of=of,
        next_step="" if holds else next_step,
    )
