"""Vector tiles of a version: Mapbox Vector Tiles 2.1 in the tile matrix set WebMercatorQuad."""

import threading
import zlib
from collections import OrderedDict
from pathlib import Path

from citycommons.core.errors import Invalid
from citycommons.core.types import Digest
from citycommons.share import packed
from citycommons.share.open import Opened
from citycommons.share.tiles import matrix, mercator
from citycommons.share.tiles.encode import layer
from citycommons.share.tiles.geometry import in_tile
from citycommons.share.tiles.mercator import Mercator
from citycommons.share.tiles.varints import Counts

MEDIA = "application/vnd.mapbox-vector-tile"
MOST_FEATURES = 20_000  # of a tile, where many lie upon one another at the deepest zooms
_KEPT_BYTES = 64 << 20
_KEPT_FILES = 64
_MARGIN = (matrix.BUFFER + 1) / matrix.EXTENT

Key = tuple[str, int, int, int]

_guard = threading.Lock()
_open: OrderedDict[Path, Mercator] = OrderedDict()


class Tile:
    """A tile's bytes, and the same packed for who takes that."""

    __slots__ = ("_packed", "body")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self._packed = b""

    @property
    def packed(self) -> bytes:
        """gzip at its quickest: the next level takes twice as long for a tenth less."""
        if not self._packed:
            self._packed = zlib.compress(self.body, 1, wbits=31)
        return self._packed


class Kept:
    """The tiles that were asked for last, by the version's file and the tile's place."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._tiles: OrderedDict[Key, Tile] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: Key) -> Tile | None:
        with self._guard:
            if (found := self._tiles.get(key)) is not None:
                self._tiles.move_to_end(key)
            return found

    def put(self, key: Key, tile: Tile) -> None:
        with self._guard:
            if key in self._tiles:
                return
            self._tiles[key] = tile
            self._size += _weight(tile)
            while self._size > self._most:
                self._size -= _weight(self._tiles.popitem(last=False)[1])


def _weight(tile: Tile) -> int:
    return len(tile.body) * 3 // 2 + 300  # with what it will be packed


_kept = Kept(_KEPT_BYTES)


def kept(file: Digest, z: int, x: int, y: int) -> Tile | None:
    """The tile if it lies in memory: nothing has to be waited for."""
    return _kept.get((file, z, x, y))


def tile(opened: Opened, z: int, x: int, y: int) -> Tile:
    """The tile with one layer named like the dataset; empty where nothing lies.

    Raises `NotFound` for a tile that is not in the set, and `Invalid` where there is no geometry.
    """
    matrix.at(z, x, y)
    key = (opened.version.file, z, x, y)
    if (found := _kept.get(key)) is None:
        found = Tile(made(opened, z, x, y))
        _kept.put(key, found)
    return found


def made(opened: Opened, z: int, x: int, y: int) -> bytes:
    """The tile's bytes, worked out anew."""
    source = of(opened)
    starts, stops = packed.rows(opened, matrix.bbox(z, x, y, _MARGIN))
    return drawn(source, opened.dataset.id, source.visible(starts, stops, z), z, x, y)


def drawn(source: Mercator, name: str, rows: Counts, z: int, x: int, y: int) -> bytes:
    """A tile of these rows, which may reach beyond it; no bytes where none lies in it."""
    rows = rows[:MOST_FEATURES]
    shapes, kept = in_tile(source.shapes(rows), z, x, y)
    if not len(kept):
        return b""
    return layer(name, source, rows[kept], shapes)


def of(opened: Opened) -> Mercator:
    """The version's projected file, built if it is missing or damaged."""
    if opened.version.geometry is None:
        raise Invalid(f"“{opened.dataset.id}” has no geometry, so no tiles. Ask for its rows.")
    path = opened.lake.path(opened.version.file, mercator.SUFFIX)
    with _guard:
        if path in _open:
            _open.move_to_end(path)
            return _open[path]
    mercator.build(opened.lake, opened.version.file, opened.version.fields)
    try:
        found = Mercator(path)
    except ValueError:
        path.unlink(missing_ok=True)
        mercator.build(opened.lake, opened.version.file, opened.version.fields)
        found = Mercator(path)
    with _guard:
        _open[path] = found
        while len(_open) > _KEPT_FILES:
            _open.popitem(last=False)
    return found
