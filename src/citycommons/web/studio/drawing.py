"""The studio's map without script: streets, works and changed traffic as SVG, for paper too."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from citycommons.act.model.types import TrafficModel
from citycommons.act.roadworks.types import StreetChange
from citycommons.core.types import Bbox
from citycommons.understand.places import Places, Shape
from citycommons.web.base_map import Sheet, base_svg, fitted, line_of
from citycommons.web.figures import broad_and_narrow
from citycommons.web.presentation import Says
from citycommons.web.studio import words
from citycommons.web.studio.network import CONNECTOR, busiest
from citycommons.web.studio.question import Question

_NAMED = 3
_WIDEST = 9.0
_AROUND = 0.004  # degrees around what changes: some 400 m


def drawing(
    model: TrafficModel,
    question: Question,
    streets: Sequence[StreetChange],
    layers: Sequence[Places],
    says: Says,
    label: str,
) -> Markup:
    """The map, broad and narrow, fitted to what changes."""
    box = box_of(model, question, streets)
    drawn = []
    for sheet in (fitted(box, 920, 1.62), fitted(box, 400, 0.95)):
        inner = base_svg(layers, sheet) + _flows(model, sheet)
        inner += _changes(model, streets, sheet) + _works(model, question, sheet)
        drawn.append((inner + _names(model, streets, sheet, says), sheet))
    return Markup(broad_and_narrow(drawn[0], drawn[1], label))  # noqa: S704  (texts are escaped)


def box_of(model: TrafficModel, question: Question, streets: Sequence[StreetChange]) -> Bbox:
    """What is drawn and what changes there most; the whole city where nothing is drawn."""
    links = [link for phase in question.phases for drawn in phase.drawn for link in drawn.links]
    ordered = sorted(streets, key=lambda one: -abs(one.change.middle))
    most = abs(ordered[0].change.middle) if ordered else 0.0
    links += [one.link for one in ordered if abs(one.change.middle) >= 0.2 * most > 0]
    return bounds(model, links) if links else bounds(model)


def bounds(model: TrafficModel, links: Iterable[int] | None = None) -> Bbox:
    """The box around these links, or around nine of ten of all."""
    streets = model.network.streets
    if streets is None:
        return (-180.0, -60.0, 180.0, 75.0)
    chosen = range(model.network.links) if links is None else links
    points = [point for link in chosen for point in streets.lines[link]]
    xs, ys = sorted(x for x, _ in points), sorted(y for _, y in points)
    cut = len(points) // 20 if links is None else 0
    around = 0.0 if links is None else _AROUND
    return (xs[cut] - around, ys[cut] - around, xs[-1 - cut] + around, ys[-1 - cut] + around)


def _flows(model: TrafficModel, sheet: Sheet) -> str:
    streets = model.network.streets
    if streets is None:
        return ""
    flow = busiest(model).base.flow
    classes: dict[int, list[str]] = {}
    for link in range(model.network.links):
        if streets.kind[link] != CONNECTOR:
            width = min(5, int(flow[link] // 400))
            line = line_of(streets.lines[link], sheet, Shape.LINE)
            classes.setdefault(width, []).append(line)
    return "".join(
        f'<path class="s-flow" stroke-width="{0.8 + 0.7 * width:.1f}" d="{"".join(lines)}"/>'
        for width, lines in sorted(classes.items())
    )


def _changes(model: TrafficModel, streets: Sequence[StreetChange], sheet: Sheet) -> str:
    network = model.network.streets
    if network is None or not streets:
        return ""
    most = max(abs(one.change.middle) for one in streets) or 1.0
    parts = []
    for one in sorted(streets, key=lambda one: abs(one.change.middle)):
        if abs(one.change.middle) < max(1.0, 0.02 * most):
            continue
        width = 1.2 + (_WIDEST - 1.2) * abs(one.change.middle) / most
        kind = "s-more" if one.change.middle > 0 else "s-less"
        line = line_of(network.lines[one.link], sheet, Shape.LINE)
        parts.append(f'<path class="{kind}" stroke-width="{width:.1f}" d="{line}"/>')
    return "".join(parts)


def _works(model: TrafficModel, question: Question, sheet: Sheet) -> str:
    network = model.network.streets
    if network is None or not question.phases:
        return ""
    lines = "".join(
        line_of(network.lines[link], sheet, Shape.LINE)
        for drawn in question.phases[question.at].drawn
        for link in drawn.links
    )
    return f'<path class="s-shut" d="{lines}"/><path class="s-hatch" d="{lines}"/>'


def _names(model: TrafficModel, streets: Sequence[StreetChange], sheet: Sheet, says: Says) -> str:
    """The three streets that change most, beside the middle of their stretch."""
    network = model.network.streets
    parts: list[str] = []
    taken: list[tuple[float, float]] = []
    named: set[str] = set()
    for one in sorted(streets, key=lambda one: -abs(one.change.middle)):
        if network is None or len(parts) == _NAMED:
            break
        if not one.street or one.street in named or abs(one.change.middle) < 1:
            continue
        line = network.lines[one.link]
        x, y = sheet.at(*line[len(line) // 2])
        text = f"{one.street} {words.signed(one.change.middle, says)}"
        wide = 8.2 * len(text)
        x = min(max(x + 10, 6), sheet.width - wide - 6)
        if not 16 < y < sheet.height - 8 or any(abs(y - other) < 20 for _, other in taken):
            continue
        taken.append((x, y))
        named.add(one.street)
        parts.append(f'<text class="lab" x="{x:.1f}" y="{y - 6:.1f}">{escape(text)}</text>')
    return "".join(parts)
