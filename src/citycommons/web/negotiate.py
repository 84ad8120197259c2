"""One resource, several shapes: HTML, JSON, JSON-LD or RDF, by suffix or by `Accept`."""

import hashlib
from enum import StrEnum
from functools import lru_cache

import orjson
from litestar.response import Response

from citycommons.core.errors import Invalid
from citycommons.web.running import Running


class NotAcceptable(Invalid):
    """None of the asked media types is to be had (406)."""

    http_status, title = 406, "Not acceptable"


class Kind(StrEnum):
    """Shapes of a resource."""

    HTML = "html"
    JSON = "json"
    JSONLD = "jsonld"
    TURTLE = "ttl"
    RDFXML = "rdf"
    NTRIPLES = "nt"


MEDIA = {
    Kind.HTML: "text/html",
    Kind.JSON: "application/json",
    Kind.JSONLD: "application/ld+json",
    Kind.TURTLE: "text/turtle",
    Kind.RDFXML: "application/rdf+xml",
    Kind.NTRIPLES: "application/n-triples",
}
LINKED = (Kind.TURTLE, Kind.RDFXML, Kind.JSONLD, Kind.NTRIPLES)
"""Notations of linked data."""
_SUFFIXED = (
    *("/datasets", "/publishers", "/desk/sources", "/catalog", "/goals"),
    *("/reuses", "/stories", "/requests"),
)
_LISTS = (
    "/roadworks.json",
    "/roadworks.geojson",
    "/roadworks.html",
    "/roadworks/how-wrong-we-were.json",
    "/roadworks/how-wrong-we-were.html",
    *("/usage.json", "/usage.csv", "/usage.html"),
)
"""Lists whose entries have addresses of their own kind."""
SUFFIXES = {f".{kind}": str(kind) for kind in Kind} | {".csv": "csv", ".geojson": "geojson"}
SUFFIXES |= {".xml": "rdf", ".n3": "ttl"}  # as ckanext-dcat names them


def without_suffix(path: str) -> tuple[str, str]:
    """The path and its suffix: `/datasets/x.json` → (`/datasets/x`, `json`)."""
    if path.startswith(_SUFFIXED) or path in _LISTS:
        stem, dot, last = path.rpartition(".")
        if dot and f".{last}" in SUFFIXES and not stem.endswith("/"):
            return stem, SUFFIXES[f".{last}"]
    return path, ""


def encodings(running: Running) -> tuple[str, ...]:
    """The content codings that the client takes, best first (RFC 9110, section 12.5.3)."""
    accept = running.headers.get("accept-encoding", "")
    return tuple(coding for _, coding in _ranked(accept)) if len(accept) < 500 else ()


@lru_cache(maxsize=1024)
def _ranked(accept: str) -> tuple[tuple[float, str], ...]:
    found: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept.split(",")):
        media, _, parameters = part.strip().partition(";")
        weight = 1.0
        for parameter in parameters.split(";"):
            name, _, value = parameter.strip().partition("=")
            if name == "q":
                try:
                    weight = float(value)
                except ValueError:
                    weight = 0.0
        found.append((-weight, place, media.strip().lower()))
    return tuple((-weight, media) for weight, _, media in sorted(found) if weight < 0)


def wanted(
    running: Running,
    *,
    default: Kind = Kind.HTML,
    offered: tuple[Kind, ...] = tuple(Kind),
    is_strict: bool = True,
) -> Kind:
    """The shape that is asked for; `default` for whoever takes anything.

    Raises `NotAcceptable` when none of what is asked for is offered.
    """
    if running.suffix in MEDIA and Kind(running.suffix) in offered:
        return Kind(running.suffix)
    accept = running.headers.get("accept", "")
    for _, media in _ranked(accept):
        for kind in offered:
            if media == MEDIA[kind]:
                return kind
        if media in ("*/*", "application/*" if default is not Kind.HTML else "text/*"):
            return default
    if is_strict and accept:
        raise NotAcceptable(
            f"This is to be had as {', '.join(MEDIA[kind] for kind in offered)}; "
            f"“{accept[:80]}” is none of these.",
        )
    return default


def as_json(
    running: Running, body: object, *, kind: Kind = Kind.JSON, cache: str = "no-cache"
) -> Response[bytes]:
    """The body as JSON (bytes are taken as they are), with an ETag that spares a second sending."""
    packed = body if isinstance(body, bytes) else orjson.dumps(body)
    tag = f'W/"{hashlib.blake2b(packed, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": cache, "vary": "accept, authorization, cookie"}
    if is_known(running, tag):
        return Response(b"", status_code=304, media_type=MEDIA[kind], headers=headers)
    return Response(packed, media_type=MEDIA[kind], headers=headers)


def is_known(running: Running, tag: str) -> bool:
    """Whether the client already holds this (weak comparison, as `If-None-Match` wants it)."""
    given = running.headers.get("if-none-match", "")
    return given == "*" or is_same(given, tag)


def is_same(given: str, tag: str) -> bool:
    """Whether one of the tags in a header is this one, packed or not."""
    plain = _plain(tag)
    return any(_plain(one) == plain for one in given.split(",") if one.strip())


def _plain(tag: str) -> str:
    return tag.strip().removeprefix("W/").strip('"').removesuffix("-gzip").removesuffix("-zstd")
