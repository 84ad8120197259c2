"""Where to put spans of days on a calendar so that they cost least, alone and with one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citycommons.act.network.types import Floats
from citycommons.core.errors import Invalid

_STARTS, _MOST_STARTS = (
    12,
    600,
)  # seeded beginnings besides the planned one: more where few spans are
_SWEEPS = 30
Starts = NDArray[np.int64]
"""The first day of each span, counted from the calendar's first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days in a row, counted from the calendar's first: where they may begin, and after whom."""

    days: int
    earliest: int
    latest: int  # the last day on which it may begin
    after: tuple[int, ...] = ()  # spans that have to be over


def best(
    spans: Sequence[Span],
    alone: Floats,
    pairs: Mapping[tuple[int, int], Floats],
    planned: Starts,
    *,
    seed: int = 0,
) -> Starts:
    """First days that cost least: each span in turn to its best day, from several beginnings.

    Parameters
    ----------
    alone
        Cost of each span on each day, (spans, days).
    pairs
        What spans i < j cost more on a day when both are there, (days,).
    planned
        First days as they are; they stay where nothing is gained.

    Raises
    ------
    Invalid
        If spans wait for one another in a circle, or there is no room for who has to wait.

    References
    ----------
    Coordinate descent with random restarts; each step is exact, by running sums over days.
    """
    order = _order(spans)
    rng = np.random.default_rng(seed)
    begun = [planned.copy()] + [
        _random(spans, order, rng) for _ in range(max(_STARTS, _MOST_STARTS // len(spans)))
    ]
    found = [_descended(spans, alone, pairs, start, order) for start in begun]
    possible = [one for one in found if _fits(spans, one)]
    if not possible:
        raise Invalid("These windows leave no room for works that wait for others. Widen them.")
    costs = [cost(spans, alone, pairs, one) for one in possible]
    return possible[int(np.argmin(np.round(costs, 9)))]


def cost(
    spans: Sequence[Span], alone: Floats, pairs: Mapping[tuple[int, int], Floats], starts: Starts
) -> float:
    """What these first days cost."""
    there = _there(spans, starts, alone.shape[1])
    whole = float((alone * there).sum())
    return whole + sum(float(extra[there[i] & there[j]].sum()) for (i, j), extra in pairs.items())


def _descended(
    spans: Sequence[Span],
    alone: Floats,
    pairs: Mapping[tuple[int, int], Floats],
    starts: Starts,
    order: Sequence[int],
) -> Starts:
    starts = starts.copy()
    for _ in range(_SWEEPS):
        before = starts.copy()
        for i in order:
            starts[i] = _best_day(spans, alone, pairs, starts, i)
        if (starts == before).all():
            break
    return starts


def _best_day(
    spans: Sequence[Span],
    alone: Floats,
    pairs: Mapping[tuple[int, int], Floats],
    starts: Starts,
    i: int,
) -> int:
    """The first day of span i that costs least while the others stay; the present one if equal."""
    count = alone.shape[1]
    there = _there(spans, starts, count)
    daily = alone[i].copy()
    for (a, b), extra in pairs.items():
        if i in (a, b):
            daily += extra * there[b if i == a else a]
    first, last = _room(spans, starts, i)
    if last < first:
        return int(starts[i])
    sums = np.concatenate([[0.0], np.cumsum(daily)])
    days = np.arange(first, last + 1)
    costs = np.round(sums[days + spans[i].days] - sums[days], 9)
    least = days[costs == costs.min()]
    return int(least[np.argmin(np.abs(least - starts[i]))])


def _room(spans: Sequence[Span], starts: Starts, i: int) -> tuple[int, int]:
    """Between which days span i may begin, given who is before and after it."""
    first, last = spans[i].earliest, spans[i].latest
    for other in spans[i].after:
        first = max(first, int(starts[other]) + spans[other].days)
    for j, one in enumerate(spans):
        if i in one.after:
            last = min(last, int(starts[j]) - spans[i].days)
    return first, last


def _fits(spans: Sequence[Span], starts: Starts) -> bool:
    return all(
        one.earliest <= starts[i] <= one.latest
        and all(starts[i] >= starts[j] + spans[j].days for j in one.after)
        for i, one in enumerate(spans)
    )


def _random(spans: Sequence[Span], order: Sequence[int], rng: np.random.Generator) -> Starts:
    starts = np.zeros(len(spans), dtype=np.int64)
    for i in order:
        first = max([spans[i].earliest, *(int(starts[j]) + spans[j].days for j in spans[i].after)])
        starts[i] = rng.integers(first, spans[i].latest + 1) if first <= spans[i].latest else first
    return starts


def _order(spans: Sequence[Span]) -> list[int]:
    """Who has to wait comes after whom it waits for."""
    done: list[int] = []
    while len(done) < len(spans):
        ready = [i for i, one in enumerate(spans) if i not in done and set(one.after) <= set(done)]
        if not ready:
            raise Invalid("Some of these works wait for one another in a circle.")
        done += ready
    return done


def _there(spans: Sequence[Span], starts: Starts, count: int) -> NDArray[np.bool_]:
    days = np.arange(count)
    return np.array(
        [
            (days >= start) & (days < start + one.days)
            for one, start in zip(spans, starts, strict=True)
        ]
    )
