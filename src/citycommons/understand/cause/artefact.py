"""Whether a break is traffic at all: detectors are renumbered, moved and replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from citycommons.understand.cause import usual
from citycommons.understand.cause.types import Floats, Ints, Panel

_GAP_DAYS = 14  # without any count just before the break
_MOVED = 0.25  # of its usual level: a lane that stands elsewhere than before
_MOST = 0.6  # of a junction's lanes
_BACK = 0.5  # of the break: less than this is left of it once a street is open again
_FEWEST, _LATER_DAYS = 4, 28
_SHAPE = 0.85  # correlation of two working days' hours


class Verdict(StrEnum):
    """What a break looks like."""

    TRAFFIC = "traffic"
    UNCLEAR = "unclear"
    ARTEFACT = "artefact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What tells traffic from a fault of counting."""

    verdict: Verdict
    gap_days: int  # without counts just before
    moved: int  # lanes of the same junction that changed their level by more than a quarter
    lanes: int  # of the same junction that were counted
    left: float | None  # of the change that was still there afterwards; None where not counted
    shape: float | None  # correlation of a working day's hours before and in the window
    words: str


def signs(
    panel: Panel,
    treated: int,
    siblings: Sequence[int],
    controls: Ints,
    first: int,
    last: int,
    *,
    is_over: bool,
) -> Signs:
    """Look at the sensor, at the others of its junction (`siblings`), and at what came after."""
    rows = [treated, *siblings]
    level = _levels(panel, rows, controls, first, last)
    after = panel.values.shape[1] if not is_over else min(last + 1 + _LATER_DAYS, len(panel.days))
    later_from = last + 1 if is_over else max(last + 1, after - _LATER_DAYS)
    later = _levels(panel, rows, controls, first, after - 1, start=later_from)
    change = level[0] - 1
    left = None if np.isnan(later[0]) or abs(change) < 0.05 else float((later[0] - 1) / change)
    counted = np.isfinite(level)
    with np.errstate(invalid="ignore"):
        stays = np.where(np.isfinite(later), np.abs(later - 1) > _MOVED, True)
        moved = int((counted & (np.abs(level - 1) > _MOVED) & stays).sum())
    gap = usual.days_before(panel.values[treated], first)[1]
    shape = _shape(panel, treated, first, last)
    return _judged(float(change), left, gap, moved, int(counted.sum()), shape)


def _judged(
    change: float, left: float | None, gap: int, moved: int, lanes: int, shape: float | None
) -> Signs:
    came_back = left is not None and left < _BACK
    many = lanes >= _FEWEST and moved >= _MOST * lanes
    if many and not (came_back and abs(change) > _MOVED):
        verdict = Verdict.ARTEFACT  # this lane as well, though it may stand where it stood
    elif came_back or abs(change) < _MOVED:
        verdict = Verdict.TRAFFIC
    elif gap >= _GAP_DAYS:
        verdict = Verdict.ARTEFACT
    else:
        verdict = Verdict.UNCLEAR
    return Signs(
        verdict=verdict,
        gap_days=gap,
        moved=moved,
        lanes=lanes,
        left=left,
        shape=shape,
        words=_words(verdict, left, gap, moved, lanes, shape),
    )


def _words(
    verdict: Verdict, left: float | None, gap: int, moved: int, lanes: int, shape: float | None
) -> str:
    back = (
        "nothing was counted afterwards"
        if left is None
        else f"{max(left, 0):.0%} of the change was left afterwards"
    )
    if verdict is Verdict.TRAFFIC:
        return f"The break looks like traffic: {back}."
    odd = ""
    if shape is not None and shape < _SHAPE:
        odd = f", and the hours of a day look different (correlation {shape:.2f})"
    facts = f"{back}, {moved} of {lanes} lanes of the junction stand on another level for good"
    if gap:
        facts += f", and nothing was counted for {gap} days shortly before"
    if verdict is Verdict.ARTEFACT:
        return f"The break looks like renumbered or moved detectors, not traffic: {facts}{odd}."
    return f"The break may be a lasting change of the street or of the detector: {facts}{odd}."


def _levels(
    panel: Panel,
    rows: Sequence[int],
    controls: Ints,
    first: int,
    last: int,
    *,
    start: int | None = None,
) -> Floats:
    """Median share of the usual level in the window over that of the controls; NaN if uncounted.

    The usual level is each sensor's own of its last 84 counted days before the window.
    """
    begin = first if start is None else start
    found = np.full(len(rows), np.nan)
    if begin > last:
        return found
    both = [_share(panel, row, first, begin, last) for row in rows]
    common = [_share(panel, int(row), first, begin, last) for row in controls[:40]]
    city = np.nanmedian(np.array([*common, np.ones(last + 1 - begin)]), axis=0)
    for at, share in enumerate(both):
        known = np.isfinite(share)
        if known.sum() >= 3:
            found[at] = float(np.median(share[known] / np.maximum(city[known], 0.05)))
    return found


def _share(panel: Panel, row: int, first: int, begin: int, last: int) -> Floats:
    known = usual.days_before(panel.values[row], first)[0][-84:]
    days = np.concatenate([known, np.arange(begin, last + 1)])
    counts = panel.values[row : row + 1, days]
    before = np.arange(len(days)) < len(known)
    if len(known) < 7:
        return np.full(last + 1 - begin, np.nan)
    share, _ = usual.shares(counts, usual.usual_week(counts, usual.weekdays(panel)[days], before))
    return share[0, len(known) :]


def _shape(panel: Panel, row: int, first: int, last: int) -> float | None:
    workday = usual.weekdays(panel) < 5
    before, _ = usual.days_before(panel.values[row], first)
    profiles = []
    for chosen in (before, np.arange(first, last + 1)):
        values = panel.values[row, chosen[workday[chosen]][-60:]]
        if np.isfinite(values).sum(axis=0).min(initial=99) < 3 or not len(values):
            return None
        profiles.append(np.nanmedian(values, axis=0))
    if min(np.ptp(one) for one in profiles) <= 0:
        return None
    return float(np.corrcoef(*profiles)[0, 1])


def grouped(sensors: Sequence[str], group: Mapping[str, str]) -> dict[str, list[int]]:
    """Rows of the sensors of each junction."""
    found: dict[str, list[int]] = {}
    for row, sensor in enumerate(sensors):
        if name := group.get(sensor, ""):
            found.setdefault(name, []).append(row)
    return found
