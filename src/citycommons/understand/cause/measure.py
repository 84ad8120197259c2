"""What an event did to one sensor: estimate, parts, cross-checks, tests, and the class earned."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from citycommons.core.errors import Invalid
from citycommons.understand.cause import artefact, claim, faults, parts, structural, synthetic
from citycommons.understand.cause import controls as choose
from citycommons.understand.cause import trial as one
from citycommons.understand.cause.artefact import Signs
from citycommons.understand.cause.claim import Timing
from citycommons.understand.cause.trial import Trial, trial
from citycommons.understand.cause.types import (
    Claim,
    Estimate,
    Fault,
    Floats,
    Interval,
    Ints,
    Panel,
    Window,
)

_PLACEBO_WINDOWS = 3
_COLUMNS = 8  # controls offered to the structural time series, those that go along best


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the sensor's curve: vehicles."""

    day: date
    seen: float
    would: float  # without the event


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The effect on one sensor; `relative` to what would have been counted, the rest vehicles."""

    sensor: str
    window: Window
    relative: Estimate
    per_day: Estimate
    total: Estimate  # over the days of the window that were counted
    by_kind_of_day: dict[str, Estimate]
    by_hour: dict[int, Estimate]
    others: tuple[Estimate, ...]  # the same by other methods, relative
    before_in_time: tuple[Estimate, ...]  # windows before it in which nothing happened
    in_space: dict[str, float]  # the effect "on" each control
    days: tuple[Day, ...]
    signs: Signs
    claim: Claim
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a panel.

    `controls` are sensors known to be untouched; `junctions` names the group of each sensor;
    `is_over` says that the event has ended with the window.
    """

    window: Window
    controls: frozenset[str]
    by_forecast: bool = False
    timing: Timing = Timing.UNKNOWN
    is_over: bool = True
    junctions: Mapping[str, str]
    cross_check: bool = True
    seed: int = 0


def measure(panel: Panel, sensor: str, question: Question) -> Measured:
    """Measure the effect of one event on one sensor.

    Raises
    ------
    Invalid
        If the sensor is not in the panel, or too few days or controls were counted.

    References
    ----------
    Arkhangelsky and others, American Economic Review 111, 2021, 4088–4118 (the estimate); Abadie,
    Journal of Economic Literature 59, 2021, 391–425 (placebos in space and time as inference).
    """
    if sensor not in panel.sensors:
        raise Invalid(f"There are no counts of a sensor “{sensor}” in these days.", sensor=sensor)
    first, last = panel.day(question.window.first_day), panel.day(question.window.last_day)
    clean, wrong = faults.clean(panel, closed=(sensor,), from_day=max(first, 0), to_day=last + 1)
    return measure_clean(clean, wrong, sensor, question)


def measure_clean(
    panel: Panel, wrong: tuple[Fault, ...], sensor: str, question: Question
) -> Measured:
    """The same for a panel that `faults.clean` has gone over already."""
    row = panel.row(sensor)
    first, last = panel.day(question.window.first_day), panel.day(question.window.last_day)
    rows = untouched(panel, row, question)
    found = trial(panel, row, rows, first, last)
    effect = found.estimate()
    junction = question.junctions.get(sensor, "")
    siblings = [
        at for at, name in enumerate(panel.sensors)
        if junction and at != row and question.junctions.get(name) == junction
    ]  # fmt: skip
    signs = artefact.signs(panel, row, siblings, rows, first, last, is_over=question.is_over)
    earlier = _earlier(panel, row, rows, first, last)
    conditions = [
        claim.timing(question.timing),
        *claim.no_artefact(signs),
        claim.enough_data(found),
        claim.enough_controls(found, by_forecast=question.by_forecast),
        claim.quiet_controls(found),
        claim.fit(found),
        claim.pre_trend(found, effect),
        claim.placebo_in_time(earlier, effect),
        claim.placebo_in_space(found, effect),
    ]
    would = float((found.due * found.curve)[-1, found.start :].mean())
    during = found.share.shape[1] - found.start
    return Measured(
        sensor=sensor,
        window=question.window,
        relative=effect,
        per_day=_scaled(effect, would),
        total=_scaled(effect, would * during),
        by_kind_of_day=parts.by_kind_of_day(panel, found),
        by_hour=parts.by_hour(panel, found),
        others=_others(found, question.seed) if question.cross_check else (),
        before_in_time=tuple(earlier),
        in_space=dict(zip(found.sensors[:-1], found.relative[:-1].tolist(), strict=True)),
        days=_days(panel, found),
        signs=signs,
        claim=claim.claim(conditions),
        faults=tuple(one for one in wrong if one.sensor in {sensor, *found.sensors}),
    )


