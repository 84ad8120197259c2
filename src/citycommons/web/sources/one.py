"""`/desk/sources/{id}`: one source with the log of its runs."""

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.collect import sources
from citycommons.core.errors import CityError
from citycommons.core.types import Run, SourceId
from citycommons.govern.access import Action
from citycommons.share import drafts
from citycommons.store import catalogue
from citycommons.web.desk.tabs import answer
from citycommons.web.negotiate import Kind, as_json, wanted
from citycommons.web.running import Running, RunningRequest
from citycommons.web.source_words import MODES
from citycommons.web.sources.listing import as_record, checked_page, says_of_sources

RUNS = 25
FAULTS = 50


@get("/desk/sources/{id:str}", sync_to_thread=True, opt={"may": Action.PUBLISH})
def shown(running: Running, id: FromPath[str]) -> Response[Any]:
    """How it does, what it brought, and the log of its runs."""
    kind = wanted(running, offered=(Kind.HTML, Kind.JSON))
    if kind is Kind.JSON:
        with running.work() as work:
            overview = sources.get(work, SourceId(id))
            log = sources.runs(work, SourceId(id), limit=100)
        body = {**as_record(overview), "runs": msgspec.to_builtins(log)}
        return as_json(running, body)
    return page(running, id)


def page(running: RunningRequest, id: str, error: CityError | None = None) -> Response[str]:
    """The page of a source; `?run=` opens one run with what went wrong in it."""
    at = checked_page(running)
    with running.work() as work:
        overview = sources.get(work, SourceId(id))
        log = sources.runs(work, SourceId(id), offset=(at - 1) * RUNS, limit=RUNS + 1)
        dataset = (
            catalogue.find_dataset(work.db, overview.source.dataset)
            if overview.source.dataset
            else None
        )
    waiting = drafts.waiting(running.city, overview.source.id)
    run = _run(log, running.get("run"))
    faults_at = checked_page(running, "faults")
    return answer(
        running,
        "sources/one.html",
        error=error,
        one=overview,
        source=overview.source,
        runs=log[:RUNS],
        page=at,
        has_more=len(log) > RUNS,
        dataset=dataset,
        waiting=waiting,
        run=run,
        faults=run.faults[(faults_at - 1) * FAULTS : faults_at * FAULTS] if run else (),
        faults_page=faults_at,
        faults_pages=-(-len(run.faults) // FAULTS) if run else 0,
        modes=MODES,
        done=running.get("done"),
        **says_of_sources(),
    )


def _run(log: list[Run], wanted: str) -> Run | None:
    if wanted.isdecimal():
        return next((one for one in log if one.id == int(wanted)), None)
    return next((one for one in log[:1] if one.faults), None)


HANDLERS = [shown]
