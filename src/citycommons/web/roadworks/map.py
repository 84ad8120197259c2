"""The map of works: what is closed or narrowed, and the detour, over the city's own layers."""

import json
from typing import Any

from markupsafe import Markup, escape

from citycommons.core.types import Bbox
from citycommons.core.works import Effect, Line, Works
from citycommons.share.works.edition import lines
from citycommons.share.works.places import bounds
from citycommons.store.work import Work
from citycommons.understand.places import Shape, padded
from citycommons.web import base_map
from citycommons.web.base_map import NEAR, Sheet, base_svg, fitted, line_of
from citycommons.web.figures import broad_and_narrow
from citycommons.web.language import N_
from citycommons.web.page_map import base_config
from citycommons.web.presentation import Says
from citycommons.web.render import speaker
from citycommons.web.roadworks.words import measure
from citycommons.web.view import View

_CLOSING = (Effect.CLOSED, Effect.ONE_WAY, Effect.TURN_BAN)


def figure(work: Work, view: View, one: Works, as_of: str) -> dict[str, Any] | None:
    """The map with all that stands around it; None for works without any line."""
    said = speaker(view)
    drawn = lines(one)
    box = bounds([*drawn, *([one.detour] if one.detour else [])])
    if box is None:
        return None
    below = list(view.settings.basemap)
    layers = base_map.base_layers(work, below)
    named = ", ".join(one.streets) or said.text(one.title)
    label = said._(N_("Where: {streets}")).format(streets=named)
    wide = padded(box, least=NEAR)
    sheets = (fitted(wide, 920, 1.62), fitted(wide, 400, 0.95))
    parts = [(base_svg(layers, sheet) + _drawn(one, sheet, said), sheet) for sheet in sheets]
    svg = broad_and_narrow(parts[0], parts[1], label)
    credits = [view.settings.name, *base_map.credits(work, below)]
    return {
        "id": "map",
        "headline": label,
        "subtitle": said._(N_("Thick: what is restricted. Dashed: the advised detour.")),
        "svg": Markup(svg),  # noqa: S704  (every text is escaped)
        "legend": "",
        "source": ", ".join(dict.fromkeys(credits)),
        "as_of": as_of,
        "how_sure": ""
        if one.is_place_exact
        else said._(N_("the place was guessed from the name of the street")),
        "tools": [],
        "heads": [said._(N_("What")), said._(N_("From")), said._(N_("Until"))],
        "lines": _rows(one, said),
        "is_map": True,
        "layer": _living(work, view, one, wide, said),
    }


def _is_closing(one: Works, line: Line) -> bool:
    found = (m for phase in one.phases for m in phase.measures if m.line == line)
    return any(m.effect in _CLOSING or m.lanes_open == 0 for m in found)


def _drawn(one: Works, sheet: Sheet, said: Says) -> str:
    found = []
    if one.detour and (path := line_of(one.detour, sheet, Shape.LINE)):
        title = escape(said._(N_("Detour")))
        found.append(f'<path class="way detour" d="{path}"><title>{title}</title></path>')
    for line in lines(one):
        if path := line_of(line, sheet, Shape.LINE):
            name = "closure" if _is_closing(one, line) else "closure narrowed"
            found.append(f'<path class="{name}" d="{path}"><title>{_title(one, line, said)}')
            found.append("</title></path>")
            found.append(f'<path class="hatch" d="{path}"/>')
    return "".join(found)


def _title(one: Works, line: Line, said: Says) -> str:
    return str(escape(" ".join(_names(one, line, said))))


def _rows(one: Works, said: Says) -> list[list[str]]:
    """The map as a table: what is restricted between which two positions."""
    found = [
        [measure(m, said), _place(m.line[0]), _place(m.line[-1])]
        for phase in one.phases
        for m in phase.measures
        if m.line
    ]
    if one.detour:
        found.append([said._(N_("Detour")), _place(one.detour[0]), _place(one.detour[-1])])
    return found


def _place(position: tuple[float, float]) -> str:
    return f"{position[1]:.5f}, {position[0]:.5f}"


def _living(work: Work, view: View, one: Works, box: Bbox, said: Says) -> str:
    """The data attribute of a map that can be brought to life; the lines come with it."""
    closed = [(line, " ".join(_names(one, line, said))) for line in lines(one)]
    layers = [_layer("works", said._(N_("Road works")), "stop", closed)]
    if one.detour:
        words = said._(N_("Detour"))
        told = " ".join((said.text(one.detour_words) or words).split())
        layer = _layer("detour", words, "accent", [(one.detour, told)])
        layers.insert(0, layer | {"dashed": True})
    config = base_config(work, view, box) | {
        "layers": layers,
        "words": {"move": said._(N_("Move")), "label": said._(N_("Move and zoom this map"))},
    }
    return json.dumps(config, ensure_ascii=False)


def _names(one: Works, line: Line, said: Says) -> list[str]:
    told = (measure(m, said) for phase in one.phases for m in phase.measures if m.line == line)
    return list(dict.fromkeys(told))


def _layer(id: str, title: str, colour: str, drawn: list[tuple[Line, str]]) -> dict[str, Any]:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": line},
            "properties": {title: words, "name": "", "value": None},
        }
        for line, words in drawn
    ]
    return {
        "id": id,
        "title": title,
        "colour": colour,
        "credit": "",
        "measured": False,
        "measure": "",
        "unit": "",
        "value_column": "",
        "name_column": "",
        "sized": False,
        "exact": False,
        "tiles": "",
        "places": {"type": "FeatureCollection", "features": features},
    }
