"""Geometries as flat arrays: coordinates, parts (points, lines, rings), features."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from citycommons.share.tiles.varints import Counts, ends_of, expanded

NONE, POINT, LINE, POLYGON = 0, 1, 2, 3  # as MVT's GeomType
_KINDS = {
    0: POINT,
    1: LINE,
    2: LINE,
    3: POLYGON,
    4: POINT,
    5: LINE,
    6: POLYGON,
}
_MULTI = {
    POINT: shapely.GeometryType.MULTIPOINT,
    LINE: shapely.GeometryType.MULTILINESTRING,
    POLYGON: shapely.GeometryType.MULTIPOLYGON,
}

Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """Many geometries; each is parts in order, a polygon's outline before its holes."""

    kinds: npt.NDArray[np.uint8]  # of each feature
    part_ends: Counts  # features + 1
    places_ends: Counts  # parts + 1
    outlines: npt.NDArray[np.bool_]  # of each part: false for a hole
    places: npt.NDArray[Any]  # (coordinates, 2)

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def sizes(self) -> Counts:
        """Coordinates of each feature."""
        return np.diff(self.places_ends[self.part_ends])

    def take(self, features: Counts) -> "Shapes":
        """Some of the features, in this order."""
        starts = self.part_ends[features]
        counts = self.part_ends[features + 1] - starts
        return self._parts(self.kinds[features], ends_of(counts), expanded(starts, counts))

    def keep_parts(self, kept: npt.NDArray[np.bool_]) -> "Shapes":
        """Without some parts; a feature may be left with none."""
        before = ends_of(kept.astype(np.int64))
        return self._parts(self.kinds, before[self.part_ends], np.flatnonzero(kept))

    def _parts(self, kinds: npt.NDArray[np.uint8], part_ends: Counts, parts: Counts) -> "Shapes":
        starts = self.places_ends[parts]
        counts = self.places_ends[parts + 1] - starts
        return Shapes(
            kinds=kinds,
            part_ends=part_ends,
            places_ends=ends_of(counts),
            outlines=self.outlines[parts],
            places=self.places[expanded(starts, counts)],
        )

    def boxes(self) -> npt.NDArray[Any]:
        """Bounds of each feature, all of which have places: (features, 4) as x, y, x, y."""
        starts = self.places_ends[self.part_ends[:-1]]
        low = np.minimum.reduceat(self.places, starts, axis=0)
        return np.concatenate([low, np.maximum.reduceat(self.places, starts, axis=0)], axis=1)

    def geometries(self) -> Geometries:
        """The same as shapely's (always of several parts)."""
        out = np.full(len(self), None, object)
        for kind, multi in _MULTI.items():
            chosen = np.flatnonzero(self.kinds == kind)
            if not len(chosen):
                continue
            some = self.take(chosen)
            offsets: tuple[Any, ...] = (some.places_ends, some.part_ends)
            if kind == POINT:
                offsets = (some.places_ends[some.part_ends],)
            if kind == POLYGON:
                outer = ends_of(some.outlines.astype(np.int64))
                polygons = np.append(np.flatnonzero(some.outlines), len(some.outlines))
                offsets = (some.places_ends, polygons, outer[some.part_ends])
            made = shapely.from_ragged_array(multi, some.places.astype(np.float64), offsets)
            out[chosen] = made
        return out


def joined(several: list[Shapes]) -> Shapes:
    """Features of several, one after the other."""
    parts = ends_of(np.array([one.part_ends[-1] for one in several], np.int64))
    places = ends_of(np.array([one.places_ends[-1] for one in several], np.int64))
    return Shapes(
        kinds=np.concatenate([one.kinds for one in several]),
        part_ends=_after([one.part_ends for one in several], parts),
        places_ends=_after([one.places_ends for one in several], places),
        outlines=np.concatenate([one.outlines for one in several]),
        places=np.concatenate([one.places for one in several]),
    )


