"""Where a client of the OGC door begins: landing page, conformance, and the API's description."""

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import chain
from typing import Any

from litestar import Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from citycommons import __version__
from citycommons.share.faces.ogc_links import (
    CONFORMANCE,
    GEOJSON,
    HTML,
    JSON,
    OPENAPI,
    REL,
    itself,
    link,
)
from citycommons.share.faces.ogc_records import CONFORMANCE as RECORDS
from citycommons.share.faces.ogc_records import ID
from citycommons.web import plugged
from citycommons.web.faces.ogc import described
from citycommons.web.faces.ogc.answers import ROOT, check, document, elsewhere, wants_page
from citycommons.web.running import Running
from citycommons.web.security import May

_OPT = {"may": May.ANYONE}


@get("/", sync_to_thread=True, opt=_OPT | {"operation": described.LANDING})
def landing(running: Running) -> Response[Any]:
    """The landing page."""
    check(running)
    if wants_page(running):
        return elsewhere(running, "/developers")
    base = running.url + ROOT
    name = running.city.settings.name
    links = [
        *itself(base),
        link("service-desc", f"{base}/api", OPENAPI),
        link("service-doc", f"{running.url}/developers", HTML),
        link("conformance", f"{base}/conformance"),
        link(f"{REL}/conformance", f"{base}/conformance"),
        link("data", f"{base}/collections"),
        link(f"{REL}/data", f"{base}/collections"),
        link(f"{REL}/ogc-catalog", f"{base}/collections/{ID}"),
        link("search", f"{base}/collections/{ID}/items", GEOJSON),
        link(f"{REL}/tiling-schemes", f"{base}/tileMatrixSets"),
        link(f"{REL}/styles", f"{base}/styles"),
    ]
    description = f"The open data of {name} by the OGC API standards."
    return document(
        running,
        {"title": f"{name}: open data", "description": description, "links": links},
    )


@get("/conformance", sync_to_thread=True, opt=_OPT | {"operation": described.CONFORMS})
def conformance(running: Running) -> Response[Any]:
    """The conformance classes."""
    check(running)
    if wants_page(running):
        return elsewhere(running, "/developers")
    return document(running, {"conformsTo": list(_classes())})


@cache
def _classes() -> tuple[str, ...]:
    """All classes: a handler of another part says its own in `opt["conforms"]`."""
    others = (one.opt.get("conforms", ()) for _, one in _handlers())
    return tuple(dict.fromkeys(chain(CONFORMANCE, RECORDS, *others)))


def _handlers() -> Iterator[tuple[str, HTTPRouteHandler]]:
    """All handlers below this door, whichever face brought them, by their paths."""
    for route in Router("/", route_handlers=list(plugged.routes())).routes:
        path = route.path_format
        if path == ROOT or path.startswith(f"{ROOT}/"):
            for one in plugged.handlers_in(route):
                yield path.removeprefix(ROOT) or "/", one


@get("/api", sync_to_thread=True, opt=_OPT | {"operation": described.API})
def api(running: Running) -> Response[Any]:
    """The API's description, of this door alone and whole in itself."""
    check(running)
    if wants_page(running):
        return elsewhere(running, "/developers")
    return document(running, _description(running.url + ROOT), OPENAPI)


@lru_cache(maxsize=8)
def _description(base: str) -> dict[str, Any]:
    """OpenAPI 3.0 of all handlers below this door, whichever face brought them."""
    paths: dict[str, Any] = {}
    for path, one in _handlers():
        told = one.opt.get("operation")
        if told and f"/{ID}" not in path:
            paths.setdefault(_named(path), {})["get"] = _older(_with_names(told))
    problem = {JSON: {"schema": {"type": "object"}}}
    codes = ("400", "401", "403", "404", "409", "410", "413", "416", "422", "429", "503")
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "City Commons: OGC API",
            "version": __version__,
            "description": "Datasets as collections of features, with CQL2 filters and other "
            f"reference systems. Features come as {GEOJSON}. The collection `{ID}` holds "
            "the entries of the catalogue as records.",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": base}],
        "tags": [{"name": "faces", "description": "What other systems' clients speak."}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "responses": {
                f"E{code}": {"description": "It cannot be answered.", "content": problem}
                for code in codes
            }
        },
    }


def _named(text: str) -> str:
    """Names in addresses as the standards write them; records are features of one collection."""
    return text.replace("{dataset}", "{collectionId}").replace("{feature_id}", "{recordId}")


def _with_names(told: dict[str, Any]) -> dict[str, Any]:
    parameters = (
        one | {"name": _named(f"{{{one['name']}}}")[1:-1]} if one["in"] == "path" else one
        for one in told["parameters"]
    )
    return {**told, "parameters": list(parameters)}


def _older(told: Any) -> Any:
    """The same without what only OpenAPI 3.1 knows: bytes are a format there, not a media type."""
    if isinstance(told, list):
        return [_older(one) for one in told]
    if not isinstance(told, dict):
        return told
    found = {name: _older(one) for name, one in told.items() if name != "contentMediaType"}
    return found | {"format": "binary"} if "contentMediaType" in told else found


HANDLERS = [landing, conformance, api]
