"""One window: the effect on the treated sensor and, as if it were theirs, on all others."""

from dataclasses import dataclass

import numpy as np

from citycommons.core.errors import Invalid
from citycommons.understand.cause import placebo, usual
from citycommons.understand.cause.null import Null
from citycommons.understand.cause.synthetic import noise_level
from citycommons.understand.cause.types import Bools, Estimate, Floats, Interval, Ints, Panel

DAYS_BEFORE = 84
_FEWEST_BEFORE, _FEWEST_DURING = 21, 3
_MISSING = 0.2  # of the days: a control with more gaps than this is left out
_DONORS, _ALIKE = 30, 60  # the busiest controls are mixed; those of like size are placebos
_WEEK = 7
_LEAST_NOISE = 0.1  # a street with a tenth of its traffic is not ten times as regular
_TOO_FEW = "{} was counted on {} ordinary days before and {} in the window; 21 and 3 are needed."
_NO_CONTROLS = "Fewer than two untouched sensors were counted. Name more controls."
METHOD = "synthetic difference-in-differences"


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Units are the donors, further placebos and, last, the treated sensor; times are days.

    `share` is the count over the usual one, (units, times); `due` the usual count; the first
    `start` times are before. `relative` and `noise` are each unit's effect and its own noise.
    """

    sensors: tuple[str, ...]
    columns: Ints  # of the panel's days, (times,)
    share: Floats
    due: Floats
    start: int
    donors: int  # so many units, the first, are mixed
    units: Floats  # weights, (units, donors)
    curve: Floats  # what would have been, as a share of the usual, (units, times)
    relative: Floats
    noise: Floats

    @property
    def null(self) -> Null:
        """Effects on the untreated sensors over their noise."""
        return Null(self.relative[:-1] / self.noise[:-1])

    def estimate(self) -> Estimate:
        """The treated sensor's effect as a share of what would have been."""
        return estimate(self.relative, self.noise)

    def rest(self) -> Floats:
        """What the controls do not explain before the start, (units, start)."""
        return (self.share - self.curve)[:, : self.start]


def estimate(relative: Floats, noise: Floats) -> Estimate:
    """The last unit's effect with intervals from all others (they share a works' own noise)."""
    null, value = Null(relative[:-1] / noise[:-1]), float(relative[-1])
    scale = float(noise[-1]) * max(1 + value, _LEAST_NOISE)
    ends = []
    for level in (0.90, 0.95):
        reach = null.width(level) * scale
        ends.append(Interval(low=max(-1.0, value - reach), high=value + reach))
    return Estimate(
        method=METHOD,
        value=value,
        interval_90=ends[0],
        interval_95=ends[1],
        p=null.p(value / float(noise[-1])),
    )


def trial(panel: Panel, treated: int, controls: Ints, first: int, last: int) -> Trial:
    """Estimate the window from day `first` to day `last` (columns of the panel).

    Before it the last 84 days are used on which the treated sensor was counted, wherever they
    are; days on which the whole city was odd are left out of both.

    Raises
    ------
    Invalid
        If fewer than 21 days before or 3 days in the window are left, or no two controls.
    """
    known = usual.days_before(panel.values[treated], first)[0][-DAYS_BEFORE:]
    chosen = np.concatenate([known, np.arange(max(first, 0), last + 1)])
    chosen = chosen[chosen < panel.values.shape[1]]
    if len(known) < _FEWEST_BEFORE:
        raise Invalid(_TOO_FEW.format(panel.sensors[treated], len(known), "some"))
    if not len(controls):
        raise Invalid(_NO_CONTROLS)
    mixed, alike = _chosen(panel.values[:, chosen], controls, treated)
    rows = np.concatenate([mixed, alike, [treated]])
    counts, weekday = panel.values[rows][:, chosen], usual.weekdays(panel)[chosen]
    week = usual.usual_week(counts, weekday, chosen < first)
    share, due = usual.shares(counts, week)
    keep = np.isfinite(share[-1]) & ~usual.odd_days(share[: len(mixed)])
    start = int((chosen[keep] < first).sum())
    if start < _FEWEST_BEFORE or keep.sum() - start < _FEWEST_DURING:
        raise Invalid(_TOO_FEW.format(panel.sensors[treated], start, keep.sum() - start))
    good = (~np.isfinite(share[:, keep])).mean(axis=1) <= _MISSING
    donors = int(good[: len(mixed)].sum())
    if donors < 2:
        raise Invalid(_NO_CONTROLS)
    sensors = tuple(panel.sensors[row] for row in rows[good])
    share, due = _filled(share[good][:, keep]), due[good][:, keep]
    return _fitted(sensors, chosen[keep], share, due, start, donors)


def _fitted(
    sensors: tuple[str, ...], columns: Ints, share: Floats, due: Floats, start: int, donors: int
) -> Trial:
    noise = noise_level(share[:donors, :start])
    zeta = (share.shape[1] - start) ** 0.25 * noise
    units, times = placebo.all_weights(share, start, zeta, 1e-5 * noise, donors)
    mixture = units @ share[:donors]
    curve = mixture + np.sum((share - mixture)[:, :start] * times, axis=1)[:, None]
    return Trial(
        sensors, columns, share, due, start, donors, units, curve,
        relative(share, curve, due, slice(start, None)),
        noise_of(share - curve, start),
    )  # fmt: skip


def relative(share: Floats, curve: Floats, due: Floats, days: slice | Bools) -> Floats:
    """Counted over what would have been counted on these days, less one, shape (units,)."""
    weight = due[:, days]
    would = np.maximum((weight * curve[:, days]).sum(axis=1), 1e-9)
    found: Floats = (weight * share[:, days]).sum(axis=1) / would - 1
    return found


def noise_of(rest: Floats, start: int) -> Floats:
    """Noise to be expected of an effect, from days before: slow (weeks) and quick (days).

    Half of it is the sensor's own, half the middle sensor's: twelve weeks say little of one.
    """
    before = rest[:, :start]
    weeks = start // _WEEK
    blocks = before[:, start - weeks * _WEEK :].reshape(len(rest), weeks, _WEEK).mean(axis=2)
    slow = blocks.var(axis=1)
    quick = before.var(axis=1) / max(1, rest.shape[1] - start)
    own = slow + quick
    found: Floats = np.sqrt((own + np.median(own[:-1])) / 2 + 1e-12)
    return found


def _chosen(counts: Floats, controls: Ints, treated: int) -> tuple[Ints, Ints]:
    """Of the controls with few gaps, the busiest, and of the rest those of the treated's size."""
    there = np.isfinite(counts[controls]).mean(axis=(1, 2))
    good = controls[there >= 1 - _MISSING]
    size = np.nansum(counts[good], axis=(1, 2)) / np.maximum(1, there[there >= 1 - _MISSING])
    order = np.argsort(-size, kind="stable")
    order = order[size[order] > 0]
    mixed, rest = order[:_DONORS], order[_DONORS:]
    own = max(float(np.nanmean(counts[treated]) * counts[treated].size), 1.0)
    far = np.abs(np.log(size[rest] / own))
    return good[mixed], good[rest[np.argsort(far, kind="stable")[:_ALIKE]]]


def _filled(share: Floats) -> Floats:
    """Gaps of controls take the day's middle share of all controls."""
    middle = np.nanmedian(share[:-1], axis=0)
    return np.where(np.isfinite(share), share, middle)
