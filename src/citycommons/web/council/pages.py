"""The council page: one screen, one sheet of paper, and the same as JSON, CSV, PDF and tables."""

from urllib.parse import urlencode

from litestar import get
from litestar.params import FromPath
from litestar.response import Response
from markupsafe import Markup

from citycommons.govern.access import Action, require
from citycommons.measure.impact import reports
from citycommons.measure.impact.changed import changed
from citycommons.measure.impact.markup import fragment, stylesheet
from citycommons.measure.impact.scope import Audience
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
from citycommons.web.render import render
from citycommons.web.running import Running
from citycommons.web.security import May

_OPT = {"may": Action.READ_LEDGER}
_PAGE = {"may": Action.READ_LEDGER, "operation": None}  # for people; programs take the JSON


def _stated(running: Running, work: Work) -> Statement:
    scope = scope_of(running, work, Audience.COUNCIL)
    return statement(work, scope, running.city.settings)


def _shown(running: Running, found: Statement) -> Sheet:
    settings, language = running.city.settings, running.language
    return sheet(found, language, changed(found, settings, language))


@get("/council", sync_to_thread=True, opt=_PAGE)
def council(running: Running) -> Response[str]:
    """What is proven, on one screen."""
    with running.work() as work:
        found = _stated(running, work)
    shown, view, speak = _shown(running, found), running.view(), say(running.language)
    publisher = found.scope.publisher or ""
    periods = [
        (speak.period(one), view.address("/council", period=one.name, publisher=publisher))
        for one in neighbours(found.scope.period, running.city.clock().date())
    ]
    actions = render(view, "council/actions.html", periods=periods, query=_query(found))
    html = render(
        view,
        "council/page.html",
        sheet=shown,
        statement=Markup(fragment(shown, actions)),  # noqa: S704  (every text is escaped)
    )
    return running.page(html)


def _query(found: Statement) -> str:
    asked = {"period": found.scope.period.name}
    if found.scope.publisher:
        asked["publisher"] = found.scope.publisher
    return urlencode(asked)


@get("/council.json", sync_to_thread=True, opt=_OPT)
def council_json(running: Running) -> Response[bytes]:
    """The statement with every figure's inputs, and its digest."""
    with running.work() as work:
        found = _stated(running, work)
    return as_statement(running, found)


@get("/council.csv", sync_to_thread=True, opt=_OPT)
def council_csv(running: Running) -> Response[bytes]:
    """Every figure as a row."""
    with running.work() as work:
        found = _stated(running, work)
    return as_csv(running, found, "council")


@get("/council.pdf", sync_to_thread=True, opt=_OPT)
def council_pdf(running: Running) -> Response[bytes]:
    """The page as PDF, one sheet A4."""
    with running.work() as work:
        found = _stated(running, work)
    return as_pdf(found, _shown(running, found), "council")


@get("/council/export.zip", sync_to_thread=True, opt=_OPT)
def council_export(running: Running) -> Response[bytes]:
    """All tables as a data package."""
    with running.work() as work:
        found = _stated(running, work)
    return as_package(running, found, "council")


@get("/council/how/{figure:str}", sync_to_thread=True, opt=_PAGE)
def how(running: Running, figure: FromPath[str]) -> Response[str]:
    """How one number is known: rule, query, inputs, and what it is held against."""
    with running.work() as work:
        found = _stated(running, work)
        return how_page(running, work, found, _shown(running, found), figure)


@get("/council/reports", sync_to_thread=True, opt=_PAGE)
def council_reports(running: Running) -> Response[str]:
    """Reports of quarters as the council got them."""
    with running.work() as work:
        require(work, Action.READ_LEDGER)
    html = render(
        running.view(),
        "council/reports.html",
        reports=reports.listed(running.city.settings, is_public=False),
        say=say(running.language),
        root="/council",
    )
    return running.page(html)


@get("/council/reports/{name:str}", sync_to_thread=True, opt=_PAGE)
def council_report(running: Running, name: FromPath[str]) -> Response[bytes]:
    """A file of a report."""
    with running.work() as work:
        require(work, Action.READ_LEDGER)
    return report_file(running, name, is_public=False)


@get("/council.css", opt={"may": May.ANYONE, "operation": None})
async def style() -> Response[str]:
    """The style sheet of statements."""
    return Response(
        stylesheet(), media_type="text/css", headers={"cache-control": "public, no-cache"}
    )


HANDLERS = [
    *(council, council_json, council_csv, council_pdf, council_export, how),
    *(council_reports, council_report, style),
]
