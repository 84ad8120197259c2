"""Where a street between two junctions really runs: the shortest way along a drawn network."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from citycommons.act.network.assemble import Position, places_of, streets_of
from citycommons.act.network.plane import Plane, length_m
from citycommons.act.network.types import Network

_NEAR_M = 40.0  # a junction lies at a node of the drawn streets that is no farther
_DETOUR = 1.5  # a longer way is another street's


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """The way between two places along drawn streets."""

    line: tuple[Position, ...]  # in driving order, from the first place to the second
    length_m: float
    kind: str  # the class that most of its length has


class Tracer:
    """Finds ways along drawn streets; one-way streets are followed in their direction only."""

    def __init__(self, drawn: Network) -> None:
        places = places_of(drawn)
        self._drawn = drawn
        self._flat = Plane.around(*places.T)
        points: Any = shapely.points(self._flat.metres(*places.T))
        self._tree = shapely.STRtree(points)
        self._out: list[list[int]] = [[] for _ in range(drawn.nodes)]
        for link, tail in enumerate(drawn.tail.tolist()):
            self._out[tail].append(link)

    def trace(self, start: Position, end: Position) -> Traced | None:
        """The shortest way, or None where the drawn streets do not join the two places.

        Both places must lie within 40 m of a node, and the way be no longer than 1.5 times the
        straight line.
        """
        points = self._flat.metres(*zip(start, end, strict=True))
        nodes = [self._node(point) for point in points]
        straight = float(np.hypot(*(points[1] - points[0])))
        if None in nodes or nodes[0] == nodes[1]:
            return None
        links = self._shortest(int(nodes[0] or 0), int(nodes[1] or 0), _DETOUR * straight)
        return None if links is None else self._traced(start, end, links)

    def _node(self, point: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> int | None:
        found = self._tree.query_nearest(shapely.Point(point), max_distance=_NEAR_M)
        return int(found[0]) if len(found) else None

    def _shortest(self, start: int, end: int, most_m: float) -> list[int] | None:
        """Links of the shortest way (Dijkstra 1959), if it is not too long."""
        lengths, heads = streets_of(self._drawn).length_m, self._drawn.head
        best, before = {start: 0.0}, dict[int, int]()
        waiting = [(0.0, start)]
        while waiting:
            far, node = heapq.heappop(waiting)
            if node == end:
                return self._back(start, end, before)
            if far > best[node]:
                continue
            for link in self._out[node]:
                head, there = int(heads[link]), far + float(lengths[link])
                if there <= most_m and there < best.get(head, np.inf):
                    best[head], before[head] = there, link
                    heapq.heappush(waiting, (there, head))
        return None

    def _back(self, start: int, end: int, before: dict[int, int]) -> list[int]:
        links = []
        while end != start:
            links.append(before[end])
            end = int(self._drawn.tail[before[end]])
        return links[::-1]

    def _traced(self, start: Position, end: Position, links: Iterable[int]) -> Traced:
        streets, by_kind = streets_of(self._drawn), dict[str, float]()
        line: list[Position] = []
        for link in links:
            line += streets.lines[link][1 if line else 0 :]
            metres = float(streets.length_m[link])
            by_kind[streets.kind[link]] = by_kind.get(streets.kind[link], 0.0) + metres
        # The junction is where it is published, a few metres beside the drawn node.
        way = (start, *line[1:-1], end)
        kind = max(by_kind, key=lambda kind: by_kind[kind])
        return Traced(line=way, length_m=length_m(way), kind=kind)
