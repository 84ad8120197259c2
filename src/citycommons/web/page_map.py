"""The map explorer and what living maps must know: which layers there are, how each is drawn."""

import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from citycommons.core.errors import CityError
from citycommons.core.types import Dataset, DatasetId, Use, Version
from citycommons.govern.access import Action, allows
from citycommons.share import open as reader
from citycommons.share.open import Opened
from citycommons.share.tiles.described import tiles_path
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.understand.columns import measure_column
from citycommons.understand.places import Places, name_column, places
from citycommons.web import base_map, maps
from citycommons.web.language import N_
from citycommons.web.page_usage import by_itself
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.view import View

_COLOURS = 8
_MANY = 5000  # rows; more are drawn from tiles, a screenful at a time
_SIZED = 400  # places; with more of them, dots of different size hide each other


def layer_config(
    one: Dataset, version: Version, located: Places | None, colour: str, credit: str, says: Says
) -> dict[str, Any]:
    """What the living map must know of one dataset."""
    measure = measure_column(version)
    name = name_column(version)
    count = located.every if located else version.rows
    return {
        "id": one.id,
        "title": says.text(one.title),
        "colour": colour,
        "credit": credit,
        "measured": measure is not None,
        "measure": says.field_title(measure) if measure else "",
        "unit": says.unit(measure.unit) if measure and measure.unit else "",
        "value_column": measure.name if measure else "",
        "name_column": name.name if name else "",
        "sized": measure is not None and count <= _SIZED,
        # Rows that share a place stay grouped, however closely one looks.
        "exact": count == version.rows,
        "tiles": tiles_path(one.id, version.number)
        if version.rows > _MANY and count == version.rows
        else "",
    }


def base_config(work: Work, view: View, box: Any) -> dict[str, Any]:
    """What lies below: tiles if an address is set, else the city's own layers."""
    says = speaker(view)
    quiet = by_itself(work)
    found = []
    for id in view.settings.basemap:
        one = catalogue.find_dataset(work.db, DatasetId(id))
        if one is not None and allows(quiet.actor, Action.READ, one):
            found.append({"id": id, "credit": "; ".join(base_map.credits(work, [id]))})
    return {
        "basemap": found,
        "tiles": view.settings.tiles,
        "box": box,
        "credit": view.settings.name,
        "locale": {
            "NavigationControl.ZoomIn": says._(N_("Zoom in")),
            "NavigationControl.ZoomOut": says._(N_("Zoom out")),
            "Popup.Close": says._(N_("Close")),
            "Map.Title": says._(N_("Map")),
        },
    }


def small_map(
    work: Work, view: View, shown: Sequence[tuple[Dataset, Version, Places]], box: Any
) -> str:
    """The data attribute of a small map that can be brought to life."""
    says = speaker(view)
    layers = []
    for place, (one, version, located) in enumerate(shown, start=1):
        colour = f"k{place}" if len(shown) > 1 else "accent"
        credit = one.attribution or catalogue.publisher(work.db, one.publisher).name
        layers.append(layer_config(one, version, located, colour, credit, says))
    config = base_config(work, view, box) | {
        "layers": layers,
        "words": {
            "move": says._(N_("Move")),
            "label": says._(N_("Move and zoom this map")),
        },
    }
    return json.dumps(config, ensure_ascii=False)


def map_explorer(work: Work, view: View) -> str:
    """The page: every dataset with places as a layer, those of the address laid over the city."""
    says = speaker(view)
    asked = [id for key, value in view.query if key == "layers" for id in value.split(",") if id]
    latest = catalogue.latest_versions(work.db)
    located = {id: version for id, version in latest.items() if version.geometry}
    known = {
        one.id: one
        for one in catalogue.datasets(work.db, list(located))
        if allows(work.actor, Action.READ, one)
    }
    order = sorted(known, key=lambda id: (id not in asked, says.text(known[id].title).casefold()))
    order.sort(key=lambda id: asked.index(id) if id in asked else len(asked))
    opened = _opened(work, [id for id in order if id in asked])
    every, lines = [], []
    for place, id in enumerate(order):
        one, version = known[id], located[id]
        colour = f"k{place % _COLOURS + 1}"
        credit = one.attribution or catalogue.publisher(work.db, one.publisher).name
        shown = places(opened[id]) if id in opened else None
        every.append(layer_config(one, version, shown, colour, credit, says))
        count = says.number(version.rows)
        lines.append(
            {
                "id": id,
                "title": says.text(one.title),
                "colour": colour,
                "is_on": id in asked,
                "words": says._(N_("{count} rows · {publisher}")).format(
                    count=count, publisher=credit
                ),
            }
        )
    below = base_map.base_layers(work, view.settings.basemap)
    data = [found for one in opened.values() if (found := places(one))]
    box = maps.city_box(view.settings.boundary, [] if len(data) == 1 else below, data or below)
    label = says._(N_("Map of the city with {names}")).format(
        names=", ".join(says.text(known[id].title) for id in opened) or view.settings.name
    )
    config = base_config(work, view, box) | {
        "every": every,
        "label": label,
        "words": {
            "count": says._(N_("{shown} of {total} places in view")),
            "failed": says._(N_("“{name}” cannot be shown at the moment.")),
        },
    }
    text = json.dumps(config, ensure_ascii=False).replace("<", "\\u003c")
    values = {
        "layers": lines,
        "config": Markup(text.replace("&", "\\u0026")),  # noqa: S704
        "still": maps.several(below, data, box, label) if box else "",
    }
    return render(view, "map.html", c=values)


def _opened(work: Work, ids: Sequence[DatasetId]) -> dict[DatasetId, Opened]:
    found = {}
    for id in ids[:_COLOURS]:
        try:
            found[id] = reader.open(work, id, use=Use.INVESTIGATION)
        except CityError:
            continue
    return found


def places_json(work: Work, id: DatasetId, version: int | str | None = None) -> bytes:
    """A version's places as GeoJSON: grouped, simplified, named; the exact rows are `features`."""
    opened = reader.open(work, id, version)
    found = places(opened)
    features = [
        {
            "type": "Feature",
            "geometry": maps.geometry(one),
            "properties": {
                "name": one.name,
                "value": one.value,
                "kind": one.kind,
                "rows": one.rows,
            },
        }
        for one in (found.places if found else ())
    ]
    body = {"type": "FeatureCollection", "features": features}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
