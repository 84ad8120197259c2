"""Networks as GMNS 0.96 (General Modeling Network Specification): node.csv, link.csv, config.csv.

`capacity` is passenger cars an hour and lane, `length` in the `long_length` of config.csv and
`free_speed` in its `speed`, mostly `long_length` an hour. The specification has no delay function:
links take BPR with 0.15 and 4 (Bureau of Public Roads, Traffic Assignment Manual, 1964) unless
they have `vdf_alpha`, `vdf_beta` (and `vdf_fftt`, minutes), as open solvers write them.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from citycommons.act.network.gmns_ground import banned_turns, read_streets
from citycommons.act.network.trips import label
from citycommons.act.network.types import Network, VolumeDelay
from citycommons.core.errors import Invalid, NotFound

_KM = {
    **dict.fromkeys(("km", "kilometer", "kilometers", "kilometre", "kilometres"), 1.0),
    **dict.fromkeys(("mi", "mile", "miles"), 1.609344),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 0.001),
    **dict.fromkeys(("ft", "foot", "feet"), 0.0003048),
}
_KMH = {
    **dict.fromkeys(("kmh", "km/h", "kph", "kmph", "km/hr", "km/hour"), 1.0),
    **dict.fromkeys(("mph", "mi/h", "mi/hr", "miles/hour"), 1.609344),
    **dict.fromkeys(("m/s", "mps"), 3.6),
}
_MOTOR = {"all", "auto", "autos", "car", "cars", "drive", "motor", "sov", "hov", "truck", "vehicle"}
_ALPHA = ("vdf_alpha", "vdf_alpha1", "bpr_alpha", "bpr_alpha1", "alpha")
_BETA = ("vdf_beta", "vdf_beta1", "bpr_beta", "bpr_beta1", "beta")
_MINUTES = ("vdf_fftt", "vdf_fftt1", "fftt", "free_flow_time")
_ENOUGH = 1e12  # capacity of links that say none: they never fill up


@dataclass(frozen=True, slots=True, eq=False)
class Gmns:
    """A network and what its file calls things."""

    network: Network
    names: tuple[str, ...]  # (n,) ids of nodes; "" for a zone's own node that is in no file
    zones: tuple[str, ...]  # (zones,)
    rows: int  # links of the file; the links after them join zones to their nodes
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Units:
    km: float
    kmh: float
    crs: str
    note: str


@dataclass(frozen=True, slots=True)
class _Link:
    tail: int
    head: int
    capacity: float
    minutes: float
    b: float
    power: float
    toll: float
    length: float
    fixed: float
    row: Mapping[str, str]
    is_back: bool = False


def read_gmns(
    folder: Path,
    *,
    wanted: Sequence[str] | None = None,
    toll_weight: float = 0.0,
    distance_weight: float = 0.0,
    with_streets: bool = False,
) -> Gmns:
    """Read node.csv and link.csv of a folder; times become minutes.

    Zones are the `zone_id` of nodes; a zone of several nodes gets one of its own, joined to them at
    no cost. Where no node has one, the nodes `wanted` (of the trips) are the zones. Links that
    cars may not use (`allowed_uses`) are left out; those with `directed` false run both ways. At
    the nodes of movement.csv only its turns are allowed. `with_streets` also reads where links lie,
    if coordinates are degrees.
    Raises `NotFound` for no such file, `Invalid` with the line for what is no network.
    """
    units = _units(folder)
    nodes = list(_rows(folder / "node.csv", ("node_id",)))
    index: dict[str, int] = {}
    for number, row in nodes:
        if index.setdefault(label(row["node_id"]), len(index)) != len(index) - 1:
            raise Invalid(f"node.csv, line {number}: node {row['node_id']} stands there twice.")
    links, left_out = _links(folder, index, units)
    members, kind = _zones(nodes, index, wanted)
    if (folder / "movement.csv").is_file():
        kind += "; turns are those of movement.csv at the nodes it describes"
    alone = all(len(some) == 1 for some in members.values())
    notes = [units.note, kind]
    if left_out:
        notes.append(f"{left_out} links are not for cars and left out")
    if not alone:
        notes.append("zones of several nodes begin at a node of their own, joined at no cost")
    build = _at_nodes if alone else _with_centroids
    network, names = build(list(index), links, members, _are_centroids(nodes, index, members))
    network.fixed[: len(links)] = [
        one.fixed + toll_weight * one.toll + distance_weight * one.length for one in links
    ]
    if alone:
        network = _with_ground(folder, network, names, nodes, links, units, with_streets)
    return Gmns(network, names, tuple(members), len(links), tuple(note for note in notes if note))


def _with_ground(
    folder: Path,
    network: Network,
    names: Sequence[str],
    nodes: Sequence[tuple[int, dict[str, str]]],
    links: Sequence[_Link],
    units: _Units,
    with_streets: bool,
) -> Network:
    """With the lines of its links, and the turns of movement.csv."""
    place = {name: k for k, name in enumerate(names)}
    nodes = sorted(nodes, key=lambda one: place[label(one[1]["node_id"])])
    rows = [
        (one.row, int(tail), int(head), one.is_back)
        for one, tail, head in zip(links, network.tail, network.head, strict=True)
    ]
    turns = network.banned_turns
    if (folder / "movement.csv").is_file():
        moves = [row for _, row in _rows(folder / "movement.csv", ("ib_link_id", "ob_link_id"))]
        ids = [one.row.get("link_id", "") for one in links]
        turns = banned_turns(moves, ids, network.tail, network.head)
    streets = None
    if with_streets:
        streets = read_streets(nodes, rows, units.crs, units.km, units.kmh)
    return replace(network, streets=streets, banned_turns=turns)


def _rows(path: Path, needs: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with the number of their line and cells by the lower-case heading."""
    try:
        text = path.read_text("utf-8-sig", errors="replace")
    except OSError as cause:
        raise NotFound(f"Cannot read {path}: {cause.strerror}.") from cause
    rows = csv.reader(text.splitlines())
    heading = [cell.strip().lower() for cell in next(rows, [])]
    for name in needs:
        if name not in heading:
            raise Invalid(f"{path.name} has no column “{name}”, which GMNS needs.")
    for row in rows:
        if any(row):
            cells = (*(cell.strip() for cell in row), *[""] * len(heading))
            yield rows.line_num, dict(zip(heading, cells, strict=False))


