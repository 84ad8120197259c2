"""Which sensors the event cannot have touched, so that the others can be held against them."""

from collections.abc import Mapping

import numpy as np

from citycommons.understand.cause.types import Floats, Ints, Panel

UNTOUCHED = 0.01  # predicted relative change below which a street counts as untouched
RING_KM = 1.5  # without a forecast: how far from the event a sensor must be
_FEWEST, _NEAREST_KM = 10, 0.4
_LEVEL = np.log(1.6)  # between the first and the last quarter: a detector that was changed
_EARTH_KM = 6371.0


def by_forecast(predicted: Mapping[str, float]) -> frozenset[str]:
    """Sensors whose predicted relative change is below one per cent.

    Detour streets are treated too: a control among them would make any effect look larger.
    """
    return frozenset(name for name, change in predicted.items() if abs(change) < UNTOUCHED)


def by_ring(
    places: Mapping[str, tuple[float, float]],
    event: list[tuple[float, float]],
    *,
    ring_km: float = RING_KM,
) -> frozenset[str]:
    """Sensors farther than the ring from every position (longitude, latitude) of the event.

    Where fewer than ten are, as in a small town, the ten farthest, though none within 400 m.
    """
    apart = {
        name: min((_apart_km(place, other) for other in event), default=np.inf)
        for name, place in places.items()
    }
    outside = frozenset(name for name, far in apart.items() if far > ring_km)
    if len(outside) >= _FEWEST or ring_km <= _NEAREST_KM:
        return outside
    farthest = sorted(apart, key=lambda name: (-apart[name], name))[:_FEWEST]
    return frozenset(name for name in farthest if apart[name] > _NEAREST_KM)


def steady(panel: Panel, rows: Ints, from_day: int, to_day: int) -> Ints:
    """Of these sensors those that end on the level on which they began, as all others did.

    A detector that was moved or renumbered stands on another level from then on, half as much
    again or more; no traffic elsewhere in a city does that.
    """
    daily = np.where(
        np.isfinite(panel.values[rows, from_day:to_day]).sum(axis=2) >= 12,
        np.nansum(panel.values[rows, from_day:to_day], axis=2),
        np.nan,
    )
    quarter = max(7, daily.shape[1] // 4)
    early, late = _typical(daily[:, :quarter]), _typical(daily[:, -quarter:])
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.log(late / early)
    known = np.isfinite(change)
    city = float(np.median(change[known])) if known.any() else 0.0
    found: Ints = rows[known & (np.abs(np.where(known, change, 0.0) - city) < _LEVEL)]
    return found


def _typical(daily: Floats) -> Floats:
    known = np.isfinite(daily).any(axis=1)
    found = np.full(len(daily), np.nan)
    if known.any():
        found[known] = np.nanmedian(daily[known], axis=1)
    return found


def _apart_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Along the great circle (haversine)."""
    lon_a, lat_a, lon_b, lat_b = np.radians([*a, *b])
    inner = (
        np.sin((lat_b - lat_a) / 2) ** 2
        + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    )
    return float(2 * _EARTH_KM * np.arcsin(np.sqrt(inner)))
