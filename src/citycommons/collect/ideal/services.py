"""What serves the town: lamps, bins, charging points, water, buses, the air's two stations."""

from heapq import heappop, heappush
from typing import Any

import numpy as np

from citycommons.collect.ideal import days, plan
from citycommons.collect.ideal.chance import Floats, Ints, pick, stream
from citycommons.collect.ideal.days import Weather
from citycommons.collect.ideal.streets import RINGS, Streets

Table = tuple[Floats, dict[str, Any]]
"""Positions in metres, shape (n, 2), and columns."""
NO2_BASE, NO2_PER_VEHICLE, USUAL_WIND_MS = 9.0, 0.045, 2.6
LINES = (("1", 0, 4), ("2", 1, 5), ("3", 2, 6), ("4", 3, 7))


def street_lights(seed: int, streets: Streets) -> Table:
    """A lamp every 32 metres inside the walls and every 48 outside."""
    chance = stream(seed, "street_lights")
    spots, link = [], []
    length = streets.length_m
    for at in range(len(streets.tail) // 2):
        start, end = streets.place[streets.tail[at]], streets.place[streets.head[at]]
        inside = np.hypot(*((start + end) / 2)) < plan.WALL_M
        lamps = int(length[at] // (32 if inside else 48))
        share = (np.arange(lamps) + 0.5)[:, None] / max(lamps, 1)
        aside = np.array([start[1] - end[1], end[0] - start[0]]) / length[at] * 4
        spots.append(start + (end - start) * share + aside)
        link += [streets.link_id(at)] * lamps
    place = np.concatenate(spots)
    lamp = pick(chance, ["LED", "high-pressure sodium", "metal halide"], len(place), [66, 26, 8])
    watts = np.where(lamp == "LED", pick(chance, [28, 42, 60], len(place)), 100)
    year = np.where(
        lamp == "LED",
        chance.randint(2016, 2026, len(place)),
        chance.randint(1994, 2012, len(place)),
    )
    names = [f"LP{n:05d}" for n in range(1, len(place) + 1)]
    return place, {"light": names, "lamp": lamp, "power_w": watts, "installed": year, "link": link}


def waste_containers(seed: int, streets: Streets) -> Table:
    """Three to five containers at every third junction."""
    chance = stream(seed, "waste_containers")
    kinds = ["paper", "glass", "plastic and metal", "organic", "residual"]
    sites = np.flatnonzero((streets.zone >= 0) & (np.arange(len(streets.place)) % 3 == 0))
    each = chance.randint(3, 6, len(sites))
    at = np.repeat(sites, each)
    place = streets.place[at] + chance.normal(0, 6, (len(at), 2))
    kind = np.concatenate([kinds[-n:] for n in each])
    return place, {
        "container": [f"C{n:04d}" for n in range(1, len(at) + 1)],
        "waste": kind,
        "litres": pick(chance, [1100, 2400, 3000], len(at)),
        "emptied_each_week": chance.randint(1, 4, len(at)),
    }


def charging_points(seed: int, streets: Streets) -> Table:
    """Eighteen stations, faster ones on the avenues."""
    chance = stream(seed, "charging_points")
    at = np.sort(chance.choice(np.flatnonzero(streets.zone >= 0), 18, replace=False))
    power = pick(chance, [11, 22, 50, 150], 18, [3, 9, 4, 2])
    return streets.place[at] + 8, {
        "station": [f"E{n:02d}" for n in range(1, 19)],
        "power_kw": power,
        "plugs": chance.randint(1, 5, 18),
        "operator": pick(chance, ["Acque e Luce", "Ricarica Toscana Immaginaria"], 18, [3, 1]),
        "junction": [streets.node_id(n) for n in at],
    }


def water_outages(seed: int, streets: Streets, weather: Weather) -> dict[str, Any]:
    """Interruptions of the water supply in four years; more pipes burst in frost and drought."""
    chance = stream(seed, "water_outages")
    risk = 0.08 + 0.10 * (weather.min_c < 0) + 0.09 * (weather.max_c > 29)
    day = np.repeat(weather.day, chance.poisson(risk))
    start = day.astype("datetime64[m]") + chance.randint(240, 1320, len(day)).astype(
        "timedelta64[m]"
    )
    link = chance.randint(0, len(streets.tail) // 2, len(day))
    minutes = np.round(chance.gamma(2.2, 75, len(day)) + 15).astype(np.int64)
    return {
        "outage": [f"AL-{str(d)[:4]}-{n:03d}" for n, d in enumerate(day, 1)],
        "begins": days.stamped_local(start),
        "minutes": minutes,
        "households": chance.poisson(38, len(day)),
        "cause": pick(
            chance, ["burst pipe", "planned works", "valve", "third party"], len(day), [5, 3, 2, 1]
        ),
        "street": [streets.name[at] for at in link],
        "link": [streets.link_id(at) for at in link],
    }


def way(streets: Streets, start: int, end: int) -> list[int]:
    """The junctions of the quickest way (Dijkstra)."""
    leaving: dict[int, list[int]] = {}
    for at, tail in enumerate(streets.tail.tolist()):
        leaving.setdefault(tail, []).append(at)
    seconds, came, queue = {start: 0.0}, {start: start}, [(0.0, start)]
    cost, head = streets.free_flow_s.tolist(), streets.head.tolist()
    while queue:
        so_far, here = heappop(queue)
        if here == end:
            break
        for at in leaving[here]:
            if (then := so_far + cost[at]) < seconds.get(head[at], 1e18):
                seconds[head[at]], came[head[at]] = then, here
                heappush(queue, (then, head[at]))
    nodes = [end]
    while nodes[-1] != start:
        nodes.append(came[nodes[-1]])
    return nodes[::-1]


def buses(streets: Streets) -> tuple[list[Floats], dict[str, Any], Floats, dict[str, Any]]:
    """Four lines from edge to edge, and their stops at least 280 metres apart."""
    routes, line_stops, stops = [], [], dict[int, list[str]]()
    edge = plan.polar(RINGS[-2][0], np.arange(8) * np.pi / 4)
    ends = [int(np.argmin(np.hypot(*(streets.place - spot).T))) for spot in edge]
    for line, one, other in LINES:
        nodes = way(streets, ends[one], ends[other])
        routes.append(streets.place[nodes])
        last, count = streets.place[nodes[0]] + 1e6, 0
        for node in nodes:
            if np.hypot(*(streets.place[node] - last)) >= 280:
                stops.setdefault(node, []).append(line)
                last, count = streets.place[node], count + 1
        line_stops.append(count)
    at = sorted(stops)
    lines = {
        "line": [line for line, _, _ in LINES],
        "name": [f"Porta {plan.GATES[a]} – Porta {plan.GATES[b]}" for _, a, b in LINES],
        "every_min": [10, 12, 15, 15],
        "stops": line_stops,
    }
    street = dict(zip(streets.head.tolist(), streets.name, strict=True))
    columns = {
        "stop": [f"F{n:03d}" for n in range(1, len(at) + 1)],
        "name": [f"{street[n]} {streets.node_id(n)}" for n in at],
        "lines": [" ".join(stops[n]) for n in at],
        "shelter": [n % 3 != 0 for n in at],
    }
    return routes, lines, streets.place[at], columns


def air_quality(seed: int, traffic: Ints, weather: Weather) -> dict[str, Any]:
    """Hourly readings of 2025 at the avenue, where `traffic` (hours,) passes, and in the garden."""
    chance = stream(seed, "air_quality")
    utc = days.hours(days.YEAR, days.YEAR)
    row = weather.of(days.local(utc))
    wind = np.sqrt(USUAL_WIND_MS / np.maximum(weather.wind_ms[row], 0.8))
    cold = np.clip(15 - weather.mean_c[row], 0, None)
    parts = []
    for station, share in (("Viale", 1.0), ("Giardino", 0.12)):
        no2 = NO2_BASE + NO2_PER_VEHICLE * share * traffic * wind + chance.normal(0, 2.5, len(utc))
        pm10 = (14 + 0.9 * cold + 2.5 * share) * wind + chance.gamma(2, 2, len(utc))
        ozone = 38 + 1.6 * weather.mean_c[row] - 0.5 * no2 + chance.normal(0, 6, len(utc))
        parts.append((station, no2, pm10, ozone))
    return {
        "station": np.repeat([p[0] for p in parts], len(utc)),
        "begins": np.tile(days.stamped(utc), 2),
        **{
            name: np.round(np.maximum(np.concatenate([p[at] for p in parts]), 1.0), 1)
            for at, name in ((1, "no2_ug_m3"), (2, "pm10_ug_m3"), (3, "o3_ug_m3"))
        },
    }
