"""The class of a claim follows from conditions that hold or do not; nobody chooses it."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from citycommons.core.study import ClaimClass
from citycommons.understand.cause.artefact import Signs, Verdict
from citycommons.understand.cause.trial import Trial
from citycommons.understand.cause.types import Claim, Condition, Estimate, Floats

_FEWEST_CONTROLS, _FEWEST_DAYS = 10, 28
_RESTLESS = 6.0  # times their noise, nine in ten controls
_POOR_FIT = 3.0  # times the middle control's error before
_INFORMATIVE = 0.15  # half the width of an interval that tells something even of no effect
_ALPHA = 0.05
_SMALL = 0.1  # of the effect: what may be wrong beside it without changing what it says
_ORDER = (ClaimClass.DESCRIPTIVE, ClaimClass.ASSOCIATIONAL, ClaimClass.CAUSAL)


class Timing(StrEnum):
    """How the beginning and the end are known."""

    DOCUMENTED = "documented"  # from the register, an order, the press
    FROM_COUNTS = "from-counts"  # looked up in the very counts that are then judged
    UNKNOWN = "unknown"


def claim(conditions: Sequence[Condition]) -> Claim:
    """The highest class whose conditions, and those of all classes below, hold.

    `descriptive`: this is what the sensors say. `associational`: it went together with the event.
    `causal`: the event did it, as far as data of this kind can tell.
    """
    reached = 0
    for level in (1, 2):
        needed = [one for one in conditions if one.needed_for is _ORDER[level]]
        if reached == level - 1 and all(one.holds for one in needed):
            reached = level
    return Claim(level=_ORDER[reached], conditions=tuple(conditions))


def timing(how: Timing) -> Condition:
    """Whether when it happened is known from elsewhere than the counts."""
    words = {
        Timing.DOCUMENTED: "Begin and end are documented, independently of the counts.",
        Timing.FROM_COUNTS: "Begin and end were looked up in the counts themselves, so the chance "
        "of finding an effect where there is none is not known.",
        Timing.UNKNOWN: "It is not known when it began or ended.",
    }
    return Condition(
        name="timing",
        holds=how is Timing.DOCUMENTED,
        sentence=words[how],
        needed_for=ClaimClass.CAUSAL,
    )


def no_artefact(found: Signs) -> list[Condition]:
    """Whether the sensors measured traffic on both sides of the break."""
    return [
        Condition(
            name="counting",
            holds=found.verdict is not Verdict.ARTEFACT,
            sentence=found.words,
            needed_for=ClaimClass.ASSOCIATIONAL,
        ),
        Condition(
            name="counting is clear",
            holds=found.verdict is Verdict.TRAFFIC,
            sentence=found.words,
            needed_for=ClaimClass.CAUSAL,
        ),
    ]


def enough_data(found: Trial) -> Condition:
    """Whether four weeks before and some days within were counted."""
    before, during = found.start, found.share.shape[1] - found.start
    return Condition(
        name="data",
        holds=before >= _FEWEST_DAYS and during >= 5,
        sentence=f"Counted on {before} days before and {during} days during the event; "
        f"{_FEWEST_DAYS} and 5 are needed.",
        needed_for=ClaimClass.ASSOCIATIONAL,
    )


def enough_controls(found: Trial, *, by_forecast: bool) -> Condition:
    """Whether there are untouched sensors enough to hold it against."""
    many = len(found.sensors) - 1
    how = "the forecast leaves untouched" if by_forecast else "lie far from it"
    return Condition(
        name="controls",
        holds=many >= _FEWEST_CONTROLS,
        sentence=f"{many} sensors that {how} serve as controls; {_FEWEST_CONTROLS} are needed.",
        needed_for=ClaimClass.CAUSAL,
    )


def quiet_controls(found: Trial) -> Condition:
    """Whether the controls went on as before: if not, the event touched them as well."""
    width = found.null.width(0.9)
    return Condition(
        name="quiet controls",
        holds=width <= _RESTLESS,
        sentence=f"The controls moved by up to {width:.1f} times their usual noise in these days; "
        f"more than {_RESTLESS:.0f} would mean that they were touched as well.",
        needed_for=ClaimClass.CAUSAL,
    )


def fit(found: Trial) -> Condition:
    """Whether the controls could reproduce the sensor before (Abadie and others 2010, 3.4)."""
    error = np.sqrt(np.mean(found.rest() ** 2, axis=1))
    own, middle = float(error[-1]), float(np.median(error[:-1]))
    return Condition(
        name="fit",
        holds=own <= _POOR_FIT * middle,
        sentence=f"Before it, the mixture of controls missed the sensor by {own:.1%} a day; the "
        f"middle control is missed by {middle:.1%}.",
        needed_for=ClaimClass.CAUSAL,
    )


def pre_trend(found: Trial, effect: Estimate) -> Condition:
    """Whether the sensor drifted away from its controls before the event, more than they do."""
    slope = np.abs(_slopes(found.rest()))
    p = float((1 + np.sum(slope[:-1] >= slope[-1])) / len(slope))
    over = float(slope[-1] * (found.share.shape[1] - found.start))
    return Condition(
        name="pre-trend",
        holds=p >= _ALPHA or over < _SMALL * abs(effect.value),
        sentence=f"Before it, the sensor drifted against its controls by {over:.1%} of the usual "
        f"count over as many days as the event lasted (p = {p:.2f} among the controls).",
        needed_for=ClaimClass.CAUSAL,
    )


def placebo_in_time(effects: Sequence[Estimate], effect: Estimate) -> Condition:
    """Whether windows in which nothing happened show nothing."""
    if not effects:
        return Condition(
            name="placebo in time",
            holds=False,
            sentence="There are not enough days before it to try windows without an event.",
            needed_for=ClaimClass.CAUSAL,
        )
    worst = min(effects, key=lambda one: one.p)
    return Condition(
        name="placebo in time",
        holds=worst.p >= _ALPHA / len(effects)
        or max(abs(one.value) for one in effects) < _SMALL * abs(effect.value),
        sentence="In windows of the same length before it, the estimate was "
        + ", ".join(f"{one.value:+.1%} (p = {one.p:.2f})" for one in effects)
        + ".",
        needed_for=ClaimClass.CAUSAL,
    )


def placebo_in_space(found: Trial, effect: Estimate) -> Condition:
    """Whether the effect stands out from untouched sensors, or its absence is told sharply."""
    spread = float(np.quantile(np.abs(found.relative[:-1]), 0.9))
    half = (effect.interval_90.high - effect.interval_90.low) / 2
    return Condition(
        name="placebo in space",
        holds=effect.p < _ALPHA or half < _INFORMATIVE,
        sentence=f"Nine in ten untouched sensors moved by less than {spread:.1%} in the same days; "
        f"this one by {effect.value:+.1%} (p = {effect.p:.2f}).",
        needed_for=ClaimClass.CAUSAL,
    )


def _slopes(rest: Floats) -> Floats:
    """Least-squares slope of each row against the number of the day."""
    day = np.arange(rest.shape[1]) - (rest.shape[1] - 1) / 2
    found: Floats = rest @ day / (day @ day)
    return found
