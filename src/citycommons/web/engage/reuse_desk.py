"""`/desk/reuses`: a steward confirms, corrects or refuses what was told of her data, and undoes."""

from collections.abc import Callable
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid
from citycommons.core.reuses import Reuse, ReuseId, ReuseState
from citycommons.engage import reuses
from citycommons.govern.access import Action
from citycommons.store.work import Work
from citycommons.web.addresses import number
from citycommons.web.desk.tabs import answer
from citycommons.web.engage.claiming import claim_of, typed_in
from citycommons.web.engage.reuses import pages
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.made import shown, words
from citycommons.web.running import Running, RunningRequest

_MAY = {"may": Action.DESCRIBE, "operation": None}
_HERE = "/desk/reuses"
SIZE = 25


def _list(
    running: RunningRequest, error: CityError | None = None, wrong_id: str = "", reason: str = ""
) -> Response[str]:
    given = running.get("state") or ReuseState.CLAIMED.value
    if given not in set(ReuseState):
        raise Invalid(f"“state” is one of {', '.join(ReuseState)}.", parameter="state")
    state, offset = ReuseState(given), number(running, "offset", 0, most=1_000_000)
    with running.work() as work:
        total, found, contacts = reuses.for_stewards(work, state, limit=SIZE, offset=offset)
        rows = shown.named(work, found)
    return answer(
        running,
        "engage/reuse_desk.html",
        error=error,
        rows=rows,
        total=total,
        contacts=contacts,
        chosen=state,
        states=words.REUSE_STATES,
        kinds=words.KINDS,
        pages=pages(running.view(), offset, SIZE, total),
        wrong_id=wrong_id,
        reason=reason,
        done=running.get("done")[:40],
    )


@get(_HERE, sync_to_thread=True, opt=_MAY)
def waiting(running: Running) -> Response[str]:
    """What waits for me; `?state=` shows what was decided."""
    return _list(running)


def _decided(
    running: RunningRequest, id: str, act: Callable[[Work], Reuse], reason: str = ""
) -> Response[str]:
    try:
        with running.work(may_write=True) as work:
            act(work)
    except CityError as error:
        return _list(running, error, id, reason)
    return running.see(f"{_HERE}?done={id}")


@post(_HERE + "/{id:str}/confirm", sync_to_thread=True, opt=_MAY)
def confirm(running: Running, id: FromPath[str]) -> Response[str]:
    """It is what it says."""
    return _decided(running, id, lambda work: reuses.confirm(work, ReuseId(id)))


@post(_HERE + "/{id:str}/refuse", sync_to_thread=True, opt=_MAY, dependencies=WITH_FORM)
def refuse(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """It is not, with the reason."""
    reason = form.get("reason")[:5000]
    return _decided(running, id, lambda work: reuses.refuse(work, ReuseId(id), reason), reason)


@post(_HERE + "/{id:str}/reopen", sync_to_thread=True, opt=_MAY)
def reopen(running: Running, id: FromPath[str]) -> Response[str]:
    """Take a decision back."""
    try:
        with running.work(may_write=True) as work:
            reuses.reopen(work, ReuseId(id))
    except CityError as error:
        return _list(running, error, id)
    return running.see(_HERE)


def _edit(
    running: RunningRequest, id: str, given: dict[str, Any], error: CityError | None = None
) -> Response[str]:
    return answer(
        running,
        "engage/reuse_edit.html",
        error=error,
        id=id,
        t=given,
        slots=[*given["datasets"], "", ""],
        kinds=words.KINDS,
    )


@get(_HERE + "/{id:str}", sync_to_thread=True, opt=_MAY)
def editing(running: Running, id: FromPath[str]) -> Response[str]:
    """What was told, to be corrected."""
    with running.work() as work:
        one = reuses.get(work, ReuseId(id))
        visible = shown.datasets_of(work, one.datasets)
    given: dict[str, Any] = {
        "title": one.title,
        "kind": one.kind.value,
        "url": one.url,
        "description": one.description,
        "maker": one.maker,
        "language": one.language,
        "datasets": [each for each in one.datasets if each in visible],
    }
    return _edit(running, id, given)


@post(_HERE + "/{id:str}", sync_to_thread=True, opt=_MAY, dependencies=WITH_FORM)
def edited(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Keep the correction."""
    try:
        given = claim_of(form, running)
        with running.work(may_write=True) as work:
            reuses.edit(work, ReuseId(id), given)
    except CityError as error:
        return _edit(running, id, typed_in(form), error)
    return running.see(f"/reuses/{id}")


HANDLERS = [waiting, confirm, refuse, reopen, editing, edited]
