"""Networks and trips as TNTP files (Transportation Networks for Research, tab-separated text).

A `_net` file has `<NUMBER OF ZONES>` and the like, then one link a line: from, to, capacity,
length, free-flow time, b, power, speed, toll, type. A `_trips` file has `Origin n` followed by
`destination : trips;`. Costs are time + toll weight · toll + distance weight · length; the weights
stand in the metadata, or in the README beside the network (“Generalized Cost Weights”), or are 0.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from citycommons.act.network.types import Floats, Network, VolumeDelay
from citycommons.core.errors import Invalid, NotFound

_TAG = re.compile(r"<\s*([^>]+?)\s*>\s*([^\r\n]*)")
_COLUMNS = 10
_STRANGE_SIZE = 5_000_000


@dataclass(frozen=True, slots=True)
class Weights:
    """Time units that one unit of toll and one of length are worth, and who says so."""

    toll: float
    distance: float
    said_by: str


def read_network(
    path: Path, *, toll_weight: float | None = None, distance_weight: float | None = None
) -> tuple[Network, Weights]:
    """Read a `_net.tntp` file; links keep the order of the file.

    Raises `NotFound` for no such file, `Invalid` with the line for what cannot be a network.
    """
    text = _text(path)
    tags, body, before = _split(path, text)
    zones, nodes = _count(path, tags, "NUMBER OF ZONES"), _count(path, tags, "NUMBER OF NODES")
    if zones > nodes:
        raise Invalid(f"{path.name} says it has {zones} zones, but only {nodes} nodes.")
    first = int(_number(path, tags.get("FIRST THRU NODE", "1"), "FIRST THRU NODE"))
    if not 1 <= first <= nodes + 1:
        raise Invalid(f"{path.name}: <FIRST THRU NODE> is {first}, of {nodes} nodes.")
    table = _links(path, body, before, nodes)
    said = _weights(path, tags, toll_weight, distance_weight)
    expected = tags.get("NUMBER OF LINKS")
    if expected and int(_number(path, expected, "NUMBER OF LINKS")) != len(table):
        raise Invalid(
            f"{path.name} says it has {expected} links, and holds {len(table)}. Is it cut off?"
        )
    network = Network(
        node=np.arange(1, nodes + 1, dtype=np.int64),
        zones=zones,
        first_through=first - 1,
        tail=(table[:, 0] - 1).astype(np.int32),
        head=(table[:, 1] - 1).astype(np.int32),
        capacity=table[:, 2].copy(),
        free_time=table[:, 4].copy(),
        fixed=said.toll * table[:, 8] + said.distance * table[:, 3],
        b=table[:, 5].copy(),
        power=table[:, 6].copy(),
        delay=np.full(len(table), VolumeDelay.BPR, dtype=np.int8),
        banned_turns=np.empty((0, 2), dtype=np.int32),
    )
    return network, said


def zones_of(path: Path) -> int:
    """How many zones a `_trips.tntp` file says it has; else the highest it names."""
    tags, body, _ = _split(path, _text(path))
    if "NUMBER OF ZONES" in tags:
        return _count(path, tags, "NUMBER OF ZONES")
    named = re.findall(r"(?i)\borigin\s+(\d{1,7})|(\d{1,7})\s*:", body)
    return max((int(zone) for pair in named for zone in pair if zone), default=1)


def total_note(path: Path, trips: Floats) -> str:
    """What is said if a `_trips.tntp` file holds other trips than its `<TOTAL OD FLOW>`."""
    said, found = _total(_split(path, _text(path))[0]), float(trips.sum())
    if said is None or abs(said - found) <= 0.001 * max(abs(said), 1.0):
        return ""
    return f"{path.name} says it has {said:.10g} trips, and holds {found:.10g}. Is it cut off?"


def _total(tags: dict[str, str]) -> float | None:
    try:
        return float(tags["TOTAL OD FLOW"].split(maxsplit=1)[0])
    except (KeyError, ValueError, IndexError):
        return None


def read_trips(path: Path, zones: int) -> Floats:
    """Read a `_trips.tntp` file as a matrix of `zones` by `zones`."""
    tags, body, _ = _split(path, _text(path))
    trips = np.zeros((zones, zones))
    for part in re.split(r"(?i)\borigin\b", body)[1:]:
        number, _, rest = part.strip().partition("\n")
        try:
            origin = int(number.split()[0])
            pairs = np.array(
                rest.replace(":", " ").replace(";", " ").split(), dtype=np.float64
            ).reshape(-1, 2)
        except (ValueError, IndexError) as cause:
            raise Invalid(
                f"{path.name}, origin {number.strip() or '?'}: expected “destination : trips;”."
            ) from cause
        _put(path, trips, origin, pairs)
    if {"NUMBER OF NODES", "NUMBER OF LINKS"} & set(tags):
        raise Invalid(f"{path.name} is a network, not trips: it has <NUMBER OF LINKS>.")
    if _total(tags) and not re.search(r"(?i)\borigin\b", body):
        raise Invalid(f"{path.name} holds no trips: no line begins with “Origin”.")
    return trips


def _put(path: Path, trips: Floats, origin: int, pairs: Floats) -> None:
    ends = pairs[:, 0].astype(np.int64)
    outside = (ends < 1) | (ends > len(trips)) | (ends != pairs[:, 0])
    if not 1 <= origin <= len(trips) or outside.any():
        bad = origin if not 1 <= origin <= len(trips) else pairs[outside, 0][0]
        raise Invalid(f"{path.name}: zone {bad:g} is not one of the network's {len(trips)}.")
    if not (np.isfinite(pairs[:, 1]).all() and (pairs[:, 1] >= 0).all()):
        raise Invalid(f"{path.name}, origin {origin}: trips must be numbers from 0 up.")
    np.add.at(trips[origin - 1], ends - 1, pairs[:, 1])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as cause:
        raise NotFound(f"Cannot read {path}: {cause.strerror}.") from cause


def _split(path: Path, text: str) -> tuple[dict[str, str], str, int]:
    """Tags, the rest, and how many lines stand before the rest."""
    ends = [m.end() for m in re.finditer(r"(?i)<\s*END OF METADATA\s*>", text)]
    if not ends:
        raise Invalid(f"{path.name} is no TNTP file: it has no “<END OF METADATA>”.")
    tags = {m[1].upper(): m[2].strip() for m in _TAG.finditer(text[: ends[-1]])}
    return tags, text[ends[-1] :], text.count("\n", 0, ends[-1])


def _count(path: Path, tags: dict[str, str], name: str) -> int:
    if name not in tags:
        raise Invalid(f"{path.name} does not say “<{name}>”.")
    count = int(_number(path, tags[name], name))
    if not 0 < count < _STRANGE_SIZE:
        raise Invalid(f"{path.name}: <{name}> is {count}.")
    return count


def _number(path: Path, text: str, name: str) -> float:
    try:
        return float(text.split(maxsplit=1)[0])
    except (ValueError, IndexError) as cause:
        raise Invalid(f"{path.name}: <{name}> is “{text}”, which is no number.") from cause


def _links(path: Path, body: str, before: int, nodes: int) -> Floats:
    rows: list[list[float]] = []
    for number, line in enumerate(body.split("\n"), before + 1):
        cells = line.split("~")[0].replace(";", " ").split()
        if not cells:
            continue
        try:
            row = [float(cell) for cell in cells[:_COLUMNS]]
        except ValueError as cause:
            raise Invalid(
                f"{path.name}, line {number}: “{line.strip()[:60]}” is no link."
            ) from cause
        _check(path, number, row, nodes)
        rows.append((row + [0.0] * _COLUMNS)[:_COLUMNS])
    if not rows:
        raise Invalid(f"{path.name} holds no links.")
    return np.array(rows)


def _check(path: Path, number: int, row: list[float], nodes: int) -> None:
    where = f"{path.name}, line {number}"
    if len(row) < 7:
        raise Invalid(f"{where}: a link needs 7 numbers or more, here are {len(row)}.")
    ends = row[:2]
    if any(end != int(end) or not 1 <= end <= nodes for end in ends):
        raise Invalid(f"{where}: nodes are {ends[0]:g} and {ends[1]:g}, of 1 to {nodes}.")
    if not all(np.isfinite(row)) or min(row[2], *row[3:7]) < 0:
        raise Invalid(f"{where}: capacity, length, time, b and power are numbers from 0 up.")
    if row[2] == 0 and row[5] > 0:
        raise Invalid(f"{where}: the capacity is 0. Leave a closed link out, or close it.")


def _weights(
    path: Path, tags: dict[str, str], toll: float | None, distance: float | None
) -> Weights:
    """Given ones, else the metadata's, else the README's beside the file, else 0."""
    if toll is not None or distance is not None:
        return Weights(toll or 0.0, distance or 0.0, "given")
    if "TOLL FACTOR" in tags or "DISTANCE FACTOR" in tags:
        found = [
            _number(path, tags.get(name, "0"), name) for name in ("TOLL FACTOR", "DISTANCE FACTOR")
        ]
        return Weights(found[0], found[1], path.name)
    readme = path.with_name("README.md")
    stated = readme.read_text("utf-8", errors="replace") if readme.is_file() else ""
    _, _, section = stated.partition("Generalized Cost Weights")
    section = section.partition("\n##")[0]
    said = {m[1].lower(): float(m[2]) for m in re.finditer(r"(Toll|Distance):\s*([\d.]+)", section)}
    if any(said.values()):
        return Weights(said.get("toll", 0.0), said.get("distance", 0.0), "README.md beside it")
    return Weights(0.0, 0.0, "nobody: only time counts")
