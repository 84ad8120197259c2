"""Each department's delivery: which columns, in which format, with which habits."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from citycommons.collect.ideal import crashes, days, flows, people, plan, services, traffic, truth
from citycommons.collect.ideal import streets as network
from citycommons.collect.ideal.chance import Ints, stream
from citycommons.collect.ideal.files import (
    comma,
    records,
    write_csv,
    write_geojson,
    write_json,
    write_xlsx,
)
from citycommons.collect.ideal.maps import write_maps
from citycommons.collect.ideal.plan import degrees
from citycommons.collect.ideal.streets import Streets


def write(folder: Path, seed: int) -> dict[str, Any]:
    """Write all files of the city into the folder and return the key of what is planted."""
    zones, streets = plan.zones(seed), network.build(seed)
    driven = flows.build(streets, zones)
    loops = traffic.detectors(streets, driven)
    sky = days.weather(seed)
    wrecks = crashes.build(seed, streets, driven)
    survey, unique = people.survey(seed, zones)
    key = truth.written(seed, streets, loops, wrecks, unique)

    write_maps(folder, seed, zones, streets, driven)
    _weather(folder, sky)
    counted = _motor_counts(folder, seed, streets, driven, loops, sky)
    _cycling(folder, seed, streets, sky, wrecks.lane_street)
    _car_parks(folder, seed, sky)
    _works(folder, seed, streets, int(loops.link[0]))
    _crashes(folder, streets, wrecks)
    _services(folder, seed, streets, sky, counted)
    _people(folder, seed, streets, key["closure"]["alternatives"], survey)
    return key


def _weather(folder: Path, sky: days.Weather) -> None:
    text = np.datetime_as_string(sky.day, unit="D").tolist()
    write_csv(
        folder / "weather_daily.csv",
        {
            "day": [f"{d[8:]}/{d[5:7]}/{d[:4]}" for d in text],
            "mean_c": comma(sky.mean_c),
            "min_c": comma(sky.min_c),
            "max_c": comma(sky.max_c),
            "rain_mm": comma(sky.rain_mm),
            "wind_ms": comma(sky.wind_ms),
            "sun_h": comma(sky.sun_h),
        },
        preamble="Comune di Città Ideale;Stazione meteorologica dell’Orto Botanico\n"
        "Valori giornalieri, temperature in °C;\n",
        encoding="cp1252",
    )


def _motor_counts(
    folder: Path,
    seed: int,
    streets: Streets,
    driven: flows.Flows,
    loops: traffic.Detectors,
    sky: days.Weather,
) -> Ints:
    """Write loops and counts; return the vehicles an hour past the station on the avenue."""
    middle = (streets.place[streets.tail] + 2 * streets.place[streets.head]) / 3
    names = np.array([loops.id(at) for at in range(len(loops.link))])
    write_geojson(
        folder / "detectors.geojson",
        "Point",
        degrees(middle[loops.link]),
        {
            "detector": names,
            "link": [streets.link_id(at) for at in loops.link],
            "street": [streets.bridge[at] or streets.name[at] for at in loops.link],
            "towards": [streets.node_id(n) for n in streets.head[loops.link].tolist()],
        },
    )
    utc, seen, speed = traffic.motor_counts(seed, driven, loops, sky)
    gone = stream(seed, "missing").rand(*seen.shape) < 0.002
    write_csv(
        folder / "motor_counts.csv",
        {
            "detector": pa.array(np.tile(names, len(utc))),
            "begins": pa.array(np.repeat(days.stamped(utc), len(names))),
            "vehicles": pa.array(seen.ravel(), mask=gone.ravel()),
            "speed_kmh": comma(np.where(gone, np.nan, speed).ravel()),
        },
    )
    return np.asarray(seen[:, 2] + seen[:, 3])


def _cycling(folder: Path, seed: int, streets: Streets, sky: days.Weather, lane: str) -> None:
    utc, seen, _ = traffic.cycle_counts(seed, sky)
    names = np.array([f"B{n}" for n in range(1, seen.shape[1] + 1)])
    chance = stream(seed, "cycle_sites")
    near = np.flatnonzero((streets.zone[streets.head] >= 0) & (streets.kind < 3))
    site = np.sort(chance.choice(near, len(names), replace=False))
    write_geojson(
        folder / "cycle_counters.geojson",
        "Point",
        degrees(streets.place[streets.head[site]] + 6),
        {"counter": names, "street": [streets.name[at] for at in site],
         "link": [streets.link_id(at) for at in site]},
    )  # fmt: skip
    for at, start, hours in ((2, 9_000, 130), (5, 17_400, 74)):
        seen[start : start + hours, at] = traffic.CYCLE_MISSING
    write_csv(
        folder / "cycle_counts.csv",
        {
            "counter": pa.array(np.tile(names, len(utc))),
            "begins": pa.array(np.repeat(days.stamped(utc), len(names))),
            "bicycles": seen.ravel(),
        },
    )
    half = np.arange(len(streets.tail)) < len(streets.tail) // 2
    chosen = {
        lane: crashes.LANE_OPENED,
        "Viale dei Bastioni del Colle": "2016-05-01",
        "Via dei Giardini di Ponente": "2019-09-15",
        "Via Nuova Oriente": "2021-04-10",
    }
    on = [at for at in np.flatnonzero(half) if streets.name[at] in chosen]
    ends = np.stack([streets.place[streets.tail[on]], streets.place[streets.head[on]]], axis=1)
    write_geojson(
        folder / "cycle_lanes.geojson",
        "LineString",
        degrees(ends),
        {"link": [streets.link_id(int(at)) for at in on], "street": [streets.name[at] for at in on],
         "opened": [chosen[streets.name[at]] for at in on], "length_m": streets.length_m[on]},
    )  # fmt: skip


def _car_parks(folder: Path, seed: int, sky: days.Weather) -> None:
    utc, taken, capacity, place, names = traffic.car_parks(seed, sky)
    code = np.array([f"P{n}" for n in range(1, len(names) + 1)])
    write_geojson(
        folder / "car_parks.geojson",
        "Point",
        degrees(place),
        {"car_park": code, "name": names, "capacity": capacity},
    )
    free = (capacity - taken).astype(str).astype(object)
    free[5_300:5_336, 1] = "chiuso"  # closed for the regatta
    write_csv(
        folder / "car_park_occupancy.csv",
        {
            "car_park": pa.array(np.tile(code, len(utc))),
            "read": pa.array(np.repeat(days.stamped(utc), len(code))),
            "free": pa.array(free.ravel().tolist()),
        },
    )


def _works(folder: Path, seed: int, streets: Streets, planted: int) -> None:
    works = traffic.roadworks(seed, streets, planted)
    at = np.array(works.pop("at"), np.int64)
    ends = np.stack([streets.place[streets.tail[at]], streets.place[streets.head[at]]], axis=1)
    write_geojson(folder / "roadworks.geojson", "LineString", degrees(ends), works)


def _crashes(folder: Path, streets: Streets, wrecks: crashes.Crashes) -> None:
    lon, lat = degrees(wrecks.place).T
    columns = crashes.columns(streets, wrecks)
    write_csv(folder / "crashes.csv", {**columns, "lon": comma(lon, 6), "lat": comma(lat, 6)})


def _services(folder: Path, seed: int, streets: Streets, sky: days.Weather, counted: Ints) -> None:
    place, lights = services.street_lights(seed, streets)
    write_geojson(folder / "street_lights.geojson", "Point", degrees(place), lights)
    place, bins = services.waste_containers(seed, streets)
    where = degrees(place)
    where[[57, 203]] = where[[57, 203]][:, ::-1]  # the two exchanged ones
    rows = {**bins, "lon": where[:, 0], "lat": where[:, 1]}
    write_json(folder / "waste_containers.json", records(rows))
    place, points = services.charging_points(seed, streets)
    lon, lat = degrees(place).T
    write_json(folder / "charging_points.json", records({**points, "lon": lon, "lat": lat}))
    write_csv(folder / "water_outages.csv", services.water_outages(seed, streets, sky))
    routes, lines, spots, stops = services.buses(streets)
    write_geojson(folder / "bus_lines.geojson", "LineString", [degrees(r) for r in routes], lines)
    write_geojson(folder / "bus_stops.geojson", "Point", degrees(spots), stops)
    air = services.air_quality(seed, counted, sky)
    decimals = {n: comma(v) if n.endswith("_m3") else pa.array(v) for n, v in air.items()}
    write_csv(folder / "air_quality.csv", decimals)


def _people(
    folder: Path, seed: int, streets: Streets, alternatives: list[str], survey: dict[str, Any]
) -> None:
    coarse, said = people.messages(seed, streets, alternatives)
    lon, lat = degrees(coarse).T
    write_csv(folder / "citizen_messages.csv", {**said, "lon": lon, "lat": lat}, delimiter=",")
    write_csv(folder / "waiting_times.csv", people.waiting_times(seed))
    write_xlsx(
        folder / "budget.xlsx",
        "Bilancio",
        people.budget(seed),
        above=("Comune di Città Ideale", "Bilancio per capitolo, euro"),
    )
    written = sorted(path.stem.replace("_", "-") for path in folder.iterdir())
    usage = people.portal_usage(seed, written)
    write_csv(folder / "portal_usage.csv", usage)
    write_csv(folder / "mobility_survey.csv", survey)
