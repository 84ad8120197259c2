"""`/value`: what the city's data did, for everybody, and in the form that other cities read."""

import threading
import time
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Response
from markupsafe import Markup

from citycommons.core.errors import NotFound
from citycommons.measure.impact import peers, reports
from citycommons.measure.impact.changed import changed
from citycommons.measure.impact.markup import fragment
from citycommons.measure.impact.scope import Audience, Scope
from citycommons.measure.impact.shared import shared
from citycommons.measure.impact.sheet import Sheet, sheet
from citycommons.measure.impact.statement import Statement, statement
from citycommons.measure.impact.words import say
from citycommons.store.work import Work
from citycommons.web.council.asking import neighbours, scope_of
from citycommons.web.council.how import how_page
from citycommons.web.council.sending import (
    as_csv,
    as_package,
    as_pdf,
    as_statement,
    report_file,
)
from citycommons.web.negotiate import as_json
from citycommons.web.render import render
from citycommons.web.running import Running
from citycommons.web.security import May

KEPT_S = 30.0
MOST_KEPT = 64
_OPT = {"may": May.ANYONE}
_PAGE = {"may": May.ANYONE, "operation": None}
_kept: dict[tuple[str, Scope], tuple[float, Statement]] = {}
_lock = threading.Lock()


def _stated(running: Running, work: Work) -> Statement:
    """The public statement, at most half a minute old: it is the same for everybody."""
    scope = scope_of(running, work, Audience.PUBLIC)
    key, now = (str(running.city.settings.home), scope), time.monotonic()
    with _lock:
        at, found = _kept.get(key, (-KEPT_S, None))
    if found is not None and now - at < KEPT_S:
        return found
    made = statement(work, scope, running.city.settings)
    with _lock:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = (now, made)
    return made


def _shown(running: Running, found: Statement) -> Sheet:
    settings, language = running.city.settings, running.language
    return sheet(found, language, changed(found, settings, language), "/value")


@get("/value", sync_to_thread=True, opt=_PAGE)
def value(running: Running) -> Response[str]:
    """What the city's data did."""
    with running.work() as work:
        found = _stated(running, work)
        compared = peers.compare(peers.consenting(work))
    settings, view = running.city.settings, running.view()
    shown, speak = _shown(running, found), say(running.language)
    scope, own = found.scope, tuple[peers.Compared, ...]()
    if compared:
        told = shared(found, url=running.url, inhabitants=settings.inhabitants)
        own = peers.compare((told,))
    asked = {"period": scope.period.name} | (
        {"publisher": scope.publisher} if scope.publisher else {}
    )
    values: dict[str, Any] = {
        "sheet": shown,
        "statement": Markup(fragment(shown)),  # noqa: S704  (every text is escaped)
        "say": speak,
        "stories": found.stories,
        "own": own,
        "peers": compared,
        "reports": reports.listed(settings, is_public=True)[:4],
        "is_shared": settings.value_shared,
        "query": urlencode(asked),
        "periods": [
            (speak.period(one), view.address("/value", period=one.name))
            for one in neighbours(scope.period, running.city.clock().date())
        ],
    }
    return running.page(render(view, "council/value.html", **values))


@get("/value.json", sync_to_thread=True, opt=_OPT)
def value_json(running: Running) -> Response[bytes]:
    """What the city tells other cities of itself (citycommons-value/1)."""
    settings = running.city.settings
    if not settings.value_shared:
        raise NotFound("This city does not share its sums with other cities. See its page /value.")
    with running.work() as work:
        found = _stated(running, work)
    told = shared(found, url=running.url, inhabitants=settings.inhabitants)
    return as_json(running, msgspec.to_builtins(told))


@get("/value/statement.json", sync_to_thread=True, opt=_OPT)
def value_statement(running: Running) -> Response[bytes]:
    """The public statement with every figure's inputs, and its digest."""
    with running.work() as work:
        found = _stated(running, work)
    return as_statement(running, found)


@get("/value.csv", sync_to_thread=True, opt=_OPT)
def value_csv(running: Running) -> Response[bytes]:
    """Every public figure as a row."""
    with running.work() as work:
        found = _stated(running, work)
    return as_csv(running, found, "value")


@get("/value.pdf", sync_to_thread=True, opt=_OPT)
def value_pdf(running: Running) -> Response[bytes]:
    """The page on one sheet A4."""
    with running.work() as work:
        found = _stated(running, work)
    return as_pdf(found, _shown(running, found), "value")


@get("/value/export.zip", sync_to_thread=True, opt=_OPT)
def value_export(running: Running) -> Response[bytes]:
    """All public tables as a data package."""
    with running.work() as work:
        found = _stated(running, work)
    return as_package(running, found, "value")


@get("/value/how/{figure:str}", sync_to_thread=True, opt=_PAGE)
def value_how(running: Running, figure: FromPath[str]) -> Response[str]:
    """How one public number is known."""
    with running.work() as work:
        found = _stated(running, work)
        return how_page(running, work, found, _shown(running, found), figure)


@get("/value/reports", sync_to_thread=True, opt=_PAGE)
def value_reports(running: Running) -> Response[str]:
    """Reports of quarters, as everybody may read them."""
    found = reports.listed(running.city.settings, is_public=True)
    html = render(
        running.view(),
        "council/reports.html",
        reports=found,
        say=say(running.language),
        root="/value",
    )
    return running.page(html)


@get("/value/reports/{name:str}", sync_to_thread=True, opt=_PAGE)
def value_report(running: Running, name: FromPath[str]) -> Response[bytes]:
    """A file of a public report."""
    return report_file(running, name, is_public=True)


HANDLERS = [
    *(value, value_json, value_statement, value_csv, value_pdf, value_export, value_how),
    *(value_reports, value_report),
]
