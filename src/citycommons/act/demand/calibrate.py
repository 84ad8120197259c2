"""A matrix moved until it explains the counts, and no further than they can tell.

The objective is the misfit at the counters (Huber's loss, in each counter's own spread) plus the
distance of the matrix to its prior. Its gradient at fixed route shares is Spiess's; each step is
re-equilibrated from where it is, so that routes answer. The step is Barzilai and Borwein's: it
learns from how the flows answered the last one, and needs no line search. Counters that were held
out decide when to stop.

References
----------
Spiess 1990, A gradient approach for the O-D matrix adjustment problem, publication 693, CRT,
Montreal. Van Zuylen & Willumsen 1980, Transportation Research B 14, 281-293 (entropy). Cascetta
1984, Transportation Research B 18, 289-299 (generalised least squares). Barzilai & Borwein 1988,
IMA Journal of Numerical Analysis 8, 141-148. Huber 1964, Annals of Mathematical Statistics 35,
73-101.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from citycommons.act.assignment.types import Demand, Equilibrium
from citycommons.act.demand.fit import geh, held_out, relative_error
from citycommons.act.demand.limits import cannot_tell
from citycommons.act.demand.parts import factors, middle_ratio, seen_parts
from citycommons.act.demand.types import Assign, Calibration, Counts, Step
from citycommons.act.network.types import Floats, Network
from citycommons.core.errors import Invalid

_HUBER = 1.345  # of the residuals' robust spread: 95 % as good as least squares where all is well
_DISTRUST = 6.0  # robust spreads away from the model, after calibration
_MOST_MOVE = 0.7  # of a pair's logarithm in one step: no pair doubles at once
_MOST_AWAY = 3.0  # of a pair's logarithm in all
_PATIENCE = 4  # steps without a better held-out error
_ENOUGH = 1e-3  # a step that betters the held-out error by less than this share is none


class Prior(StrEnum):
    """What the distance to the prior says of pairs."""

    ENTROPY = "entropy"  # sum g ln(g/g0) - g + g0: large pairs are known better, as if counted
    GLS = "gls"  # sum (ln g/g0)^2 / 2 spread^2: each pair is as uncertain in proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to calibrate; the defaults serve a city."""

    prior: Prior = Prior.GLS
    prior_spread: float = 0.5  # of a pair's logarithm: how far the prior is believed to be off
    held_out: float = 0.2  # share of counters
    seed: int = 1
    most_steps: int = 20
    finish: int = 0  # steps with all counters at the end; what was held out was judged before
    gap: float = 1e-5  # of the equilibrium after each step
    count_error: float = 0.05  # of a count without a spread of its own, beside its chance
    may_scale: bool = True  # the whole prior first


def calibrate(
    network: Network,
    prior: Floats,
    counts: Counts,
    assign: Assign,
    *,
    settings: Settings | None = None,
    start: Equilibrium | None = None,
    parts: Sequence[Floats] = (),
    alike: Sequence[tuple[int, int]] = (),
) -> Calibration:
    """Move the prior (zones, zones) towards what the counts say.

    `parts` (zones, zones) sum to the prior: each is first scaled by itself, see `parts.factors`;
    without them the whole is. Distances are to the scaled prior. A pair without trips in the prior
    stays without. Returned are the matrix with the least error on the counters held out, its
    equilibrium, and sentences on what the counts cannot tell.

    Raises
    ------
    Invalid
        If a counter names a link that is not there, a count is no number, or there is no count.
    """
    chosen = settings or Settings()
    _check(network, prior, counts)
    search = _Search(network, prior, counts, assign, chosen, parts, alike)
    return search.run(start)


def _check(network: Network, prior: Floats, counts: Counts) -> None:
    if prior.shape != (network.zones, network.zones):
        raise Invalid(
            f"The prior has the shape {prior.shape}; the network has {network.zones} zones."
        )
    if not (np.isfinite(prior).all() and (prior >= 0).all() and prior.sum() > 0):
        raise Invalid("The prior's trips must be numbers from 0 up, and not all 0.")
    if not len(counts):
        raise Invalid("There is no count to calibrate on.")
    for one, flow in zip(counts.counters, counts.flow, strict=True):
        if not one.links or not all(0 <= at < network.links for at in one.links):
            raise Invalid(f"Counter {one.id} stands on no link of the network.")
        if not (np.isfinite(flow) and flow >= 0):
            raise Invalid(f"Counter {one.id} counted {flow:g}; a count is a number from 0 up.")


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """A matrix as logarithms against the prior, and what it gives."""

    away: Floats  # (zones, zones)
    trips: Floats
    equilibrium: Equilibrium
    downhill: Floats  # direction in `away`
    metric: Floats  # (zones, zones) what a move of each pair weighs beside the others
    step: Step


