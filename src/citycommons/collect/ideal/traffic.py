"""What the loops and counters saw: a year of motor counts, three of cycling, car parks, works."""

from dataclasses import dataclass

import numpy as np

from citycommons.collect.ideal import days
from citycommons.collect.ideal.chance import Chance, Floats, Ints, pick, scattered, stream
from citycommons.collect.ideal.days import Times, Weather
from citycommons.collect.ideal.flows import CLOSED_BRIDGE, WORKING_DAY_SHARE, Flows
from citycommons.collect.ideal.plan import GATES, polar
from citycommons.collect.ideal.streets import Streets

CLOSED_FROM, CLOSED_TO = "2025-05-12", "2025-07-06"  # first and last closed day
FAULTY_FROM, FAULTY_TO, FAULTY_SHARE = "2025-09-15", "2025-10-12", 0.45
DETECTORS, SEEN_AT_CLOSED = 28, 0.02  # some site vehicles still cross the loops
CYCLE_YEARS, CYCLE_GROWTH = (2023, 2025), 0.08
CYCLE_SITES, CYCLE_MISSING = 8, -1
MONTHS = np.array([0.95, 0.98, 1.0, 1.02, 1.04, 1.03, 1.0, 0.84, 1.03, 1.04, 1.02, 1.0])
RAIN_ON_CARS, RAIN_ON_BIKES, WARMTH_ON_BIKES = 1.03, 0.62, 0.022


