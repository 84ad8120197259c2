"""MapLibre styles of a version over its own tiles, on light and on dark paper.

References
----------
MapLibre Style Specification, version 8. OGC 20-009: OGC API Styles (draft).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from citycommons.share.open import Opened
from citycommons.share.tiles.described import DEEPEST_MADE, shown_bounds, xyz_path
from citycommons.share.tiles.shapes import LINE, POINT, POLYGON

MEDIA = "application/vnd.mapbox.style+json"


class Paper(StrEnum):
    """What the map is drawn on."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Colours as `#rrggbb`."""

    land: str
    paper: str
    data: str


def style(
    opened: Opened, kinds: list[int], paper: Paper, colours: Colours, base: str, credit: str
) -> dict[str, Any]:
    """The style: areas below lines below points."""
    west, south, east, north = shown_bounds(opened)
    source = {
        "type": "vector",
        "tiles": [f"{base}{xyz_path(opened)}/{{z}}/{{x}}/{{y}}.mvt"],
        "minzoom": 0,
        "maxzoom": DEEPEST_MADE,
        "bounds": [west, south, east, north],
        "attribution": credit,
    }
    ground = {
        "id": "paper",
        "type": "background",
        "paint": {"background-color": colours.land},
    }
    return {
        "version": 8,
        "name": f"{opened.dataset.id} ({paper})",
        "center": [(west + east) / 2, (south + north) / 2],
        "zoom": 10,
        "sources": {"data": source},
        "layers": [ground, *_layers(opened.dataset.id, kinds, colours)],
    }


def _layers(layer: str, kinds: list[int], colours: Colours) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    below = {"source": "data", "source-layer": layer}
    if POLYGON in kinds:
        is_area = {"filter": ["==", ["geometry-type"], "Polygon"], **below}
        fill = {"fill-color": colours.data, "fill-opacity": 0.22}
        edge = {"line-color": colours.data, "line-width": 1}
        found += [
            {"id": "areas", "type": "fill", **is_area, "paint": fill},
            {"id": "edges", "type": "line", **is_area, "paint": edge},
        ]
    if LINE in kinds:
        width = ["interpolate", ["linear"], ["zoom"], 11, 1.2, 16, 4]
        found.append(
            {
                "id": "lines",
                "type": "line",
                "filter": ["==", ["geometry-type"], "LineString"],
                **below,
                "layout": {"line-cap": "round", "line-join": "round"},
                "paint": {"line-color": colours.data, "line-width": width},
            }
        )
    if POINT in kinds:
        radius = ["interpolate", ["linear"], ["zoom"], 8, 1.6, 12, 2.8, 15, 5, 18, 8]
        found.append(
            {
                "id": "points",
                "type": "circle",
                "filter": ["==", ["geometry-type"], "Point"],
                **below,
                "paint": {
                    "circle-color": colours.data,
                    "circle-opacity": 0.8,
                    "circle-radius": radius,
                    "circle-stroke-color": colours.paper,
                    "circle-stroke-width": 1,
                },
            }
        )
    return found


def styles(opened: Opened, base: str, title: str) -> dict[str, Any]:
    """The list of a collection's styles."""
    return {
        "default": style_id(opened.dataset.id, Paper.LIGHT),
        "styles": entries(opened.dataset.id, base, title),
    }


def entries(dataset: str, base: str, title: str) -> list[dict[str, Any]]:
    """The styles of a dataset as the lists have them."""
    return [
        {
            "id": style_id(dataset, paper),
            "title": f"{title} ({paper})",
            "links": [
                {
                    "rel": "stylesheet",
                    "type": MEDIA,
                    "href": f"{base}/ogc/styles/{quote(style_id(dataset, paper), safe='')}",
                    "title": f"{title} ({paper})",
                }
            ],
        }
        for paper in Paper
    ]


def style_id(dataset: str, paper: Paper) -> str:
    return f"{dataset}.{paper}"


def parse_style(id: str) -> tuple[str, Paper]:
    """`trees.dark` → (`trees`, dark); a dataset alone is on light paper."""
    for paper in Paper:
        if id.endswith(f".{paper}"):
            return id[: -len(paper) - 1], paper
    return id, Paper.LIGHT
