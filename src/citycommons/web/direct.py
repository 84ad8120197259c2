"""Handlers that the door calls itself, past the framework's routing, dependencies and response.

Those cost 0.1 ms a request, as much as an answer that lies in memory. A handler says so by
`opt["direct"]`: a coroutine of `running` and the texts of its path, for GET, that reads only (so
there is nothing for the guard to ask). What it raises is left to the framework, which calls it
again and says what is wrong in the face's own form.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from litestar.handlers import HTTPRouteHandler
from litestar.response import Response
from litestar.types import Send

from citycommons.govern.access import Action
from citycommons.web.plugged import handlers_in
from citycommons.web.running import RunningRequest

_NO_BODY = (204, 304)


@dataclass(frozen=True, slots=True)
class Direct:
    """One such handler with its paths."""

    paths: re.Pattern[str]
    answer: Callable[..., Awaitable[Response[Any]]]


def direct_of(routes: Iterable[Any]) -> tuple[Direct, ...]:
    """The handlers among the application's routes that say so.

    Raises `LookupError` for one that the guard would have to ask about.
    """
    found = []
    for route in routes:
        for one in handlers_in(route):
            if one.opt.get("direct"):
                _check(one)
                found.append(Direct(_pattern(route.path_format), one.fn))
    return tuple(found)


def _check(one: HTTPRouteHandler) -> None:
    if one.opt["may"] not in (Action.READ, Action.DISCOVER) or one.http_methods - {"GET", "HEAD"}:
        raise LookupError(f"{one.fn.__qualname__} cannot be called past the guard.")


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    names = [f"(?P<{one}>[^/]+)" if at % 2 else re.escape(one) for at, one in enumerate(parts)]
    return re.compile("".join(names))


async def answered(handlers: Sequence[Direct], running: RunningRequest, send: Send) -> bool:
    """Whether one of them answered; if not, nothing was sent."""
    for one in handlers:
        if found := one.paths.fullmatch(running.path):
            try:
                answer = await one.answer(running=running, **found.groupdict())
            except Exception:  # noqa: BLE001 - the framework calls it again, and tells
                running.again()
                return False
            await _send(answer, send)
            return True
    return False


async def _send(answer: Response[Any], send: Send) -> None:
    content = answer.content or b""
    body = content.encode() if isinstance(content, str) else bytes(content)
    media = str(answer.media_type)
    headers = [(b"content-type", media.encode())] if body else []
    headers += [(name.lower().encode(), text.encode()) for name, text in answer.headers.items()]
    if answer.status_code not in _NO_BODY:
        headers.append((b"content-length", str(len(body)).encode()))
    await send(
        {"type": "http.response.start", "status": answer.status_code or 200, "headers": headers}
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
