"""Face `webhooks`: a program with a key has addresses of its owner told what happens to data.

References
----------
Standard Webhooks specification, 2023, for what is sent.
"""

from typing import Annotated, Any

import msgspec
import orjson
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, RawBody
from litestar.response import Response

from citycommons.core.errors import Invalid
from citycommons.engage import webhooks
from citycommons.engage.webhooks import MOST, Event
from citycommons.govern.access import Action
from citycommons.store.webhooks import Delivery, Webhook
from citycommons.web.openapi import operation, parameter
from citycommons.web.running import Running

_JSON = "application/json"
_HEADERS = {"cache-control": "no-store"}
_ID = parameter("id", "Id of the webhook.", where="path")
_EVENTS = {"type": "array", "items": {"enum": [one.value for one in Event]}, "minItems": 1}
_TEXT = {"type": "string"}
_WEBHOOK = {
    "type": "object",
    "required": ["id", "url", "events", "created"],
    "properties": {
        "id": _TEXT,
        "url": _TEXT,
        "dataset": {"type": ["string", "null"]},
        "publisher": {"type": ["string", "null"]},
        "events": _EVENTS,
        "created": {"type": "string", "format": "date-time"},
        "disabled": {"type": ["string", "null"], "description": "Since when nothing is sent."},
        "disabled_reason": _TEXT,
        "secret": {"type": "string", "description": "Only in the answer that makes it."},
    },
}
_DELIVERY = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "What is sent as `webhook-id`."},
        "event": _TEXT,
        "created": _TEXT,
        "attempts": {"type": "integer"},
        "delivered": {"type": ["string", "null"]},
        "due": {"type": ["string", "null"], "description": "When it is tried again."},
        "status": {"type": ["integer", "null"]},
        "error": _TEXT,
    },
}
_ASKED = {
    "type": "object",
    "required": ["url"],
    "additionalProperties": False,
    "properties": {
        "url": {"type": "string", "maxLength": 2000},
        "dataset": {"type": "string", "description": "Of this dataset alone."},
        "publisher": {"type": "string", "description": "Of this publisher's datasets."},
        "events": _EVENTS,
    },
}


class _Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """The body that asks for a webhook."""

    url: str
    dataset: Annotated[str, msgspec.Meta(max_length=200)] = ""
    publisher: Annotated[str, msgspec.Meta(max_length=200)] = ""
    events: tuple[str, ...] = tuple(one.value for one in Event)


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {_JSON: {"schema": schema}}


def _list(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [name],
        "properties": {name: {"type": "array", "items": schema}},
    }


def _operation(
    id: str, summary: str, content: dict[str, Any], *parameters: dict[str, Any], **more: Any
) -> dict[str, Any]:
    errors = ("401", "403", *(("404",) if parameters else ()))
    return operation(
        f"webhooks_{id}", summary, list(parameters), content, *errors, tag="faces", **more
    )


def _opt(told: dict[str, Any]) -> dict[str, Any]:
    # A session counts for nothing here: people have a page for it in their account.
    return {"may": Action.DISCOVER, "by": "key", "operation": told}


def _webhook(one: Webhook, *, with_secret: bool = False) -> dict[str, Any]:
    left_out = {"owner", "failures", "rest_until"} | (set() if with_secret else {"secret"})
    told = msgspec.to_builtins(one)
    return {name: value for name, value in told.items() if name not in left_out}


def _delivery(one: Delivery) -> dict[str, Any]:
    told = msgspec.to_builtins(one)
    return {name: value for name, value in told.items() if name not in ("webhook", "body")}


def _answer(body: Any, status: int = 200) -> Response[bytes]:
    return Response(
        orjson.dumps(body), status_code=status, media_type=_JSON, headers=dict(_HEADERS)
    )


