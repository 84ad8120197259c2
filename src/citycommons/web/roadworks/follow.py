"""`/roadworks/follow`: ask to be told, say yes, stop; by e-mail or in the browser.

Opening a link changes nothing, as programs that check mail open links too: a button does.
"""

from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid
from citycommons.core.places import parse_bbox
from citycommons.core.types import Bbox
from citycommons.engage.followers import following, push, saying
from citycommons.web.assets import asset
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.render import render
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May

_PAGE = {"may": May.ANYONE, "operation": None}
_HERE = "/roadworks/follow"


def _form(
    running: RunningRequest,
    typed: dict[str, str],
    *,
    error: CityError | None = None,
    is_asked: bool = False,
) -> Response[str]:
    html = render(
        running.view(has_form=True),
        "roadworks/follow.html",
        typed=typed,
        error=error,
        is_asked=is_asked,
    )
    return running.page(html, error.http_status if error else 200)


@get(_HERE, sync_to_thread=True, opt=_PAGE)
def ask(running: Running) -> Response[str]:
    """The form."""
    typed = {name: running.get(name)[:200] for name in ("street", "area", "email")}
    typed["what"] = "street" if typed["street"] or not typed["area"] else "area"
    return _form(running, typed)


@post(_HERE, sync_to_thread=True, opt=_PAGE, dependencies=WITH_FORM)
def asked(running: Running, form: Form) -> Response[str]:
    """Ask the owner of an e-mail address; the answer is the same whether it is known or not."""
    typed = {name: form.get(name)[:300] for name in ("street", "area", "email", "what")}
    try:
        with running.work(may_write=True) as work:
            following.by_email(
                work, email=form.get("email"), language=running.language, **_wanted(typed)
            )
    except CityError as error:
        return _form(running, typed, error=error)
    return _form(running, typed, is_asked=True)


@get("/roadworks/follow/key", sync_to_thread=True, opt=_PAGE)
def key(running: Running) -> Response[bytes]:
    """The key a browser's subscription is bound to; made at the first wish."""
    with running.work(may_write=True) as work:
        text = push.public_text(push.house_key(work))
    return Response(text.encode(), media_type="text/plain")


@post("/roadworks/follow/push", sync_to_thread=True, opt=_PAGE, dependencies=WITH_FORM)
def pushed(running: Running, form: Form) -> Response[bytes]:
    """Keep a browser's subscription; answers where it can be stopped."""
    typed = {name: form.get(name)[:300] for name in ("street", "area", "what")}
    with running.work(may_write=True) as work:
        one = following.by_push(
            work,
            endpoint=form.get("endpoint"),
            p256dh=form.get("p256dh"),
            auth=form.get("auth"),
            language=running.language,
            **_wanted(typed),
        )
        token = following.token_of(work, one)
    return Response(f"{_HERE}/{one.id}?token={token}".encode(), media_type="text/plain")


@get("/roadworks/push-worker.js", opt=_PAGE)
async def worker(running: Running) -> Response[bytes]:
    """The program that shows messages; from here its scope is `/roadworks/`."""
    headers = {"cache-control": "public, no-cache"}
    return Response(asset("push-worker.js").body, media_type="text/javascript", headers=headers)


@get(_HERE + "/{id:str}", sync_to_thread=True, opt=_PAGE)
def link(running: Running, id: FromPath[str]) -> Response[str]:
    """Where a message's link leads: say yes, or stop."""
    token = running.get("token")
    with running.work() as work:
        one = following.get(work, id, token)
    return _answer(running, one=one, wanted=saying.wanted(one), token=token, state="")


@post(_HERE + "/{id:str}/confirm", sync_to_thread=True, opt=_PAGE, dependencies=WITH_FORM)
def confirm(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Say yes."""
    token = form.get("token")
    with running.work(may_write=True) as work:
        following.confirm(work, id, token)
        one = following.get(work, id, token)
    return _answer(running, one=one, wanted=saying.wanted(one), token=token, state="confirmed")


@post(_HERE + "/{id:str}/stop", sync_to_thread=True, opt=_PAGE, dependencies=WITH_FORM)
def stop(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Stop."""
    with running.work(may_write=True) as work:
        following.stop(work, id, form.get("token"), running.city.settings.home)
    return _answer(running, one=None, wanted="", token="", state="stopped")


# A mail program presses this button for its reader (RFC 8058): it has no page and no cookie of
# ours, only the secret of the link.
@post(
    _HERE + "/{id:str}/unsubscribe",
    sync_to_thread=True,
    status_code=200,
    opt=_PAGE | {"by": "key"},
)
def unsubscribe(running: Running, id: FromPath[str]) -> Response[bytes]:
    """Stop with one click."""
    with running.work(may_write=True) as work:
        following.stop(work, id, running.get("token"), running.city.settings.home)
    return Response(b"stopped", media_type="text/plain")


@get(_HERE + "/{id:str}/unsubscribe", sync_to_thread=True, opt=_PAGE)
def unsubscribe_page(running: Running, id: FromPath[str]) -> Response[str]:
    """Who opens that address by hand is led to the page with the button."""
    return running.see(f"{_HERE}/{id}?{running.raw_query}")


def _answer(running: RunningRequest, **values: Any) -> Response[str]:
    html = render(running.view(has_form=True), "roadworks/following.html", **values)
    # The address holds a secret: no other site is told it.
    return running.page(html, referrer_policy="no-referrer", cache_control="no-store")


def _wanted(typed: dict[str, str]) -> dict[str, Any]:
    if typed["what"] != "area":
        return {"street": typed["street"]}
    area: Bbox | None = parse_bbox(typed["area"]) if typed["area"] else None
    if area is None:
        raise Invalid("Which area? Open this page from the works you mean.", column="area")
    return {"area": area}


HANDLERS = [ask, asked, key, pushed, worker, link, confirm, stop, unsubscribe, unsubscribe_page]
