"""The first page: a promise, the search, three live numbers, the city's map, themes, stories, rows.

It is the same for everybody: only what anyone may read stands on it. Kept for half a minute.
"""

import threading
import time
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from citycommons.core.errors import CityError
from citycommons.core.types import Access, Dataset, DatasetId, Use, Version
from citycommons.engage import stories
from citycommons.measure import usage
from citycommons.share import open as reader
from citycommons.share.catalogue import Search, find
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.understand.charts import Kind, chart
from citycommons.understand.places import Places, Shape, places
from citycommons.web import base_map, figures, maps
from citycommons.web.language import N_
from citycommons.web.page_look import source, titles
from citycommons.web.page_map import small_map
from citycommons.web.page_rows import result_rows
from citycommons.web.page_usage import MONTH, by_itself
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.sparks import sparkline
from citycommons.web.view import View

KEPT_S = 30.0
_LIST = 6
_LAYERS = 4
_STORIES = 3
_OLD_YEARS = 3
_OFTEN = ("CONT", "UPDATE_CONT", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "QUARTERLY")
_kept: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}
_lock = threading.Lock()


def home(work: Work, view: View) -> str:
    """The first page."""
    key = (str(work.db.engine.url), view.language)
    now = time.monotonic()
    with _lock:
        at, values = _kept.get(key, (-KEPT_S, {}))
    if not values or now - at > KEPT_S:
        values = _values(by_itself(work), view)
        with _lock:
            _kept[key] = (now, values)
    return render(view, "home.html", h=values)


def _values(work: Work, view: View) -> dict[str, Any]:
    says = speaker(view)
    latest = catalogue.latest_versions(work.db)
    known = {one.id: one for one in catalogue.datasets(work.db, list(latest))}
    public = {
        id: version
        for id, version in latest.items()
        if id in known and known[id].access is Access.PUBLIC
    }
    uses = usage.of_city(work, days=MONTH)
    every = find(work, Search(limit=0))
    themes = [(code, count) for code, count in every.facets["theme"].items() if code]
    fresh = usage.newest(work, limit=_LIST)
    often = [one for one, _ in usage.most_used(work, days=MONTH, limit=_LIST)]
    name = view.settings.name
    return {
        "promise": says._(N_("What {city} knows, open to everyone")).format(city=name),
        "lead": says._(
            N_("Look at it, download it, build with it: each with its source and its date.")
        ),
        "tries": _tries(list(known.values()), says),
        "datasets": every.total,
        "with_data": len(public),
        "rows": sum(one.rows for one in public.values()),
        "rows_words": _rows_words(list(public.values()), says),
        "used": uses.lately.total,
        "daily": uses.lately.daily,
        "themes": [
            {"code": code, "name": says.theme(code), "count": count} for code, count in themes
        ],
        "newest": result_rows(work, view, fresh),
        "most": result_rows(work, view, often),
        "map": _map(work, view, known, public, says),
        "stories": _stories(work, view, known, public),
        "told": stories.published(work, _STORIES),
    }


def _tries(known: Sequence[Dataset], says: Says) -> list[str]:
    """Keywords that several datasets share; a search for them finds something."""
    counted: dict[str, int] = {}
    for one in known:
        for word in one.keywords:
            counted[word] = counted.get(word, 0) + 1
    ranked = sorted(counted, key=lambda word: (-counted[word], word))
    return [word for word in ranked if len(word) <= 20][:4]


def _rows_words(versions: list[Version], says: Says) -> str:
    periods = [one.period for one in versions if one.period]
    if not periods:
        return says._(N_("in the newest versions"))
    first = min(period[0] for period in periods)[:4]
    last = max(period[1] for period in periods)[:4]
    return says._(N_("from {first} to {last}")).format(first=first, last=last)


def _map(
    work: Work,
    view: View,
    known: dict[DatasetId, Dataset],
    public: dict[DatasetId, Version],
    says: Says,
) -> dict[str, Any] | None:
    below = view.settings.basemap
    located = [known[id] for id, version in public.items() if version.geometry and id not in below]
    located.sort(key=lambda one: (_rank(one), one.id))
    shown: list[tuple[Dataset, Places]] = []
    for one in located:
        if len(shown) == _LAYERS:
            break
        layer = _places(work, one.id)
        if layer and layer.places and layer.places[0].shape is Shape.POINT and layer.every <= 2500:
            shown.append((one, layer))
    layers = base_map.base_layers(work, below)
    box = maps.city_box(view.settings.boundary, layers, [layer for _, layer in shown])
    if box is None:
        return None
    label = says._(N_("Map of the city with {names}")).format(
        names=", ".join(says.text(one.title) for one, _ in shown) or view.settings.name
    )
    newest_day = max((public[one.id].created for one, _ in shown), default=work.now)
    credited = [source(work, one) for one, _ in shown] + base_map.credits(work, below)
    ids = ",".join(one.id for one, _ in shown)
    return {
        "svg": maps.several(layers, [layer for _, layer in shown], box, label),
        "legend": maps.names([(says.text(one.title), f"/datasets/{one.id}") for one, _ in shown]),
        "layers": small_map(
            work, view, [(one, public[one.id], layer) for one, layer in shown], box
        ),
        "href": f"/map?layers={ids}",
        "source": ", ".join(dict.fromkeys(credited)),
        "as_of": says.date(newest_day),
    }


def _is_past(version: Version, work: Work) -> bool:
    """Whether the data end years ago: no map of today."""
    if version.period is None:
        return False
    return int(version.period[1][:4]) < work.now.year - _OLD_YEARS


def _rank(one: Dataset) -> int:
    return _OFTEN.index(one.frequency) if one.frequency in _OFTEN else len(_OFTEN)


def _places(work: Work, id: DatasetId) -> Places | None:
    try:
        return places(reader.open(work, id, use=Use.INVESTIGATION))
    except CityError:
        return None


def _stories(
    work: Work,
    view: View,
    known: dict[DatasetId, Dataset],
    public: dict[DatasetId, Version],
) -> list[dict[str, Any]]:
    """Headlines computed from the data: the largest datasets that say something in time."""
    says = speaker(view)
    found: list[dict[str, Any]] = []
    for id in sorted(public, key=lambda id: -public[id].rows):
        if len(found) == _STORIES:
            break
        if not public[id].period or public[id].rows < 100:
            continue
        try:
            opened = reader.open(work, id, use=Use.INVESTIGATION)
            drawn = chart(opened, view.settings.timezone)
        except CityError:
            continue
        if drawn is None or drawn.kind not in (Kind.WEEK, Kind.LINE):
            continue
        names = titles(opened.version, says)
        found.append(
            {
                "id": id,
                "svg": sparkline([max(0.0, p.y) for p in drawn.points], 320, 90, stretched=True),
                "headline": figures.say(drawn.headline, says, names),
                "subtitle": figures.say(drawn.subtitle, says, names),
                "source": Markup("{}").format(says.text(known[id].title)),
                "as_of": says._(N_("version {number}")).format(number=opened.version.number),
            }
        )
    return found