class _Search:
    def __init__(
        self,
        network: Network,
        prior: Floats,
        counts: Counts,
        assign: Assign,
        settings: Settings,
        parts: Sequence[Floats],
        alike: Sequence[tuple[int, int]],
    ) -> None:
        self.network, self.assign, self.settings = network, assign, settings
        self.alike = alike
        self.parts = [part * (1 - np.eye(len(part))) for part in parts]
        self.prior = prior.copy()
        np.fill_diagonal(self.prior, 0.0)
        ids = [one.id for one in counts.counters]
        out = held_out(ids, settings.held_out, settings.seed)
        used = np.setdiff1d(np.arange(len(ids)), out).astype(np.int32)
        self.counts, self.used, self.kept = counts, counts.only(used), counts.only(out)
        self.spread = self._spread(self.used)

    def run(self, start: Equilibrium | None) -> Calibration:
        first, scale = self._scaled(start)
        point = best = self._look(np.zeros_like(self.prior), first)
        steps, stopped, waited = [point.step], f"{self.settings.most_steps} steps", 0
        length = self._first_length(point)
        for _ in range(self.settings.most_steps):
            if not np.any(point.downhill):
                stopped = "nothing left to gain"
                break
            there = self._moved(point, length)
            length = _next_length(point, there, length)
            point = there
            steps.append(point.step)
            if self._merit(point) < self._merit(best) * (1 - _ENOUGH):
                best, waited = point, 0
                continue
            waited += 1
            if waited >= _PATIENCE:
                stopped = self._said_stop()
                break
        return self._finished(best, scale, steps, stopped)

    def _with_all(self, best: _Point) -> _Point:
        """A few steps more, for which nothing is held out: the base that forecasts stand on."""
        self.used, self.spread = self.counts, self._spread(self.counts)
        point = best = self._look(best.away, best.equilibrium)
        length = self._first_length(point)
        for _ in range(self.settings.finish):
            there = self._moved(point, length)
            length = _next_length(point, there, length)
            point = there
            if point.step.error < best.step.error:
                best = point
        return best

    def _moved(self, point: _Point, length: float) -> _Point:
        move = np.clip(length * point.downhill, -_MOST_MOVE, _MOST_MOVE)
        away = np.clip(point.away + move, -_MOST_AWAY, _MOST_AWAY)
        return self._look(away, self._solve(self._trips(away), point.equilibrium))

    def _spread(self, counts: Counts) -> Floats:
        by_size = np.sqrt(
            np.maximum(counts.flow, 1.0) + (self.settings.count_error * counts.flow) ** 2
        )
        return by_size if counts.spread is None else np.hypot(counts.spread, by_size)

    def _said_stop(self) -> str:
        if len(self.kept):
            return f"{_PATIENCE} steps without a better fit to the counters held out"
        return f"{_PATIENCE} steps without a better fit"

    def _merit(self, point: _Point) -> float:
        return point.step.held_out_error if len(self.kept) else point.step.error

    def _scaled(self, start: Equilibrium | None) -> tuple[Equilibrium, float]:
        """The prior times one factor, the median ratio of counted to modelled, or one a part."""
        scale, now = 1.0, self._solve(self.prior, start)
        if self.parts and self.settings.may_scale:
            return self._weighed(now)
        for _ in range(2 if self.settings.may_scale else 0):
            seen = self.used.seen(now.flow)
            factor = middle_ratio(seen, self.used.flow)
            if abs(factor - 1) < 0.02:
                break
            scale *= factor
            self.prior = self.prior * factor
            now = self._solve(self.prior, now)
        return now, scale

    def _weighed(self, now: Equilibrium) -> tuple[Equilibrium, float]:
        before = float(self.prior.sum())
        for _ in range(2):  # routes move with what is driven
            seen = seen_parts(self.parts, self.used, now, self.assign)
            size = factors(seen, self.used.flow, self.spread, self.alike)
            self.prior = np.sum(
                [f * part for f, part in zip(size, self.parts, strict=True)], axis=0
            )
            now = self._solve(self.prior, now)
        return now, float(self.prior.sum()) / before

    def _trips(self, away: Floats) -> Floats:
        return np.asarray(self.prior * np.exp(away))

    def _solve(self, trips: Floats, start: Equilibrium | None) -> Equilibrium:
        return self.assign.solve(self.network, (Demand(trips),), self.settings.gap, start)

    def _look(self, away: Floats, found: Equilibrium) -> _Point:
        trips = self._trips(away)
        residual = (self.used.seen(found.flow) - self.used.flow) / self.spread
        pulled = _huber(residual) / self.spread
        weights = self.used.spread_out(pulled, self.network.links)
        gradient = self.assign.od_gradient(found, weights)
        spread = self.settings.prior_spread
        if self.settings.prior is Prior.ENTROPY:
            # In the metric of the entropy itself: each pair moves by what its routes say.
            mean = self.prior.sum() / np.count_nonzero(self.prior)
            metric, pull = trips, mean * spread**2 * gradient + away
        else:
            metric, pull = np.ones_like(trips), spread**2 * trips * gradient + away
        pull = np.where(self.prior > 0, pull, 0.0)
        step = Step(
            relative_error(self.used.seen(found.flow), self.used.flow),
            relative_error(self.kept.seen(found.flow), self.kept.flow),
            float(np.abs(trips - self.prior).sum() / self.prior.sum()),
        )
        return _Point(away, trips, found, -pull, metric, step)

    def _first_length(self, point: _Point) -> float:
        """So that the largest pairs move by a tenth."""
        weight = self.prior.ravel() / self.prior.sum()
        typical = float((weight * np.abs(point.downhill).ravel()).sum())
        return 0.1 / typical if typical > 0 else 0.0

    def _finished(self, best: _Point, scale: float, steps: list[Step], stopped: str) -> Calibration:
        judged = self.kept if len(self.kept) else self.used
        fits = geh(judged.seen(best.equilibrium.flow), judged.flow)
        alone = best.step.held_out_error
        if self.settings.finish:
            best = self._with_all(best)
        coverage = self.assign.od_gradient(
            best.equilibrium, self.counts.spread_out(np.ones(len(self.counts)), self.network.links)
        )
        return Calibration(
            trips=best.trips,
            equilibrium=best.equilibrium,
            error=best.step.error,
            held_out_error=alone,
            geh_under_5=float((fits < 5).mean()),
            held_out=tuple(one.id for one in self.kept.counters),
            distrusted=self._distrusted(best),
            prior_distance=best.step.prior_distance,
            scale=scale,
            steps=tuple(steps),
            stopped_by=stopped,
            cannot_tell=cannot_tell(best.trips, coverage, len(self.counts)),
        )

    def _distrusted(self, best: _Point) -> tuple[str, ...]:
        seen = self.used.seen(best.equilibrium.flow)
        residual = (seen - self.used.flow) / self.spread
        far = np.abs(residual) > _DISTRUST * _robust_spread(residual)
        return tuple(
            f"{self.used.counters[at].id}: counted {self.used.flow[at]:.0f} where all others say "
            f"about {seen[at]:.0f}; it weighs little"
            for at in np.flatnonzero(far)
        )


def _next_length(before: _Point, now: _Point, length: float) -> float:
    """Barzilai and Borwein's, from how the direction changed over the last move."""
    moved = now.away - before.away
    turned = before.downhill - now.downhill
    bend = float((now.metric * moved * turned).sum())
    if bend <= 0:  # the misfit grows slower than a parabola here: go further
        return 2 * length
    square = float((now.metric * moved * moved).sum())
    return float(np.clip(square / bend, 0.05 * length, 20 * length))


def _robust_spread(residual: Floats) -> float:
    """1.4826 times the median absolute residual, and at least 1: a counter's own spread."""
    return max(1.0, 1.4826 * float(np.median(np.abs(residual))))


def _huber(residual: Floats) -> Floats:
    most = _HUBER * _robust_spread(residual)
    return np.clip(residual, -most, most)
