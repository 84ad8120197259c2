"""Face `roadworks`: feeds of road works for sat-navs, journey planners, calendars and maps.

Feeds tell what anyone may see, whoever asks: permitted and active works, and closed ones for some
days. What breaks a rule of Waze is left out of its feed, and the owner sees why.

References
----------
DATEX II 3.7, WZDx 4.2, Waze CIFS 2, GTFS Realtime 2.0, RFC 5545, RFC 4287, RFC 7946, NGSI-LD.
"""

from typing import Any

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from citycommons.act.roadworks.feeds import KINDS
from citycommons.web.openapi import operation, parameter
from citycommons.web.roadworks import feeds
from citycommons.web.running import Running
from citycommons.web.security import May


def _operation() -> dict[str, Any]:
    content: dict[str, Any] = {
        kind.media: {"schema": {"type": "string"}} for kind in KINDS.values()
    }
    told = operation(
        "roadworks_feed",
        "Road works as a feed: permitted, active, and closed a few days ago.",
        [
            parameter("name", f"One of {', '.join(KINDS)}.", where="path"),
            parameter("works", "Id of the works: only these."),
            parameter("street", "Part of the name of a street, however it is spelled."),
            parameter("bbox", "west,south,east,north in degrees.", example="7.5,51.9,7.7,52.0"),
            parameter("owner", "Id of the publisher who owns the works."),
        ],
        content,
        "404",
        "422",
        tag="faces",
    )
    told["responses"]["304"] = {"description": "Nothing is new."}
    return told


@get(
    "/roadworks/feeds/{name:str}",
    sync_to_thread=True,
    opt={"may": May.ANYONE, "operation": _operation()},
)
def feed(running: Running, name: FromPath[str]) -> Response[bytes]:
    """Road works in one of the shapes that others take."""
    return feeds.answer(running, name)


class Roadworks:
    """The face `roadworks`: `/roadworks/feeds/…`."""

    def routes(self) -> list[HTTPRouteHandler]:
        """One address for all kinds of feed."""
        return [feed]
