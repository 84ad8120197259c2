"""The kept file that tiles are made from: shapes in web Mercator, attributes as codes.

It lies beside the version's Parquet file, is built when a version is published, and made again
whenever it is missing or damaged.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from citycommons.core.types import Digest, Field, FieldType
from citycommons.share.kept import kept_beside
from citycommons.share.tiles import matrix, thin
from citycommons.share.tiles.sections import Sections, write
from citycommons.share.tiles.shapes import NONE, POINT, Shapes, flat, joined, of_points
from citycommons.share.tiles.values import dictionary
from citycommons.share.tiles.varints import Counts, Octets, expanded
from citycommons.store.lake import Lake

SUFFIX = ".mercator"
_MAGIC = b"CCMERC1\n"
_BATCH = 65_536
_SHARE = 8  # rows of a level are listed when they are at most one in so many


def build(lake: Lake, file: Digest, fields: tuple[Field, ...]) -> Path | None:
    """Make the file for a file of the lake, if it has a geometry and there is none yet."""
    if not any(field.type is FieldType.GEOMETRY for field in fields):
        return None
    return kept_beside(lake, file, SUFFIX, lambda source, path: written(path, source, fields))


class Mercator:
    """The file mapped into memory. Raises `ValueError` if it is not whole."""

    def __init__(self, path: Path) -> None:
        self._sections = parts = Sections(path, _MAGIC)
        self.count: int = parts.about["count"]
        self.least: thin.Zooms = parts["least"]
        self.columns: list[str] = parts.about["columns"]
        self.kinds: list[int] = parts.about["kinds"]
        self._codes = [parts[f"codes{i}"] for i in range(len(self.columns))]
        self._values = [parts[f"values{i}"] for i in range(len(self.columns))]
        self._ends = [parts[f"ends{i}"] for i in range(len(self.columns))]
        self._levels = {z: parts[f"level{z}"] for z in parts.about["levels"]}
        self._places = parts["places"]
        self._shapes = None
        if "part_ends" in parts:
            self._shapes = Shapes(
                kinds=parts["kinds"],
                part_ends=parts["part_ends"],
                places_ends=parts["places_ends"],
                outlines=parts["outlines"],
                places=self._places,
            )

    def visible(self, starts: Counts, stops: Counts, z: int) -> Counts:
        """The rows of these runs that are shown at the zoom."""
        if z in self._levels:
            level = self._levels[z]
            first, last = np.searchsorted(level, starts), np.searchsorted(level, stops)
            return np.asarray(level[expanded(first, last - first)], np.int64)
        rows = expanded(starts, stops - starts)
        least = self.least[rows]
        shown: Counts = rows[(least <= z) | ((z > thin.DEEPEST_THINNED) & (least != thin.NEVER))]
        return shown

    def shapes(self, rows: Counts) -> Shapes:
        """Their shapes in world coordinates."""
        if self._shapes is not None:
            return self._shapes.take(rows)
        return of_points(self._places[rows])

    def codes(self, column: int, rows: Counts) -> Counts:
        """The code of the column's value in each row; 0 is none."""
        return self._codes[column][rows].astype(np.int64)

    def values(self, column: int) -> tuple[Octets, Counts]:
        """Encoded values of the column, and where each begins; code 1 is the first."""
        return self._values[column], self._ends[column]


def written(path: Path, source: Path, fields: tuple[Field, ...]) -> None:
    """Write the file of a Parquet file, whose rows have a geometry."""
    place = next(field for field in fields if field.type is FieldType.GEOMETRY)
    others = [field for field in fields if field.type is not FieldType.GEOMETRY]
    shapes = _projected(source, place.name)
    least = thin.least_zooms(_boxes(shapes), shapes.kinds != NONE)
    levels = _levels(least)
    about = {
        "count": len(shapes),
        "columns": [field.name for field in others],
        "kinds": [int(kind) for kind in np.unique(shapes.kinds) if kind != NONE],
        "levels": list(levels),
    }
    write(path, _MAGIC, _sections(source, others, shapes, least, levels), about)


def _sections(
    source: Path,
    others: list[Field],
    shapes: Shapes,
    least: thin.Zooms,
    levels: dict[int, npt.NDArray[Any]],
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    yield "least", least
    for z, rows in levels.items():
        yield f"level{z}", rows
    yield "places", shapes.places
    if not _are_points(shapes):
        yield "kinds", shapes.kinds
        yield "part_ends", shapes.part_ends
        yield "places_ends", shapes.places_ends
        yield "outlines", shapes.outlines
    with pq.ParquetFile(source, memory_map=True) as file:
        for place, field in enumerate(others):
            # One column at a time: memory holds the widest, not all.
            column = file.read([field.name]).column(0).combine_chunks()
            codes, values, ends = dictionary(column, field)
            yield f"codes{place}", codes.astype(np.min_scalar_type(len(ends)))
            yield f"values{place}", values
            yield f"ends{place}", ends


def _are_points(shapes: Shapes) -> bool:
    return bool((shapes.kinds == POINT).all()) and len(shapes.places) == len(shapes)


def _projected(source: Path, name: str) -> Shapes:
    several = []
    with pq.ParquetFile(source, memory_map=True) as file:
        for batch in file.iter_batches(_BATCH, columns=[name]):
            several.append(_world(batch.column(0)))
    return joined(several or [flat(np.empty(0, object))])


def _world(column: pa.Array) -> Shapes:
    wkb = column.to_numpy(zero_copy_only=False)
    shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), object)
    found = flat(_within(shapes))
    places = matrix.projected(found.places).astype(np.uint32)
    return Shapes(
        kinds=found.kinds,
        part_ends=found.part_ends,
        places_ends=found.places_ends,
        outlines=found.outlines,
        places=places,
    )


def _within(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """What the square of the projection can show: nothing nearer to a pole than 85°."""
    bounds = shapely.bounds(shapes)
    west, south, east, north = bounds.T
    inside = (west >= -180) & (east <= 180) & (south >= -matrix.NORTH) & (north <= matrix.NORTH)
    if (inside | np.isnan(west)).all() and np.isfinite(bounds[inside]).all():
        return shapes
    shapes = shapes.copy()
    outside = ~inside
    sound = outside & np.isfinite(bounds).all(axis=1)
    shapes[outside & ~sound] = None
    shapes[sound] = shapely.intersection(
        shapely.make_valid(shapes[sound]), shapely.box(-180, -matrix.NORTH, 180, matrix.NORTH)
    )
    return shapes


def _boxes(shapes: Shapes) -> npt.NDArray[np.uint64]:
    boxes = np.zeros((len(shapes), 4), np.uint64)
    there = np.flatnonzero(shapes.kinds != NONE)
    if len(there):
        boxes[there] = shapes.take(there).boxes()
    return boxes


def _levels(least: thin.Zooms) -> dict[int, npt.NDArray[Any]]:
    """Rows of each zoom that shows only few of all; of the others the zooms themselves tell."""
    counts = np.cumsum(np.bincount(least, minlength=256))
    zooms = [z for z in range(thin.DEEPEST_THINNED + 1) if counts[z] * _SHARE <= len(least)]
    return {z: np.flatnonzero(least <= z).astype(np.uint32) for z in zooms if len(least)}
