"""What an evaluation says: measured beside predicted, by counter and of the works as a whole."""

from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from citycommons.act.model.types import DayType
from citycommons.act.roadworks.types import Range
from citycommons.core.study import ClaimClass, Study
from citycommons.core.works import Position, WorksId
from citycommons.store.evaluations import EvaluationRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One hour of a day type, for which a change was forecast and measured, relative."""

    day: DayType  # that was forecast; measured are all working days of the works
    hour: int
    predicted: Range
    measured: Range
    vehicles: float  # an hour, that the forecast expected without the works

    @property
    def is_hit(self) -> bool:
        """Whether the forecast range holds what was measured."""
        return self.predicted.low <= self.measured.middle <= self.predicted.high


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterEvaluation:
    """One counter; changes are relative, 0.1 is ten per cent more."""

    counter: str
    at: str  # junction or link it belongs to
    place: Position | None
    change: Range  # over all days of the works, 90 % interval
    change_95: Range
    p: float
    seen_per_day: float
    would_per_day: float
    total: Range  # vehicles over all counted days of the works
    by_kind_of_day: dict[str, Range]
    by_hour: dict[int, Range]  # of workdays
    others: dict[str, Range]  # the same change by other methods
    claim: ClaimClass
    reasons: tuple[str, ...]
    verdict: str  # traffic, unclear, artefact
    hours: tuple[Hour, ...]  # that were forecast

    @property
    def counts(self) -> bool:
        """Whether it is held against the forecast: a renumbered detector tells nothing of it."""
        return bool(self.hours) and self.claim is not ClaimClass.DESCRIPTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Works that are over, as they were measured."""

    id: str
    works: WorksId | None
    title: str
    forecast: str | None
    correction: float = 1.0  # of the forecast, from works before it
    widening: float = 1.0
    first_day: date
    last_day: date
    counters: tuple[CounterEvaluation, ...]
    left_out: tuple[str, ...]  # counters that could not be measured, each with the reason
    study: Study
    created: datetime

    @property
    def hours(self) -> tuple[Hour, ...]:
        """All hours that count as pairs of forecast and measurement."""
        return tuple(hour for one in self.counters if one.counts for hour in one.hours)


def from_row(row: EvaluationRow) -> Evaluation:
    """The evaluation as it was kept."""
    return msgspec.convert(row.body, Evaluation, strict=False)
