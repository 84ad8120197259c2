"""The packed read file: features encoded once as GeoJSON bytes, found through a static R-tree.

Two files beside the version's Parquet file, mapped into memory (shared by all processes) and made
again whenever one is missing or damaged. `.geojson` is the version's download itself: a whole
feature collection, one feature a line, in the order of the version (a Hilbert curve), so the tree
needs no pointers: a node covers `FAN` neighbours of the level below. `.features` points into it.

Layout of `.features`: magic; where each feature begins, and the last one ends; bounds by level,
leaves first; WKB and its ends where not all are points; a directory (JSON) of these sections and
of the size of the collection; its length and checksum.

References
----------
Kamel, I., Faloutsos, C.: On packing R-trees. CIKM 1993.
"""

import mmap
import threading
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import Bbox, Digest, Field, FieldType
from citycommons.share.kept import kept_beside
from citycommons.share.open import Opened
from citycommons.share.packing import (
    DIRECTORY_END,
    FAN,
    MAGIC,
    SEPARATOR,
    TAIL,
    Boxes,
    Numbers,
    write,
)
from citycommons.store.lake import Lake

SUFFIX = ".features"
COLLECTION = ".geojson"
_KEPT = 64
_AT_ONCE = 4096  # nodes
_CHILDREN = np.arange(FAN)
_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One page of features; `matched` counts all that the box touches."""

    matched: int
    returned: int
    body: bytes  # features with commas between

    def json(self, links: Sequence[Mapping[str, Any]] = ()) -> bytes:
        """The GeoJSON feature collection, with links as OGC API Features writes them."""
        head = b'{"type":"FeatureCollection","numberMatched":%d,"numberReturned":%d' % (
            self.matched,
            self.returned,
        )
        shown = b',"links":' + orjson.dumps(list(links)) if links else b""
        return head + shown + b',"features":[' + self.body + b"]}"


def features(opened: Opened, bbox: Bbox | None = None, limit: int = 100, offset: int = 0) -> bytes:
    """A page of features as GeoJSON; see `collection` for the numbers of a next page."""
    return collection(opened, bbox, limit, offset).json()


def collection(
    opened: Opened, bbox: Bbox | None = None, limit: int = 100, offset: int = 0
) -> Collection:
    """Features that touch the box (all without one), in the order of the version.

    West above east crosses the date line. Raises `Invalid` where there is no geometry.
    """
    return _packed(opened).page(bbox, limit, offset)


def rows(opened: Opened, bbox: Bbox) -> tuple[Numbers, Numbers]:
    """Runs of rows whose bounds touch the box, in order: where each starts, and stops before.

    Raises `Invalid` where there is no geometry.
    """
    starts, stops = _packed(opened).touching(bbox, exact=False)
    return starts, starts + 1 if stops is None else stops


def feature(opened: Opened, index: int) -> bytes:
    """One feature by its row in the version, from 0. Raises `NotFound` past the end."""
    packed = _packed(opened)
    if not 0 <= index < packed.count:
        raise NotFound(
            f"“{opened.dataset.id}” has no feature {index}: they run from 0 to {packed.count - 1}.",
            dataset=opened.dataset.id,
        )
    return packed.bytes_of(np.array([index]))


def numbers(opened: Opened, bbox: Bbox) -> Numbers:
    """Numbers of the rows that touch the box, ascending."""
    return _packed(opened).numbers(bbox)


def at(opened: Opened, rows: Numbers) -> bytes:
    """The features of these rows, in this order, with commas between."""
    return _packed(opened).bytes_of(rows) if len(rows) else b""


def path_of(opened: Opened) -> Path:
    """Where the version's feature collection lies, whether it is there or not."""
    return opened.lake.path(opened.version.file, COLLECTION)


def geojson(opened: Opened) -> Path:
    """The whole version as a GeoJSON file. Raises `Invalid` where there is no geometry."""
    path = path_of(opened)
    if not path.exists():
        with _guard:
            _open.pop((opened.lake.root, opened.version.file), None)
    return _packed(opened).path


def build(lake: Lake, file: Digest, fields: tuple[Field, ...]) -> Path | None:
    """Make the packed files of a lake file, if it has a geometry and is not packed yet."""
    if not any(field.type is FieldType.GEOMETRY for field in fields):
        return None
    if not lake.path(file, COLLECTION).exists():
        lake.path(file, SUFFIX).unlink(missing_ok=True)

    def fill(source: Path, index: Path) -> None:
        lake.put(lambda path: write(path, index, source, fields), COLLECTION, digest=file)

    return kept_beside(lake, file, SUFFIX, fill)


def is_mapped(lake: Lake, file: Digest) -> bool:
    """Whether the packed file of a lake file is open, so that nothing has to be waited for."""
    return (lake.root, file) in _open


