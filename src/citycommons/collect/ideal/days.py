"""Days and hours: the local clock, holidays, weekly profiles, and the weather of four years."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citycommons.collect.ideal.chance import Floats, Ints, stream

Times = NDArray[np.datetime64]
YEARS = (2022, 2023, 2024, 2025)
YEAR = 2025  # the year of the hourly counts
EASTER_MONDAY = {2022: "04-18", 2023: "04-10", 2024: "04-01", 2025: "04-21"}
HOLIDAYS = ("01-01", "01-06", "04-25", "05-01", "06-02", "06-24", "08-15", "11-01", "12-08",
            "12-25", "12-26")  # fmt: skip
# Per cent of a day's vehicles in each hour: working day, Saturday, Sunday and holiday.
CAR_HOURS = np.array([
    (7, 4, 3, 3, 6, 16, 38, 78, 84, 58, 50, 50, 54, 56, 54, 56, 66, 82, 80, 60, 40, 26, 18, 11),
    (14, 9, 6, 5, 6, 10, 20, 34, 52, 68, 76, 78, 72, 58, 54, 58, 62, 66, 66, 60, 46, 34, 28, 18),
    (20, 14, 10, 7, 6, 8, 13, 22, 36, 56, 70, 76, 66, 52, 58, 64, 68, 72, 74, 68, 52, 38, 28, 22),
])  # fmt: skip
BIKE_HOURS = np.array([
    (4, 2, 1, 1, 2, 9, 34, 96, 92, 44, 34, 36, 48, 52, 46, 52, 74, 98, 86, 54, 34, 24, 16, 9),
    (9, 6, 4, 3, 3, 6, 14, 28, 52, 74, 84, 86, 78, 66, 66, 70, 74, 74, 66, 52, 36, 28, 22, 15),
    (10, 8, 5, 3, 3, 6, 12, 22, 48, 80, 96, 92, 70, 58, 66, 78, 86, 82, 66, 46, 30, 22, 16, 11),
])  # fmt: skip
CAR_DAY = np.array([1.08, 0.92, 0.68])  # volume of each kind of day over the mean day
BIKE_DAY = np.array([1.12, 0.90, 0.62])


def hours(first: int, last: int) -> Times:
    """Every hour (UTC) of the local years `first` to `last`."""
    return np.arange(f"{first - 1}-12-31T23", f"{last}-12-31T23", dtype="datetime64[h]")


def days(first: int, last: int) -> Times:
    """Every day of the years `first` to `last`."""
    return np.arange(f"{first}-01-01", f"{last + 1}-01-01", dtype="datetime64[D]")


def local(utc: Times) -> Times:
    """The clock on the town hall: one hour ahead of UTC, two in summer (European rule)."""
    return np.asarray(utc + np.timedelta64(1, "h") + _is_summer(utc).astype("timedelta64[h]"))


def _is_summer(utc: Times) -> NDArray[np.bool_]:
    years = utc.astype("datetime64[Y]")
    begins, ends = (_last_sunday(years, month) + np.timedelta64(1, "h") for month in (3, 10))
    return np.asarray((utc >= begins) & (utc < ends))


def _last_sunday(years: Times, month: int) -> Times:
    last = (years + np.timedelta64(month, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    back = (last.astype(np.int64) + 4) % 7  # 1970-01-01 was a Thursday
    return np.asarray((last - back.astype("timedelta64[D]")).astype("datetime64[h]"))


def stamped(utc: Times) -> NDArray[np.str_]:
    """Local times with their offset, `2025-03-30T03:00+02:00`."""
    return _text(local(utc), _is_summer(utc))


def stamped_local(clock: Times) -> NDArray[np.str_]:
    """The same of times read off the town hall's clock; an hour that comes twice is the second."""
    return _text(clock, _is_summer(clock - np.timedelta64(1, "h")))


def _text(clock: Times, summer: NDArray[np.bool_]) -> NDArray[np.str_]:
    return np.char.add(np.datetime_as_string(clock, unit="m"), np.where(summer, "+02:00", "+01:00"))


def weekday(day: Times) -> Ints:
    """0 is Monday."""
    return np.asarray((day.astype("datetime64[D]").astype(np.int64) + 3) % 7)


def day_kind(day: Times) -> Ints:
    """0 for a working day, 1 for a Saturday, 2 for a Sunday or holiday."""
    free = [f"{y}-{d}" for y in YEARS for d in HOLIDAYS] + [
        f"{y}-{d}" for y, d in EASTER_MONDAY.items()
    ]
    which = weekday(day)
    kind = np.where(which < 5, 0, np.where(which == 5, 1, 2))
    return np.where(np.isin(day.astype("datetime64[D]"), np.array(free, "datetime64[D]")), 2, kind)


def profile(utc: Times, shares: NDArray[np.int64], volume: Floats) -> Floats:
    """Share of the mean day's traffic that falls in each hour, shape (hours,)."""
    clock = local(utc)
    hour = (clock - clock.astype("datetime64[D]")).astype(np.int64)
    kind = day_kind(clock)
    normed = shares / shares.sum(axis=1, keepdims=True)
    return np.asarray(normed[kind, hour] * volume[kind])


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Daily weather of `YEARS`, each shape (days,)."""

    day: Times
    mean_c: Floats
    min_c: Floats
    max_c: Floats
    rain_mm: Floats
    wind_ms: Floats
    sun_h: Floats

    def of(self, when: Times) -> Ints:
        """The row of each time's day."""
        return np.asarray((when.astype("datetime64[D]") - self.day[0]).astype(np.int64))


def weather(seed: int) -> Weather:
    """Mild winters, dry summers, wet Novembers."""
    chance = stream(seed, "weather")
    day = days(YEARS[0], YEARS[-1])
    turn = 2 * np.pi * (day - day.astype("datetime64[Y]").astype(day.dtype)).astype(int) / 365.25
    warm = 14.8 - 9.6 * np.cos(turn - 0.35)
    drift, noise = np.zeros(len(day)), chance.normal(0, 1.6, len(day))
    for at in range(1, len(day)):
        drift[at] = 0.72 * drift[at - 1] + noise[at]
    mean = warm + drift
    wet = chance.rand(len(day)) < 0.27 + 0.13 * np.cos(turn - 5.6)
    rain = np.where(wet, np.round(chance.gamma(0.8, 9.0, len(day)), 1), 0.0)
    sun = np.clip(
        (7.4 - 3.6 * np.cos(turn)) * np.where(wet, 0.35, 1.0) + chance.normal(0, 1.1, len(day)),
        0,
        14,
    )
    swing = 3.2 + 0.38 * sun
    return Weather(
        day=day,
        mean_c=np.round(mean, 1),
        min_c=np.round(mean - swing * 0.9, 1),
        max_c=np.round(mean + swing, 1),
        rain_mm=rain,
        wind_ms=np.round(chance.gamma(4.0, 0.65, len(day)), 1),
        sun_h=np.round(sun, 1),
    )
