"""The city's own layers in paper tones: what every small map is drawn upon."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import shapely

from citycommons.core.errors import CityError
from citycommons.core.types import Bbox, DatasetId, Use
from citycommons.share import open as reader
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.understand.places import Place, Places, Shape, padded, places
from citycommons.web.page_usage import by_itself

NEAR = 0.03  # degrees shown at least: the streets around tell where a site of some metres is
_MAIN = ("motorway", "trunk", "primary", "secondary", "main", "haupt")
_WATER = ("water", "wasser", "gewässer", "lake", "river", "acqua", "eau")
_GREEN = ("park", "forest", "wald", "green", "grün", "bosco", "forêt")
_LANES = ("foot", "path", "steps", "track", "cycle", "pedestrian", "service", "corridor", "bridle")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One map's size in units, and its box on the ground."""

    width: float
    height: float
    box: Bbox

    @property
    def is_wide(self) -> bool:
        """Whether a unit is more than some five metres on the ground."""
        return (self.box[3] - self.box[1]) * 111_000 / self.height > 5

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Web Mercator, as the explorer shows it."""
        west, south, east, north = self.box
        top, bottom = _mercator(north), _mercator(south)
        x = (lon - west) / (east - west) * self.width
        return x, (top - _mercator(lat)) / (top - bottom) * self.height


def _mercator(lat: float) -> float:
    return math.degrees(math.asinh(math.tan(math.radians(max(-85.0, min(85.0, lat))))))


def fitted(box: Bbox, width: float, shape: float) -> Sheet:
    """A sheet of this width and shape (width by height) around the box."""
    west, south, east, north = padded(box, 0.02)
    wide, high = east - west, _mercator(north) - _mercator(south)
    if wide / high < shape:
        more = (high * shape - wide) / 2
        west, east = west - more, east + more
    else:
        share = (wide / shape / high - 1) / 2
        south, north = south - (north - south) * share, north + (north - south) * share
    return Sheet(width, width / shape, (west, south, east, north))


def base_layers(work: Work, ids: Sequence[str]) -> tuple[Places, ...]:
    """The city's own layers that are drawn below; one that not everybody may read is left out."""
    found: list[Places] = []
    work = by_itself(work)  # what is drawn is kept, and shown to others
    for id in ids:
        try:
            opened = reader.open(work, DatasetId(id), use=Use.INVESTIGATION)
        except CityError:
            continue
        if layer := places(opened):
            found.append(layer)
    return tuple(found)


def base_svg(layers: Sequence[Places], sheet: Sheet) -> str:
    """Areas, water and streets below the data."""
    return "".join(_base(layer, sheet) for layer in layers)


def _base(layer: Places, sheet: Sheet) -> str:
    areas: dict[str, list[str]] = {}
    lines: dict[str, list[Sequence[tuple[float, float]]]] = {}
    for place in layer.places:
        if place.shape is Shape.POINT:
            continue
        name = _base_class(place)
        if name == "m-lane" and sheet.is_wide:
            continue  # lanes would be a grey stain
        if place.shape is Shape.AREA:
            areas.setdefault(name, []).extend(
                line_of(one, sheet, place.shape) for one in place.parts
            )
        else:
            lines.setdefault(name, []).extend(place.parts)
    paths = {name: "".join(found) for name, found in areas.items()}
    paths |= {name: _merged(found, sheet) for name, found in lines.items()}
    order = ("m-area", "m-green", "m-water", "m-lane", "m-line m-minor", "m-line", "m-border")
    return "".join(
        f'<path class="{name}" d="{data}"/>' for name in order if (data := paths.get(name))
    )


def _merged(parts: Sequence[Sequence[tuple[float, float]]], sheet: Sheet) -> str:
    """Street pieces joined to long lines, cut to the sheet and simplified: a fifth of the text."""
    drawn = [[sheet.at(x, y) for x, y in part] for part in parts]
    whole = shapely.line_merge(shapely.MultiLineString(drawn))
    cut = shapely.clip_by_rect(whole, -6, -6, sheet.width + 6, sheet.height + 6)
    simple = shapely.simplify(cut, 0.5)
    text = []
    for line in shapely.get_parts(simple):
        points = [(round(x * 10), round(y * 10)) for x, y in shapely.get_coordinates(line).tolist()]
        steps = [
            f"{_tenth(x - before_x)},{_tenth(y - before_y)}"
            for (before_x, before_y), (x, y) in pairwise(points)
            if (x, y) != (before_x, before_y)
        ]
        if steps:
            text.append(f"M{_tenth(points[0][0])},{_tenth(points[0][1])}l{' '.join(steps)}")
    return "".join(text)


def _tenth(value: int) -> str:
    return f"{value / 10:g}"


def _base_class(place: Place) -> str:
    kind = place.kind.casefold()
    if place.shape is Shape.AREA:
        if kind.startswith(_WATER):
            return "m-water"
        return "m-green" if kind.startswith(_GREEN) else "m-area"
    if kind.startswith(_MAIN):
        return "m-line"
    return "m-lane" if kind.startswith(_LANES) else "m-line m-minor"


def line_of(part: Sequence[tuple[float, float]], sheet: Sheet, shape: Shape) -> str:
    """A line or ring in units of the sheet, cut where it leaves it."""
    points = [sheet.at(x, y) for x, y in part]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if min(xs) > sheet.width or max(xs) < 0 or min(ys) > sheet.height or max(ys) < 0:
        return ""
    if min(xs) < -20 or max(xs) > sheet.width + 20 or min(ys) < -20 or max(ys) > sheet.height + 20:
        made = shapely.LinearRing(points) if _is_ring(points, shape) else shapely.LineString(points)
        whole = shapely.make_valid(shapely.Polygon(made)) if shape is Shape.AREA else made
        cut = shapely.clip_by_rect(whole, -12, -12, sheet.width + 12, sheet.height + 12)
        lines = [
            shapely.get_coordinates(line).tolist()
            for piece in shapely.get_parts(cut)
            for line in (shapely.get_rings(piece) if shape is Shape.AREA else [piece])
        ]
    else:
        lines = [points]
    return "".join(_drawn(line, shape) for line in lines)


def _is_ring(points: Sequence[tuple[float, float]], shape: Shape) -> bool:
    return shape is Shape.AREA and len(points) > 3


def _drawn(points: Sequence[Sequence[float]], shape: Shape) -> str:
    # One decimal is a tenth of a pixel; points closer than most of a pixel say nothing.
    kept: list[tuple[float, float]] = []
    for x, y in points:
        if not kept or abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= 0.9:
            kept.append((x, y))
    if len(kept) < 2:
        return ""
    text = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in kept)
    return text + ("Z" if shape is Shape.AREA else "")


def credits(work: Work, ids: Sequence[str]) -> list[str]:
    """Whom to name for the layers below."""
    found: list[str] = []
    for id in ids:
        one = catalogue.find_dataset(work.db, DatasetId(id))
        if one is not None:
            found.append(one.attribution or catalogue.publisher(work.db, one.publisher).name)
    return found
