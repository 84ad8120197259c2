"""The nodes of lines: by the ids that the table has, or where ends meet on the ground."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely
import shapely.ops

from citycommons.act.network.assemble import Position
from citycommons.act.network.plane import Plane
from citycommons.act.network.types import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table, before its ends are nodes."""

    start: str
    end: str
    line: tuple[Position, ...]
    kind: str
    name: str
    source: str
    one_way: int  # 1 along the line, -1 against it, 0 both ways
    lanes: float | None
    speed_kmh: float | None
    capacity: float | None
    length_m: float | None
    guessed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """A line between two nodes; it runs from `start` to `end`."""

    start: Any
    end: Any
    line: Line


@dataclass(frozen=True, slots=True)
class Joints:
    """Lines with their nodes, and where those lie."""

    rows: list[Joined]
    places: dict[Any, Position]
    numbers: dict[Any, int] | None
    guessed: dict[str, int] = field(default_factory=dict)


def join_by_ids(lines: Sequence[Line]) -> Joints:
    """Nodes by their ids; a line is turned round where its ends lie the other way.

    Tables of undirected edges keep the ids in one order and draw in another: a node is where most
    of its lines end, and each line runs from its start's place.
    """
    places = _places(lines)
    rows, turned = [], 0
    for one in lines:
        is_turned = places[one.start] == one.line[-1] != one.line[0]
        turned += is_turned
        rows.append(
            Joined(one.start, one.end, replace(one, line=one.line[::-1]) if is_turned else one)
        )
    numbers = {n: int(n) for n in places} if all(n.isdigit() for n in places) else None
    return Joints(rows, dict(places), numbers, {"drawn against its ids": turned} if turned else {})


def _places(lines: Sequence[Line]) -> dict[str, Position]:
    """Where each node lies, in the order of the table."""
    ends: dict[str, Counter[Position]] = {}
    for one in lines:
        for node in {one.start: None, one.end: None}:
            ends.setdefault(node, Counter()).update({one.line[0], one.line[-1]})
    found = {node: _most(seen) for node, seen in ends.items()}
    # The loose end of a line is where its other node is not; of two loose ends, as it is drawn.
    waiting = [one for one in lines if found[one.start] is None or found[one.end] is None]
    while waiting:
        ready = [one for one in waiting if found[one.start] or found[one.end]] or waiting[:1]
        for one in ready:
            first, last = one.line[0], one.line[-1]
            if found[one.start] is None:
                found[one.start] = last if found[one.end] == first else first
            if found[one.end] is None:
                found[one.end] = first if found[one.start] == last else last
        waiting = [one for one in waiting if found[one.start] is None or found[one.end] is None]
    return {node: place for node, place in found.items() if place is not None}


def _most(seen: Counter[Position]) -> Position | None:
    """The place where most lines of a node end, or None if two are as likely."""
    (place, times), *others = seen.most_common(2)
    return place if not others or others[0][1] < times else None


def join_by_place(lines: Sequence[Line], tolerance_m: float) -> Joints:
    """Nodes where ends lie closer than the tolerance; lines are cut where others end on them."""
    flat = Plane.around(
        [x for one in lines for x, _ in one.line], [y for one in lines for _, y in one.line]
    )
    cut = _cut(lines, flat, tolerance_m)
    ends = np.array([point for one in cut for point in (one.line[0], one.line[-1])])
    node = _clusters(flat.metres(ends[:, 0], ends[:, 1]), tolerance_m)
    _, first = np.unique(node, return_index=True)
    places: dict[Any, Position] = {int(node[k]): (ends[k, 0], ends[k, 1]) for k in np.sort(first)}
    rows = []
    for k, one in enumerate(cut):
        start, end = int(node[2 * k]), int(node[2 * k + 1])
        line = (places[start], *one.line[1:-1], places[end])
        rows.append(Joined(start, end, replace(one, line=line)))
    more = len(cut) - len(lines)
    return Joints(rows, places, None, {"cut where another line ends": more} if more else {})


def _cut(lines: Sequence[Line], flat: Plane, tolerance_m: float) -> list[Line]:
    shapes = [shapely.LineString(flat.metres(*zip(*one.line, strict=True))) for one in lines]
    ends = np.array([point for shape in shapes for point in (shape.coords[0], shape.coords[-1])])
    ends = np.unique(ends, axis=0)
    points: Any = shapely.points(ends)
    touching = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=tolerance_m)
    cuts: dict[int, list[float]] = {}
    for end, line in touching.T.tolist():
        where = shapes[line].project(points[end])
        if tolerance_m < where < shapes[line].length - tolerance_m:
            cuts.setdefault(line, []).append(where)
    found: list[Line] = []
    for k, one in enumerate(lines):
        found += [one] if k not in cuts else _pieces(one, shapes[k], cuts[k], flat, tolerance_m)
    return found


def _pieces(
    one: Line, shape: Any, cuts: Sequence[float], flat: Plane, tolerance_m: float
) -> list[Line]:
    found, begin = [], 0.0
    for end in [*sorted(cuts), shape.length]:
        if end - begin <= tolerance_m:
            continue
        piece = shapely.ops.substring(shape, begin, end)
        degrees = flat.degrees(shapely.get_coordinates(piece)).tolist()
        share = (end - begin) / shape.length
        length = None if one.length_m is None else one.length_m * share
        found.append(replace(one, line=tuple((x, y) for x, y in degrees), length_m=length))
        begin = end
    return found


def _clusters(metres: Floats, tolerance_m: float) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Number of the cluster of each point: closer than the tolerance, through others too."""
    points: Any = shapely.points(metres)
    pairs = shapely.STRtree(points).query(points, predicate="dwithin", distance=tolerance_m)
    parent = list(range(len(points)))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    for one, other in pairs.T.tolist():
        a, b = root(one), root(other)
        parent[max(a, b)] = min(a, b)
    return np.array([root(k) for k in range(len(points))], dtype=np.int64)
