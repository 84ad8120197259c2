"""The portal's application: one place that collects the handlers of all page and API modules.

How a module plugs in: write plain handlers, list them in the module's `HANDLERS`, and name the
module in `MODULES` below. A handler

- takes `running: Running` (see `running.py`): `running.work()` opens a transaction in the name of
  who asks, `running.view()` is what a page needs, `running.page(html)` answers;
- is a plain function with `sync_to_thread=True` (it may read the database), or `async` if it
  touches neither database nor disk;
- says who may call it: `opt={"may": May.ANYONE | May.SIGNED_IN | Action.…}`. The application
  refuses to start with a route that does not. For a form that posts, the body has `_csrf_token`
  (`view.csrf`), or the request the header `X-CSRF-Token`; the guard checks it before the handler.
- raises the errors of `core.errors`; they become a page or a problem document by themselves.
"""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Router, get
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from citycommons.govern.access import Action
from citycommons.share import kept
from citycommons.store.work import City
from citycommons.web import errors, plugged
from citycommons.web.direct import direct_of
from citycommons.web.door import MB, Door
from citycommons.web.running import RunningRequest, running_of
from citycommons.web.security import May, guard
from citycommons.web.turns import use_threads
from citycommons.web.writing import forget_uploads

MODULES = (
    *("assets", "portal", "datasets", "places", "rows", "files", "copies", "writing"),
    *("sign_in", "account", "webhooks", "desk", "sources", "answers", "admin"),
    *("goals", "roadworks", "register", "studio", "sushi", "uses", "republication"),
    *("council", "engage"),
)

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def provide_running(request: Request[Any, Any, Any]) -> RunningRequest:
    return running_of(request.scope)


@get("/healthz", opt={"may": May.ANYONE})
async def healthz() -> Response[bytes]:
    """Says that this process answers."""
    return Response(b'{"status":"ok"}', media_type="application/json")


def handlers() -> list[HTTPRouteHandler]:
    """The handlers of all modules; those of faces are looked at too.

    Raises `LookupError` for one that does not say who may call it: closed by default.
    """
    found: list[HTTPRouteHandler] = [healthz]
    for name in MODULES:
        found += importlib.import_module(f"citycommons.web.{name}").HANDLERS
    for one in (*found, *plugged.handlers_of(plugged.routes())):
        if not isinstance(one.opt.get("may"), May | Action):
            raise LookupError(  # noqa: TRY004
                f"{one.fn.__qualname__} does not say who may call it: opt={{'may': …}}"
            )
    return found


def create_app(city: City) -> Litestar:
    """The application over an open city, which is closed when the application ends."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        use_threads()
        forget_uploads(city.settings.home)
        yield
        await asyncio.to_thread(kept.end)
        city.close()

    app = routed(lifespan)
    app.asgi_handler = Door(app.asgi_handler, city, direct_of(app.routes))
    return app


def routed(*lifespan: Lifespan) -> Litestar:
    """All routes without a city: nothing of it is remembered but by the door in front."""
    return Litestar(
        # One router each: handlers of one path that are registered one by one are wrapped twice.
        [
            Router("/", route_handlers=handlers()),
            Router("/", route_handlers=list(plugged.routes())),
        ],
        dependencies={"running": Provide(provide_running, sync_to_thread=False)},
        guards=[guard],
        exception_handlers=errors.HANDLERS,
        lifespan=lifespan,
        openapi_config=None,
        request_max_body_size=2 * MB,  # handlers that take files say more
        logging_config=None,
    )
