"""`/desk/demand`: what people ask for, and what they searched for in vain; a steward answers."""

import csv
import io
from datetime import timedelta
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid
from citycommons.core.reuses import DataRequest, RequestId, RequestState
from citycommons.engage import naming
from citycommons.engage.wanted import Missed, asking, missing
from citycommons.govern.access import Action
from citycommons.store.work import Work
from citycommons.web.addresses import number
from citycommons.web.desk.tabs import answer
from citycommons.web.engage.reuses import pages
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.made import shown, words
from citycommons.web.negotiate import as_json
from citycommons.web.running import Running, RunningRequest

_MAY = {"may": Action.DESCRIBE, "operation": None}
_HERE = "/desk/demand"
SIZE = 25
YEAR = timedelta(days=365)
_EXPORTED = 1000
_WAITING = frozenset({RequestState.OPEN, RequestState.PLANNED})


def _missed(work: Work, limit: int = 100) -> tuple[Missed, ...]:
    return missing.missed(work, (work.now - YEAR).date(), limit)


@get(_HERE, sync_to_thread=True, opt=_MAY)
def demand(running: Running) -> Response[str]:
    """Requests by votes, and terms that found nothing, in the last year."""
    given = running.get("state")
    if given and given not in set(RequestState):
        raise Invalid(f"“state” is one of {', '.join(RequestState)}.", parameter="state")
    offset = number(running, "offset", 0, most=1_000_000)
    with running.work() as work:
        states = frozenset({RequestState(given)}) if given else _WAITING
        found = asking.find(work, states=states, limit=SIZE, offset=offset)
        terms = _missed(work)
    return answer(
        running,
        "engage/demand.html",
        requests=found.requests,
        counted=found.states,
        chosen=given,
        states=words.REQUEST_STATES,
        terms=terms,
        shown_from=missing.SHOWN_FROM,
        pages=pages(running.view(), offset, SIZE, found.total),
    )


@get(_HERE + "/export.csv", sync_to_thread=True, opt=_MAY)
def as_csv(running: Running) -> Response[bytes]:
    """Both as one table, most wanted first."""
    with running.work() as work:
        requests, terms = asking.find(work, limit=asking.MOST).requests, _missed(work, _EXPORTED)
    kept = io.StringIO()
    sheet = csv.writer(kept)
    sheet.writerow(["kind", "text", "count", "state", "date", "page"])
    for one in requests:
        page = f"{running.url}/requests/{one.id}"
        day = one.created.date().isoformat()
        sheet.writerow(["request", _cell(one.title), one.votes, one.state.value, day, page])
    for term in terms:
        sheet.writerow(["search", _cell(term.term), term.searches, "", term.last.isoformat(), ""])
    headers = {"content-disposition": 'attachment; filename="demand.csv"'}
    return Response(kept.getvalue().encode(), media_type="text/csv", headers=headers)


def _cell(text: str) -> str:
    """What a spreadsheet would take for a formula is written as text (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


@get(_HERE + "/export.json", sync_to_thread=True, opt=_MAY)
def for_programs(running: Running) -> Response[bytes]:
    """Both for programs."""
    with running.work() as work:
        requests, terms = asking.find(work, limit=asking.MOST).requests, _missed(work, _EXPORTED)
        told = shown.requests_json(work, requests, running.url)
    body = {
        "requests": told,
        "missed_searches": [
            {"term": one.term, "searches": one.searches, "last": one.last} for one in terms
        ],
        "shown_from": missing.SHOWN_FROM,
    }
    return as_json(running, body)


def _one(
    running: RunningRequest,
    one: DataRequest,
    given: dict[str, Any],
    error: CityError | None = None,
) -> Response[str]:
    return answer(
        running,
        "engage/demand_one.html",
        error=error,
        one=one,
        t=given,
        states=words.REQUEST_STATES,
        is_answered=bool(one.answered),
    )


def _get(running: RunningRequest, id: str) -> DataRequest:
    with running.work() as work:
        asking.require_steward(work)
        return asking.get(work, RequestId(id))


@get(_HERE + "/{id:str}", sync_to_thread=True, opt=_MAY)
def one_request(running: Running, id: FromPath[str]) -> Response[str]:
    """One request, to be answered."""
    one = _get(running, id)
    given = {
        "state": one.state.value,
        "answer": one.answer,
        "datasets": "\n".join(one.datasets),
    }
    return _one(running, one, given)


@post(_HERE + "/{id:str}", sync_to_thread=True, opt=_MAY, dependencies=WITH_FORM)
def answered(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Say what the city does about it."""
    given = {name: form.get(name)[:10_000] for name in ("state", "answer", "datasets")}
    try:
        with running.work() as work:
            datasets = naming.dataset_ids(work, given["datasets"].split("\n"))
        with running.work(may_write=True) as work:
            asking.answer(
                work,
                RequestId(id),
                state=given["state"],
                words=form.get("answer"),
                datasets=datasets,
            )
    except CityError as error:
        return _one(running, _get(running, id), given, error)
    return running.see(f"/requests/{id}")


@post(_HERE + "/{id:str}/reopen", sync_to_thread=True, opt=_MAY)
def reopen(running: Running, id: FromPath[str]) -> Response[str]:
    """Take an answer back."""
    with running.work(may_write=True) as work:
        asking.reopen(work, RequestId(id))
    return running.see(f"{_HERE}/{id}")


HANDLERS = [demand, as_csv, for_programs, one_request, answered, reopen]
