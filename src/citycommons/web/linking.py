"""Linked data as an answer: the portal as its catalogue tells of it, and a document written."""

from typing import Any

from litestar.response import Response

from citycommons.core import plugs
from citycommons.measure.republication import messages
from citycommons.share import linked
from citycommons.web.negotiate import Kind, as_json
from citycommons.web.running import Running


def portal_here(running: Running) -> linked.Portal:
    """The portal at the address it is asked at."""
    return linked.portal_of(running.city.settings, running.url, plugs.names("faces"))


def as_linked(
    running: Running, document: dict[str, Any], kind: Kind, *, cache: str = "no-cache"
) -> Response[bytes]:
    """The document in a notation."""
    body = linked.written(document, linked.Notation(kind))
    return as_json(running, body, kind=kind, cache=cache)


def links_of(url: str) -> str:
    """What an answer about a dataset says of where its copies are told, and its uses reported."""
    return (
        f'<{url}/inbox>; rel="{messages.INBOX}", <{url}/reports>; rel="{messages.USAGE}", '
        f'<{url}/webmention>; rel="webmention"'
    )