def untouched(panel: Panel, row: int, question: Question) -> Ints:
    """Rows of the controls: untouched, of another junction, on one level all the time."""
    first, last = panel.day(question.window.first_day), panel.day(question.window.last_day)
    own = question.junctions.get(panel.sensors[row])
    named = [
        at for at, name in enumerate(panel.sensors)
        if name in question.controls and at != row
        and (own is None or question.junctions.get(name) != own)
    ]  # fmt: skip
    return choose.steady(
        panel, np.array(named, dtype=np.int64), max(0, first - 84), min(last + 29, len(panel.days))
    )


def _earlier(panel: Panel, row: int, rows: Ints, first: int, last: int) -> list[Estimate]:
    """The same estimate for windows that end before this one begins."""
    length = min(last - first + 1, 42)
    found = []
    for number in range(1, _PLACEBO_WINDOWS + 1):
        begin = first - number * max(length, 14)
        if begin < 28:
            break
        try:
            found.append(trial(panel, row, rows, begin, begin + length - 1).estimate())
        except Invalid:
            continue  # not counted then: one window less
    return found


def _others(found: Trial, seed: int) -> tuple[Estimate, ...]:
    """Difference-in-differences, synthetic control and structural time series, relative."""
    outcome = np.vstack([found.share[: found.donors], found.share[-1:]])
    answers = []
    for method, name in (
        (synthetic.difference_in_differences, "difference-in-differences"),
        (synthetic.synthetic_control, "synthetic control"),
    ):
        curves = np.array([
            method(np.vstack([_without(outcome, at), outcome[at : at + 1]]), 1, found.start).curve
            for at in range(len(outcome))
        ])  # fmt: skip
        answers.append(_placed(found, outcome, curves, name))
    return (*answers, _structural(found, outcome, seed))


def _without(outcome: Floats, at: int) -> Floats:
    return np.delete(outcome[:-1], at, axis=0) if at < len(outcome) - 1 else outcome[:-1]


def _placed(found: Trial, outcome: Floats, curves: Floats, name: str) -> Estimate:
    due = np.vstack([found.due[: found.donors], found.due[-1:]])
    relative = one.relative(outcome, curves, due, slice(found.start, None))
    return replace(one.estimate(relative, one.noise_of(outcome - curves, found.start)), method=name)


def _structural(found: Trial, outcome: Floats, seed: int) -> Estimate:
    before = outcome[:, : found.start]
    with np.errstate(invalid="ignore", divide="ignore"):
        along = np.nan_to_num(np.asarray(np.corrcoef(before))[-1, :-1])
    best = np.argsort(-along, kind="stable")[:_COLUMNS]
    posterior = structural.structural_time_series(
        outcome[-1], found.start, others=outcome[best].T, seed=seed, draws=1500, warm_up=300
    )
    would = posterior.paths[:, found.start :].mean(axis=1).mean()
    effect = posterior.effect()
    return _scaled(effect, 1 / max(float(would), 1e-9))


def _scaled(effect: Estimate, by: float) -> Estimate:
    def ends(interval: Interval) -> Interval:
        return Interval(low=interval.low * by, high=interval.high * by)

    return Estimate(
        method=effect.method,
        value=effect.value * by,
        interval_90=ends(effect.interval_90),
        interval_95=ends(effect.interval_95),
        p=effect.p,
    )


def _days(panel: Panel, found: Trial) -> tuple[Day, ...]:
    return tuple(
        Day(day=day, seen=float(seen), would=float(would))
        for day, seen, would in zip(
            panel.days[found.columns].astype(object),
            found.due[-1] * found.share[-1],
            found.due[-1] * found.curve[-1],
            strict=True,
        )
    )
