"""Small maps as SVG: the city's own layers in paper tones, the data in the accent on top."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from markupsafe import Markup, escape

from citycommons.core.types import Bbox
from citycommons.understand.places import Place, Places, Shape, padded
from citycommons.web.base_map import Sheet, base_svg, fitted, line_of
from citycommons.web.figures import broad_and_narrow
from citycommons.web.presentation import Says

_LABELS = 3


@dataclass(frozen=True, slots=True)
class Drawn:
    """A small map and what its legend says."""

    svg: Markup
    kind: Shape
    classes: tuple[tuple[float, float], ...] = ()  # of a filled map: from, to


def draw(layers: Sequence[Places], data: Places, says: Says, label: str) -> Drawn:
    """The data over the city's layers, broad and narrow."""
    classes = _classes(data)
    sheets = (fitted(data.bounds, 920, 1.62), fitted(data.bounds, 400, 0.95))
    drawn = []
    for sheet in sheets:
        inner = base_svg(layers, sheet) + _data(data, sheet, says, classes)
        drawn.append((inner, sheet))
    kind = data.places[0].shape if data.places else Shape.POINT
    svg = broad_and_narrow(drawn[0], drawn[1], label)
    return Drawn(Markup(svg), kind, classes)  # noqa: S704  (every text is escaped)


def plain(layers: Sequence[Places], box: Bbox, label: str) -> Markup:
    """The city's layers alone."""
    drawn = []
    for sheet in (fitted(box, 920, 1.9), fitted(box, 400, 1.0)):
        drawn.append((base_svg(layers, sheet), sheet))
    return Markup(broad_and_narrow(drawn[0], drawn[1], label))  # noqa: S704


