"""CKAN's envelope around answers and errors, and JSONP.

References
----------
CKAN 2.11 API guide: making an API request; the API's JSONP; error types.
"""

import re
from typing import Any
from urllib.parse import quote

import orjson
from litestar.response import Response

from citycommons.core.errors import CityError, Conflict, Forbidden, Invalid, NotFound, TooOften
from citycommons.share.faces.ckan_search import BadSearch
from citycommons.web.faces.ckan.call import Wrong
from citycommons.web.refusals import NotUnderstood
from citycommons.web.running import RunningRequest

_JSON, _SCRIPT = "application/json", "application/javascript"
_CALLBACK = re.compile(r"[A-Za-z_$][\w$]{0,63}(?:\.[A-Za-z_$][\w$]{0,63}){0,5}", re.ASCII)


def envelope(running: RunningRequest, action: str, result: object) -> Response[bytes]:
    """A good answer; bytes are JSON already."""
    body = result if isinstance(result, bytes) else orjson.dumps(result, default=str)
    whole = b'{"help":%b,"success":true,"result":%b}' % (
        orjson.dumps(help_address(running, action)),
        body,
    )
    return finished(running, whole)


def finished(running: RunningRequest, body: bytes) -> Response[bytes]:
    """The answer, as a call of the script's function where one is named by GET."""
    # Nothing of a session is in it, but a key may open more than strangers see.
    headers = {"vary": "authorization, x-ckan-api-key, x-api-key"}
    headers["cache-control"] = "private, no-cache" if running.has_key else "public, no-cache"
    name = running.get("callback") if running.method == "GET" else ""
    if name:
        body = b"%b(%b);" % (name.encode(), body)
    media = _SCRIPT if name else _JSON
    return Response(body, media_type=media, headers=headers, status_code=200)


def checked_callback(running: RunningRequest) -> None:
    """Raises `NotUnderstood` unless the function's name is one: nothing else becomes script."""
    name = running.get("callback")
    if name and running.method in ("GET", "HEAD") and not _CALLBACK.fullmatch(name):
        raise NotUnderstood("The callback is no name of a function")


def help_address(running: RunningRequest, action: str) -> str:
    """Where an action tells what it does."""
    return f"{running.url}/api/3/action/help_show?name={quote(action)}"


def translated(running: RunningRequest, error: CityError) -> Response[Any]:
    """An error as CKAN's clients expect it."""
    if isinstance(error, NotUnderstood) and error.http_status == 400:
        body = orjson.dumps(f"Bad request - {error.message}")
        return Response(body, status_code=400, media_type=_JSON, headers=_kept(error))
    status, told = _told(error)
    action = running.path.rstrip("/").rpartition("/")[2]
    body = orjson.dumps(
        {"help": help_address(running, action), "success": False, "error": told}, default=str
    )
    return Response(body, status_code=status, media_type=_JSON, headers=_kept(error))


def _kept(error: CityError) -> dict[str, str]:
    headers = {"cache-control": "no-store"}
    if isinstance(error, TooOften):
        headers["retry-after"] = str(error.where.get("retry_after_s", 60))
    return headers


def _told(error: CityError) -> tuple[int, dict[str, Any]]:
    match error:
        case Wrong():
            return 409, {**error.errors, "__type": "Validation Error"}
        case BadSearch():
            return 400, _typed("Search Query", f"Search Query is invalid: {error.message}")
        case NotFound():
            return 404, _typed("Not Found", f"Not found: {error.message}")
        case Forbidden():
            return 403, _typed("Authorization", f"Access denied: {error.message}")
        case Invalid() if error.http_status == 422:
            return 409, {_field(error): [error.message], "__type": "Validation Error"}
        case Conflict():
            return 409, {_field(error): [error.message], "__type": "Validation Error"}
    kind = "Internal Server" if error.http_status == 500 else error.title
    return error.http_status, _typed(kind, error.message)


def _typed(kind: str, message: str) -> dict[str, Any]:
    return {"message": message, "__type": f"{kind} Error"}


_FIELDS = {"id": "name", "publisher": "owner_org", "license": "license_id", "file": "upload"}


def _field(error: CityError) -> str:
    """The parameter that is wrong, by CKAN's name."""
    where = error.where
    name = next((str(where[key]) for key in ("field", "parameter", "column") if where.get(key)), "")
    return _FIELDS.get(name, name or "message")
