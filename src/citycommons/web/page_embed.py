"""A chart, a map or a table alone, for a frame on somebody else's page.

Each carries its source, its date and what one may do with it, whatever page it stands in.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from enum import StrEnum
from typing import Any

from citycommons.core.errors import NotFound
from citycommons.govern.licenses import LICENSES
from citycommons.share import oembed
from citycommons.share.open import Opened
from citycommons.store.work import Work
from citycommons.understand.charts import chart
from citycommons.understand.places import places
from citycommons.web import page_error, page_look, page_table
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.view import View


class Kind(StrEnum):
    """What can be embedded of a dataset."""

    CHART = "chart"
    MAP = "map"
    TABLE = "table"


_NAMES = {Kind.CHART: N_("Chart"), Kind.MAP: N_("Map"), Kind.TABLE: N_("Table")}
_OWN = ("theme", "lang")
_PAPERS = ("light", "dark")
_MOST_KEPT = 128


def address(id: str, kind: Kind, version: int | None = None) -> str:
    """Where an embed lies; without a version it shows the latest."""
    return f"/embed/{id}" + (f"@{version}" if version is not None else "") + f"/{kind}"


def first_kind(opened: Opened, timezone: str) -> Kind:
    """What shows most of a dataset: its chart, else its map, else its table."""
    if chart(opened, timezone):
        return Kind.CHART
    return Kind.MAP if places(opened) else Kind.TABLE


def codes(view: View, id: str, title: str, figures: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What one pastes into a page to show the dataset there, for each kind it can be shown as."""
    says = speaker(view)
    kinds = [*(Kind(figure["id"]) for figure in figures), Kind.TABLE]
    return [
        {
            "id": f"embed-{kind}",
            "name": says._(_NAMES[kind]),
            "address": address(id, kind),
            "code": oembed.frame(view.absolute(address(id, kind)), title, kind).html(),
        }
        for kind in kinds
    ]


_pages: OrderedDict[Hashable, str] = OrderedDict()
_lock = threading.Lock()


def kept(key: Hashable, make: Callable[[], str]) -> str:
    """The page of this key, made once: a chart in a busy page of others is asked for all day."""
    with _lock:
        if key in _pages:
            _pages.move_to_end(key)
            return _pages[key]
    made = make()
    with _lock:
        _pages[key] = made
        while len(_pages) > _MOST_KEPT:
            _pages.popitem(last=False)
    return made


def embed(work: Work, view: View, opened: Opened, kind: Kind, path: str) -> str:
    """The page inside the frame. Raises `NotFound` where there is nothing to draw."""
    says = speaker(view)
    paper = view.get("theme")
    return render(
        view,
        "embed.html",
        f=_figure(work, view, opened, kind, says),
        t=_table(view, opened, path) if kind is Kind.TABLE else None,
        e=_around(work, view, opened, says),
        paper=paper if paper in _PAPERS else "",
    )


def _figure(
    work: Work, view: View, opened: Opened, kind: Kind, says: Says
) -> dict[str, Any] | None:
    made: dict[str, Any] | None = None
    if kind is Kind.CHART and (drawn := chart(opened, view.settings.timezone)):
        made = page_look.chart_figure(work, opened, drawn, says)
    elif kind is Kind.MAP and (located := places(opened)):
        made = page_look.map_figure(work, view, opened, located, says)
    elif kind is not Kind.TABLE:
        raise NotFound(f"“{opened.dataset.id}” has no {kind}: there is nothing to draw.")
    return None if made is None else {**made, "tools": []}


def _table(view: View, opened: Opened, path: str) -> dict[str, Any]:
    own = tuple(pair for pair in view.query if pair[0] in _OWN)
    plain = replace(view, query=tuple(pair for pair in view.query if pair[0] not in _OWN))
    base = f"/datasets/{opened.dataset.id}@{opened.version.number}"
    return page_table.shown(plain, opened, path, base, own)


def _around(work: Work, view: View, opened: Opened, says: Says) -> dict[str, Any]:
    one, version = opened.dataset, opened.version
    license = LICENSES.get(one.license)
    return {
        "title": says.text(one.title),
        "tongue": says.tongue(one.title),
        "source": page_look.source(work, one),
        "created": version.created,
        "version": version.number,
        "license": license.title if license else one.license,
        "license_url": license.url if license else "",
        "address": view.absolute(f"/datasets/{one.id}@{version.number}"),
    }


def error(view: View, status: int, title: str, message: str) -> str:
    """Why there is nothing in the frame."""
    paper = view.get("theme")
    head = page_error.head(status, title, speaker(view))
    paper = paper if paper in _PAPERS else ""
    return render(view, "embed_error.html", head=head, message=message, paper=paper)
