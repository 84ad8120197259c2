"""What programs may ask of the register, as OpenAPI describes it."""

from collections.abc import Callable

from citycommons.act.roadworks import register
from citycommons.core.works import WorksState
from citycommons.web.openapi_shapes import JsonObject, ref

Told = Callable[..., JsonObject]


def paths(operation: Told, parameter: Told) -> JsonObject:
    """Operations by path and method; made by the functions that describe all others."""
    whole = {"application/json": {"schema": ref("Works")}}
    clashes = {"application/json": {"schema": ref("WorksClashes")}}
    asked = {"application/json": {"schema": {"type": "object"}}}
    id = parameter("id", "Id of works.", where="path", example="hafenstrasse-3f9a1c")
    listing = [
        parameter("street", "A part of a street's name, however it is spelled."),
        parameter("from", "Still going on or to come on this day: 2026-03-31."),
        parameter("to", "Begun by this day."),
        parameter("bbox", "West,south,east,north in degrees (CRS84).", example="7.6,51.9,7.7,52"),
        parameter("owner", "Id of the publisher that orders the works."),
        parameter("state", "May come several times.", enum=[str(one) for one in WorksState]),
        parameter("source", "Name of the feed or file by which works came."),
        parameter("limit", "How many at most.", "integer", minimum=0, maximum=register.MOST),
        parameter("offset", "How many to leave out first.", "integer", minimum=0),
    ]
    found = {
        "application/json": {"schema": ref("FoundWorks")},
        "application/geo+json": {"schema": {"type": "object"}},
        "text/html": {"schema": {"type": "string"}},
    }
    summary = "Works in the streets that you may see; permitted ones and those under way at first."
    return {
        "/roadworks": {
            "get": operation("roadworks", summary, listing, found, "406", "422"),
            "post": operation(
                "proposeWorks",
                "Propose works: the fields of `Works` but those that the register keeps itself.",
                [],
                whole,
                status="201",
                body=asked,
                needs="propose-works",
                tag="write",
            ),
        },
        "/roadworks/check": {
            "post": operation(
                "checkWorks",
                "Clashes of works that are kept nowhere yet, with dates that would do.",
                [],
                clashes,
                body=asked,
                needs="propose-works",
            )
        },
        "/roadworks/{id}/clashes": {
            "get": operation(
                "worksClashes",
                "With what works clash, who accepts it, and dates that would do.",
                [id],
                clashes,
                "401",
                "403",
                "404",
            )
        },
        "/roadworks/{id}/history": {
            "get": operation(
                "worksHistory",
                "Revisions that you may see, newest first, each with what it changed.",
                [id],
                {"application/json": {"schema": {"type": "object"}}},
                "404",
            )
        },
        "/roadworks/{id}": {
            "put": operation(
                "changeWorks",
                "Change works; `revision` says which one you started from.",
                [id],
                whole,
                "404",
                body=asked,
                needs="propose-works",
                tag="write",
            )
        },
        "/roadworks/{id}/state": {
            "post": operation(
                "advanceWorks",
                'Take works to another state: {"state": "active", "why": "…"}.',
                [id],
                whole,
                "404",
                body=asked,
                needs="run-works",
                tag="write",
            )
        },
    }
