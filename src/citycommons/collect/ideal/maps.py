"""The maps the city keeps: zones, streets, junctions, green and water."""

from pathlib import Path
from typing import Any

import numpy as np

from citycommons.collect.ideal import plan
from citycommons.collect.ideal import streets as network
from citycommons.collect.ideal.chance import stream
from citycommons.collect.ideal.files import write_geojson, write_xlsx
from citycommons.collect.ideal.flows import Flows
from citycommons.collect.ideal.plan import Zones, degrees
from citycommons.collect.ideal.streets import Streets


def write_maps(folder: Path, seed: int, zones: Zones, streets: Streets, driven: Flows) -> None:
    """Write what lies still: zones and their people, streets, junctions, green and water."""
    code = np.array([f"Z{n:02d}" for n in range(1, len(zones.names) + 1)])
    district = np.array(plan.DISTRICTS)[zones.district]
    write_geojson(
        folder / "zones.geojson",
        "Polygon",
        [degrees(outline) for outline in zones.outline],
        {"zone": code, "name": zones.names, "district": district,
         "inhabitants": zones.population, "jobs": zones.jobs},
    )  # fmt: skip
    share = np.array([0.13, 0.17, 0.22, 0.25, 0.23])
    ages = ("0-17", "18-34", "35-49", "50-66", "67+")
    chance = stream(seed, "ages")
    people_by_age = np.array([chance.multinomial(n, share) for n in zones.population])
    write_xlsx(
        folder / "population_by_age.xlsx",
        "Popolazione",
        {"zone": np.repeat(code, 5), "age": list(ages) * len(code),
         "inhabitants": people_by_age.ravel()},
    )  # fmt: skip
    _streets(folder, code, streets, driven)
    _green_and_water(folder, seed)


def _streets(folder: Path, code: Any, streets: Streets, driven: Flows) -> None:
    half = len(streets.tail) // 2
    ends = np.stack([streets.place[streets.tail], streets.place[streets.head]], axis=1)
    write_geojson(
        folder / "streets.geojson",
        "LineString",
        degrees(ends),
        {
            "link": [streets.link_id(at) for at in range(2 * half)],
            "from_junction": [streets.node_id(n) for n in streets.tail],
            "to_junction": [streets.node_id(n) for n in streets.head],
            "name": streets.name,
            "bridge": streets.bridge,
            "class": [network.CLASSES[k] for k in streets.kind],
            "length_m": streets.length_m,
            "lanes": network.LANES[streets.kind],
            "speed_kmh": network.SPEED_KMH[streets.kind],
            "capacity_veh_h": network.CAPACITY[streets.kind],
            "vehicles_per_day": np.round(driven.usual).astype(np.int64),
        },
    )
    write_geojson(
        folder / "junctions.geojson",
        "Point",
        degrees(streets.place),
        {
            "junction": [streets.node_id(n) for n in range(len(streets.place))],
            "zone": [code[z] if z >= 0 else "" for z in streets.zone],
            "streets": np.bincount(streets.tail),
        },
    )


def _green_and_water(folder: Path, seed: int) -> None:
    chance = stream(seed, "green")
    inner, outer = plan.GLACIS_M
    parks = [plan.polar(r, a) for r, a in ((1080, 1.2), (1330, 2.75), (1050, 3.9), (1350, 5.6))]
    ponds = [parks[0] + (30.0, 20.0), parks[2] + (-20.0, 25.0)]
    green: list[Any] = [[degrees(plan.ring(outer)), degrees(plan.ring(inner)[::-1])]]
    green += [degrees(plan.blob(chance, middle, 130.0)) for middle in parks]
    green += [degrees(plan.ring(48.0))]
    write_geojson(folder / "green.geojson", "Polygon", green, {
        "area": [f"G{n}" for n in range(1, 7)],
        "name": ["Spalti delle Mura", "Parco degli Aranci", "Orto Botanico", "Parco del Fiume",
                 "Boschetto della Luna", "Giardino di Piazza Grande"],
        "kind": ["ramparts", "park", "garden", "park", "wood", "garden"],
    })  # fmt: skip
    water = [degrees(plan.river()), *(degrees(plan.blob(chance, p, 38.0)) for p in ponds)]
    write_geojson(folder / "water.geojson", "Polygon", water, {
        "water": ["A1", "A2", "A3"], "name": ["Fiume Chiaro", "Laghetto degli Aranci",
        "Laghetto del Mulino"], "kind": ["river", "pond", "pond"],
    })  # fmt: skip
