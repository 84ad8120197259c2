"""The council page: one screen, one sheet of paper, and the same as JSON, CSV and PDF."""

from typing import Any
from urllib.parse import urlencode

from litestar import get
from litestar.params import FromPath
from litestar.response import Response
from markupsafe import Markup

from citycommons.core.errors import NotFound
from citycommons.govern.access import Action
from citycommons.measure.impact.export import figures_csv
from citycommons.measure.impact.markup import fragment, stylesheet
from citycommons.measure.impact.pdf import pdf
from citycommons.measure.impact.scope import Audience
from citycommons.measure.impact.sheet import Sheet, sheet
from citycommons.measure.impact.statement import Statement, body, digest, statement
from citycommons.measure.impact.words import say
from citycommons.web.council.asking import neighbours, scope_of
from citycommons.web.negotiate import as_json
from citycommons.web.render import render
from citycommons.web.running import Running
from citycommons.web.security import May
from citycommons.web.turns import long_turn

_OPT = {"may": Action.READ_LEDGER}
_PAGE = {"may": Action.READ_LEDGER, "operation": None}  # for people; programs take the JSON


def _stated(running: Running) -> tuple[Statement, Sheet]:
    with running.work() as work:
        scope = scope_of(running, work, Audience.COUNCIL)
        found = statement(work, scope, running.city.settings)
    return found, sheet(found, running.language)


@get("/council", sync_to_thread=True, opt=_PAGE)
def council(running: Running) -> Response[str]:
    """What is proven, on one screen."""
    found, shown = _stated(running)
    view, today = running.view(), running.city.clock().date()
    speak = say(running.language)
    publisher = found.scope.publisher or ""
    periods = [
        (speak.period(one), view.address("/council", period=one.name, publisher=publisher))
        for one in neighbours(found.scope.period, today)
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
    found, _ = _stated(running)
    return as_json(running, {"digest": digest(found), "statement": body(found)})


@get("/council.csv", sync_to_thread=True, opt=_OPT)
def council_csv(running: Running) -> Response[bytes]:
    """Every figure as a row."""
    found, _ = _stated(running)
    return _file(figures_csv(found, running.language), "text/csv", _name(found, "csv"))


@get("/council.pdf", sync_to_thread=True, opt=_OPT)
def council_pdf(running: Running) -> Response[bytes]:
    """The page as PDF, one sheet A4."""
    found, shown = _stated(running)
    with long_turn():
        return _file(pdf(shown, found), "application/pdf", _name(found, "pdf"), is_shown=True)


def _name(found: Statement, suffix: str) -> str:
    return f"council-{found.scope.period.name}.{suffix}"


def _file(body: bytes, media_type: str, name: str, *, is_shown: bool = False) -> Response[bytes]:
    kind = "inline" if is_shown else "attachment"
    headers = {
        "content-disposition": f'{kind}; filename="{name}"',
        "cache-control": "private, no-cache",
    }
    return Response(body, media_type=media_type, headers=headers)


@get("/council/how/{figure:str}", sync_to_thread=True, opt=_PAGE)
def how(running: Running, figure: FromPath[str]) -> Response[str]:
    """How one number is known: rule, query, inputs, and what it is held against."""
    found, shown = _stated(running)
    speak = say(running.language)
    values: dict[str, Any] = {"sheet": shown, "say": speak, "back": shown.address}
    if figure.startswith("goal."):
        goal = next((one for one in found.goals if f"goal.{one.id}" == figure), None)
        values |= {"goal": goal, "row": None, "figure": None}
        if goal is not None:
            values["row"] = shown.goals[found.goals.index(goal)]
    else:
        values |= {"goal": None, "row": None, "figure": found.figure(figure)}
    if values["goal"] is None and values["figure"] is None:
        raise NotFound(f"The statement has no number “{figure[:60]}”. See the council page.")
    return running.page(render(running.view(), "council/how.html", **values))


@get("/council.css", opt={"may": May.ANYONE, "operation": None})
async def style() -> Response[str]:
    """The style sheet of statements."""
    return Response(
        stylesheet(), media_type="text/css", headers={"cache-control": "public, no-cache"}
    )


HANDLERS = [council, council_json, council_csv, council_pdf, how, style]
