"""Shapes as a tile's drawing commands: clipped, in whole units, wound the right way.

References
----------
Mapbox Vector Tile Specification 2.1, section 4.3 (geometry encoding).
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from citycommons.share.tiles.matrix import BITS, BUFFER, EXTENT
from citycommons.share.tiles.shapes import LINE, POINT, POLYGON, Shapes, flat, joined, of_points
from citycommons.share.tiles.varints import Counts, Short, ends_of, expanded, zigzag

_MOVE, _LINE, _CLOSE = 1, 2, 15  # the last is command 7, once
_MANY = 100  # coordinates of a shape that is worth simplifying
_EXACT_ZOOM = 14  # from here on shapes keep every unit: readers enlarge these tiles
_DOT = 8  # units to a side of what is too small to have a shape: one pixel of 512
_LOW, _HIGH = -BUFFER, EXTENT + BUFFER


def in_tile(shapes: Shapes, z: int, x: int, y: int) -> tuple[Shapes, Counts]:
    """The shapes in the tile's own units (y down), and which of the given features they are.

    What is too small for an area or a line is drawn as a dot of a pixel, in the tile that holds
    its middle.
    """
    unit = 2.0 ** (BITS - z) / EXTENT
    local = replace(shapes, places=shapes.places / unit - np.array([x, y]) * float(EXTENT))
    is_spot = (local.kinds == POINT) & (local.sizes == 1)
    spots, others = np.flatnonzero(is_spot), np.flatnonzero(~is_spot)
    found, kept = _spots(local, spots)
    if len(others):
        drawn, which = _others(local.take(others), z)
        found, kept = joined([found, drawn]), np.append(kept, others[which])
    return found, kept


def _spots(shapes: Shapes, spots: Counts) -> tuple[Shapes, Counts]:
    """Single points need none of the care that other shapes do."""
    places = np.floor(shapes.places[shapes.places_ends[shapes.part_ends[spots]]]).astype(np.int64)
    x, y = places.T
    inside = (x >= _LOW) & (x < _HIGH) & (y >= _LOW) & (y < _HIGH)
    return of_points(places[inside]), spots[inside]


def _others(local: Shapes, z: int) -> tuple[Shapes, Counts]:
    rows = np.arange(len(local))
    boxes = local.boxes()
    touches = (boxes[:, :2] < _HIGH).all(axis=1) & (boxes[:, 2:] >= _LOW).all(axis=1)
    crosses = (boxes[:, :2] < _LOW).any(axis=1) | (boxes[:, 2:] >= _HIGH).any(axis=1)
    wide = touches & (crosses | (local.sizes > _MANY))
    narrow = touches & ~wide
    found, kept = local.take(rows[narrow]), rows[narrow]
    if wide.any():
        cut, where = _clipped(local.take(rows[wide]), z)
        found, kept = joined([found, cut]), np.append(kept, rows[wide][where])
    whole = replace(found, places=np.floor(found.places).astype(np.int64))
    return _drawn(whole, kept, boxes)


def _clipped(shapes: Shapes, z: int) -> tuple[Shapes, Counts]:
    geometries = shapes.geometries()
    solid = shapes.kinds != POINT
    if solid.any():
        tolerance = 0.5 if z >= _EXACT_ZOOM else 4.0
        simple = shapely.simplify(geometries[solid], tolerance, preserve_topology=False)
        # What simplifying makes nothing of is small enough to be left as it is.
        geometries[solid] = np.where(shapely.is_empty(simple), geometries[solid], simple)
    try:
        cut = shapely.clip_by_rect(geometries, _LOW, _LOW, _HIGH - 1, _HIGH - 1)
    except shapely.GEOSException:
        sound = shapely.make_valid(geometries)
        cut = shapely.clip_by_rect(sound, _LOW, _LOW, _HIGH - 1, _HIGH - 1)
    found = flat(np.asarray(cut, object))
    same = np.flatnonzero(found.kinds == shapes.kinds)
    return found.take(same), same


def _drawn(shapes: Shapes, rows: Counts, boxes: npt.NDArray[np.float64]) -> tuple[Shapes, Counts]:
    shapes = _sound(shapes)
    left = np.diff(shapes.part_ends) > 0
    kept, gone = np.flatnonzero(left), np.flatnonzero(~left)
    middle = (boxes[rows[gone], :2] + boxes[rows[gone], 2:]) / 2
    ours = ((middle >= 0) & (middle < EXTENT)).all(axis=1)
    gone, middle = gone[ours], np.floor(middle[ours]).astype(np.int64)
    if not len(gone):
        return shapes.take(kept), rows[kept]
    both = joined([shapes.take(kept), _dots(shapes.kinds[gone], middle)])
    return both, np.append(rows[kept], rows[gone])


def _dots(kinds: npt.NDArray[np.uint8], middle: npt.NDArray[Any]) -> Shapes:
    corners = np.array([[0, 0], [_DOT, 0], [_DOT, _DOT], [0, _DOT]]) - _DOT // 2
    counts = np.where(kinds == POLYGON, 4, 2)
    nth = expanded(np.zeros(len(kinds), np.int64), counts)
    ends = np.arange(len(kinds) + 1)
    return Shapes(
        kinds=kinds,
        part_ends=ends,
        places_ends=ends_of(counts),
        outlines=np.ones(len(kinds), np.bool_),
        places=np.repeat(middle, counts, axis=0) + corners[nth],
    )


def _sound(shapes: Shapes) -> Shapes:
    """Points within the buffer, no place twice in a row, rings closed by command and turned right.

    Parts that have no length or area are gone, and holes with their outline.
    """
    part_kinds = np.repeat(shapes.kinds, np.diff(shapes.part_ends))
    lengths = np.diff(shapes.places_ends)
    kinds = np.repeat(part_kinds, lengths)
    places, starts = shapes.places, shapes.places_ends[:-1]
    repeated = np.zeros(len(places), np.bool_)
    repeated[1:] = (places[1:] == places[:-1]).all(axis=1)
    repeated[starts] = False
    last = shapes.places_ends[1:] - 1
    closing = (part_kinds == POLYGON) & (lengths > 1)
    closing &= (places[last] == places[starts]).all(axis=1)
    repeated[last[closing]] = True
    outside = ((places < _LOW) | (places >= _HIGH)).any(axis=1)
    kept = np.where(kinds == POINT, ~outside, ~repeated)
    ends = ends_of(kept.astype(np.int64))[shapes.places_ends]
    slim = replace(shapes, places=places[kept], places_ends=ends)
    # A run of equal places before the closing one leaves a last that still equals the first.
    areas = _areas(slim)
    lengths = np.diff(slim.places_ends)
    is_area = part_kinds == POLYGON
    good = np.where(
        is_area, (lengths > 2) & (areas != 0), lengths > np.where(part_kinds == LINE, 1, 0)
    )
    outline = np.maximum.accumulate(np.where(slim.outlines, np.arange(len(good)), 0))
    good &= good[outline] | ~is_area
    turned = is_area & good & ((areas > 0) != slim.outlines)
    return _turned(slim, turned).keep_parts(good)


def _areas(shapes: Shapes) -> Counts:
    """Twice the area of each part by the surveyor's formula; positive is clockwise as seen."""
    lengths = np.diff(shapes.places_ends)
    following = np.arange(1, len(shapes.places) + 1)
    some = lengths > 0
    following[shapes.places_ends[1:][some] - 1] = shapes.places_ends[:-1][some]
    x, y = shapes.places.T
    cross = x * y[following] - x[following] * y
    return np.diff(ends_of(cross)[shapes.places_ends])


