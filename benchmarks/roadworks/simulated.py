"""Sensors of a city that does not exist, with works whose true effect is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from citycommons.understand.cause.types import Panel, Window

DAYS, FIRST_DAY = 160, date(2025, 2, 3)
SENSORS = 70
_HOURS = np.array([
    8, 5, 4, 4, 8, 22, 55, 90, 85, 62, 55, 58, 62, 64, 68, 80, 95, 96, 78, 58, 42, 32, 24, 14
])  # fmt: skip
_WEEK = np.array([1, 1.02, 1.02, 1.03, 1.05, 0.78, 0.55])


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedWorks:
    """A panel, the treated sensor, and what was planted in it."""

    panel: Panel
    sensor: str
    window: Window
    effect: float  # relative; 0 is none
    junctions: Mapping[str, str] = field(default_factory=dict)


def simulated_works(seed: int, *, has_effect: bool) -> SimulatedWorks:
    """One works in one city of its own.

    Sensors differ in size, week and how strongly they follow the city's mood, holidays and school
    vacation; each has its own slow drift (autoregressive over days) and counting noise; some have
    gaps, dead days, a stuck or overflowing hour, and one is renumbered for good.
    """
    chance = np.random.default_rng(seed)
    mean = _expected(chance)
    length = int(chance.integers(7, 43))
    first = int(chance.integers(90, DAYS - length - 20))
    sensor = int(chance.integers(SENSORS))
    effect = planted_effect(chance) if has_effect else 0.0
    mean[sensor, first : first + length] *= 1 + effect
    # More spread than Poisson: platoons, signals, a few wrongly counted vehicles.
    seen = chance.negative_binomial(40, 40 / (40 + np.maximum(mean, 1e-9))).astype(float)
    _break(chance, seen, sensor)
    names = tuple(f"S{number:02d}" for number in range(SENSORS))
    panel = Panel(names, FIRST_DAY, seen)
    days = panel.days
    return SimulatedWorks(
        panel,
        names[sensor],
        Window(
            first_day=days[first].astype(object), last_day=days[first + length - 1].astype(object)
        ),
        effect,
    )


def planted_effect(chance: np.random.Generator) -> float:
    """A closure, a lane lost, or a street that takes the others' traffic."""
    low, high = [(-0.95, -0.6), (-0.4, -0.1), (0.05, 0.6)][chance.integers(3)]
    return float(chance.uniform(low, high))


def _expected(chance: np.random.Generator) -> np.ndarray:
    """Mean counts, shape (sensors, days, 24)."""
    size = chance.lognormal(np.log(150), 0.7, SENSORS)
    hours = _HOURS[None, :] ** chance.uniform(0.85, 1.15, (SENSORS, 1))
    hours = np.array([np.roll(one, chance.integers(-1, 2)) for one in hours])
    hours = hours / hours.mean(axis=1, keepdims=True)
    week = _WEEK[None, :] ** chance.uniform(0.7, 1.4, (SENSORS, 1))
    mood = _slow(chance, 1, 0.6, 0.03)[0]
    mood[chance.choice(DAYS, 4, replace=False)] -= 0.5  # holidays
    away = int(chance.integers(40, DAYS - 40))
    mood[away : away + 14] -= 0.12  # school vacation
    follows = chance.normal(1, 0.25, (SENSORS, 1))
    own = _slow(chance, SENSORS, 0.8, 0.03) * chance.uniform(0.5, 1.5, (SENSORS, 1))
    season = np.outer(chance.normal(0, 0.02, SENSORS), np.sin(np.arange(DAYS) / 58))
    level = np.exp(follows * mood + own + season)
    return (
        size[:, None, None]
        * level[:, :, None]
        * week[:, np.arange(DAYS) % 7, None]
        * (hours[:, None, :])
    )


def _slow(chance: np.random.Generator, rows: int, persistence: float, spread: float) -> np.ndarray:
    """First-order autoregression with the stated standard deviation, shape (rows, days)."""
    steps = chance.normal(0, spread * np.sqrt(1 - persistence**2), (rows, DAYS))
    found = np.empty((rows, DAYS))
    found[:, 0] = chance.normal(0, spread, rows)
    for day in range(1, DAYS):
        found[:, day] = persistence * found[:, day - 1] + steps[:, day]
    return found


def _break(chance: np.random.Generator, seen: np.ndarray, sensor: int) -> None:
    """Faults as real detectors have them, few of them at the sensor that is asked about."""
    seen[chance.random(seen.shape) < 0.01] = np.nan
    for row in chance.choice(SENSORS, 12, replace=False):
        day = int(chance.integers(DAYS - 6))
        seen[row, day : day + 2 + int(chance.integers(4))] = np.nan if row % 2 else 0.0
    for row in chance.choice(SENSORS, 6, replace=False):
        seen[row, chance.integers(DAYS), 8] = 65_535
        seen[row, chance.integers(DAYS), 6:18] = 77
    other = (sensor + 1 + int(chance.integers(SENSORS - 1))) % SENSORS
    seen[other, DAYS // 2 :] = seen[other, DAYS // 2 :] * 3
