"""What guards every route: who may, the form token, and the headers of each answer.

Each handler says in `opt={"may": …}` who may call it. A route that says nothing is not served.
`tests/web/test_every_route.py` walks all routes with all roles and holds them to what they say.
"""

import hmac
from enum import StrEnum
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from citycommons.core.errors import Forbidden
from citycommons.core.settings import Settings
from citycommons.core.types import ANYONE
from citycommons.govern.access import Action, allows_anywhere
from citycommons.web.refusals import NotSignedIn, NotUnderstood
from citycommons.web.running import Running, running_of

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
CSRF_FIELDS = ("_csrf_token", "csrf")
CSRF_HEADER = "x-csrf-token"


class Forged(Forbidden):
    """A form that this portal did not give out, or not to this browser."""

    title = "Form no longer valid"


class May(StrEnum):
    """Who may call a route; an `Action` says it more narrowly."""

    ANYONE = "anyone"  # nothing behind it needs a right
    SIGNED_IN = "signed-in"  # whoever has an account; the session itself, not a key


async def guard(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """Runs before the body is read and before the handler, on every route.

    Raises `NotSignedIn`, or `Forbidden` when the role, the scope or the form token is missing.
    """
    running = running_of(connection.scope)
    if running.method == "OPTIONS":  # the framework's own: tells the methods, and nothing else
        return
    may = handler.opt["may"]
    by_key = handler.opt.get("by") == "key"
    if by_key and running.token:
        running.actor, running.token = ANYONE, ""
    if isinstance(may, Action):
        _check_action(running, may)
    elif may is not May.ANYONE and not running.is_signed_in:
        raise NotSignedIn("Sign in to see this.")
    elif may is May.SIGNED_IN and running.has_key:
        raise Forbidden("This needs a person who signed in; a key cannot do it.")
    if running.method in UNSAFE and not (running.has_key or by_key):
        _check_origin(running)
        if isinstance(connection, Request):
            await _check_token(running, connection)


def _check_action(running: Running, action: Action) -> None:
    # Coarse, before anything is read: the room asks again for the very thing.
    if action in (Action.DISCOVER, Action.READ):
        return
    if not allows_anywhere(running.actor, action):
        if not running.is_signed_in:
            raise NotSignedIn(f"Sign in to do this: it needs the right to {action.value}.")
        raise Forbidden(
            f"You may not do this: it needs the right to {action.value}. Ask an administrator."
        )


def _check_origin(running: Running) -> None:
    site = running.headers.get("sec-fetch-site", "")
    origin = running.headers.get("origin", "")
    is_foreign = site not in ("", "same-origin", "none")
    if origin:
        own = {f"{running.scheme}://{running.host}", running.url}
        is_foreign = is_foreign or origin not in own
    if is_foreign:
        raise Forged("This form was sent from another site. Open the portal, and send it there.")


async def _check_token(running: Running, request: Request) -> None:  # type: ignore[type-arg]
    if not running.token and not running.cookies.get(running.cookie_name("visit")):
        raise NotSignedIn("Sign in, or send an API key, to do this.")
    form = None
    given = running.headers.get(CSRF_HEADER, "")
    if not given and "form" in running.headers.get("content-type", ""):
        if "content-length" not in running.headers:
            # Without it nobody knows when the disk would be full.
            raise NotUnderstood("Say how long the form is: it needs a Content-Length.")
        form = await request.form()
        given = next((str(form[name]) for name in CSRF_FIELDS if name in form), "")
    if not hmac.compare_digest(given.encode(), running.csrf().encode()):
        if form is not None:
            await form.close()
        raise Forged("This form is no longer valid. Load the page again, then send it again.")


def security_headers(settings: Settings) -> dict[str, str]:
    """Headers of every answer that does not set them itself."""
    tiles = ""
    if settings.tiles:
        parts = urlsplit(settings.tiles)
        tiles = f" {parts.scheme}://{parts.netloc}"
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' data: blob:{tiles}",
        "font-src": "'self'",
        "connect-src": f"'self'{tiles}",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "strict-origin-when-cross-origin",
        "permissions-policy": "camera=(), microphone=(), payment=(), usb=(), browsing-topics=()",
        "cross-origin-opener-policy": "same-origin",
    }


def embeddable(settings: Settings) -> dict[str, str]:
    """Headers of a page that any site may frame (a chart to embed); it holds no form."""
    policy = security_headers(settings)["content-security-policy"]
    return {
        "content-security-policy": policy.replace("frame-ancestors 'none'", "frame-ancestors *"),
        "x-frame-options": "ALLOWALL",
    }