def _turned(shapes: Shapes, parts: npt.NDArray[np.bool_]) -> Shapes:
    if not parts.any():
        return shapes
    lengths = np.diff(shapes.places_ends)
    index = np.arange(len(shapes.places))
    mirrored = np.repeat(shapes.places_ends[:-1] + shapes.places_ends[1:] - 1, lengths) - index
    return replace(
        shapes, places=shapes.places[np.where(np.repeat(parts, lengths), mirrored, index)]
    )


def commands(shapes: Shapes) -> tuple[Short, Counts]:
    """Command and parameter numbers of all features, and how many each has."""
    part_kinds = np.repeat(shapes.kinds, np.diff(shapes.part_ends))
    lengths = np.diff(shapes.places_ends)
    is_point = part_kinds == POINT
    counts = 2 * lengths + np.where(is_point, 1, np.where(part_kinds == LINE, 2, 3))
    starts = ends_of(counts)
    out = np.empty(int(starts[-1]), np.uint32)
    begin = starts[:-1]
    out[begin] = _MOVE | (np.where(is_point, lengths, 1) << 3)
    drawn = ~is_point
    out[begin[drawn] + 3] = _LINE | ((lengths[drawn] - 1) << 3)
    out[starts[1:][part_kinds == POLYGON] - 1] = _CLOSE
    nth = expanded(np.zeros(len(lengths), np.int64), lengths)
    after = (nth > 0) & ~np.repeat(is_point, lengths)
    at = np.repeat(begin + 1, lengths) + 2 * nth + after
    moves = shapes.places.copy()
    moves[1:] -= shapes.places[:-1]
    firsts = shapes.places_ends[shapes.part_ends[:-1]]
    moves[firsts] = shapes.places[firsts]
    out[at], out[at + 1] = zigzag(moves[:, 0]), zigzag(moves[:, 1])
    return out, np.diff(starts[shapes.part_ends])
