"""Addresses of the Action API: GET for what changes nothing, POST for everything."""

from typing import Any

import orjson
from litestar import Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from citycommons.share.faces.ckan_dump import MEDIA
from citycommons.web import errors
from citycommons.web.faces.ckan import datastore, organizations, packages, site
from citycommons.web.faces.ckan.answers import checked_callback, envelope, finished, translated
from citycommons.web.faces.ckan.call import Act, Call
from citycommons.web.faces.ckan.dump import dumped
from citycommons.web.openapi import operation, parameter
from citycommons.web.refusals import NotUnderstood
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May

ACTIONS: dict[str, Act] = site.helping(
    {**site.ACTIONS, **packages.ACTIONS, **organizations.ACTIONS, **datastore.ACTIONS}
)
_ADDRESSES = ("/api/3/action/{name:str}", "/api/action/{name:str}")
_ENVELOPE = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["help", "success", "result"],
            "properties": {
                "help": {"type": "string"},
                "success": {"const": True},
                "result": {},
            },
        }
    }
}


def _of_address(running: RunningRequest) -> dict[str, Any]:
    """Parameters of the address; those given several times are lists."""
    found: dict[str, Any] = {}
    for name, value in running.query:
        if name in found:
            before = found[name]
            found[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            found[name] = value
    found.pop("callback", None)
    return found


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


def version(running: Running) -> Response[bytes]:
    """The version of the API that is spoken here."""
    checked_callback(running)
    return finished(running, b'{"version":3}')


def status(running: Running) -> Response[bytes]:
    """What the portal says of itself, without an envelope."""
    checked_callback(running)
    return finished(running, orjson.dumps(site.status(Call(running=running, data={}))))


_NAME = parameter(
    "name", "Name of the action, such as `package_show`.", where="path", example="package_list"
)
_ASK = operation(
    "ckan_ask",
    "CKAN's Action API: an action that changes nothing; its parameters stand in the address.",
    [
        _NAME,
        parameter("id", "What is asked for, by most actions.", example="counts"),
        parameter("q", "Words, or a Solr query, of package_search and the like."),
        parameter("fq", "A Solr filter of package_search.", example="organization:roads"),
        parameter("callback", "Name of a function: the answer is a script that calls it."),
    ],
    _ENVELOPE,
    *("403", "404", "409", "413", "503"),
    tag="faces",
)
_DUMP = operation(
    "ckan_dump",
    "All rows of a CKAN resource as a file.",
    [
        parameter("resource", "Id of the resource.", where="path", example="counts-csv"),
        parameter("format", "csv, tsv, json or xml.", default="csv"),
        parameter("bom", "Begin with a byte order mark.", "boolean", default=False),
        parameter("limit", "How many rows at most.", "integer", minimum=0),
        parameter("offset", "How many to leave out first.", "integer", minimum=0),
        parameter("filters", "Values by column, as JSON.", example='{"street":"Street 1"}'),
        parameter("q", "Words that must occur."),
        parameter("fields", "Columns to give.", example="_id,street"),
        parameter("sort", "Columns to sort by.", example="street desc"),
    ],
    {media: {"schema": {"type": "string"}} for media in MEDIA.values()},
    *("403", "404", "409", "413", "503"),
    tag="faces",
)
_OPEN = {"may": May.ANYONE, "by": "key"}


def _handlers() -> list[HTTPRouteHandler]:
    simple = {"application/json": {"schema": {"type": "object"}}}
    about = operation("ckan_version", "The version of CKAN's API.", [], simple, tag="faces")
    told = operation(
        "ckan_status", "The portal's state, as CKAN tells it.", [], simple, tag="faces"
    )
    return [
        *(
            get(path, sync_to_thread=True, opt={**_OPEN, "operation": _ASK if not place else None})(
                ask
            )
            for place, path in enumerate(_ADDRESSES)
        ),
        get("/api/3", sync_to_thread=True, opt={**_OPEN, "operation": about})(version),
        get("/api", sync_to_thread=True, opt={**_OPEN, "operation": None})(version),
        get(
            "/datastore/dump/{resource:str}", sync_to_thread=True, opt={**_OPEN, "operation": _DUMP}
        )(dumped),
        get("/api/util/status", sync_to_thread=True, opt={**_OPEN, "operation": told})(status),
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
