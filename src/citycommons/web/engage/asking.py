"""`/requests`: data that people ask the city for; ask, say that you need it too, see the answer."""

from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Conflict, Invalid
from citycommons.core.reuses import RequestId, RequestState
from citycommons.engage.wanted import asking
from citycommons.web.addresses import number
from citycommons.web.engage import allowed
from citycommons.web.engage.reuses import pages
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.made import shown, words
from citycommons.web.negotiate import Kind, as_json, wanted
from citycommons.web.page_rows import result_rows
from citycommons.web.render import render
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May

SIZE = 20
_FIELDS = ("title", "description", "purpose", "contact")
_BOTH = (Kind.HTML, Kind.JSON)
_PAGE = {"may": May.ANYONE, "operation": None}
_HERE = "/requests"


@get(
    _HERE,
    sync_to_thread=True,
    opt={"may": May.ANYONE},
)
def listed(running: Running) -> Response[Any]:
    """Requests by votes; `?state=` narrows them."""
    kind = wanted(running, offered=_BOTH)
    given = running.get("state")
    if given and given not in set(RequestState):
        raise Invalid(f"“state” is one of {', '.join(RequestState)}.", parameter="state")
    limit = number(running, "limit", SIZE, most=asking.MOST)
    offset = number(running, "offset", 0, most=1_000_000)
    with running.work() as work:
        states = frozenset({RequestState(given)}) if given else None
        text = running.get("q").strip()
        found = asking.find(work, states=states, text=text, limit=limit, offset=offset)
        body = shown.requests_json(work, found.requests, running.url) if kind is Kind.JSON else []
    if kind is Kind.JSON:
        return as_json(
            running,
            {
                "total": found.total,
                "states": {state.value: count for state, count in found.states.items()},
                "requests": body,
            },
        )
    view = running.view()
    html = render(
        view,
        "engage/requests.html",
        requests=found.requests,
        counted=found.states,
        chosen=given,
        text=text,
        states=words.REQUEST_STATES,
        pages=pages(view, offset, limit, found.total),
    )
    return running.page(html)


def _form(
    running: RunningRequest, given: dict[str, str], error: CityError | None = None
) -> Response[str]:
    with running.work() as work:
        view = running.view(has_form=True)
        there, asked = asking.similar(work, given["title"])
        rows = result_rows(work, view, there)
    is_looked = bool(running.get("looked")) or error is not None
    html = render(
        view,
        "engage/request_new.html",
        t=given,
        error=error,
        rows=rows,
        asked=asked,
        states=words.REQUEST_STATES,
        # The form comes after a look at what is there: most of what is asked for is published.
        is_looked=is_looked or bool(given["title"]),
        trap=allowed.TRAP,
    )
    return running.page(html, error.http_status if error else 200, cache_control="no-store")


@get(_HERE + "/new", sync_to_thread=True, opt=_PAGE)
def new(running: Running) -> Response[str]:
    """First what is there already, then the form; `?title=` is what one looked for."""
    given = dict.fromkeys(_FIELDS, "")
    given["title"] = running.get("title").strip()[:150]
    return _form(running, given)


@post(_HERE + "/new", sync_to_thread=True, opt=_PAGE, dependencies=WITH_FORM)
def sent(running: Running, form: Form) -> Response[str]:
    """Keep the request; one that is there already gets the vote instead of a twin."""
    if allowed.is_trapped(form):
        return running.see(_HERE)
    try:
        allowed.check_sending(running)
        with running.work(may_write=True) as work:
            made = asking.ask(
                work,
                title=form.get("title"),
                description=form.get("description"),
                purpose=form.get("purpose"),
                language=running.language,
                contact=form.get("contact"),
            )
    except Conflict as error:
        return running.see(f"{_HERE}/{error.where['request']}?same=1")
    except CityError as error:
        return _form(running, {name: form.get(name)[:10_000] for name in _FIELDS}, error)
    return running.see(f"{_HERE}/{made.id}?asked=1")


@get(
    _HERE + "/{id:str}",
    sync_to_thread=True,
    opt={"may": May.ANYONE},
)
def one_request(running: Running, id: FromPath[str]) -> Response[Any]:
    """One request: who needs it in numbers, and what the city says."""
    if wanted(running, offered=_BOTH) is Kind.JSON:
        with running.work() as work:
            [body] = shown.requests_json(work, [asking.get(work, RequestId(id))], running.url)
        return as_json(running, body)
    return _page(running, id)


def _page(running: RunningRequest, id: str, error: CityError | None = None) -> Response[str]:
    with running.work() as work:
        one = asking.get(work, RequestId(id))
        datasets = shown.datasets_of(work, one.datasets)
    said = next((name for name in ("asked", "voted", "same") if running.get(name)), "")
    html = render(
        running.view(has_form=True),
        "engage/request.html",
        one=one,
        state=words.REQUEST_STATES[one.state],
        takes_votes=one.state in (RequestState.OPEN, RequestState.PLANNED),
        datasets=[datasets[each] for each in one.datasets if each in datasets],
        said=said,
        error=error,
    )
    return running.page(html, error.http_status if error else 200)


@post(_HERE + "/{id:str}/vote", sync_to_thread=True, opt=_PAGE, dependencies=WITH_FORM)
def vote(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Need it too."""
    try:
        allowed.check_voting(running)
        with running.work(may_write=True) as work:
            asking.vote(work, RequestId(id), language=running.language, contact=form.get("contact"))
    except CityError as error:
        return _page(running, id, error)
    return running.see(f"{_HERE}/{id}?voted=1")


@get(_HERE + "/{id:str}/forget", sync_to_thread=True, opt=_PAGE)
def forgetting(running: Running, id: FromPath[str]) -> Response[str]:
    """Where a mail's link leads: a button, as programs that check mail open links too."""
    with running.work() as work:
        one = asking.get(work, RequestId(id))
    return _forget_page(running, one.title, is_done=False)


@post(
    _HERE + "/{id:str}/forget",
    sync_to_thread=True,
    status_code=200,
    opt=_PAGE | {"by": "key"},  # a mail program presses it for its reader (RFC 8058)
)
def forget(running: Running, id: FromPath[str]) -> Response[str]:
    """Forget the address; the vote stays, as nobody's."""
    with running.work(may_write=True) as work:
        asking.forget_me(work, RequestId(id), running.get("voter"), running.get("token"))
        one = asking.get(work, RequestId(id))
    return _forget_page(running, one.title, is_done=True)


def _forget_page(running: RunningRequest, title: str, *, is_done: bool) -> Response[str]:
    view = running.view()
    html = render(view, "engage/forget.html", title=title, is_done=is_done, here=view.address())
    return running.page(html, referrer_policy="no-referrer", cache_control="no-store")


HANDLERS = [listed, new, sent, one_request, vote, forgetting, forget]