def while_closed(clock: Times) -> np.ndarray:
    """Whether the bridge is closed at each local time."""
    day = clock.astype("datetime64[D]")
    return np.asarray((day >= np.datetime64(CLOSED_FROM)) & (day <= np.datetime64(CLOSED_TO)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectors:
    """Loops: the link each lies on, what the closure does to it, and which one goes wrong."""

    link: Ints
    ratio: Floats  # flow while the bridge is closed over the usual flow
    role: list[str]  # "closed", "alternative", "relieved", "control"
    faulty: int

    def id(self, at: int) -> str:
        """The loop's name in every file."""
        return f"D{at + 1:02d}"


def detectors(streets: Streets, flows: Flows) -> Detectors:
    """Both directions of the bridges and the streets that gain, lose, and stay as they are."""
    gain = flows.closed - flows.usual
    bridge = np.array([b == CLOSED_BRIDGE for b in streets.bridge])
    half = np.arange(len(bridge)) < len(bridge) // 2
    far = ~bridge & half
    closed = np.flatnonzero(bridge & half)
    busier = [at for at in np.argsort(-gain, kind="stable") if far[at]][:8:2]
    calmer = [at for at in np.argsort(gain, kind="stable") if far[at]][:6:2]
    calm = far & (np.abs(flows.ratio - 1) < 0.03)
    steady = np.argsort(-flows.usual * calm, kind="stable")[: DETECTORS // 2 - 8]
    one_way = [*closed, *busier, *calmer, *steady]
    names = ["closed", *["alternative"] * 4, *["relieved"] * 3, *["control"] * len(steady)]
    link = np.array([at for one in one_way for at in (one, streets.reverse[one])])
    ratio = np.maximum(flows.ratio[link], SEEN_AT_CLOSED)
    role = [name for name in names for _ in range(2)]
    return Detectors(link=link, ratio=ratio, role=role, faulty=len(link) - 5)


def motor_counts(
    seed: int, flows: Flows, loops: Detectors, weather: Weather
) -> tuple[Times, Ints, Floats]:
    """Hours in UTC, vehicles and mean speed in km/h, each shape (hours, detectors)."""
    chance = stream(seed, "motor_counts")
    utc = days.hours(days.YEAR, days.YEAR)
    clock = days.local(utc)
    day = weather.of(clock)
    month = clock.astype("datetime64[M]").astype(np.int64) % 12
    sky = np.where(weather.rain_mm > 4, RAIN_ON_CARS, 1.0) * chance.lognormal(
        0, 0.035, len(weather.day)
    )
    share = days.profile(utc, days.CAR_HOURS, days.CAR_DAY) * MONTHS[month] * sky[day]
    mean = share[:, None] * flows.usual[loops.link] / WORKING_DAY_SHARE
    mean = np.where(while_closed(clock)[:, None], mean * loops.ratio, mean)
    seen = scattered(chance, mean, 30.0)
    speed = 46 - 9 * mean / np.maximum(mean.max(axis=0), 1) + chance.normal(0, 2.2, mean.shape)
    wrong = _between(clock, FAULTY_FROM, FAULTY_TO)
    seen[wrong, loops.faulty] = (seen[wrong, loops.faulty] * FAULTY_SHARE).astype(np.int64)
    return utc, seen, np.where(seen > 0, np.round(speed, 1), np.nan)


def _between(clock: Times, first: str, last: str) -> np.ndarray:
    day = clock.astype("datetime64[D]")
    return np.asarray((day >= np.datetime64(first)) & (day <= np.datetime64(last)))


def cycle_counts(seed: int, weather: Weather) -> tuple[Times, Ints, Floats]:
    """Hours in UTC, bicycles, shape (hours, sites), and each site's mean day in the first year."""
    chance = stream(seed, "cycle_counts")
    utc = days.hours(*CYCLE_YEARS)
    clock = days.local(utc)
    day = weather.of(clock)
    warmth = 1 + WARMTH_ON_BIKES * (np.clip(weather.mean_c, 0, 24) - 14.8)
    sky = warmth * np.where(weather.rain_mm > 2, RAIN_ON_BIKES, 1.0)
    sky = sky * chance.lognormal(0, 0.05, len(sky))
    years = (clock - np.datetime64(f"{CYCLE_YEARS[0]}-07-02")).astype(float) / (24 * 365.25)
    grown = np.exp(years * np.log(1 + CYCLE_GROWTH))
    base = np.round(np.linspace(1450, 320, CYCLE_SITES) * (0.9 + 0.2 * chance.rand(CYCLE_SITES)))
    share = days.profile(utc, days.BIKE_HOURS, days.BIKE_DAY) * sky[day] * grown
    return utc, scattered(chance, share[:, None] * base, 22.0), base


def car_parks(seed: int, weather: Weather) -> tuple[Times, Ints, Ints, Floats, list[str]]:
    """Hours in UTC, taken places (hours, parks), capacity, positions in metres, names."""
    chance = stream(seed, "car_parks")
    gate = np.array([0, 1, 3, 4, 6, 7])
    capacity = np.array([420, 260, 310, 380, 240, 180])
    names = [f"Parcheggio Porta {GATES[g]}" for g in gate]
    utc = days.hours(days.YEAR, days.YEAR)
    clock = days.local(utc)
    hour = (clock - clock.astype("datetime64[D]")).astype(np.int64)
    kind = days.day_kind(clock)
    bells = [
        (0.10, ((10.5, 2.2, 0.62), (16.5, 2.6, 0.52))),
        (0.12, ((11.0, 2.4, 0.80), (18.0, 3.0, 0.45))),  # market day
        (0.14, ((12.0, 2.2, 0.30), (19.0, 3.0, 0.34))),
    ]
    day = np.array([
        low + sum(top * np.exp(-(((np.arange(24) - at) / wide) ** 2)) for at, wide, top in parts)
        for low, parts in bells
    ])  # fmt: skip
    pull = 0.85 + 0.3 * chance.rand(len(gate))
    mood = chance.lognormal(0, 0.07, (len(weather.day), len(gate)))[weather.of(clock)]
    full = day[kind, hour][:, None] * pull * mood + chance.normal(0, 0.02, mood.shape)
    # Who came over the closed bridge parks elsewhere.
    full[:, 4] *= np.where(while_closed(clock), 0.7, 1.0)
    taken = np.round(np.clip(full, 0.01, 1.0) * capacity).astype(np.int64)
    return utc, taken, capacity, polar(705.0, gate * np.pi / 4 + 0.05), names


def roadworks(seed: int, streets: Streets, planted: int) -> dict[str, list[object]]:
    """Forty works of the year, the closed bridge first."""
    chance: Chance = stream(seed, "roadworks")
    half = len(streets.tail) // 2
    normal = [at for at in range(half) if not streets.bridge[at] and streets.kind[at] > 0]
    link = [planted, *chance.choice(normal, 39, replace=False).tolist()]
    first = np.sort(
        np.datetime64("2025-01-08") + chance.randint(0, 345, 40).astype("timedelta64[D]")
    )
    last = first + chance.randint(2, 25, 40).astype("timedelta64[D]")
    first[0], last[0] = np.datetime64(CLOSED_FROM), np.datetime64(CLOSED_TO)
    kind = pick(chance, ["one lane closed", "pavement closed", "parking ban"], 40, [3, 5, 4])
    why = pick(chance, ["water main", "gas main", "fibre cable", "resurfacing", "trees"], 40)
    kind[0], why = "closed to motor vehicles", why.astype(object)
    kind = kind.astype(object)
    kind[0], why[0] = "closed to motor vehicles", "repair of the bridge’s arches"
    return {
        "works": [f"W25-{n + 1:03d}" for n in range(40)],
        "link": [streets.link_id(at) for at in link],
        "street": [streets.bridge[at] or streets.name[at] for at in link],
        "first_day": first.astype(str).tolist(),
        "last_day": last.astype(str).tolist(),
        "restriction": kind.tolist(),
        "reason": why.tolist(),
        "at": link,
    }
