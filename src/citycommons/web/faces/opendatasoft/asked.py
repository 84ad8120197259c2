"""What an address of the Explore API asks: parameters, keys, and errors in its form."""

from collections.abc import Sequence
from typing import Any

from litestar.response import Response

from citycommons.core.errors import CityError, Invalid, TooOften
from citycommons.share.faces.opendatasoft import Asked, error
from citycommons.web.errors import in_form
from citycommons.web.faces.keys import sign_in_by
from citycommons.web.openapi import operation, parameter
from citycommons.web.running import RunningRequest

ROOT = "/api/explore/v2.1"
MOST = 100  # records on one page
MOST_GROUPS = 20_000
MOST_DEEP = 10_000  # offset and limit together, but of groups

_CODES = {
    400: "ODSQLError",
    401: "AuthenticationError",
    403: "PermissionDenied",
    404: "NotFoundError",
    405: "MethodNotAllowed",
    410: "DatasetGone",
    413: "TooLargeError",
    429: "TooManyRequests",
    503: "Unavailable",
}


class BadParameter(Invalid):
    """A parameter that is no number, or too large (400)."""


def sign_in(running: RunningRequest) -> None:
    """A key of ours counts as `Apikey`, and as the parameter `apikey`."""
    sign_in_by(running, "apikey", also=(running.get("apikey"),))


def asked_of(running: RunningRequest) -> Asked:
    """The clauses of a question."""
    return Asked(
        select=running.get("select"),
        where=_all(running, "where"),
        group_by=",".join(_all(running, "group_by")),
        order_by=",".join(_all(running, "order_by")),
        refine=_all(running, "refine"),
        exclude=_all(running, "exclude"),
    )


def _all(running: RunningRequest, name: str) -> tuple[str, ...]:
    return tuple(text for key, text in running.query if key == name and text.strip())


def whole(running: RunningRequest, name: str, default: int, least: int, most: int) -> int:
    """A whole number. Raises `BadParameter` in the words of the standard."""
    text = running.get(name).strip()
    if not text:
        return default
    plain = text.removeprefix("-")
    is_whole = plain.isascii() and plain.isdecimal() and len(plain) < 12
    if not is_whole or not least <= int(text) <= most:
        raise BadParameter(
            f"Invalid value for {name} API parameter: {text[:30]} was found but "
            f"{least} <= {name} <= {most} is expected.",
            parameter=name,
        )
    return int(text)


def flag(running: RunningRequest, name: str, *, default: bool) -> bool:
    """A parameter that says true or false."""
    return {"true": True, "false": False}.get(running.get(name).lower(), default)


def _answer(running: RunningRequest, found: CityError) -> Response[bytes]:
    status = {422: 400}.get(found.http_status, found.http_status)
    code = _CODES.get(status, "InternalError" if status >= 500 else "BadRequest")
    message = found.message
    if isinstance(found, BadParameter):
        code = "InvalidRESTParameterError"
    elif isinstance(found, Invalid) and status == 400:
        message = f"ODSQL query is malformed: {found.message}"
    elif status == 404:
        # The same words whether it is not there or may not be known.
        code, message = "NotFoundError", "What you ask for does not exist here."
    headers = {"cache-control": "no-store"}
    if status == 401:
        headers["www-authenticate"] = 'Apikey realm="City Commons"'
    if isinstance(found, TooOften):
        headers["retry-after"] = str(found.where.get("retry_after_s", 60))
    if status == 405 and "allow" in found.where:
        headers["allow"] = str(found.where["allow"])
    return Response(
        error(code, message),
        status_code=status,
        media_type="application/json; charset=utf-8",
        headers=headers,
    )


ERRORS: dict[Any, Any] = in_form(_answer)

JSON = {"application/json": {"schema": {"type": "object"}}}
DATASET = parameter("dataset", "Id of the dataset.", where="path", example="counts")
CLAUSES = [
    parameter("select", "Fields and expressions, with AS.", example="street, count"),
    parameter("where", "What holds of each record; may be repeated.", example="count > 10"),
    parameter("group_by", "What records of a group share.", example="street"),
    parameter("order_by", "What to sort by, with ASC or DESC.", example="street"),
    parameter("refine", "field:value; may be repeated.", example="street:Street 1"),
    parameter("exclude", "field:value that is left out."),
    parameter("timezone", "Zone in which times are written.", example="Europe/Berlin"),
]
PAGED = [
    parameter("limit", "How many.", "integer", minimum=0, maximum=MOST_GROUPS, default=10),
    parameter("offset", "How many to leave out first.", "integer", minimum=0, default=0),
]


def described(id: str, summary: str, parameters: Sequence[Any], content: Any) -> dict[str, Any]:
    """The operation for the API's own document."""
    key = parameter("apikey", "A key of ours, for closed data.")
    return operation(
        f"explore_{id}",
        summary,
        [*parameters, key],
        content,
        *("401", "403", "404", "410", "413", "503"),
        tag="faces",
    )
