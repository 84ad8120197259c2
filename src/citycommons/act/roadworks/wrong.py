"""How wrong we were: forecasts of works that are over against what was measured, all together."""

from dataclasses import dataclass
from datetime import date

from citycommons.act.roadworks import rights
from citycommons.act.roadworks.evaluation import Evaluation, from_row
from citycommons.act.roadworks.experience import Experience, Past, experience
from citycommons.act.roadworks.types import Range
from citycommons.core.study import ClaimClass
from citycommons.core.types import DatasetId
from citycommons.core.works import WorksId
from citycommons.govern.access import Action, allows
from citycommons.store import catalogue
from citycommons.store import evaluations as rows
from citycommons.store import works as register_rows
from citycommons.store.work import Work

_SD = 2 * 1.645  # half-widths of a 90 % interval in a standard deviation, both sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One works: vehicles an hour that were forecast to move, and that were measured to."""

    works: WorksId
    title: str
    first_day: date
    last_day: date
    forecast: Range | None  # summed over the counters that count; None without a forecast
    measured: Range | None
    hours: int  # pairs of counter and hour
    hits: int
    claim: ClaimClass
    correction: float = 1.0  # in the forecast already
    widening: float = 1.0

    @property
    def is_hit(self) -> bool | None:
        """Whether the forecast range held what was measured; None if there is nothing to say."""
        if self.forecast is None or self.measured is None:
            return None
        return self.forecast.low <= self.measured.middle <= self.forecast.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All works that were evaluated, and what they come to."""

    works: tuple[Verdict, ...]
    experience: Experience
    hours: int
    hits: int

    @property
    def coverage_of_hours(self) -> float | None:
        """Share of single hours at single counters whose range held; ranges are meant for 0.9."""
        return self.hits / self.hours if self.hours else None


def record(work: Work) -> Record:
    """Bias and coverage over all evaluated works that the actor may see."""
    found = [_verdict(one) for one in _visible(work)]
    return Record(
        works=tuple(found),
        experience=experience([one for verdict in found if (one := _past(verdict))]),
        hours=sum(one.hours for one in found),
        hits=sum(one.hits for one in found),
    )


def of_works(work: Work, id: WorksId) -> Verdict | None:
    """What was measured of these works; None where nothing was, or the actor may not read it."""
    row = rows.of_works(work.db, id)
    one = None if row is None else from_row(row)
    return _verdict(one) if one is not None and _may_read(work, one) else None


def learned(work: Work) -> Experience:
    """By what the next forecast is corrected and its ranges widened: of all works, whoever asks."""
    every = (_verdict(from_row(row)) for row in rows.latest(work.db))
    return experience([one for verdict in every if (one := _past(verdict))])


def _visible(work: Work) -> list[Evaluation]:
    found = []
    for row in rows.latest(work.db):
        works = register_rows.get(work.db, row.works)
        if works is not None and rights.may_see(work, works):
            one = from_row(row)
            if _may_read(work, one):
                found.append(one)
    return found


def _may_read(work: Work, one: Evaluation) -> bool:
    """Whether the actor may read all that was counted: sums of hidden counts stay hidden."""
    ids = [DatasetId(name.partition("@")[0]) for name in one.study.inputs]
    known = {dataset.id: dataset for dataset in catalogue.datasets(work.db, ids)}
    return all(id in known and allows(work.actor, Action.READ, known[id]) for id in ids)


def _verdict(one: Evaluation) -> Verdict:
    hours = one.hours
    forecast = measured = None
    if hours:
        # Summed in the direction that was forecast, so that streets that gain and streets that
        # lose do not cancel.
        signs = [1 if hour.predicted.middle >= 0 else -1 for hour in hours]
        forecast = _sum(
            [_turned(h.predicted, s, h.vehicles) for h, s in zip(hours, signs, strict=True)]
        )
        measured = _sum(
            [_turned(h.measured, s, h.vehicles) for h, s in zip(hours, signs, strict=True)]
        )
    return Verdict(
        works=WorksId(str(one.works)),
        title=one.title,
        first_day=one.first_day,
        last_day=one.last_day,
        forecast=forecast,
        measured=measured,
        hours=len(hours),
        hits=sum(hour.is_hit for hour in hours),
        claim=one.study.claim,
        correction=one.correction,
        widening=one.widening,
    )


def _past(one: Verdict) -> Past | None:
    if one.forecast is None or one.measured is None:
        return None
    # As the model alone said it: what was corrected and widened then must not teach twice.
    middle, wide = one.forecast.middle / one.correction, one.correction * one.widening
    return Past(
        forecast=Range(
            low=middle - (one.forecast.middle - one.forecast.low) / wide,
            middle=middle,
            high=middle + (one.forecast.high - one.forecast.middle) / wide,
        ),
        measured=one.measured.middle,
        measured_sd=(one.measured.high - one.measured.low) / _SD,
    )


def _turned(one: Range, sign: int, vehicles: float) -> Range:
    ends = sorted((one.low * sign * vehicles, one.high * sign * vehicles))
    return Range(low=ends[0], middle=one.middle * sign * vehicles, high=ends[1])


def _sum(many: list[Range]) -> Range:
    """As if all erred together: one forecast's counters stand or fall with the same demand."""
    return Range(
        low=sum(one.low for one in many),
        middle=sum(one.middle for one in many),
        high=sum(one.high for one in many),
    )
