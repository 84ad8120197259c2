"""One address asked once: redirects checked, the answer opened, and what its headers say."""

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import httpx
import orjson

from citycommons.collect.cache import Begun
from citycommons.collect.deadline import within
from citycommons.collect.guard import FROM, check_address
from citycommons.core.errors import Invalid, Unavailable

_MOST_REDIRECTS = 10
_LONGEST_REST_S = 86_400.0
_PACKINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A small answer, whole in memory."""

    url: str  # after redirects
    status: int
    content: bytes
    media_type: str
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The document as JSON; `Invalid` shows how it begins when it is none."""
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError as cause:
            start = " ".join(self.text[:80].split())
            raise Invalid(
                f"{self.url} answers “{start}”, which is no JSON. Check the address.", url=self.url
            ) from cause


class Asked:
    """Opens the address and follows redirects, each of which is checked like the first.

    All of it, and what is read of the answer, ends at `end` of the monotonic clock.
    """

    def __init__(
        self,
        client: httpx.Client,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        end: float,
    ) -> None:
        self._client, self._url, self._headers, self._body = client, url, dict(headers), body
        self._open = ExitStack()
        self._end = end

    def __enter__(self) -> httpx.Response:
        with ExitStack() as opening:
            opening.enter_context(within(self._end))
            response = opening.enter_context(closing(self._follow()))
            self._open = opening.pop_all()
        return response

    def _follow(self) -> httpx.Response:
        url, headers = self._url, self._headers
        came_from: dict[str, Any] = {}
        for _ in range(_MOST_REDIRECTS):
            method = "GET" if self._body is None else "POST"
            request = self._client.build_request(
                method, url, headers=headers, content=self._body, extensions=came_from
            )
            response = self._client.send(request, stream=True)
            if not response.has_redirect_location:
                _check_packing(response, url)
                response.extensions["citycommons_url"] = url
                return response
            response.close()
            following = urljoin(url, response.headers["location"])
            check_address(following)
            if _origin(following) != _origin(url):
                # A key for one host is nobody else's business.
                kept = {"range", "if-range", "if-none-match", "if-modified-since", "accept"}
                headers = {name: text for name, text in headers.items() if name.lower() in kept}
            came_from = {FROM: urlsplit(url).hostname or ""}
            url = following
        raise Unavailable(f"{self._url} redirects more than {_MOST_REDIRECTS} times.")

    def __exit__(self, *_: object) -> None:
        self._open.close()


def _check_packing(answer: httpx.Response, url: str) -> None:
    """Content packed in itself would be unpacked in one step, a million times as large."""
    packing = answer.headers.get("content-encoding", "").strip().casefold()
    if packing not in _PACKINGS:
        answer.close()
        raise Invalid(f"{url} answers packed as “{packing[:40]}”, which is not read.", url=url)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def described(answer: httpx.Response, url: str) -> Begun:
    etag = answer.headers.get("etag", "")
    return Begun(
        etag=etag,
        last_modified=answer.headers.get("last-modified", ""),
        media_type=answer.headers.get("content-type", "").partition(";")[0].strip(),
        name=_declared_name(answer) or name_of(url),
    )


def can_go_on(answer: httpx.Response, begun: Begun) -> bool:
    """A weak ETag or a compressed answer does not promise the same bytes again."""
    strong = begun.etag and not begun.etag.startswith("W/")
    is_plain = answer.headers.get("content-encoding", "identity") == "identity"
    return bool(is_plain and (strong or (not begun.etag and begun.last_modified)))


def _declared_name(answer: httpx.Response) -> str:
    message = Message()
    message["content-disposition"] = answer.headers.get("content-disposition", "")
    return PurePosixPath((message.get_filename() or "").replace("\\", "/")).name


def name_of(url: str) -> str:
    return PurePosixPath(unquote(urlsplit(url).path)).name or "download"


def status_of(answer: httpx.Response) -> str:
    return f"{answer.status_code} {answer.reason_phrase}".strip()


def retry_after(answer: httpx.Response) -> float | None:
    """Seconds that the server asks to be left alone, a day at most; None when it says nothing."""
    text = answer.headers.get("retry-after", "")
    try:
        if text.isascii() and text.isdigit():
            return min(float(text), _LONGEST_REST_S)
        wait = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        return min(max(0.0, wait), _LONGEST_REST_S)
    except (ValueError, TypeError, OverflowError):
        return None


def in_words(cause: httpx.TransportError) -> str:
    if isinstance(cause, httpx.TimeoutException):
        return "it did not answer in time"
    if isinstance(cause, httpx.ConnectError):
        return "nothing answers there"
    return "the connection broke"
