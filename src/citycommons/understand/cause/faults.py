"""Values that no traffic makes: negative, overflowing, stuck and dead sensors are left out."""

from datetime import timedelta

import numpy as np

from citycommons.understand.cause.types import Bools, Fault, FaultKind, Floats, Panel

OVERFLOW = 6000.0  # vehicles an hour on one detector: three lanes at capacity do not reach it
_FAR_ABOVE = 4.0  # times the sensor's own 99.5th percentile
_STUCK_H, _STUCK_ABOVE = 6, 5.0  # the same count so often in a row, not in the empty night
_DEAD_H, _DEAD_USUAL = 24, 50.0  # zeros for so long where a day usually has more vehicles


def clean(panel: Panel, *, closed: tuple[str, ...] = (), from_day: int = 0, to_day: int = 0) -> (
    tuple[Panel, tuple[Fault, ...]]
):  # fmt: skip
    """The panel without values of faulty sensors, and what was left out.

    Zeros of the sensors `closed` on the days from `from_day` to before `to_day` stay: an empty
    street is what a closure looks like.
    """
    values = panel.values.reshape(len(panel.sensors), -1).copy()
    found: list[Fault] = []
    for row, sensor in enumerate(panel.sensors):
        series = values[row]
        for kind, wrong in _wrong(series):
            if kind is FaultKind.DEAD and sensor in closed:
                wrong[from_day * 24 : to_day * 24] = False
            if wrong.any():
                found.append(_fault(panel, sensor, kind, wrong))
                series[wrong] = np.nan
    return panel.with_values(values.reshape(panel.values.shape)), tuple(found)


def _wrong(series: Floats) -> list[tuple[FaultKind, Bools]]:
    with np.errstate(invalid="ignore"):
        negative, over = series < 0, series > OVERFLOW
        good = series[np.isfinite(series) & ~negative & ~over]
        if good.size:
            over |= series > max(_FAR_ABOVE * np.quantile(good, 0.995), 200.0)
    usual = 24 * float(good.mean()) if good.size else 0.0
    runs = _runs(series)
    stuck = (runs >= _STUCK_H) & (series > _STUCK_ABOVE)
    dead = (runs >= _DEAD_H) & (series == 0) & (usual > _DEAD_USUAL)
    kinds = (FaultKind.NEGATIVE, FaultKind.OVERFLOW, FaultKind.STUCK, FaultKind.DEAD)
    return list(zip(kinds, (negative, over, stuck, dead), strict=True))


def _runs(series: Floats) -> Floats:
    """For each value how often it stands in a row; a gap belongs to no run."""
    change = np.flatnonzero(np.diff(series) != 0) + 1  # NaN differs from everything
    edges = np.concatenate([[0], change, [len(series)]])
    lengths = np.diff(edges)
    return np.repeat(lengths, lengths).astype(float)


def _fault(panel: Panel, sensor: str, kind: FaultKind, wrong: Bools) -> Fault:
    at = np.flatnonzero(wrong)
    return Fault(
        sensor=sensor,
        kind=kind,
        first_day=panel.first_day + timedelta(days=int(at[0] // 24)),
        last_day=panel.first_day + timedelta(days=int(at[-1] // 24)),
        values=len(at),
    )
