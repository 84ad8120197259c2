"""From places on the ground to links: counters to the nearest, drawn works to a way along them.

Works are matched to the way that stays nearest to the drawn line: links near the line cost their
length times how far they lie from it, and the cheapest way from its beginning to its end is taken
(Dijkstra 1959). The line's direction is the driving direction.
"""

import heapq
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from citycommons.act.network.assemble import Position, places_of, streets_of
from citycommons.act.network.plane import Plane
from citycommons.act.network.types import Floats, Network
from citycommons.act.network.zones import CONNECTOR
from citycommons.core.errors import Invalid, NotFound

_STEP_M = 10.0  # between the points of a line at which its distance is taken
_WIDTHS_M = (15.0, 40.0, 100.0, 250.0)  # how far a line is sought from the streets, near first
_LITTLE_M = 15.0  # an end of works that reaches less into a link, and less than a quarter of it,
_LITTLE = 0.25  # does not touch it


@dataclass(frozen=True, slots=True, kw_only=True)
class OnLink:
    """A place beside a link."""

    link: int
    distance_m: float
    along: float  # 0 at the beginning of the link, 1 at its end


@dataclass(frozen=True, slots=True, kw_only=True)
class OnWay:
    """A drawn line on the streets: links in driving order, each beginning where the last ends."""

    links: tuple[int, ...]
    distance_m: float  # mean, of the drawn line from these links
    from_share: float  # of the first link, where the line begins on it
    to_share: float  # of the last link, where the line ends on it


