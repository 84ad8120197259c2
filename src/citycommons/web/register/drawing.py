"""A small map of works over the city's own layers: closures hatched, detours dashed."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from citycommons.core.types import Bbox
from citycommons.core.works import Effect, Works
from citycommons.understand.places import Places, Shape, padded
from citycommons.web.base_map import NEAR, Sheet, base_svg, fitted, line_of
from citycommons.web.figures import broad_and_narrow
from citycommons.web.presentation import Says

_NAMED = 12  # with more works the names would cover the streets
_ASIDE = 12.0  # pixels from the works to the middle of their name


def drawing(
    works: Sequence[Works], layers: Sequence[Places], box: Bbox, says: Says, label: str
) -> Markup:
    """The works, broad and narrow, each with its title."""
    drawn = []
    for sheet in (fitted(box, 920, 1.9), fitted(box, 400, 1.0)):
        drawn.append((base_svg(layers, sheet) + _lines(works, sheet, says), sheet))
    return Markup(broad_and_narrow(drawn[0], drawn[1], label))  # noqa: S704  (texts are escaped)


def box_of(works: Iterable[Works], city: Bbox | None) -> Bbox | None:
    """Around all works; the city where there are none."""
    boxes = [one.bounds for one in works]
    if not boxes:
        return city
    west, south = min(b[0] for b in boxes), min(b[1] for b in boxes)
    return padded((west, south, max(b[2] for b in boxes), max(b[3] for b in boxes)), 0.15, NEAR)


def _lines(works: Sequence[Works], sheet: Sheet, says: Says) -> str:
    parts = []
    for one in works:
        title = escape(f"{says.text(one.title)}, {', '.join(one.streets)}")
        if one.detour:
            parts.append(f'<path class="way detour" d="{line_of(one.detour, sheet, Shape.LINE)}"/>')
        measures = dict.fromkeys(m for phase in one.phases for m in phase.measures)
        closed = _path([m.line for m in measures if m.effect is Effect.CLOSED], sheet)
        other = _path([m.line for m in measures if m.effect is not Effect.CLOSED], sheet)
        inner = f'<path class="closure narrowed" d="{other}"/>' if other else ""
        if closed:
            inner += f'<path class="closure" d="{closed}"/><path class="hatch" d="{closed}"/>'
        parts.append(f"<g><title>{title}</title>{inner}{_dot(one, sheet)}</g>")
    return "".join(parts) + (_names(works, sheet) if len(works) <= _NAMED else "")


def _path(lines: Sequence[Sequence[tuple[float, float]]], sheet: Sheet) -> str:
    return "".join(line_of(line, sheet, Shape.LINE) for line in lines)


def _dot(one: Works, sheet: Sheet) -> str:
    """On a wide map a site of some metres is no line any more."""
    x, y = _middle(one, sheet)
    return f'<circle class="site-dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'


def _middle(one: Works, sheet: Sheet) -> tuple[float, float]:
    line = one.phases[0].measures[0].line
    return sheet.at(*line[len(line) // 2])


def _falls(one: Works, sheet: Sheet) -> bool:
    """Whether the line goes down to the right: its name stands on the side that it leaves free."""
    line = one.phases[0].measures[0].line
    (ax, ay), (bx, by) = sheet.at(*line[0]), sheet.at(*line[-1])
    return (bx - ax) * (by - ay) >= 0


def _names(works: Sequence[Works], sheet: Sheet) -> str:
    taken: list[tuple[float, float, float, float]] = []
    parts = []
    for one in works:
        x, y = _middle(one, sheet)
        name = one.streets[0] if one.streets else ""
        wide = 8.2 * len(name)
        is_right = x + 9 + wide < sheet.width - 4
        start = x + 9 if is_right else x - 9 - wide
        y += -_ASIDE if _falls(one, sheet) == is_right else _ASIDE
        box = (start, y - 10, start + wide, y + 10)
        is_free = all(
            box[0] > t[2] or t[0] > box[2] or box[1] > t[3] or t[1] > box[3] for t in taken
        )
        if name and is_free and start > 4 and 14 < y < sheet.height - 8:
            taken.append(box)
            parts.append(f'<text class="lab" x="{start:.1f}" y="{y + 5:.1f}">{escape(name)}</text>')
    return "".join(parts)
