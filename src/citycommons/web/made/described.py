"""What programs may ask of reuses, stories and requests, as OpenAPI describes it."""

from collections.abc import Callable

from citycommons.core.reuses import RequestState, ReuseKind
from citycommons.engage import reuses
from citycommons.share import atom
from citycommons.web.openapi_shapes import JsonObject

Told = Callable[..., JsonObject]
_JSON = {"application/json": {"schema": {"type": "object"}}}
_ATOM = {atom.MEDIA: {"schema": {"type": "string"}}}
_LINKED = {"application/ld+json": {"schema": {"type": "object"}}}
_LINKED |= {"text/turtle": {"schema": {"type": "string"}}}


def paths(operation: Told, parameter: Told) -> JsonObject:
    """Operations by path and method; made by the functions that describe all others."""
    paging = [
        parameter("limit", "How many at most.", "integer", minimum=0, maximum=reuses.MOST),
        parameter("offset", "How many to leave out first.", "integer", minimum=0, default=0),
    ]
    words = parameter("q", "Words to search for.")
    sought = [
        words,
        parameter("kind", "What it is.", enum=[str(one) for one in ReuseKind]),
        parameter("publisher", "Id of a publisher of its data."),
        parameter("dataset", "Id of a dataset."),
    ]
    state = parameter("state", "What became of it.", enum=[str(one) for one in RequestState])

    def listing(id: str, summary: str, *also: JsonObject) -> JsonObject:
        return {"get": operation(id, summary, [*also, *paging], _JSON, "406", "422")}

    def single(id: str, summary: str, example: str, content: JsonObject) -> JsonObject:
        named = parameter("id", "Its id.", where="path", example=example)
        return {"get": operation(id, summary, [named], content, "404", "406")}

    def feed(id: str, summary: str) -> JsonObject:
        return {"get": operation(f"feeds_{id}", summary, [], _ATOM, tag="faces")}

    return {
        "/reuses": listing("reuses", "Confirmed reuses of the data, newest first.", *sought),
        "/reuses/{id}": single(
            "reuse", "One reuse, as JSON, JSON-LD or RDF.", "re-0a1b2c3d4e", _JSON | _LINKED
        ),
        "/stories": listing("stories", "Public stories, newest first."),
        "/stories/{id}": single(
            "story", "One story, its texts as Markdown in each language.", "quiet-streets", _JSON
        ),
        "/requests": listing("requests", "Data that people ask for, by votes.", state, words),
        "/requests/{id}": single(
            "request", "One request with its votes and the answer.", "rq-0a1b2c3d4e", _JSON
        ),
        "/feeds/reuses.atom": feed("reuses", "Confirmed reuses, newest first."),
        "/feeds/stories.atom": feed("stories", "Stories, newest first."),
        "/feeds/requests.atom": feed("requests", "Requests for data, newest first."),
    }