def _classes(data: Places) -> tuple[tuple[float, float], ...]:
    """Five classes with about as many areas each; none where nothing is measured."""
    values = sorted(p.value for p in data.places if p.value is not None and p.shape is Shape.AREA)
    if len(values) < 5 or values[0] == values[-1]:
        return ()
    cuts = [values[min(len(values) - 1, i * len(values) // 5)] for i in range(5)] + [values[-1]]
    return tuple((cuts[i], cuts[i + 1]) for i in range(5))


def _data(data: Places, sheet: Sheet, says: Says, classes: tuple[tuple[float, float], ...]) -> str:
    parts: list[str] = []
    most = max((p.value or 0 for p in data.places), default=0)
    is_sized = bool(data.measure) and most > 0 and data.every <= 400
    crowd = 2.2 if data.every > 800 else 3.2 if data.every > 200 else 5.0
    for place in sorted(data.places, key=lambda p: -(p.value or 0)):
        if place.shape is Shape.POINT:
            share = math.sqrt(max(place.value or 0, 0) / most) if is_sized else 0
            radius = 3 + 19 * share * (0.75 if sheet.width < 500 else 1) if is_sized else crowd
            for ((lon, lat),) in place.parts:
                x, y = sheet.at(lon, lat)
                if 0 <= x <= sheet.width and 0 <= y <= sheet.height:
                    parts.append(
                        f'<circle class="pt" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">'
                        f"{_title(place, data, says)}</circle>"
                    )
            continue
        line = "".join(line_of(part, sheet, place.shape) for part in place.parts)
        if line:
            name = "shape" if place.shape is Shape.AREA else "way"
            parts.append(
                f'<path class="{name}{_class(place, classes)}" fill-rule="evenodd" d="{line}">'
                f"{_title(place, data, says)}</path>"
            )
    return "".join(parts) + _labels(data, sheet, says)


def _class(place: Place, classes: tuple[tuple[float, float], ...]) -> str:
    if not classes or place.value is None:
        return ""
    rank = sum(place.value >= low for low, _ in classes)
    return f" q{max(1, rank)}"


def _title(place: Place, data: Places, says: Says) -> str:
    if data.every > 400:
        return ""
    words = " ".join(part for part in (place.name, _amount(place, data, says)) if part)
    return f"<title>{escape(words)}</title>" if words else ""


def _amount(place: Place, data: Places, says: Says) -> str:
    if place.value is None:
        return ""
    value = round(place.value) if abs(place.value) >= 20 else place.value
    return f"{says.number(value)} {says.unit(data.unit) if data.unit else ''}".strip()


def _labels(data: Places, sheet: Sheet, says: Says) -> str:
    if not data.measure or data.every > 400:
        return ""
    parts: list[str] = []
    taken: list[tuple[float, float, float, float]] = []
    most = max((p.value or 0 for p in data.places), default=0) or 1
    ranked = sorted((p for p in data.places if p.name), key=lambda p: -(p.value or 0))
    names: set[str] = set()
    for place in ranked:
        if len(parts) == _LABELS:
            break
        if place.name in names:
            continue
        points = [sheet.at(*point) for part in place.parts for point in part]
        x = sum(px for px, _ in points) / len(points)
        y = sum(py for _, py in points) / len(points)
        amount = says.number(round(place.value or 0))
        wide = 8.4 * (len(place.name) + len(amount) + 1)
        away = 8 + 19 * math.sqrt(max(place.value or 0, 0) / most)
        is_point = place.shape is Shape.POINT
        start = x + away if is_point else x - wide / 2
        if is_point and start + wide > sheet.width - 6:
            start = x - away - wide
        box = (start, y - 10, start + wide, y + 10)
        is_inside = start >= 4 and box[2] <= sheet.width - 4 and 14 <= y <= sheet.height - 8
        if not is_inside or any(_touch(box, other) for other in taken):
            continue
        taken.append(box)
        names.add(place.name)
        parts.append(
            f'<text class="lab" x="{start:.1f}" y="{y + 5:.1f}">{escape(place.name)} '
            f"<tspan>{escape(amount)}</tspan></text>"
        )
    return "".join(parts)


def _touch(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def legend(classes: Sequence[tuple[float, float]], says: Says) -> Markup:
    """What each shade of a filled map stands for."""
    parts = [
        '<span class="key"><svg width="16" height="11" aria-hidden="true">'
        f'<rect class="shape q{i}" width="16" height="11"/></svg> '
        f"{escape(_short(low, says))} – {escape(_short(high, says))}"
        "</span>"
        for i, (low, high) in enumerate(classes, start=1)
    ]
    return Markup("".join(parts))  # noqa: S704


def _short(value: float, says: Says) -> str:
    return says.number(round(value) if abs(value) >= 20 else value)


def city_box(given: Bbox | None, layers: Sequence[Places], data: Sequence[Places]) -> Bbox | None:
    """Where most of the data lie; without data the city as set, else what is drawn below."""
    if (core := _core(data)) is not None:
        return core
    if given is not None:
        return given
    boxes = [layer.bounds for layer in (layers or data)]
    if not boxes:
        return None
    west, south = min(b[0] for b in boxes), min(b[1] for b in boxes)
    return west, south, max(b[2] for b in boxes), max(b[3] for b in boxes)


def _core(data: Sequence[Places]) -> Bbox | None:
    """The box that holds nine of ten places in each direction."""
    points = [
        point for layer in data for one in layer.places for part in one.parts for point in part
    ]
    if len(points) < 20:
        return None
    xs, ys = sorted(x for x, _ in points), sorted(y for _, y in points)
    low, high = len(points) // 20, len(points) - 1 - len(points) // 20
    return padded((xs[low], ys[low], xs[high], ys[high]), 0.12)


def several(layers: Sequence[Places], data: Sequence[Places], box: Bbox, label: str) -> Markup:
    """Several datasets of points over the city's layers, each in its colour of eight."""
    drawn = []
    for sheet in (fitted(box, 720, 1.16), fitted(box, 400, 1.0)):
        inner = [base_svg(layers, sheet)]
        for place, layer in enumerate(data, start=1):
            radius = 2.4 if layer.every > 400 else 3.4 if layer.every > 60 else 5.0
            dots = [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'
                for one in layer.places
                for part in one.parts
                for x, y in [sheet.at(*part[0])]
                if 0 <= x <= sheet.width and 0 <= y <= sheet.height
            ]
            inner.append(f'<g class="k{place} dots">{"".join(dots)}</g>')
        drawn.append(("".join(inner), sheet))
    return Markup(broad_and_narrow(drawn[0], drawn[1], label))  # noqa: S704


def names(entries: Sequence[tuple[str, str]]) -> Markup:
    """The legend of several datasets: colour, name, link."""
    parts = [
        Markup(
            '<span class="key k{}"><svg width="11" height="11" aria-hidden="true"><circle '
            'class="fillk" cx="5.5" cy="5.5" r="5"/></svg> <a href="{}">{}</a></span>'
        ).format(place, href, name)
        for place, (name, href) in enumerate(entries, start=1)
    ]
    return Markup("").join(parts)


def geometry(place: Place) -> dict[str, object]:
    """A place as a GeoJSON geometry."""
    if place.shape is Shape.POINT:
        points = [list(part[0]) for part in place.parts]
        single = len(points) == 1
        return {
            "type": "Point" if single else "MultiPoint",
            "coordinates": points[0] if single else points,
        }
    if place.shape is Shape.LINE:
        return {"type": "MultiLineString", "coordinates": place.parts}
    return {"type": "MultiPolygon", "coordinates": _polygons(place.parts)}


def _polygons(rings: Sequence[Sequence[tuple[float, float]]]) -> list[list[object]]:
    # Rings came in order: an outline (clockwise or not), then its holes, which lie inside it.
    polygons: list[list[object]] = []
    outline = None
    for ring in rings:
        if len(ring) < 4:
            continue
        shape = shapely.Polygon(ring)
        if outline is not None and outline.contains(shapely.Point(ring[0])):
            polygons[-1].append(ring)
        else:
            polygons.append([ring])
            outline = shape
    return polygons
