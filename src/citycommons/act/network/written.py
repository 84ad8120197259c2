"""A network as files of others: GMNS 0.96 tables, and a table of its links for GeoParquet."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from citycommons.act.network.assemble import streets_of
from citycommons.act.network.types import Floats, Network, VolumeDelay
from citycommons.core.errors import Invalid, Unavailable
from citycommons.share.arrange import geo_metadata

_CONFIG = {
    "short_length": "m",
    "long_length": "km",
    "speed": "kmh",
    "crs": "EPSG:4326",
    "geometry_field_format": "WKT",
    "version_number": "0.96",
    "id_type": "integer",
}


def write_gmns(network: Network, folder: Path, *, name: str = "") -> None:
    """Write node.csv, link.csv, config.csv and, where turns are banned, movement.csv.

    Units are km, km/h, minutes and passenger cars an hour and lane, said in config.csv. Beyond the
    specification links carry `vdf_alpha`, `vdf_beta`, `vdf_fftt` (minutes) and `fixed_cost`
    (minutes), so that `read_gmns` gives back the same network. At a node with a banned turn
    movement.csv lists the turns that are allowed, as the specification wants.
    Raises `Invalid` for a network without coordinates or with another delay function than BPR, and
    `Unavailable` if the folder cannot be written.
    """
    if (network.delay != VolumeDelay.BPR).any():
        raise Invalid("GMNS has no delay function but BPR; this network has others.")
    streets_of(network)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _table(folder / "config.csv", ["dataset_name", *_CONFIG], [[name, *_CONFIG.values()]])
        _table(folder / "node.csv", _NODE, _nodes(network))
        _table(folder / "link.csv", _LINK, _links(network))
        if len(network.banned_turns):
            _table(folder / "movement.csv", _MOVEMENT, _movements(network))
    except OSError as cause:
        raise Unavailable(f"{folder} cannot be written: {cause.strerror or cause}.") from cause


_NODE = ("node_id", "x_coord", "y_coord", "node_type", "zone_id")
_LINK = (
    *("link_id", "name", "from_node_id", "to_node_id", "directed", "dir_flag", "length"),
    *("facility_type", "capacity", "free_speed", "lanes", "allowed_uses"),
    *("vdf_alpha", "vdf_beta", "vdf_fftt", "fixed_cost", "geometry"),
)
_MOVEMENT = ("mvmt_id", "node_id", "ib_link_id", "ob_link_id", "type")


def _table(path: Path, heading: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading)
        writer.writerows(rows)


def _nodes(network: Network) -> Iterator[Sequence[object]]:
    streets = streets_of(network)
    for k, number in enumerate(network.node.tolist()):
        kind = "centroid" if k < network.first_through else ""
        zone = number if k < network.zones else ""
        yield number, float(streets.lon[k]), float(streets.lat[k]), kind, zone


def _links(network: Network) -> Iterator[Sequence[object]]:
    streets, node = streets_of(network), network.node.tolist()
    lanes = np.maximum(np.rint(streets.lanes), 1)
    capacity = network.capacity / lanes
    for k in range(network.links):
        line = ", ".join(f"{lon!r} {lat!r}" for lon, lat in streets.lines[k])
        yield (
            *(k + 1, streets.name[k], node[network.tail[k]], node[network.head[k]], "true", 1),
            *(float(streets.length_m[k]) / 1000, streets.kind[k], float(capacity[k])),
            *(float(streets.speed_kmh[k]), int(lanes[k]), "auto"),
            *(float(network.b[k]), float(network.power[k]), float(network.free_time[k])),
            *(float(network.fixed[k]), f"LINESTRING ({line})"),
        )


def _movements(network: Network) -> Iterator[Sequence[object]]:
    banned = {(a, b) for a, b in network.banned_turns.tolist()}
    places = {int(network.head[a]) for a, _ in banned}
    into = [k for k, head in enumerate(network.head.tolist()) if head in places]
    out: dict[int, list[int]] = {}
    for k, tail in enumerate(network.tail.tolist()):
        out.setdefault(tail, []).append(k)
    turns = (
        (a, b) for a in into for b in out.get(int(network.head[a]), ()) if (a, b) not in banned
    )
    for id, (a, b) in enumerate(turns, 1):
        yield id, int(network.node[network.head[a]]), a + 1, b + 1, _turn(network, a, b)


def _turn(network: Network, start: int, end: int) -> str:
    """By the angle between the two links: left, right, thru or uturn."""
    if network.head[end] == network.tail[start]:
        return "uturn"
    lines = streets_of(network).lines
    (x0, y0), (x1, y1) = lines[start][-2:]
    (x2, y2), (x3, y3) = lines[end][:2]
    narrow = np.cos(np.radians(y1))  # a degree to the east is shorter than one to the north
    before, after = np.arctan2(y1 - y0, (x1 - x0) * narrow), np.arctan2(y3 - y2, (x3 - x2) * narrow)
    angle = np.degrees((after - before + np.pi) % (2 * np.pi) - np.pi)
    return "thru" if abs(angle) < 45 else "left" if angle > 0 else "right"


def link_table(network: Network, columns: Mapping[str, Floats] | None = None) -> pa.Table:
    """Links as a table with their lines (WKB, CRS84), and columns of values on links beside.

    `columns` are such as `{"flow": equilibrium.flow}`, each of shape (links,).
    Raises `Invalid` for a network without coordinates.
    """
    streets = streets_of(network)
    shapes = [shapely.LineString(line) for line in streets.lines]
    return pa.table(
        {
            "link": np.arange(network.links),
            "from_node": network.node[network.tail],
            "to_node": network.node[network.head],
            "source": list(streets.sources),
            "name": list(streets.name),
            "kind": list(streets.kind),
            "length_m": streets.length_m,
            "lanes": streets.lanes,
            "speed_kmh": streets.speed_kmh,
            "capacity": network.capacity,
            "free_time": network.free_time,
            **(columns or {}),
            "geometry": pa.array(shapely.to_wkb(shapes).tolist(), pa.binary()),
        }
    )


def write_geoparquet(
    network: Network, path: Path, columns: Mapping[str, Floats] | None = None
) -> None:
    """Write the links as GeoParquet 1.1. Raises `Invalid`, or `Unavailable` if it cannot."""
    table = link_table(network, columns)
    lon, lat = np.array([point for line in streets_of(network).lines for point in line]).T
    bounds = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    metadata = {b"geo": geo_metadata("geometry", bounds, covered=False)}
    try:
        pq.write_table(table.replace_schema_metadata(metadata), path, compression="zstd")
    except OSError as cause:
        raise Unavailable(f"{path} cannot be written: {cause.strerror or cause}.") from cause