def _units(folder: Path) -> _Units:
    said = {}
    if (folder / "config.csv").is_file():
        said = next((row for _, row in _rows(folder / "config.csv", ())), {})
    length, speed = said.get("long_length", "").lower(), said.get("speed", "").lower()
    if not length and not speed:
        note = "no units said: length over free_speed is taken as hours"
        return _Units(1.0, 1.0, said.get("crs", ""), note)
    if (length and length not in _KM) or (speed and speed not in _KMH):
        raise Invalid(
            f"config.csv: units are “{length}” and “{speed}”; use km and kmh, or mi, mph."
        )
    km = _KM.get(length) or (1.609344 if speed == "mph" else 1.0)
    kmh = _KMH.get(speed) or (1.609344 if length.startswith("mi") else 1.0)
    crs = said.get("crs", "")
    return _Units(km, kmh, crs, f"length in {length or '?'}, speed in {speed or '?'} by config.csv")


def _links(folder: Path, index: Mapping[str, int], units: _Units) -> tuple[list[_Link], int]:
    path = folder / "link.csv"
    links: list[_Link] = []
    left_out = 0
    for number, row in _rows(path, ("from_node_id", "to_node_id")):
        if not _for_cars(row.get("allowed_uses", "")):
            left_out += 1
            continue
        one = _link(f"link.csv, line {number}", row, index, units)
        links.append(one)
        if row.get("directed", "").lower() in ("0", "false", "f", "no"):
            links.append(replace(one, tail=one.head, head=one.tail, is_back=True))
    if not links:
        raise Invalid("link.csv holds no links for cars.")
    return links, left_out


def _for_cars(uses: str) -> bool:
    words = {word for word in uses.lower().replace(";", ",").replace(" ", ",").split(",") if word}
    return not words or bool(words & _MOTOR)


def _link(where: str, row: Mapping[str, str], index: Mapping[str, int], units: _Units) -> _Link:
    ends = [label(row[name]) for name in ("from_node_id", "to_node_id")]
    for end in ends:
        if end not in index:
            raise Invalid(f"{where}: node “{end}” is not in node.csv.")
    length = _number(where, row, ("length",), 0.0)
    minutes = _number(where, row, _MINUTES, np.nan)
    if np.isnan(minutes):
        speed = _number(where, row, ("free_speed",), np.nan)
        if not speed > 0 and length > 0:
            raise Invalid(f"{where}: “free_speed” must be above 0, or “vdf_fftt” be given.")
        minutes = length * units.km / (speed * units.kmh) * 60 if length > 0 else 0.0
    lanes = _number(where, row, ("lanes",), 1.0)
    capacity = lanes * _number(where, row, ("capacity",), _ENOUGH)
    b = _number(where, row, _ALPHA, 0.15)
    if capacity == 0 and b > 0:
        raise Invalid(f"{where}: the capacity is 0. Leave a closed link out, or close it.")
    power, toll = _number(where, row, _BETA, 4.0), _number(where, row, ("toll",), 0.0)
    fixed = _number(where, row, ("fixed_cost",), 0.0)
    return _Link(
        *(index[ends[0]], index[ends[1]], capacity, minutes, b, power, toll, length, fixed, row)
    )


