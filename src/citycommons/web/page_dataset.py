"""The dataset page: what it is, a look at it, its table, fields, versions, quality, use, the API.

All that follows from an immutable version is rendered once and kept as text; a request then opens
the version, counts it, and puts three texts together.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from citycommons.core.errors import NotFound
from citycommons.core.types import DatasetId, Use
from citycommons.govern.access import Action, require
from citycommons.measure.usage import Summary
from citycommons.share import open as reader
from citycommons.share.open import Opened
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.web import page_elsewhere, page_look
from citycommons.web.dataset_facts import address_of, facts_of
from citycommons.web.language import N_
from citycommons.web.made.of_dataset import made_of, made_state
from citycommons.web.page_elsewhere import Said, said
from citycommons.web.page_embed import codes
from citycommons.web.page_table import table
from citycommons.web.page_usage import usage_words, used, used_words
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.view import View

_TABLE, _USAGE = "\x00table\x00", "\x00usage\x00"
_MOST_KEPT = 512


@dataclass(slots=True)
class Rendered:
    """A page's body in three parts, around its table and its use, and what stands above them."""

    facts: dict[str, Any]
    parts: tuple[str, str, str]
    table: str
    # For whom nobody signed in: address, uses, and the page that shows them.
    whole: tuple[str, tuple[Summary, Said], str] | None = None


_pages: OrderedDict[tuple[Any, ...], Rendered] = OrderedDict()
_lock = threading.Lock()


def dataset(work: Work, view: View, id: DatasetId, version: int | str | None = None) -> str:
    """The page of a dataset, at its latest version or the one asked for."""
    try:
        opened = reader.open(work, id, version, use=Use.INVESTIGATION)
    except reader.Withdrawn:
        return _without_rows(work, view, id, version)
    except NotFound:
        if version not in (None, "latest"):
            raise
        return _without_rows(work, view, id, None)
    found = _rendered(work, view, opened, version)
    uses = _uses(work, id)
    is_plain = not view.query and not view.is_signed_in
    if is_plain and found.whole and found.whole[:2] == (view.path, uses):
        return found.whole[2]
    shown = found.table if not view.query else _table(view, opened, version)
    use = usage_words(view, *uses, page_elsewhere.address(id))
    body = found.parts[0] + shown + found.parts[1] + use + found.parts[2]
    html = _page(view, {**found.facts, **used_words(*uses, speaker(view))}, body)
    if is_plain:
        found.whole = (view.path, uses, html)
    return html


def _uses(work: Work, id: DatasetId) -> tuple[Summary, Said]:
    here = used(work, id)
    return here, said(here.total, page_elsewhere.of_dataset(work, id))


def rows_part(work: Work, view: View, id: DatasetId, version: int | str | None = None) -> str:
    """The table alone, for the page that replaces it in place."""
    return _table(view, reader.open(work, id, version, use=Use.INVESTIGATION), version)


def _table(view: View, opened: Opened, version: int | str | None) -> str:
    id = opened.dataset.id
    return table(view, opened, address_of(id, version), f"/datasets/{id}@{opened.version.number}")


def _page(view: View, d: dict[str, Any], body: str) -> str:
    safe = Markup(body)  # noqa: S704  (rendered by templates that escape)
    return render(view, "dataset.html", d=d, body=safe)


def _rendered(work: Work, view: View, opened: Opened, version: int | str | None) -> Rendered:
    one, shown = opened.dataset, opened.version
    state = catalogue.version_state(work.db, one.id)
    key = (
        str(work.lake.root),
        view.language,
        view.absolute(""),
        one.id,
        one.modified,
        shown.number,
        version,
        state,
        made_state(work, one.id),
        work.now.date(),  # whether data are late changes with the day
        view.settings.basemap,
    )
    with _lock:
        if key in _pages:
            _pages.move_to_end(key)
            return _pages[key]
    plain = replace(view, query=())
    facts = facts_of(work, plain, one, shown, version) | {"made": made_of(work, view, one, shown)}
    facts["figures"] = page_look.look(work, plain, opened)
    if not facts["hidden"]:
        facts["embeds"] = codes(plain, one.id, facts["title"], facts["figures"])
    facts["toc"] = _toc(facts, speaker(view))
    html = render(plain, "dataset_body.html", d=facts, table=_TABLE, usage=_USAGE)
    before, rest = html.split(_TABLE, 1)
    middle, after = rest.split(_USAGE, 1)
    made = Rendered(facts, (before, middle, after), _table(plain, opened, version))
    with _lock:
        _pages[key] = made
        while len(_pages) > _MOST_KEPT:
            _pages.popitem(last=False)
    return made


def _without_rows(work: Work, view: View, id: DatasetId, version: int | str | None) -> str:
    """The page of a dataset whose rows are elsewhere, withdrawn, or not there yet."""
    one = catalogue.dataset(work.db, id)
    require(work, Action.DISCOVER, one)
    stone = reader.find(work, id, version)[1] if version is not None else None
    facts = facts_of(work, view, one, stone, version) | {"made": made_of(work, view, one, stone)}
    says = speaker(view)
    facts["figures"] = []
    if stone is not None and stone.withdrawn:
        facts |= {"withdrawn": True, "snippets": [], "fields": []}
        facts["notice"] = {
            "kind": "stop",
            "head": says._(N_("Version {number} was withdrawn on {day}.")).format(
                number=stone.number, day=says.date(stone.withdrawn)
            ),
            "words": stone.withdrawn_reason,
            "href": facts["plain_address"],
            "link": says._(N_("See what is there now")),
        }
    facts["toc"] = _toc(facts, says)
    uses = _uses(work, id)
    facts |= used_words(*uses, says)
    body = render(
        view,
        "dataset_body.html",
        d=facts,
        table="",
        usage=Markup(usage_words(view, *uses, page_elsewhere.address(id))),  # noqa: S704
    )
    return _page(view, facts, body)


def _toc(d: dict[str, Any], says: Says) -> list[tuple[str, str]]:
    has_rows = d["version"] and not d["withdrawn"]
    entries = (
        ("look", N_("Look"), d["figures"]),
        ("about", N_("Description"), d["about"]),
        ("links", N_("Files elsewhere"), d["links"]),
        ("table", N_("Table"), has_rows),
        ("fields", N_("Fields"), d["fields"]),
        ("versions", N_("Versions"), d["versions"]),
        ("quality", N_("Quality"), True),
        ("use", N_("Use & value"), d["version"]),
        ("made", N_("Made with it"), True),
        ("developers", N_("For developers"), d["snippets"]),
    )
    return [(id, says._(words)) for id, words, is_there in entries if is_there]
