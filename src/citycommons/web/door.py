"""The outermost layer: reads who asks, holds the limits, and finishes each answer.

Every answer passes `_Answer`: security headers, cookies, HEAD without a body, gzip for text.
"""

import asyncio
import re
import zlib
from collections.abc import Iterable, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.response import Response
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from citycommons.core.errors import CityError, TooMuch
from citycommons.core.types import ANYONE, Actor
from citycommons.govern.sessions import Attempts
from citycommons.store.work import City
from citycommons.web import errors
from citycommons.web.direct import Direct, answered
from citycommons.web.limits import Limiter
from citycommons.web.negotiate import encodings, without_suffix
from citycommons.web.refusals import NotSignedIn, NotUnderstood
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import security_headers
from citycommons.web.sending import BY_PATH
from citycommons.web.session import authenticate, key_of

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_FREE = ("/static/", "/healthz", "/theme.css")  # no limit, no session: nothing is looked up
_TEXT = (
    "text/",
    "application/json",
    "application/ld+json",
    "application/atom+xml",
    "application/rdf+xml",
    "application/n-triples",
    "application/geo+json",
    "application/problem+json",
    "application/javascript",
    "image/svg+xml",
    "application/xml",
)
_OPEN = (  # scripts of other sites may read these, without cookies (Fetch Standard, CORS)
    *(
        "/api/",
        "/catalog",
        "/data",
        "/datasets",
        "/datastore/",
        "/mcp",
        "/ogc",
        "/oembed",
        "/openapi.json",
    ),
    *("/reuses", "/stories", "/requests"),
    *("/publishers", "/resource/", "/sensorthings/", "/tiles/", "/wfs", "/wms", "/feeds"),
    *("/roadworks/feeds/", "/reports", "/status", "/usage"),
)
_PREFLIGHT = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": (
        "accept, authorization, content-type, if-match, if-none-match, mcp-protocol-version, "
        "mcp-session-id, prefer, range, x-api-key, x-app-token, x-ckan-api-key"
    ),
    "access-control-max-age": "86400",
}
_EXPOSED = (
    b"access-control-expose-headers",
    b"content-crs, content-disposition, content-length, content-range, etag, link, mcp-session-id, "
    b"x-soda2-fields, x-soda2-types",
)
_NOTHING: Any = {"type": "http.response.body", "body": b"", "more_body": False}
_LONG = 65_536  # bytes from which packing goes into a thread
_SMALL = 600  # bytes below which gzip gains nothing
MB = 1_000_000


class Door:
    """Wraps the whole application, errors of routing included."""

    def __init__(self, inner: ASGIApp, city: City, direct: Sequence[Direct] = ()) -> None:
        self._inner = inner
        self._direct = direct
        self._city = city
        self._attempts = Attempts()
        self._limiter = Limiter(city.settings.requests_per_minute)
        self._headers = [
            (name.encode(), value.encode())
            for name, value in security_headers(city.settings).items()
        ]
        self._most = (city.settings.upload_limit_mb + 1) * MB  # one for the form around the file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            return
        running = self._running(scope)
        scope["state"]["running"] = running
        finished = _Answer(running, send, self._headers)
        if running.method == "OPTIONS" and running.path.startswith(_OPEN):
            allowed = Response(b"", status_code=204, headers=_PREFLIGHT)
            await self._send(allowed, scope, receive, send)
            return
        if running.method == "HEAD":
            scope["method"] = "GET"
        path, running.suffix = without_suffix(running.path)
        if running.suffix:
            scope["path"] = path
            scope["raw_path"] = path.encode()
        try:
            self._check_request(running)
            if not running.path.startswith(_FREE):
                running.actor = await self._who(running)
                self._limiter.check(running)
        except CityError as error:
            await self._send(errors.answer(running, error), scope, receive, finished)
            return
        if scope["method"] == "GET" and await answered(self._direct, running, finished):
            return
        await self._inner(scope, receive, finished)

    async def _send(
        self, response: Response[Any], scope: Scope, receive: Receive, send: Send
    ) -> None:
        await response.to_asgi_response(None, Request(scope))(scope, receive, send)

    def _running(self, scope: Any) -> Running:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        address = (scope.get("client") or ("",))[0]
        scheme = scope.get("scheme", "http")
        country = ""
        if address in self._city.settings.proxies:
            country = headers.get(self._city.settings.country_header.lower(), "")
            # The nearest proxy appends the address it saw; what stands left of it anyone may write.
            address = headers.get("x-forwarded-for", address).rpartition(",")[2].strip()
            scheme = headers.get("x-forwarded-proto", scheme).rpartition(",")[2].strip()
        return RunningRequest(
            city=self._city,
            method=scope["method"],
            path=scope["path"],
            raw_query=scope["query_string"].decode("latin-1"),
            headers=headers,
            cookies=_cookies(headers.get("cookie", "")),
            address=address,
            scheme="https" if scheme == "https" else "http",
            host=headers.get("host", ""),
            attempts=self._attempts,
            country=country,
        )

    def _check_request(self, running: Running) -> None:
        if not _HOST.fullmatch(running.host):
            raise NotUnderstood("The header Host names no host.")
        length = running.headers.get("content-length", "0")
        if not length.isdecimal():
            raise NotUnderstood("The header Content-Length is no number.")
        if int(length) > self._most:
            raise TooMuch(
                f"This is larger than {self._city.settings.upload_limit_mb} MB, the most this "
                "portal takes at once. Split it, or ask an administrator to raise the limit.",
                limit_mb=self._city.settings.upload_limit_mb,
            )

    async def _who(self, running: Running) -> Actor:
        key = key_of(running.headers)
        token = running.cookies.get(running.cookie_name("session"), "")
        if not key and not token:
            return ANYONE
        found = await asyncio.to_thread(authenticate, self._city, key=key, token=token)
        if key:
            running.has_key = True
            if found is None:
                raise NotSignedIn("This API key opens nothing: it is unknown, revoked or expired.")
        elif found is not None:
            running.token = token
        return found or ANYONE


