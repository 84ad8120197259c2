"""Layers as a picture: drawn twice as large, then made smaller, so that edges are smooth."""

import io
import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageDraw

from citycommons.core.errors import TooMuch
from citycommons.core.types import Bbox
from citycommons.share import packed, tiles
from citycommons.share.crs import System
from citycommons.share.open import Opened
from citycommons.share.tiles import matrix
from citycommons.share.tiles.shapes import LINE, POINT, POLYGON, Shapes
from citycommons.share.tiles.varints import Counts

MOST_PIXELS = 4096  # to a side
_SMOOTH = 2_400_000  # pixels above which edges stay as they are
_FINER = 2  # zooms: a picture shows features that lie 2 pixels apart
_MOST_S = 15.0
_FILL = 0.24
_CHUNK = 500  # shapes between two looks at the clock

Floats = npt.NDArray[np.float64]
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a picture shows: a box in a system (east, north), and its size in pixels."""

    system: System
    west: float
    south: float
    east: float
    north: float
    width: int
    height: int

    def degrees(self, margin: int = 12) -> Bbox | None:
        """The box in degrees with some pixels around it; None where it lies outside the world."""
        dx = (self.east - self.west) / self.width * margin
        dy = (self.north - self.south) / self.height * margin
        box = shapely.box(self.west - dx, self.south - dy, self.east + dx, self.north + dy)
        side = max(self.east - self.west, self.north - self.south)
        ring = shapely.segmentize(box, side / 8)
        if not self.system.code:
            bounds = shapely.bounds(ring)
        else:
            if self.system.is_north_first:
                ring = shapely.transform(ring, lambda spots: spots[:, ::-1])
            if not self.system.is_projected:
                bounds = shapely.bounds(shapely.transform(ring, lambda spots: spots[:, ::-1]))
            else:
                spots = shapely.get_coordinates(self.system.shape_within(ring))
                if not len(spots):
                    return None
                bounds = np.concatenate([spots.min(axis=0), spots.max(axis=0)])
        west, south, east, north = (float(one) for one in bounds)
        west, east = max(west, -180.0), min(east, 180.0)
        south, north = max(south, -90.0), min(north, 90.0)
        return (west, south, east, north) if west <= east and south <= north else None

    def pixels(self, world: Floats) -> Floats:
        """World coordinates of the tiles as pixels from the upper left."""
        if self.system.code == 3857:
            metres = (world / 2.0**matrix.BITS - 0.5) * 2 * matrix.HALF_M
            east, north = metres[:, 0], -metres[:, 1]
        else:
            spots = self.system.spots(matrix.degrees(world))
            first, second = spots[:, 0], spots[:, 1]
            east, north = (second, first) if self.system.is_north_first else (first, second)
        x = (east - self.west) / (self.east - self.west) * self.width
        y = (self.north - north) / (self.north - self.south) * self.height
        return np.column_stack([x, y])

    def zoom(self, box: Bbox) -> int:
        """The zoom of tiles whose thinning suits the picture."""
        across = max(box[2] - box[0], 1e-9) / 360
        return min(
            matrix.DEEPEST, max(0, math.floor(math.log2(self.width / 512 / across)) + _FINER)
        )


class Picture:
    """Draws layers one over the other."""

    def __init__(self, frame: Frame, ground: Colour | None) -> None:
        self._frame = frame
        self._times = 2 if frame.width * frame.height <= _SMOOTH else 1
        size = (frame.width * self._times, frame.height * self._times)
        self._image = Image.new("RGBA", size, (255, 255, 255, 0))
        self._ground = ground
        self._until = time.monotonic() + _MOST_S

    def add(self, opened: Opened, colour: Colour, paper: Colour) -> None:
        """Draw a layer: areas, then lines, then points. Raises `TooMuch` past the time limit."""
        if (box := self._frame.degrees()) is None:
            return
        source = tiles.of(opened)
        starts, stops = packed.rows(opened, box)
        rows = source.visible(starts, stops, self._frame.zoom(box))
        for kind in (POLYGON, LINE, POINT):
            if kind in source.kinds:
                shapes = source.shapes(rows)
                chosen = np.flatnonzero(shapes.kinds == kind)
                self._draw(shapes.take(chosen), kind, colour, paper)

    def _draw(self, shapes: Shapes, kind: int, colour: Colour, paper: Colour) -> None:
        layer = Image.new("RGBA", self._image.size, (*colour, 0))
        pen = ImageDraw.Draw(layer)
        spots = self._frame.pixels(shapes.places.astype(np.float64)) * self._times
        # Edges come after all areas, or the next area would lie over them.
        steps = {POINT: [self._points], LINE: [self._lines], POLYGON: [self._areas, self._edges]}
        for step in steps[kind]:
            for start in range(0, len(shapes), _CHUNK):
                if time.monotonic() > self._until:
                    raise TooMuch("The picture takes too long to draw. Ask for fewer layers.")
                some = np.arange(start, min(start + _CHUNK, len(shapes)))
                step(_Pen(pen, colour, paper), shapes, some, spots)
        self._image.alpha_composite(layer)

    def _points(self, pen: "_Pen", shapes: Shapes, some: Counts, spots: Floats) -> None:
        radius = (4.0 if len(shapes) < 400 else 3.0 if len(shapes) < 4000 else 1.8) * self._times
        first, last = shapes.places_ends[shapes.part_ends[[some[0], some[-1] + 1]]]
        for x, y in spots[first:last].tolist():
            box = (x - radius, y - radius, x + radius, y + radius)
            if len(shapes) < 4000:
                pen.on.ellipse(box, (*pen.colour, 215), (*pen.paper, 255), self._times)
            else:
                pen.on.ellipse(box, (*pen.colour, 215))

    def _lines(self, pen: "_Pen", shapes: Shapes, some: Counts, spots: Floats) -> None:
        width = round(1.6 * self._times)
        for row in some.tolist():
            for part in _parts(shapes, row, spots):
                pen.on.line(part.ravel().tolist(), (*pen.colour, 235), width, "curve")

    def _areas(self, pen: "_Pen", shapes: Shapes, some: Counts, spots: Floats) -> None:
        for row in some.tolist():
            first = int(shapes.part_ends[row])
            parts = _parts(shapes, row, spots)
            for ring in _keyholes(parts, shapes.outlines[first : first + len(parts)].tolist()):
                if len(ring) > 2:
                    pen.on.polygon(ring.ravel().tolist(), (*pen.colour, round(255 * _FILL)))

    def _edges(self, pen: "_Pen", shapes: Shapes, some: Counts, spots: Floats) -> None:
        for row in some.tolist():
            for part in _parts(shapes, row, spots):
                pen.on.line(part.ravel().tolist(), (*pen.colour, 235), self._times)

    def image(self) -> Image.Image:
        """The picture at its own size."""
        whole = self._image
        if self._times > 1:
            whole = whole.resize((self._frame.width, self._frame.height), Image.Resampling.BOX)
        if self._ground is None:
            return whole
        below = Image.new("RGBA", whole.size, (*self._ground, 255))
        below.alpha_composite(whole)
        return below


@dataclass(frozen=True, slots=True)
class _Pen:
    on: ImageDraw.ImageDraw
    colour: Colour
    paper: Colour


def _parts(shapes: Shapes, row: int, spots: Floats) -> list[Floats]:
    first, last = shapes.part_ends[row], shapes.part_ends[row + 1]
    ends = shapes.places_ends[first : last + 1].tolist()
    return [_slim(spots[a:b]) for a, b in itertools.pairwise(ends)]


def _slim(spots: Floats) -> Floats:
    """Without places that lie within half a pixel of the one before."""
    if len(spots) < 8:
        return spots
    cells = np.round(spots * 2)
    kept = np.ones(len(spots), np.bool_)
    kept[1:-1] = (cells[1:-1] != cells[:-2]).any(axis=1)
    return spots[kept]


def _keyholes(parts: Sequence[Floats], outlines: Sequence[bool]) -> list[Floats]:
    """Each outline with its holes as one ring: the way to a hole and back cancels itself."""
    found: list[Floats] = []
    for part, is_outline in zip(parts, outlines, strict=True):
        if is_outline or not found:
            found.append(part)
        else:
            found[-1] = np.concatenate([found[-1], part, found[-1][:1]])
    return found


def encoded(image: Image.Image, media: str) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    if media == "image/jpeg":
        image.convert("RGB").save(out, "JPEG", quality=88)
    else:
        image.save(out, "PNG", compress_level=4)
    return out.getvalue()


def legend(
    kinds: Sequence[int], colour: Colour, paper: Colour, width: int, height: int
) -> Image.Image:
    """How areas, lines and points of a layer look, side by side."""
    times = 4
    image = Image.new(
        "RGBA", (width * times * max(1, len(kinds)), height * times), (255, 255, 255, 0)
    )
    pen = ImageDraw.Draw(image)
    w, h = width * times, height * times
    for place, kind in enumerate(sorted(kinds, reverse=True)):
        left, edge = place * w, h // 6
        box = (left + edge, edge, left + w - edge, h - edge)
        if kind == POLYGON:
            pen.rectangle(box, (*colour, round(255 * _FILL)), (*colour, 235), times)
        elif kind == LINE:
            ends = (left + edge, h - edge, left + w - edge, edge)
            pen.line(ends, (*colour, 235), round(1.6 * times))
        else:
            r = min(w, h) / 5
            middle = left + w / 2
            spot = (middle - r, h / 2 - r, middle + r, h / 2 + r)
            pen.ellipse(spot, (*colour, 215), (*paper, 255), times)
    return image.resize((image.width // times, image.height // times), Image.Resampling.BOX)
