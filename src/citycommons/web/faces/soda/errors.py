"""Errors in Socrata's form; keys where its clients put them."""

from typing import Any

from litestar.response import Response

from citycommons.core.errors import CityError, Invalid, TooOften
from citycommons.share.faces.soda import error
from citycommons.web.errors import in_form
from citycommons.web.faces.keys import sign_in_by
from citycommons.web.running import RunningRequest

_CODES = {
    400: "query.soql.invalid",
    401: "authentication_required",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    410: "dataset.gone",
    413: "query.execution.too-large",
    429: "too_many_requests",
    503: "internal.unavailable",
}
_STATUSES = {422: 400, 409: 409}


def sign_in(running: RunningRequest) -> None:
    """A key of ours counts as app token, as OAuth token and as user name too."""
    tokens = (running.headers.get("x-app-token", ""), running.get("$$app_token"))
    sign_in_by(running, "basic", "oauth", also=tokens)


def _answer(running: RunningRequest, found: CityError) -> Response[bytes]:
    status = _STATUSES.get(found.http_status, found.http_status)
    code = _CODES.get(status, "internal.error" if status >= 500 else "bad_request")
    message = found.message
    if status == 404:
        # The same words whether it is not there or may not be known.
        name = running.path.rstrip("/").rpartition("/")[2] or running.path
        message = f"Cannot find view with id {name[:80]}"
    elif isinstance(found, Invalid) and "columns" in found.where:
        code = "query.soql.no-such-column"
    elif isinstance(found, Invalid) and "function" in found.where:
        code = "query.soql.type-mismatch"
    elif isinstance(found, Invalid) and "at" in found.where:
        code = "query.compiler.malformed"
    headers = {"cache-control": "no-store"}
    if status == 401:
        headers["www-authenticate"] = 'Basic realm="City Commons"'
    if isinstance(found, TooOften):
        headers["retry-after"] = str(found.where.get("retry_after_s", 60))
    if status == 405 and "allow" in found.where:
        headers["allow"] = str(found.where["allow"])
    data = {} if status == 404 else found.where
    return Response(
        error(code, message, data),
        status_code=status,
        media_type="application/json; charset=utf-8",
        headers=headers,
    )


HANDLERS: dict[Any, Any] = in_form(_answer)
