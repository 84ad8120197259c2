"""The effect by kind of day and by hour, with the weights of the whole effect."""

from collections.abc import Mapping

import numpy as np

from citycommons.understand.cause import trial as one
from citycommons.understand.cause import usual
from citycommons.understand.cause.trial import Trial
from citycommons.understand.cause.types import Bools, Estimate, Floats, Panel

KINDS: Mapping[str, frozenset[int]] = {
    "workday": frozenset(range(5)),
    "saturday": frozenset({5}),
    "sunday": frozenset({6}),
}


def by_kind_of_day(panel: Panel, found: Trial) -> dict[str, Estimate]:
    """The effect on workdays, Saturdays and Sundays that lie in the window."""
    parts = {
        name: _part(panel, found, np.ones(24, bool), _on(panel, found, days))
        for name, days in KINDS.items()
    }
    return {name: part for name, part in parts.items() if part is not None}


def by_hour(panel: Panel, found: Trial) -> dict[int, Estimate]:
    """The effect in each hour of a workday, by the hour it begins."""
    workdays = _on(panel, found, KINDS["workday"])
    parts = {hour: _part(panel, found, np.arange(24) == hour, workdays) for hour in range(24)}
    return {hour: part for hour, part in parts.items() if part is not None}


def _on(panel: Panel, found: Trial, days: frozenset[int]) -> Bools:
    return np.isin(usual.weekdays(panel)[found.columns], list(days))


def _part(panel: Panel, found: Trial, hours: Bools, days: Bools) -> Estimate | None:
    """None where fewer than two days of the kind lie before or in the window."""
    before = days & (np.arange(len(days)) < found.start)
    after = days & ~before
    if before.sum() < 2 or after.sum() < 2:
        return None
    rows = [panel.row(sensor) for sensor in found.sensors]
    counts = panel.values[rows][:, found.columns]
    weekday = usual.weekdays(panel)[found.columns]
    earlier = np.arange(len(days)) < found.start
    share, due = usual.shares(counts, usual.usual_week(counts, weekday, earlier), hours)
    if not (due[-1, after] > 0).any() or not np.isfinite(share[-1, after]).any():
        return None
    share = _filled(share)
    mixture = found.units @ share[: found.donors]
    level = np.nanmean((share - mixture)[:, before], axis=1)
    curve = mixture + level[:, None]
    relative = one.relative(share, curve, due, after)
    rest = np.concatenate([(share - curve)[:, before], (share - curve)[:, after]], axis=1)
    noise = one.noise_of(rest, int(before.sum())) if before.sum() >= 14 else rest_noise(rest)
    return one.estimate(relative, noise)


def rest_noise(rest: Floats) -> Floats:
    """Noise where days are too few for weeks: the spread of days."""
    own = rest.var(axis=1)
    found: Floats = np.sqrt((own + np.median(own[:-1])) / 2 + 1e-12)
    return found


def _filled(share: Floats) -> Floats:
    there = np.isfinite(share).any(axis=0)
    middle = np.ones(share.shape[1])
    middle[there] = np.nanmedian(share[:, there], axis=0)
    return np.where(np.isfinite(share), share, middle)