class Packed:
    """A packed file mapped into memory. Raises `ValueError` if it is not whole."""

    def __init__(self, path: Path, index: Path) -> None:
        self.path = path  # of the feature collection
        self._data, self._map = _mapped(path), _mapped(index)
        size, check = (int(n) for n in np.frombuffer(self._map[-DIRECTORY_END:], "<u8"))
        directory = self._map[max(0, len(self._map) - DIRECTORY_END - size) : -DIRECTORY_END]
        if self._map[: len(MAGIC)] != MAGIC or zlib.crc32(directory) != check:
            raise ValueError("damaged")
        found: dict[str, Any] = orjson.loads(directory)
        if found["size"] != len(self._data) or self._data[-len(TAIL) :] != TAIL:
            raise ValueError("of another collection")
        self.count: int = found["count"]
        self._ends = self._array(found["ends"], np.int64)
        self._nodes = [self._array(part, np.float64).reshape(4, -1) for part in found["levels"]]
        self._wkb_ends = self._array(found["wkb_ends"], np.int64) if "wkb_ends" in found else None
        self._wkb_start: int = found.get("wkb", [0])[0]

    def _array(self, part: list[int], kind: Any) -> npt.NDArray[Any]:
        start, length = part
        return np.frombuffer(self._map, kind, length // 8, start)

    def page(self, bbox: Bbox | None, limit: int, offset: int) -> Collection:
        if bbox is None:
            starts: Numbers = np.array([0])
            stops: Numbers | None = np.array([self.count])
        else:
            starts, stops = self._found(bbox)
        if stops is None:  # row by row
            shown = starts[offset : offset + limit]
            body = self._runs(shown, shown + 1) if len(shown) else b""
            return Collection(matched=len(starts), returned=len(shown), body=body)
        ends = np.cumsum(stops - starts)
        matched = int(ends[-1]) if len(ends) else 0
        low, high = min(offset, matched), min(offset + limit, matched)
        body = b""
        if low < high:
            run, last_run = np.searchsorted(ends, [low, high - 1], side="right").tolist()
            first, last = starts[run : last_run + 1].copy(), stops[run : last_run + 1].copy()
            first[0] = last[0] - (ends[run] - low)
            last[-1] -= ends[last_run] - high
            body = self._runs(first, last)
        return Collection(matched=matched, returned=high - low, body=body)

    def numbers(self, bbox: Bbox) -> Numbers:
        return _expanded(*self._found(bbox))

    def bytes_of(self, rows: Numbers) -> bytes:
        return self._runs(rows, rows + 1)

    def _runs(self, first: Numbers, last: Numbers) -> bytes:
        # Runs that follow one another are one run.
        if len(first) > 1:
            apart = np.flatnonzero(first[1:] != last[:-1])
            first = first[np.concatenate([[0], apart + 1])]
            last = last[np.concatenate([apart, [len(last) - 1]])]
        begin, end = self._ends[first].tolist(), self._ends[last].tolist()
        data = self._data
        whole = b"".join([data[a:b] for a, b in zip(begin, end, strict=True)])
        return whole[: -len(SEPARATOR)]

    def _found(self, bbox: Bbox) -> tuple[Numbers, Numbers | None]:
        """Runs of rows that touch the box, in order: where each starts, and stops before.

        Without stops each is one row.
        """
        west, south, east, north = bbox
        if west <= east:
            return self.touching(bbox)
        halves = [(west, south, 180.0, north), (-180.0, south, east, north)]
        rows = [_expanded(*self.touching(half)) for half in halves]
        both = np.unique(np.concatenate(rows))
        return both, None

    def touching(self, bbox: Bbox, *, exact: bool = True) -> tuple[Numbers, Numbers | None]:
        """The same for a box that does not cross the date line; else by bounds alone."""
        starts: list[Numbers] = []
        stops: list[Numbers] = []
        wanted = _Wanted(bbox)
        # A few thousand nodes are looked at faster all at once than through their parents.
        level = next(i for i, one in enumerate(self._nodes) if one.shape[1] <= _AT_ONCE)
        boxes = self._nodes[level]
        nodes = np.arange(boxes.shape[1])
        while level:
            inside, partly = wanted.nodes(boxes, is_lowest=level == 1)
            if len(inside):
                starts.append(nodes[inside] * FAN**level)
                stops.append(np.minimum(starts[-1] + FAN**level, self.count))
            parents, level = nodes[partly], level - 1
            nodes = (parents[:, None] * FAN + _CHILDREN).ravel()
            boxes = self._children(level, parents)
        found, unsure = wanted.rows(boxes)
        if exact and len(unsure):
            found[unsure] = self._exact(nodes[unsure], bbox)
        rows = nodes[found]
        if not starts:
            return rows, None
        start, stop = np.concatenate([*starts, rows]), np.concatenate([*stops, rows + 1])
        order = np.argsort(start)
        return start[order], stop[order]

    def _children(self, level: int, parents: Numbers) -> Boxes:
        """Bounds of all nodes below these parents, `FAN` for each; NaN for those past the end."""
        boxes = self._nodes[level]
        full = boxes.shape[1] // FAN
        # Children lie side by side, so they are taken in blocks and not one by one.
        blocks = boxes[:, : full * FAN].reshape(4, full, FAN)
        if not len(parents) or parents[-1] < full:
            return blocks[:, parents].reshape(4, -1)
        last = np.full((4, 1, FAN), np.nan)
        last[:, 0, : boxes.shape[1] - full * FAN] = boxes[:, full * FAN :]
        return np.concatenate([blocks[:, parents[:-1]], last], axis=1).reshape(4, -1)

    def _exact(self, rows: Numbers, bbox: Bbox) -> npt.NDArray[np.bool_]:
        # Bounds that only overlap the box say nothing certain: the shape decides. Bounds of a point
        # are the point.
        if self._wkb_ends is None:
            return np.ones(len(rows), np.bool_)
        begin, end = self._wkb_ends[rows], self._wkb_ends[rows + 1]
        start = self._wkb_start
        shapes = shapely.from_wkb(
            [
                self._map[start + a : start + b]
                for a, b in zip(begin.tolist(), end.tolist(), strict=True)
            ]
        )
        touches: npt.NDArray[np.bool_] = shapely.intersects(shapely.box(*bbox), shapes)
        return touches


class _Wanted:
    """A box, and what of many boxes it touches; few steps, since each costs more than its sums."""

    def __init__(self, bbox: Bbox) -> None:
        self._bbox = bbox

    def nodes(self, boxes: Boxes, *, is_lowest: bool) -> tuple[Numbers, Numbers]:
        """Places of the nodes that lie inside as a whole, and of those that only overlap.

        Of the lowest, whose rows are few, all that touch are to be looked into.
        """
        touching = self._touching(boxes).nonzero()[0]
        if is_lowest:
            return _NONE, touching
        inside = self._sides(boxes[:, touching]) == 4
        return touching[inside], touching[~inside]

    def rows(self, boxes: Boxes) -> tuple[npt.NDArray[np.bool_], Numbers]:
        """Which shapes' bounds touch, and places of those that may not touch themselves.

        With three sides of its bounds inside, a shape reaches the third from within: its outermost
        point on that side lies in the box.
        """
        touching = self._touching(boxes)
        return touching, (touching & (self._sides(boxes) < 3)).nonzero()[0]

    def _touching(self, boxes: Boxes) -> npt.NDArray[np.bool_]:
        west, south, east, north = self._bbox
        xmin, ymin, xmax, ymax = boxes
        touching: npt.NDArray[np.bool_] = xmin <= east
        touching &= xmax >= west
        touching &= ymin <= north
        touching &= ymax >= south
        return touching

    def _sides(self, boxes: Boxes) -> npt.NDArray[np.uint8]:
        """How many of the four sides of each box lie within those of this one."""
        west, south, east, north = self._bbox
        xmin, ymin, xmax, ymax = boxes
        sides: npt.NDArray[np.uint8] = (xmin >= west).view(np.uint8)
        sides += (ymin >= south).view(np.uint8)
        sides += (xmax <= east).view(np.uint8)
        sides += (ymax <= north).view(np.uint8)
        return sides


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        if path.stat().st_size < len(MAGIC) + DIRECTORY_END:
            raise ValueError("too short")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _expanded(starts: Numbers, stops: Numbers | None) -> Numbers:
    if stops is None:
        return starts
    sizes = stops - starts
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(sizes.sum())


_open: OrderedDict[tuple[Path, Digest], Packed] = OrderedDict()
_guard = threading.Lock()


def _packed(opened: Opened) -> Packed:
    if opened.version.geometry is None:
        raise Invalid(f"“{opened.dataset.id}” has no geometry, so no features. Ask for its rows.")
    lake, file = opened.lake, opened.version.file
    key = (lake.root, file)
    with _guard:
        if (there := _open.get(key)) is not None:
            _open.move_to_end(key)
            return there
    path, index = lake.path(file, COLLECTION), lake.path(file, SUFFIX)
    build(lake, file, opened.version.fields)
    try:
        packed = Packed(path, index)
    except (ValueError, FileNotFoundError):
        index.unlink(missing_ok=True)
        build(lake, file, opened.version.fields)
        packed = Packed(path, index)
    with _guard:
        _open[key] = packed
        while len(_open) > _KEPT:
            _open.popitem(last=False)
    return packed