def _cookies(header: str) -> dict[str, str]:
    if not header:
        return {}
    try:
        return {name: one.value for name, one in SimpleCookie(header).items()}
    except CookieError:
        return {}


class _Answer:
    """`send` for one request: holds the start back until it is known how the body is sent."""

    def __init__(
        self, running: Running, send: Send, defaults: Iterable[tuple[bytes, bytes]]
    ) -> None:
        self._running = running
        self._send = send
        self._defaults = defaults
        self._start: Any = None
        self._packer: Any = None
        self._is_over = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            self._running.begins(message["status"], message["headers"])
        elif message["type"] == "http.response.body":
            await self._body(bytes(message.get("body", b"")), bool(message.get("more_body")))
        elif message["type"] == BY_PATH:
            await self._file(message)

    async def _file(self, message: Any) -> None:
        """A whole file that the server reads by itself: packed already, or not at all."""
        start, self._start = self._start, None
        start["headers"] = self._finished(start["headers"])
        await self._send(start)
        is_head = self._running.method == "HEAD"
        await self._send(_NOTHING if is_head else message)

    async def _body(self, body: bytes, has_more: bool) -> None:
        if self._is_over:
            return
        if self._start is not None:
            start, self._start = self._start, None
            headers = self._finished(start["headers"])
            if self._is_packed(headers, start["status"], body, has_more):
                headers = [pair for pair in headers if pair[0] not in (b"content-length", b"etag")]
                headers.append((b"content-encoding", b"gzip"))
                for name, value in start["headers"]:
                    if name == b"etag":
                        headers.append((b"etag", value[:-1] + b'-gzip"'))
                # A stream is long: less packed, it still shrinks to a third, in half the time.
                self._packer = zlib.compressobj(1 if has_more else 5, zlib.DEFLATED, 31)
                if not has_more:
                    body, self._packer = await self._shrunk(body, is_last=True), None
                    headers.append((b"content-length", str(len(body)).encode()))
            start["headers"] = headers
            await self._send(start)
            if self._running.method == "HEAD":
                self._is_over = True
                await self._send(_NOTHING)
                return
        if self._packer is not None:
            body = await self._shrunk(body, is_last=not has_more)
            if not body and has_more:
                return
        self._is_over = not has_more
        await self._send({"type": "http.response.body", "body": body, "more_body": has_more})

    async def _shrunk(self, body: bytes, *, is_last: bool) -> bytes:
        packer = self._packer

        def shrink() -> bytes:
            return bytes(packer.compress(body) + (packer.flush() if is_last else b""))

        # Long ones would hold up all other answers: 1 MB takes 30 ms.
        return shrink() if len(body) < _LONG else await asyncio.to_thread(shrink)

    def _finished(self, given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        headers = list(given)
        names = {name for name, _ in headers}
        headers += [pair for pair in self._defaults if pair[0] not in names]
        headers += [(b"set-cookie", one.encode()) for one in self._running.set_cookies]
        if self._running.path.startswith(_OPEN):
            headers += [(b"access-control-allow-origin", b"*"), _EXPOSED]
        if b"cache-control" not in names:
            headers.append((b"cache-control", b"no-store" if self._running.token else b"no-cache"))
        if self._running.scheme == "https":
            headers.append((b"strict-transport-security", b"max-age=31536000"))
        return headers

    def _is_packed(
        self, headers: list[tuple[bytes, bytes]], status: int, body: bytes, has_more: bool
    ) -> bool:
        named = dict(headers)
        media = named.get(b"content-type", b"").decode("latin-1")
        if not media.startswith(_TEXT) or named.keys() & {b"content-encoding", b"content-digest"}:
            return False
        if status in (204, 206, 304) or (not has_more and len(body) < _SMALL):
            return False
        vary = named.get(b"vary", b"").decode("latin-1")
        if "accept-encoding" not in vary.lower():
            headers[:] = [pair for pair in headers if pair[0] != b"vary"]
            headers.append((b"vary", (vary + ", " if vary else "").encode() + b"accept-encoding"))
        return "gzip" in encodings(self._running)
