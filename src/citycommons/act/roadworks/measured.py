"""Effects on single counters, as they come from the panel, as parts of an evaluation."""

from collections.abc import Iterable
from dataclasses import dataclass

from citycommons.act.model.types import DayType
from citycommons.act.roadworks.evaluation import CounterEvaluation, Hour
from citycommons.act.roadworks.types import Range
from citycommons.act.roadworks.watched import Watched
from citycommons.core.errors import Invalid
from citycommons.core.study import ClaimClass, Finding, Study
from citycommons.store.work import Work
from citycommons.understand.cause import faults
from citycommons.understand.cause.measure import Measured, Question, measure_clean
from citycommons.understand.cause.types import Estimate

METHOD = (
    "Synthetic difference-in-differences on daily counts as shares of each counter's usual week; "
    "intervals from placebos on untouched counters; difference-in-differences, synthetic control "
    "and Bayesian structural time series beside it."
)
_ORDER = tuple(ClaimClass)


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """What a forecast says of one counter in one hour: relative change, vehicles an hour before."""

    day: DayType
    hour: int
    change: Range
    before: float


def measured(
    seen: Watched,
    counters: Iterable[str],
    question: Question,
    predicted: dict[str, tuple[Predicted, ...]],
) -> tuple[list[CounterEvaluation], list[str]]:
    """Measure each counter; those that cannot be come back as sentences."""
    named = tuple(counters)
    first = max(0, seen.panel.day(question.window.first_day))
    last = seen.panel.day(question.window.last_day)
    panel, wrong = faults.clean(seen.panel, closed=named, from_day=first, to_day=last + 1)
    found, left = [], []
    for name in named:
        if name not in panel.sensors:
            left.append(f"{name}: nothing was counted in these days.")
            continue
        try:
            one = measure_clean(panel, wrong, name, question)
        except Invalid as cause:
            left.append(f"{name}: {cause}")
            continue
        found.append(_told(seen, one, predicted.get(name, ())))
    return found, left


def study(
    work: Work, question: str, found: list[CounterEvaluation], inputs: tuple[str, ...]
) -> Study:
    """The study that these counters make."""
    lowest = min((one.claim for one in found), key=_ORDER.index, default=ClaimClass.DESCRIPTIVE)
    return Study(
        question=question,
        method=METHOD,
        inputs=inputs,
        assumptions=(
            "What else changed in these days changed at the controls as well.",
            "Counters that serve as controls were not touched by the works.",
            "Days on which the whole city drove far less or more than usual are left out.",
        ),
        findings=tuple(
            Finding(
                name=one.counter,
                value=one.change.middle,
                low=one.change.low,
                high=one.change.high,
                claim=one.claim,
            )
            for one in found
        ),
        claim=lowest,
        reasons=tuple(
            dict.fromkeys(reason for one in found if one.claim is lowest for reason in one.reasons)
        ),
        made=work.now,
    )


def _told(seen: Watched, one: Measured, predicted: tuple[Predicted, ...]) -> CounterEvaluation:
    during = [day for day in one.days if day.day >= one.window.first_day]
    return CounterEvaluation(
        counter=one.sensor,
        at=seen.junctions.get(one.sensor, ""),
        place=seen.places.get(one.sensor),
        change=_range(one.relative),
        change_95=Range(
            low=one.relative.interval_95.low,
            middle=one.relative.value,
            high=one.relative.interval_95.high,
        ),
        p=one.relative.p,
        seen_per_day=sum(day.seen for day in during) / len(during),
        would_per_day=sum(day.would for day in during) / len(during),
        total=_range(one.total),
        by_kind_of_day={name: _range(part) for name, part in one.by_kind_of_day.items()},
        by_hour={hour: _range(part) for hour, part in one.by_hour.items()},
        others={other.method: _range(other) for other in one.others},
        claim=one.claim.level,
        reasons=one.claim.reasons,
        verdict=one.signs.verdict.value,
        hours=tuple(
            Hour(
                day=hour.day,
                hour=hour.hour,
                predicted=hour.change,
                measured=_range(one.by_hour[hour.hour]),
                vehicles=hour.before,
            )
            for hour in predicted
            if hour.hour in one.by_hour
        ),
    )


def _range(one: Estimate) -> Range:
    return Range(low=one.interval_90.low, middle=one.value, high=one.interval_90.high)
