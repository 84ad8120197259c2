"""Errors as people and programs read them: a page, or a problem document (RFC 9457)."""

import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson
from litestar import Request
from litestar.exceptions import HTTPException
from litestar.response import Response

from citycommons.core.errors import CityError, Forbidden, TooOften
from citycommons.share import old_addresses, old_paths
from citycommons.web import page_error
from citycommons.web.language import N_
from citycommons.web.negotiate import Kind, wanted
from citycommons.web.refusals import NotSignedIn, NotUnderstood
from citycommons.web.running import HTML, Running, RunningRequest, running_of

PROBLEM = "application/problem+json"
_log = logging.getLogger("citycommons.web")

_WORDS = {
    400: N_("This request cannot be read. Check its form, then send it again."),
    404: N_("There is nothing at this address. Search for it, or begin at the first page."),
    405: N_("This address does not answer this method."),
    413: N_("This is larger than this portal takes."),
}


def problem(error: CityError, instance: str) -> dict[str, Any]:
    """The problem document; `where` fields stand beside the five of the standard."""
    own = {"type", "title", "status", "detail", "instance"}
    return {
        "type": f"/developers#{error.title.lower().replace(' ', '-')}",
        "title": error.title,
        "status": error.http_status,
        "detail": error.message,
        "instance": instance,
        **{name: value for name, value in error.where.items() if name not in own},
    }


def answer(running: Running, error: CityError, number: str = "") -> Response[Any]:
    """The error as a page for a browser, as a problem document for everybody else.

    A browser that nobody signed in with is sent to sign in, and from there back.
    """
    status = error.http_status
    is_page = wanted(running, default=Kind.JSON, is_strict=False) is Kind.HTML
    is_page = is_page and not running.has_key
    if status == 401 and is_page and running.method in ("GET", "HEAD"):
        back = running.path + (f"?{running.raw_query}" if running.raw_query else "")
        return running.see("/sign-in?" + urlencode({"next": back}))
    headers = {"cache-control": "no-store", "vary": "accept"}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="City Commons"'
    if isinstance(error, TooOften):
        headers["retry-after"] = str(error.where.get("retry_after_s", 60))
    if status == 405 and "allow" in error.where:
        headers["allow"] = str(error.where["allow"])
    if is_page:
        page = _page(running, status, error, number)
        return Response(page, status_code=status, media_type=HTML, headers=headers)
    body = problem(error, running.path)
    if number:
        body["number"] = number
    packed = orjson.dumps(body, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Response(packed, status_code=status, media_type=PROBLEM, headers=headers)


def _page(running: Running, status: int, error: CityError, number: str) -> str:
    return page_error.error(running.view(), status, error.title, error.message, number)


def unexpected(running: Running, cause: BaseException) -> Response[Any]:
    """500 with a number that is in the log; never the error's text."""
    error = logged(running, cause)
    return answer(running, error, error.where["number"])


def logged(running: Running, cause: BaseException) -> CityError:
    """The error without its text, under a number that stands in the log beside it."""
    number = secrets.token_hex(4)
    # The path alone: a query may hold what nobody should read in a log.
    _log.error("%s: %s %s", number, running.method, running.path, exc_info=cause)
    return CityError(
        f"Something went wrong on our side. Tell the portal's people this number: {number}.",
        number=number,
    )


def from_http(error: HTTPException, path: str) -> CityError:
    """The framework's own errors (no such route, wrong method, broken body) as one of ours."""
    status = error.status_code
    words = _WORDS.get(status, f"{HTTPStatus(status).phrase}: the request cannot be answered.")
    made = NotUnderstood(words) if status < 500 else CityError(words)
    made.http_status = status  # type: ignore[misc]
    made.title = HTTPStatus(status).phrase  # type: ignore[misc]
    extra = getattr(error, "extra", None)
    if status == 400 and isinstance(extra, list) and extra and isinstance(extra[0], dict):
        first = extra[0]
        name = str(first.get("key", "a parameter"))
        made.message = f"“{name}”: {first.get('message', 'cannot be used')}."
        made.where["parameter"] = name
    return made


def on_city_error(request: Request[Any, Any, Any], error: CityError) -> Response[Any]:
    running = running_of(request.scope)
    return _moved(running, error.http_status) or answer(running, _as_told(running, error))


def _moved(running: RunningRequest, status: int) -> Response[Any] | None:
    """Nothing is there now, but something may have been on the portal before this one.

    Looked up last, so that an address of ours is never taken for an old one.
    """
    if status != 404 or running.method not in ("GET", "HEAD"):
        return None
    if old_paths.parse(running.path, running.raw_query) is None:
        return None
    with running.work() as work:
        address = old_addresses.lead(work, running.path, running.raw_query)
    if address is None:
        return None
    found = running.see(address, status=301)
    found.headers |= {"cache-control": "no-cache", "vary": "authorization, cookie"}
    return found


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    running = running_of(request.scope)
    if error.status_code == 500:
        return unexpected(running, error)
    if found := _moved(running, error.status_code):
        return found
    made = from_http(error, running.path)
    if error.status_code == 405:
        made.where["allow"] = ", ".join(_methods(request))
    return answer(running, made)


def _methods(request: Request[Any, Any, Any]) -> list[str]:
    """What the address does answer."""
    found = []
    for method in ("GET", "POST", "PUT", "DELETE"):
        try:
            request.app.asgi_router.handle_routing(path=request.scope["path"], method=method)
        except HTTPException:
            continue
        found += ["GET", "HEAD"] if method == "GET" else [method]
    return found


def on_exception(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    return unexpected(running_of(request.scope), error)


HANDLERS: dict[Any, Any] = {
    CityError: on_city_error,
    HTTPException: on_http_error,
    Exception: on_exception,
}


def in_form(translate: Callable[[RunningRequest, CityError], Response[Any]]) -> dict[Any, Any]:
    """The same errors in the form of a standard, for the `exception_handlers` of a face.

    What nobody expected is logged under a number, and told by the number alone.
    """

    def on_city(request: Request[Any, Any, Any], error: CityError) -> Response[Any]:
        running = running_of(request.scope)
        found = _moved(running, error.http_status)
        return found or translate(running, _as_told(running, error))

    def on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
        running = running_of(request.scope)
        if error.status_code == 500:
            return translate(running, logged(running, error))
        return translate(running, from_http(error, running.path))

    def on_any(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        running = running_of(request.scope)
        return translate(running, logged(running, error))

    return {CityError: on_city, HTTPException: on_http, Exception: on_any}


def _as_told(running: RunningRequest, error: CityError) -> CityError:
    """Who is not known is asked to say who they are before they are refused."""
    if type(error) is Forbidden and not running.is_signed_in and not running.has_key:
        return NotSignedIn(error.message, **error.where)
    return error