def _after(ends: list[Counts], begins: Counts) -> Counts:
    moved = [part[1:] + begin for part, begin in zip(ends, begins.tolist(), strict=False)]
    return np.concatenate([np.zeros(1, np.int64), *moved])


def of_points(places: npt.NDArray[Any]) -> Shapes:
    """One point each."""
    ends = np.arange(len(places) + 1)
    return Shapes(
        kinds=np.full(len(places), POINT, np.uint8),
        part_ends=ends,
        places_ends=ends,
        outlines=np.ones(len(places), np.bool_),
        places=places,
    )


def kinds_of(geometries: Geometries) -> npt.NDArray[np.uint8]:
    """The kind of each; none for what is empty or missing."""
    types = shapely.get_type_id(geometries)
    found = np.zeros(len(geometries), np.uint8)
    for type, kind in _KINDS.items():
        found[types == type] = kind
    found[shapely.is_empty(geometries)] = NONE
    return found


def flat(geometries: Geometries) -> Shapes:
    """Geometries as flat arrays; of a mixed collection its parts of the highest dimension."""
    mixed = np.flatnonzero(shapely.get_type_id(geometries) == 7)
    if len(mixed):
        geometries = geometries.copy()
        for place in mixed.tolist():
            geometries[place] = _highest(geometries[place])
    kinds = kinds_of(geometries)
    rows = [np.flatnonzero(kinds == kind) for kind in range(4)]
    several = [_nothing(len(rows[NONE]))]
    several += [_of_kind(kind, geometries[rows[kind]]) for kind in (POINT, LINE, POLYGON)]
    back = np.empty(len(kinds), np.int64)
    back[np.concatenate(rows)] = np.arange(len(kinds))
    return joined(several).take(back)


def _highest(collection: Any) -> Any:
    simple = [collection]
    while any(one.geom_type == "GeometryCollection" for one in simple):
        simple = [part for one in simple for part in shapely.get_parts(one)]
    parts = [part for one in simple for part in shapely.get_parts(one) if not part.is_empty]
    top = max((int(shapely.get_dimensions(part)) for part in parts), default=-1)
    chosen = [part for part in parts if shapely.get_dimensions(part) == top]
    makers: tuple[Any, ...] = (
        shapely.multipoints,
        shapely.multilinestrings,
        shapely.multipolygons,
    )
    return makers[top](chosen) if chosen else None


def _nothing(count: int) -> Shapes:
    return Shapes(
        kinds=np.zeros(count, np.uint8),
        part_ends=np.zeros(count + 1, np.int64),
        places_ends=np.zeros(1, np.int64),
        outlines=np.zeros(0, np.bool_),
        places=np.empty((0, 2)),
    )


def _of_kind(kind: int, geometries: Geometries) -> Shapes:
    if not len(geometries):
        return _nothing(0)
    # One of several parts makes shapely lay all out so.
    several = shapely.GeometryType.MULTIPOINT - shapely.GeometryType.POINT
    types = shapely.get_type_id(geometries)
    is_multi = bool((types >= int(several)).any())
    _, places, offsets = shapely.to_ragged_array(shapely.force_2d(geometries))
    ends = [np.asarray(one, np.int64) for one in offsets]
    count = len(geometries)
    one_each = np.arange(count + 1)
    if kind == POINT:
        places_ends, part_ends = (ends[0] if is_multi else one_each), one_each
    elif kind == LINE:
        places_ends, part_ends = ends[0], (ends[1] if is_multi else one_each)
    else:
        places_ends, polygons = ends[0], ends[1]
        part_ends = polygons[ends[2]] if is_multi else polygons
    outlines = np.ones(len(places_ends) - 1, np.bool_)
    if kind == POLYGON:
        outlines[:] = False
        outlines[ends[1][:-1][np.diff(ends[1]) > 0]] = True
    made = Shapes(
        kinds=np.full(count, kind, np.uint8),
        part_ends=part_ends,
        places_ends=places_ends,
        outlines=outlines,
        places=places,
    )
    lengths = np.diff(places_ends)
    return made if lengths.all() else made.keep_parts(lengths > 0)