def _number(where: str, row: Mapping[str, str], names: Sequence[str], default: float) -> float:
    name, text = next(((n, row[n]) for n in names if row.get(n, "") not in ("", "NaN")), ("", ""))
    if not text:
        return default
    try:
        value = float(text)
    except ValueError as cause:
        raise Invalid(f"{where}: “{name}” is “{text}”, which is no number.") from cause
    if not 0 <= value < np.inf:
        raise Invalid(f"{where}: “{name}” is {text}; it must be a number from 0 up.")
    return value


def _zones(
    nodes: Sequence[tuple[int, Mapping[str, str]]],
    index: Mapping[str, int],
    wanted: Sequence[str] | None,
) -> tuple[dict[str, list[int]], str]:
    """Nodes of each zone, in the order of the file, and how zones were found."""
    members: dict[str, list[int]] = {}
    for _, row in nodes:
        zone = label(row.get("zone_id", ""))
        if zone and zone not in ("NaN", "-1"):
            members.setdefault(zone, []).append(index[label(row["node_id"])])
    if members:
        return members, "zones are the zone_id of node.csv"
    chosen = list(index) if wanted is None else [zone for zone in wanted if zone in index]
    return {zone: [index[zone]] for zone in chosen}, "no node has a zone_id: trips name nodes"


def _are_centroids(
    nodes: Sequence[tuple[int, Mapping[str, str]]],
    index: Mapping[str, int],
    members: Mapping[str, Sequence[int]],
) -> bool:
    """Whether each zone's node is called a centroid: those may not be driven through."""
    called = {
        index[label(row["node_id"])]
        for _, row in nodes
        if "centroid" in row.get("node_type", "").lower()
    }
    return bool(members) and all(node in called for some in members.values() for node in some)


def _at_nodes(
    names: Sequence[str],
    links: Sequence[_Link],
    members: Mapping[str, Sequence[int]],
    are_centroids: bool,
) -> tuple[Network, tuple[str, ...]]:
    """Each zone is its node; the nodes of zones come first."""
    first = [some[0] for some in members.values()]
    order = [*first, *(k for k in range(len(names)) if k not in set(first))]
    place = np.empty(len(names), dtype=np.int32)
    place[order] = np.arange(len(names))
    called = tuple(names[k] for k in order)
    ends = np.array([(one.tail, one.head) for one in links])
    through = len(first) if are_centroids else 0
    return _network(called, place[ends], links, len(first), through), called


def _with_centroids(
    names: Sequence[str],
    links: Sequence[_Link],
    members: Mapping[str, Sequence[int]],
    _are_centroids: bool,
) -> tuple[Network, tuple[str, ...]]:
    """Each zone gets a node of its own in front, joined to its nodes both ways at no cost."""
    zones = len(members)
    called = (*[""] * zones, *names)
    ends = [(one.tail + zones, one.head + zones) for one in links]
    joins: list[_Link] = []
    for zone, some in enumerate(members.values()):
        for node in some:
            for tail, head in ((zone, node + zones), (node + zones, zone)):
                ends.append((tail, head))
                joins.append(_Link(tail, head, _ENOUGH, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, {}))
    return _network(called, np.array(ends), [*links, *joins], zones, zones), called


def _network(
    names: Sequence[str],
    ends: "np.ndarray[tuple[int, ...], np.dtype[np.integer]]",
    links: Sequence[_Link],
    zones: int,
    first_through: int,
) -> Network:
    table = np.array([(one.capacity, one.minutes, one.b, one.power) for one in links])
    return Network(
        node=_numbers(names),
        zones=zones,
        first_through=first_through,
        tail=ends[:, 0].astype(np.int32),
        head=ends[:, 1].astype(np.int32),
        capacity=table[:, 0].copy(),
        free_time=table[:, 1].copy(),
        fixed=np.zeros(len(links)),
        b=table[:, 2].copy(),
        power=table[:, 3].copy(),
        delay=np.full(len(links), VolumeDelay.BPR, dtype=np.int8),
        banned_turns=np.empty((0, 2), dtype=np.int32),
    )


def _numbers(names: Sequence[str]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """The ids where all are whole numbers, else 1, 2, …; a zone's own node counts down from -1."""
    try:
        found = [int(name) if name else -1 - k for k, name in enumerate(names)]
        if len(set(found)) == len(found) and max(map(abs, found), default=0) < 2**62:
            return np.array(found, dtype=np.int64)
    except ValueError:
        pass
    return np.arange(1, len(names) + 1, dtype=np.int64)
