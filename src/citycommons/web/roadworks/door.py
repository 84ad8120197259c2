"""`/roadworks/{id}`: a page for each works; the list of all is in `web.register`."""

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.act.roadworks import register
from citycommons.core.works import WorksId
from citycommons.web.negotiate import Kind, as_json, wanted
from citycommons.web.roadworks import page, wrong
from citycommons.web.running import Running
from citycommons.web.security import May

_PAGE = {"may": May.ANYONE, "operation": None}  # for people; programs take the feeds
_BOTH = (Kind.HTML, Kind.JSON)
_PRIVATE = ("updated_by", "source_digest")
"""What no answer says: who in the house changed the works last, and how the house compares."""


@get("/roadworks/{id:str}", sync_to_thread=True, opt=_PAGE)
def one(running: Running, id: FromPath[str]) -> Response[Any]:
    """One works: a page, or JSON for who asks for it."""
    kind = wanted(running, offered=_BOTH)
    with running.work() as work:
        if kind is Kind.HTML:
            return running.page(page.page(work, running.view(), WorksId(id)))
        found = register.get(work, WorksId(id))
    body: dict[str, Any] = msgspec.to_builtins(found)
    return as_json(running, {key: value for key, value in body.items() if key not in _PRIVATE})


@get("/roadworks/how-wrong-we-were", sync_to_thread=True, opt=_PAGE)
def how_wrong(running: Running) -> Response[Any]:
    """Forecasts of works that are over, beside what was measured."""
    kind = wanted(running, offered=_BOTH)
    with running.work() as work:
        if kind is Kind.HTML:
            return running.page(wrong.page(work, running.view()))
        return as_json(running, wrong.as_json(work))


HANDLERS = [one, how_wrong]
