"""Indices of what data are worth as an asset, after Laney, with all inputs beside them.

The formulas are from secondary sources and were not checked against the book, so they are called
"after Laney" and never Gartner's. His three measures in money (cost, market and economic value) are
no indices of their own here: they are the rows of the cost–benefit sheet.

References
----------
Laney, Infonomics: How to Monetize, Manage, and Measure Information as an Asset for Competitive
Advantage, 2017 (intrinsic, business and performance value of information).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from citycommons.core.errors import Invalid
from citycommons.core.goals import Better
from citycommons.core.types import Dataset, Version
from citycommons.understand.quality import Check, Criterion, checks

NAME = "after Laney, formulas from secondary sources, not checked against the book"


class How(StrEnum):
    """Where an input is from."""

    MEASURED = "measured"  # on the data, or counted
    STATED = "stated"  # somebody says so
    ASSUMED = "assumed"  # nobody said anything: the value that changes nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One factor of an index, 0..1 (ratios and relevance may exceed it)."""

    name: str
    value: float
    how: How
    said: str = ""  # what stands behind it, in English


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One index with its inputs; `value` is None where an input is not known."""

    name: str  # "IVI", "BVI", "PVI"
    value: float | None
    inputs: tuple[Input, ...]
    missing: tuple[str, ...] = ()  # names of inputs that are not known


def intrinsic(
    dataset: Dataset,
    version: Version | None,
    now: datetime,
    *,
    scarcity: Input | None = None,
    lifecycle: Input | None = None,
) -> Index:
    """IVI = validity × completeness × (1 - scarcity) × lifecycle.

    Scarcity is the share of others who have the same data. Open data are meant to be had by all, so
    that a low index of this kind is no fault of theirs.
    """
    found = checks(dataset, version, now)
    nobody = Input(name="scarcity", value=0.0, how=How.ASSUMED, said="no other holder is known")
    always = Input(name="lifecycle", value=1.0, how=How.ASSUMED, said="useful for ever")
    inputs = [_share(found, Criterion.VALID, "validity")]
    inputs.append(_share(found, Criterion.COMPLETE, "completeness"))
    inputs += [_checked(scarcity or nobody), _checked(lifecycle or always)]
    known = [one for one in inputs if one is not None]
    missing = _missing(("validity", "completeness"), known)
    value = None if missing else _product([_turned(one) for one in known])
    return Index(name="IVI", value=value, inputs=tuple(known), missing=missing)


def business(
    dataset: Dataset, version: Version | None, now: datetime, *, relevance: Sequence[Input]
) -> Index:
    """BVI = Σ relevance × validity × completeness × timeliness, over the uses it is relevant to."""
    found = checks(dataset, version, now)
    parts = [
        _share(found, Criterion.VALID, "validity"),
        _share(found, Criterion.COMPLETE, "completeness"),
        _timeliness(found),
    ]
    known = [one for one in parts if one is not None]
    missing = _missing(("validity", "completeness", "timeliness"), known)
    if not relevance:
        missing = (*missing, "relevance")
    each = _product([one.value for one in known])
    value = None if missing else sum(one.value * each for one in relevance)
    return Index(name="BVI", value=value, inputs=(*relevance, *known), missing=missing)


def performance(
    *, without: float | None, with_data: float | None, better: Better, span: float = 1.0
) -> Index:
    """PVI = (indicator with the data / without it - 1) × T/t, positive where it got better.

    `without` is the baseline, `with_data` the latest measurement, `span` (T/t) the useful life of
    the data over the time between the two; 1 extrapolates nothing.
    """
    if without is None or with_data is None or without == 0:
        return Index(name="PVI", value=None, inputs=(), missing=("baseline and measurement",))
    inputs = (
        Input(name="without", value=without, how=How.MEASURED, said="baseline of the goal"),
        Input(name="with", value=with_data, how=How.MEASURED, said="latest measurement"),
        Input(name="span", value=span, how=How.STATED if span != 1.0 else How.ASSUMED),
    )
    sign = -1.0 if better is Better.LOWER else 1.0
    return Index(name="PVI", value=sign * (with_data / without - 1.0) * span, inputs=inputs)


def _share(found: Sequence[Check], criterion: Criterion, name: str) -> Input | None:
    one = next(check for check in found if check.criterion is criterion)
    if one.value is None:
        return None
    return Input(name=name, value=one.value, how=How.MEASURED, said="share of the newest version")


def _timeliness(found: Sequence[Check]) -> Input | None:
    """1 while the data are as new as promised; then the promised age over the real one."""
    one = next(check for check in found if check.criterion is Criterion.TIMELY)
    if one.value is None or (one.limit is None and not one.holds):
        return None  # no rhythm was promised
    late = one.limit is not None and one.value > one.limit
    value = one.limit / one.value if late and one.limit is not None else 1.0
    said = f"{one.value:g} days old"
    return Input(name="timeliness", value=value, how=How.MEASURED, said=said)


def _checked(one: Input) -> Input:
    if not 0.0 <= one.value <= 1.0:
        raise Invalid(f"The {one.name} is a share between 0 and 1, not {one.value:g}.")
    return one


def _turned(one: Input) -> float:
    return 1.0 - one.value if one.name == "scarcity" else one.value


def _missing(names: Sequence[str], known: Sequence[Input]) -> tuple[str, ...]:
    there = {one.name for one in known}
    return tuple(name for name in names if name not in there)


def _product(values: Sequence[float]) -> float:
    whole = 1.0
    for value in values:
        whole *= value
    return whole
