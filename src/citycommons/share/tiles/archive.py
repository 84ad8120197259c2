"""All tiles of a version in one file: PMTiles 3, which a web server can give out as it lies.

References
----------
PMTiles Specification, version 3.
"""

import gzip
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from citycommons.core.types import Bbox, Field
from citycommons.share.kept import unless_ending
from citycommons.share.open import Opened
from citycommons.share.tiles import drawn, of
from citycommons.share.tiles.described import attributes, shown_bounds, vector_layer
from citycommons.share.tiles.matrix import BITS, BUFFER, EXTENT
from citycommons.share.tiles.mercator import Mercator, written
from citycommons.share.tiles.varints import Counts, expanded

DEEPEST = 14
_open: Any = Writer  # which has no types
MOST_TILES = 12_000  # of one zoom: where features lie far apart, fewer zooms show them all
_MICRO = 10_000_000  # of a degree, as the header has them


def whole(path: Path, opened: Opened) -> None:
    """Write the archive of a version."""
    _write(path, opened, opened.version.fields, of(opened))


def selection(path: Path, opened: Opened, fields: tuple[Field, ...], source: Path) -> None:
    """Write the archive of some of a version's rows, in a Parquet file of these fields."""
    projected = path.with_name(f"{path.name}.mercator")
    try:
        written(projected, source, fields)
        _write(path, opened, fields, Mercator(projected))
    finally:
        projected.unlink(missing_ok=True)


def _write(path: Path, opened: Opened, fields: tuple[Field, ...], source: Mercator) -> None:
    box = shown_bounds(opened)
    name = opened.dataset.id
    with path.open("wb") as out:
        writer: Any = _open(out)
        deepest = 0
        for z, tiles in _zooms(source):
            deepest = z
            for (x, y), rows in unless_ending(tiles):
                if body := drawn(source, name, rows, z, x, y):
                    # Without the time of day: the same version gives the same bytes.
                    packed = gzip.compress(body, 6, mtime=0)
                    writer.write_tile(zxy_to_tileid(z, x, y), packed)
        if not writer.tile_entries:
            writer.write_tile(0, gzip.compress(b"", mtime=0))  # an archive has at least one
        writer.finalize(_header(box, deepest), _metadata(opened, fields, deepest))


def _zooms(source: Mercator) -> Iterator[tuple[int, Iterator[tuple[tuple[int, int], Counts]]]]:
    """Each zoom with its tiles, and the rows that touch each, until there would be too many."""
    rows = np.flatnonzero(source.least != 255)
    if not len(rows):
        return
    boxes = source.shapes(rows).boxes().astype(np.int64)
    for z in range(DEEPEST + 1):
        shown = source.least[rows] <= z
        first, last = _ranges(boxes[shown], z)
        spans = last - first + 1
        if z and int(spans.prod(axis=1).sum()) > 40 * MOST_TILES + 8 * len(rows):
            return
        tiles, members = _covered(rows[shown], first, spans)
        if z and len(np.unique(tiles)) > MOST_TILES:
            return
        yield z, _grouped(z, tiles, members)


def _ranges(boxes: npt.NDArray[np.int64], z: int) -> tuple[Counts, Counts]:
    """First and last column and row of the tiles that each box touches, their buffers included."""
    margin = (1 << (BITS - z)) * BUFFER // EXTENT
    most = (1 << z) - 1
    first = np.clip((boxes[:, :2] - margin) >> (BITS - z), 0, most)
    last = np.clip((boxes[:, 2:] + margin) >> (BITS - z), 0, most)
    return first, last


def _covered(rows: Counts, first: Counts, spans: Counts) -> tuple[Counts, Counts]:
    """Numbers of tiles, and the row that touches each."""
    counts = spans.prod(axis=1)
    nth = expanded(np.zeros(len(rows), np.int64), counts)
    wide = np.repeat(spans[:, 0], counts)
    x = np.repeat(first[:, 0], counts) + nth % wide
    y = np.repeat(first[:, 1], counts) + nth // wide
    return (y << 32) | x, np.repeat(rows, counts)


def _grouped(z: int, tiles: Counts, rows: Counts) -> Iterator[tuple[tuple[int, int], Counts]]:
    order = np.argsort(tiles, kind="stable")
    tiles, rows = tiles[order], rows[order]
    starts = np.append(0, np.flatnonzero(tiles[1:] != tiles[:-1]) + 1).tolist()
    stops = [*starts[1:], len(tiles)]
    places = [(int(tiles[at]) & 0xFFFFFFFF, int(tiles[at]) >> 32) for at in starts]
    groups = sorted(
        zip(places, starts, stops, strict=True), key=lambda one: zxy_to_tileid(z, *one[0])
    )
    for place, start, stop in groups:
        yield place, rows[start:stop]


def _header(box: Bbox, deepest: int) -> dict[str, Any]:
    west, south, east, north = (round(side * _MICRO) for side in box)
    across = max(box[2] - box[0], 360 / 2**DEEPEST)
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_zoom": 0,
        "max_zoom": deepest,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": min(deepest, max(0, math.floor(math.log2(360 / across)))),
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def _metadata(opened: Opened, fields: tuple[Field, ...], deepest: int) -> dict[str, Any]:
    title = opened.dataset.title
    layer = vector_layer(opened.dataset.id, attributes(fields)) | {"maxzoom": deepest}
    return {
        "name": title.get("en") or next(iter(title.values()), opened.dataset.id),
        "attribution": opened.dataset.attribution or opened.dataset.publisher,
        "version": str(opened.version.number),
        "type": "overlay",
        "vector_layers": [layer],
    }
