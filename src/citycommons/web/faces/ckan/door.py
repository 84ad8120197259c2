"""Addresses of the Action API: GET for what changes nothing, POST for everything."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from litestar import Request, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from citycommons.web import errors
from citycommons.web.faces.ckan import (
    datastore,
    operations,
    organizations,
    packages,
    site,
    tokens,
    writing,
)
from citycommons.web.faces.ckan.answers import checked_callback, envelope, finished, translated
from citycommons.web.faces.ckan.body import called, mixed
from citycommons.web.faces.ckan.call import Act, Call
from citycommons.web.faces.ckan.dump import dumped
from citycommons.web.openapi_shapes import JsonObject
from citycommons.web.refusals import NotUnderstood
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May

ACTIONS: dict[str, Act] = site.helping(
    {
        **site.ACTIONS,
        **packages.ACTIONS,
        **organizations.ACTIONS,
        **datastore.ACTIONS,
        **writing.ACTIONS,
        **tokens.ACTIONS,
    }
)
_ADDRESSES = ("/api/3/action/{name:str}", "/api/action/{name:str}")


def _of_address(running: RunningRequest) -> dict[str, Any]:
    """Parameters of the address."""
    return mixed([pair for pair in running.query if pair[0] != "callback"])


def known(name: str) -> Act:
    """The action. Raises `NotUnderstood` for one that there is not."""
    if (act := ACTIONS.get(name)) is None:
        raise NotUnderstood(f"Action name not known: {name[:100]}")
    return act


def ask(running: Running, name: FromPath[str]) -> Response[bytes]:
    """An action that changes nothing, with its parameters in the address; `callback` for JSONP."""
    act = known(name)
    checked_callback(running)
    if not act.reads:
        raise NotUnderstood("JSON Error: Invalid request. Please use POST method for your request")
    return envelope(running, name, act.run(Call(running=running, data=_of_address(running))))


async def perform(
    running: Running, name: FromPath[str], request: Request[Any, Any, Any]
) -> Response[bytes]:
    """Any action, with its parameters as JSON, a form, or a form with a file."""
    act = known(name)
    async with called(running, request) as call:
        result = await asyncio.to_thread(act.run, call)
    return envelope(running, name, result)


def token_asked(running: Running) -> Response[bytes]:
    """One's API tokens; asked by the session of a person, as no key may know of others."""
    return _of_token(running, "api_token_list", _of_address(running))


async def token_made(running: Running, request: Request[Any, Any, Any]) -> Response[bytes]:
    """Make or end an API token, in the session of a person who signed in."""
    name = running.path.rstrip("/").rpartition("/")[2]
    async with called(running, request) as call:
        return await asyncio.to_thread(_of_token, running, name, call.data)


def _of_token(running: RunningRequest, name: str, data: dict[str, Any]) -> Response[bytes]:
    made = envelope(running, name, ACTIONS[name].run(Call(running=running, data=data)))
    made.headers["cache-control"] = "no-store"
    return made


def version(running: Running) -> Response[bytes]:
    """The version of the API that is spoken here."""
    checked_callback(running)
    return finished(running, b'{"version":3}')


def status(running: Running) -> Response[bytes]:
    """What the portal says of itself, without an envelope."""
    checked_callback(running)
    return finished(running, orjson.dumps(site.status(Call(running=running, data={}))))


_OPEN = {"may": May.ANYONE, "by": "key"}


def _handlers() -> list[HTTPRouteHandler]:
    found: list[HTTPRouteHandler] = []
    for place, path in enumerate(_ADDRESSES):
        # The shorter address is another spelling of the first.
        def told(one: JsonObject, is_first: bool = place == 0) -> JsonObject | None:
            return one if is_first else None

        found += [
            get(path, sync_to_thread=True, opt={**_OPEN, "operation": told(operations.ASK)})(ask),
            post(
                path,
                status_code=200,
                request_max_body_size=None,  # the door holds `upload_limit_mb`, and `body` counts
                opt={**_OPEN, "operation": told(operations.PERFORM)},
            )(perform),
            *_token_handlers(path.removesuffix("{name:str}"), told),
        ]
    return [
        *found,
        get("/api/3", sync_to_thread=True, opt={**_OPEN, "operation": operations.VERSION})(version),
        get("/api", sync_to_thread=True, opt={**_OPEN, "operation": None})(version),
        get(
            "/datastore/dump/{resource:str}",
            sync_to_thread=True,
            opt={**_OPEN, "operation": operations.DUMP},
        )(dumped),
        get(
            "/api/util/status",
            sync_to_thread=True,
            opt={**_OPEN, "operation": operations.STATUS},
        )(status),
    ]


def _token_handlers(
    base: str, told: Callable[[JsonObject], JsonObject | None]
) -> list[HTTPRouteHandler]:
    def opt(name: str, summary: str) -> dict[str, Any]:
        return {"may": May.SIGNED_IN, "operation": told(operations.token(name, summary))}

    listed, made, ended = "api_token_list", "api_token_create", "api_token_revoke"
    return [
        get(base + listed, sync_to_thread=True, opt=opt(listed, "One's API tokens."))(token_asked),
        post(base + made, status_code=200, opt=opt(made, "Make an API token."))(token_made),
        post(base + ended, status_code=200, opt=opt(ended, "End an API token."))(token_made),
    ]


class Ckan:
    """CKAN's Action API, version 3."""

    def routes(self) -> list[Router]:
        """What is answered."""
        return [
            Router(
                "/",
                route_handlers=_handlers(),
                exception_handlers=errors.in_form(translated),
            )
        ]