@get(
    "/webhooks",
    sync_to_thread=True,
    opt=_opt(_operation("list", "Your webhooks.", _content(_list("webhooks", _WEBHOOK)))),
)
def mine(running: Running) -> Response[bytes]:
    """The webhooks of the key's owner, newest first."""
    with running.work() as work:
        found = webhooks.mine(work)
    return _answer({"webhooks": [_webhook(one) for one in found]})


@post(
    "/webhooks",
    status_code=201,
    sync_to_thread=True,
    opt=_opt(
        _operation(
            "create",
            f"Have an address told; at most {MOST}. The answer alone holds the secret.",
            _content(_WEBHOOK),
            status="201",
            body=_content(_ASKED),
            needs="discover",
        )
    ),
)
def create(running: Running, body: RawBody) -> Response[bytes]:
    """Have an address told what happens."""
    with running.work() as work:  # before the body is looked at
        webhooks.require_account(work)
    wanted = _wanted(body)
    with running.work(may_write=True) as work:
        made = webhooks.subscribe(
            work,
            url=wanted.url,
            events=wanted.events,
            dataset=wanted.dataset,
            publisher=wanted.publisher,
        )
    return _answer(_webhook(made, with_secret=True), 201)


def _wanted(body: bytes) -> _Wanted:
    try:
        return msgspec.json.decode(body, type=_Wanted)
    except msgspec.ValidationError as cause:
        raise Invalid(f"The body cannot be used: {cause}.") from cause
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise Invalid(f"The body is no JSON: {cause}.") from cause


@get(
    "/webhooks/{id:str}",
    sync_to_thread=True,
    opt=_opt(_operation("show", "One webhook.", _content(_WEBHOOK), _ID)),
)
def show(running: Running, id: FromPath[str]) -> Response[bytes]:
    """One webhook."""
    with running.work() as work:
        return _answer(_webhook(webhooks.get(work, id)))


@get(
    "/webhooks/{id:str}/deliveries",
    sync_to_thread=True,
    opt=_opt(
        _operation(
            "deliveries", "What was last sent.", _content(_list("deliveries", _DELIVERY)), _ID
        )
    ),
)
def deliveries(running: Running, id: FromPath[str]) -> Response[bytes]:
    """What was last sent, newest first."""
    with running.work() as work:
        found = webhooks.deliveries(work, id)
    return _answer({"deliveries": [_delivery(one) for one in found]})


@post(
    "/webhooks/{id:str}/test",
    status_code=202,
    sync_to_thread=True,
    opt=_opt(
        _operation(
            "test",
            "Send a message to see whether it arrives.",
            _content(_DELIVERY),
            _ID,
            status="202",
            needs="discover",
        )
    ),
)
def test(running: Running, id: FromPath[str]) -> Response[bytes]:
    """Send a message to see whether it arrives; `deliveries` tells in a moment."""
    with running.work(may_write=True) as work:
        made = webhooks.test(work, id)
    return _answer(_delivery(made), 202)


@post(
    "/webhooks/{id:str}/enable",
    status_code=200,
    sync_to_thread=True,
    opt=_opt(
        _operation(
            "enable",
            "Begin again with an address that was given up.",
            _content(_WEBHOOK),
            _ID,
            needs="discover",
        )
    ),
)
def enable(running: Running, id: FromPath[str]) -> Response[bytes]:
    """Begin again with an address that was given up."""
    with running.work(may_write=True) as work:
        return _answer(_webhook(webhooks.enable(work, id)))


@delete(
    "/webhooks/{id:str}",
    status_code=204,
    sync_to_thread=True,
    opt=_opt(
        _operation("remove", "Tell it nothing more.", {}, _ID, status="204", needs="discover")
    ),
)
def remove(running: Running, id: FromPath[str]) -> None:
    """Tell this address nothing any more."""
    with running.work(may_write=True) as work:
        webhooks.remove(work, id)


class Webhooks:
    """The face `webhooks`: `/webhooks`."""

    def routes(self) -> list[HTTPRouteHandler]:
        """One address for all of one's webhooks, and one for each."""
        return [mine, create, show, deliveries, test, enable, remove]