class Snapper:
    """The links of a network on a map, without connectors of zones; make it once and ask often."""

    def __init__(self, network: Network) -> None:
        streets = streets_of(network)
        self.network = network
        self._flat = Plane.around(*places_of(network).T)
        self._links = [k for k, kind in enumerate(streets.kind) if kind != CONNECTOR]
        self._shapes: list[Any] = [None] * network.links
        for k in self._links:
            self._shapes[k] = shapely.LineString(self._metres(streets.lines[k]))
        self._tree = shapely.STRtree([self._shapes[k] for k in self._links])
        self._out: dict[int, list[int]] = {}
        for k in self._links:
            self._out.setdefault(int(network.tail[k]), []).append(k)

    def near(self, lon: float, lat: float, *, within_m: float = 50.0) -> tuple[OnLink, ...]:
        """Links within a distance, the nearest first; both directions of a street are two."""
        point = shapely.Point(self._metres([(lon, lat)])[0])
        found = [
            OnLink(
                link=k,
                distance_m=float(self._shapes[k].distance(point)),
                along=float(self._shapes[k].project(point, normalized=True)),
            )
            for k in self._around(point, within_m)
        ]
        return tuple(sorted(found, key=lambda one: (one.distance_m, one.link)))

    def way(self, line: Sequence[Position]) -> OnWay:
        """The links that a drawn line runs along, in its direction.

        A street that can only be driven against the line is no match, and a farther one that
        happens to run along is none either. Raises `Invalid` for a line without a length and
        `NotFound` if nothing matches; both say what to draw instead.
        """
        points = self._metres(line)
        if not np.isfinite(points).all() or len(np.unique(points, axis=0)) < 2:
            raise Invalid("Works need a line of two different places or more, along the street.")
        drawn = shapely.LineString(points)
        for width in _WIDTHS_M:
            forth, back = self._along(drawn, width), self._along(drawn.reverse(), width)
            if forth is not None and (back is None or _is_near(forth, back)):
                return forth
            if back is not None:
                raise NotFound(
                    "The street under this line is driven only against it. Draw the line in the "
                    "direction of driving."
                )
        raise NotFound(
            f"No street of the network lies within {_WIDTHS_M[-1]:g} m along the whole line. Draw "
            "it along a street."
        )

    def back(self, links: Sequence[int]) -> tuple[int, ...]:
        """The links of the other direction, in its driving order; one-way streets have none."""
        network, found = self.network, []
        for k in reversed(links):
            there = [
                other
                for other in self._out.get(int(network.head[k]), ())
                if network.head[other] == network.tail[k]
            ]
            if there:
                shape = self._shapes[k]
                found.append(
                    min(there, key=lambda one: shape.hausdorff_distance(self._shapes[one]))
                )
        return tuple(found)

    def _metres(self, line: Sequence[Position]) -> Floats:
        points = np.asarray(line, dtype=np.float64).reshape(-1, 2)
        return self._flat.metres(points[:, 0], points[:, 1])

    def _around(self, shape: Any, within_m: float) -> list[int]:
        return [
            self._links[k] for k in sorted(self._tree.query(shape, "dwithin", within_m).tolist())
        ]

    def _along(self, drawn: Any, width: float) -> OnWay | None:
        """The best way of links no farther than `width`, if one runs along the whole line."""
        costs = {
            k: cost
            for k in self._around(drawn, width)
            if (cost := self._cost(k, drawn, width)) is not None
        }
        first, last = (shapely.Point(drawn.coords[end]) for end in (0, -1))
        starts = [k for k in costs if self._shapes[k].distance(first) <= width]
        ends = {k for k in costs if self._shapes[k].distance(last) <= width}
        way = self._cheapest(costs, starts, ends, first, last)
        return self._trimmed(way, drawn) if way else None

    def _cost(self, link: int, drawn: Any, width: float) -> float | None:
        """Dearer the farther from the line; None for a link that runs against it or away."""
        shape = self._shapes[link]
        a, b = (drawn.project(shapely.Point(shape.coords[end])) for end in (0, -1))
        if b <= a and not _is_ring(drawn, width):
            return None
        points = shapely.line_interpolate_point(
            shape, np.arange(0, shape.length + _STEP_M, _STEP_M).clip(max=shape.length)
        )
        # What reaches beyond the ends of the line is not held against a link.
        there = shapely.line_locate_point(drawn, points)
        inside = (there > 0) & (there < drawn.length)
        if not inside.any():
            inside[:] = True
        far = float(shapely.distance(points[inside], drawn).mean())
        if far > width:
            return None
        return float(max(b - a, 1.0) * (0.05 + (far / _WIDTHS_M[0]) ** 2) + 0.1)

    def _cheapest(
        self, costs: dict[int, float], starts: Sequence[int], ends: set[int], first: Any, last: Any
    ) -> list[int] | None:
        network = self.network
        final = {k: self._shapes[k].distance(last) for k in ends}
        best = {k: costs[k] + self._shapes[k].distance(first) for k in starts}
        before: dict[int, int | None] = dict.fromkeys(starts)
        waiting = [(cost, k, False) for k, cost in best.items()]
        heapq.heapify(waiting)
        while waiting:
            cost, k, is_end = heapq.heappop(waiting)
            if is_end:
                way, at = [], k
                while at is not None:
                    way.append(at)
                    at = before[at]  # type: ignore[assignment]
                return way[::-1]
            if cost > best[k]:
                continue
            if k in final:
                heapq.heappush(waiting, (cost + final[k], k, True))
            for after in self._out.get(int(network.head[k]), ()):
                is_back = network.head[after] == network.tail[k]
                if after in costs and not is_back and cost + costs[after] < best.get(after, np.inf):
                    best[after], before[after] = cost + costs[after], k
                    heapq.heappush(waiting, (best[after], after, False))
        return None

    def _trimmed(self, way: list[int], drawn: Any) -> OnWay:
        """Without links at the ends that the line hardly reaches into."""
        first, last = (shapely.Point(drawn.coords[end]) for end in (0, -1))
        begins = self._shapes[way[0]].project(first, normalized=True)
        ends = self._shapes[way[-1]].project(last, normalized=True)
        while len(way) > 1 and _is_little(1 - begins, self._shapes[way[0]].length):
            way, begins = way[1:], 0.0
        while len(way) > 1 and _is_little(ends, self._shapes[way[-1]].length):
            way, ends = way[:-1], 1.0
        whole = shapely.union_all([self._shapes[k] for k in way])
        points = shapely.line_interpolate_point(
            drawn, np.arange(0, drawn.length + _STEP_M, _STEP_M).clip(max=drawn.length)
        )
        return OnWay(
            links=tuple(way),
            distance_m=float(shapely.distance(points, whole).mean()),
            from_share=float(begins),
            to_share=float(ends),
        )


def _is_near(one: OnWay, other: OnWay) -> bool:
    return one.distance_m <= 2 * other.distance_m + _STEP_M


def _is_little(share: float, length_m: float) -> bool:
    return share < _LITTLE and share * length_m < _LITTLE_M


def _is_ring(drawn: Any, width: float) -> bool:
    ends = shapely.Point(drawn.coords[0]).distance(shapely.Point(drawn.coords[-1]))
    return bool(ends < width and drawn.length > 4 * width)


_kept: OrderedDict[int, Snapper] = OrderedDict()
_lock = threading.Lock()
_MOST_KEPT = 4


def snapper(network: Network) -> Snapper:
    """The snapper of a network, made once for the networks in use (the last four)."""
    with _lock:
        found = _kept.get(id(network))
        if found is None or found.network is not network:
            found = _kept[id(network)] = Snapper(network)
        _kept.move_to_end(id(network))
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
        return found


def snap(network: Network, line: Sequence[Position]) -> tuple[int, ...]:
    """The links that a drawn line runs along, in its direction; none if no street does."""
    try:
        return snapper(network).way(line).links
    except NotFound:
        return ()
