"""The route handlers of all installed faces; what a face is stands in `web/faces`.

Faces are found by their entry points: nothing here knows one, so they may use all of the portal.
"""

from functools import cache
from itertools import chain

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from citycommons.core import plugs

Routes = HTTPRouteHandler | Router


@cache
def routes() -> tuple[Routes, ...]:
    """What all installed faces answer, in the order of their names."""
    faces = (plugs.load("faces", name)() for name in plugs.names("faces"))
    return tuple(chain.from_iterable(face.routes() for face in faces))


def handlers_of(routes: tuple[Routes, ...] | list[Routes]) -> list[HTTPRouteHandler]:
    """The handlers themselves, out of their routers."""
    found: list[HTTPRouteHandler] = []
    for one in routes:
        if isinstance(one, Router):
            found += [h for route in one.routes for h in handlers_in(route)]
        else:
            found.append(one)
    return found


def handlers_in(route: object) -> list[HTTPRouteHandler]:
    """The handlers of one path, but for what the framework itself answers to OPTIONS."""
    found = getattr(route, "route_handlers", ())
    return [one for one in found if one.http_methods != {"OPTIONS"}]
