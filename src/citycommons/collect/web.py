"""Connector `web`: files at http and https addresses, asked for politely and kept when received."""

import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from citycommons.collect.archives import MOST_BYTES, unpack
from citycommons.collect.cache import Begun, Cache, Remembered, digest_of
from citycommons.collect.guard import GuardedTransport, Resolver, check_address, resolve
from citycommons.core.errors import Invalid, TooMuch, Unavailable
from citycommons.core.types import Parcel

Progress = Callable[[int, int | None], None]
"""Called with bytes received of the present file, and its length where that is known."""

_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_REDIRECTS = 10
_LONGEST_WAIT_S = 60.0
_PIECE = 1 << 16
_SPAN = re.compile(r"(\d{4})-(\d{2})\.\.(\d{4})-(\d{2})")


class _Interrupted(Exception):
    """The attempt failed in a way that may pass; `wait_s` is what the server asked for."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """A file at an address, or one for each of `days` or `parts` where the address says so:
    `{day:%Y-%m-%d}`, `{part}`.

    A file whose `sha256` is known and kept already is not asked for at all; another one is asked
    for only if it changed (ETag, Last-Modified). A broken download goes on where it broke.
    Attempts are repeated with growing pauses, or those the server asks for.
    """

    url: str
    sha256: str = ""
    days: str = ""  # "2015-01-01/2016-12-31", both included
    skip: tuple[str, ...] = ()  # days the source does not have: "2015-12-25", "sunday"
    parts: tuple[str, ...] = ()  # for {part} in the address: "north", "north/2019-01..2020-12"
    headers: Mapping[str, str] = field(default_factory=dict)  # go to the first host only
    unpack: bool = False  # whether members of an archive come as parcels of their own
    members: str = "*"
    cache: Path | None = None  # where parcels are kept; None is a folder of this run
    allow_hosts: tuple[str, ...] = ()
    most_bytes: int = 2 << 30
    most_unpacked_bytes: int = MOST_BYTES
    timeout_s: float = 30.0  # without a byte
    total_s: float = 3600.0  # for one file, with all attempts
    attempts: int = 5
    progress: Progress | None = None
    resolver: Resolver = resolve
    sleep: Callable[[float], None] = time.sleep

    def fetch(self) -> Iterator[Parcel]:
        """Bring the file, or the file of each day, in order.

        Raises `Unavailable` if the source does not answer or answers with an error, `Forbidden` for
        an address inside the network, `TooMuch` for a file over `most_bytes`, and `Invalid` if the
        content has another checksum than the declared one.
        """
        cache = Cache(self.cache or Path(tempfile.mkdtemp(prefix="citycommons-")))
        with httpx.Client(
            transport=GuardedTransport(self.allow_hosts, self.resolver),
            timeout=self.timeout_s,
            trust_env=False,
            headers={"User-Agent": "citycommons", "Accept-Encoding": "identity"},
        ) as client:
            for url in self.addresses():
                parcel = self._one(client, cache, url)
                if not self.unpack:
                    yield parcel
                    continue
                into = cache.unpacked(parcel.digest)
                yield from unpack(
                    parcel, into, members=self.members, most_bytes=self.most_unpacked_bytes
                )

    def addresses(self) -> list[str]:
        """The address, or one for each day or part."""
        if self.parts:
            parts = (one for part in self.parts for one in _months(part))
            return [self.url.replace("{part}", part) for part in parts]
        if not self.days:
            return [self.url]
        try:
            first, last = (date.fromisoformat(day) for day in self.days.split("/"))
            span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
            there = (day for day in span if not {day.isoformat(), _weekday(day)} & {*self.skip})
            return [self.url.format(day=day) for day in there]
        except (ValueError, KeyError, IndexError) as cause:
            raise Invalid(
                f"“{self.url}” with days “{self.days}” gives no addresses. "
                "Write https://…/{day:%Y-%m-%d}.csv and 2015-01-01/2015-12-31."
            ) from cause

    def _one(self, client: httpx.Client, cache: Cache, url: str) -> Parcel:
        check_address(url)
        if self.sha256 and cache.has(self.sha256):
            known = cache.recall(url)
            return Parcel(
                path=cache.path(self.sha256),
                name=known.name if known else _name(url),
                media_type=known.media_type if known else "",
                origin=url,
                received=known.received if known else datetime.now(UTC),
                digest=digest_of(cache.path(self.sha256)),
            )
        with cache.holding(url):
            known = self._until_it_works(client, cache, url)
        return Parcel(
            path=cache.path(known.digest),
            name=known.name,
            media_type=known.media_type,
            origin=url,
            received=known.received,
            digest=digest_of(cache.path(known.digest)),
        )

    def _until_it_works(self, client: httpx.Client, cache: Cache, url: str) -> Remembered:
        end = time.monotonic() + self.total_s
        reason = "it did not answer in time"
        for attempt in range(self.attempts):
            try:
                return self._attempt(client, cache, url, end)
            except _Interrupted as interrupted:
                reason = str(interrupted)
                # Jitter, so that many cities do not come back in the same second.
                pause = interrupted.wait_s or (2**attempt) * random.uniform(0.25, 0.5)  # noqa: S311
            last = attempt == self.attempts - 1
            if last or pause > _LONGEST_WAIT_S or time.monotonic() + pause > end:
                break
            self.sleep(pause)
        raise Unavailable(
            f"{url} cannot be fetched: {reason}. Try again later, or use a mirror (--mirror DIR).",
            url=url,
        )

    def _attempt(self, client: httpx.Client, cache: Cache, url: str, end: float) -> Remembered:
        known = cache.recall(url)
        part, begun = cache.partial(url), cache.begun(url)
        have = part.stat().st_size if begun and part.is_file() else 0
        headers = dict(self.headers)
        if have and begun and (validator := begun.etag or begun.last_modified):
            headers |= {"Range": f"bytes={have}-", "If-Range": validator}
        elif known and known.etag:
            headers["If-None-Match"] = known.etag
        elif known and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        try:
            with _Answer(client, url, headers) as answer:
                return self._receive(answer, cache, url, known, have, end)
        except httpx.TransportError as cause:
            raise _Interrupted(_in_words(cause)) from cause
        except OSError as cause:
            raise Unavailable(
                f"The download cannot be kept in {cache.folder}: {cause.strerror}. "
                "Free some space and try again; it will go on where it stopped."
            ) from cause

    def _receive(
        self,
        answer: httpx.Response,
        cache: Cache,
        url: str,
        known: Remembered | None,
        have: int,
        end: float,
    ) -> Remembered:
        status = answer.status_code
        if status == 304 and known:
            return known
        if status == 416:
            cache.forget_partial(url)
            raise _Interrupted("it refused to go on where the download broke")
        if status in _TRY_AGAIN:
            raise _Interrupted(f"it answers {_status(answer)}", _retry_after(answer))
        goes_on = status == 206 and answer.headers.get("content-range", "").startswith(
            f"bytes {have}-"
        )
        if status != 200 and not goes_on:
            if status == 206:
                cache.forget_partial(url)
                raise _Interrupted("it sent another part than asked for")
            raise Unavailable(
                f"{url} answers {_status(answer)}. Check the address, or whether it has moved.",
                url=url,
                status=status,
            )
        begun = _describe(answer, url)
        if not goes_on:
            cache.forget_partial(url)
            if _can_go_on(answer, begun):
                cache.begin(url, begun)
        size = self._write(answer, cache.partial(url), have if goes_on else 0, end)
        return self._finish(cache, url, begun, size)

    def _write(self, answer: httpx.Response, part: Path, have: int, end: float) -> int:
        declared = answer.headers.get("content-length", "")
        is_plain = answer.headers.get("content-encoding", "identity") == "identity"
        total = have + int(declared) if declared.isdigit() and is_plain else None
        self._check_size(total or 0)
        pieces = answer.iter_raw(_PIECE) if is_plain else answer.iter_bytes(_PIECE)
        with part.open("ab" if have else "wb") as file:
            for piece in pieces:
                file.write(piece)
                have += len(piece)
                self._check_size(have)
                if self.progress:
                    self.progress(have, total)
                if time.monotonic() > end:
                    raise _Interrupted(f"it took longer than {self.total_s:.0f} seconds")
            file.flush()
            os.fsync(file.fileno())
        return have

    def _check_size(self, size: int) -> None:
        if size > self.most_bytes:
            raise TooMuch(
                f"{self.url} is larger than {self.most_bytes >> 20} MB. Raise the limit of this "
                "source, or ask for a smaller part of it."
            )

    def _finish(self, cache: Cache, url: str, begun: Begun, size: int) -> Remembered:
        part = cache.partial(url)
        digest = digest_of(part)
        if self.sha256 and digest != self.sha256:
            cache.forget_partial(url)
            raise Invalid(
                f"{url} has changed or was damaged: its checksum is {digest[:12]}…, declared is "
                f"{self.sha256[:12]}…. Compare the file with the source and update the manifest.",
                url=url,
            )
        cache.keep(part, digest)
        known = Remembered(
            address=url,
            digest=digest,
            bytes=size,
            name=begun.name,
            media_type=begun.media_type,
            etag=begun.etag,
            last_modified=begun.last_modified,
            received=datetime.now(UTC),
        )
        cache.remember(known)
        cache.forget_partial(url)
        return known


class _Answer:
    """Opens the address and follows redirects, each of which is checked like the first."""

    def __init__(self, client: httpx.Client, url: str, headers: Mapping[str, str]) -> None:
        self._client, self._url, self._headers = client, url, dict(headers)
        self._response: httpx.Response | None = None

    def __enter__(self) -> httpx.Response:
        url, headers = self._url, self._headers
        for _ in range(_MOST_REDIRECTS):
            request = self._client.build_request("GET", url, headers=headers)
            response = self._client.send(request, stream=True)
            if not response.has_redirect_location:
                self._response = response
                return response
            response.close()
            following = urljoin(url, response.headers["location"])
            check_address(following)
            if _origin(following) != _origin(url):
                # A key for one host is nobody else's business.
                kept = {"range", "if-range", "if-none-match", "if-modified-since"}
                headers = {name: text for name, text in headers.items() if name.lower() in kept}
            url = following
        raise Unavailable(f"{self._url} redirects more than {_MOST_REDIRECTS} times.")

    def __exit__(self, *_: object) -> None:
        if self._response is not None:
            self._response.close()


def _months(part: str) -> list[str]:
    """`north/2019-11..2020-01` as three parts, one a month; any other part as it is."""
    if (span := _SPAN.search(part)) is None:
        return [part]
    year, month, last_year, last_month = map(int, span.groups())
    count = 12 * (last_year - year) + last_month - month + 1
    days = (month - 1 + n for n in range(count))
    return [_SPAN.sub(f"{year + n // 12}-{n % 12 + 1:02d}", part) for n in days]


def _weekday(day: date) -> str:
    # Not strftime, which speaks the language of the machine.
    return ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")[
        day.weekday()
    ]


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def _describe(answer: httpx.Response, url: str) -> Begun:
    etag = answer.headers.get("etag", "")
    return Begun(
        etag=etag,
        last_modified=answer.headers.get("last-modified", ""),
        media_type=answer.headers.get("content-type", "").partition(";")[0].strip(),
        name=_declared_name(answer) or _name(url),
    )


def _can_go_on(answer: httpx.Response, begun: Begun) -> bool:
    """A weak ETag or a compressed answer does not promise the same bytes again."""
    strong = begun.etag and not begun.etag.startswith("W/")
    is_plain = answer.headers.get("content-encoding", "identity") == "identity"
    return bool(is_plain and (strong or (not begun.etag and begun.last_modified)))


def _declared_name(answer: httpx.Response) -> str:
    message = Message()
    message["content-disposition"] = answer.headers.get("content-disposition", "")
    return PurePosixPath((message.get_filename() or "").replace("\\", "/")).name


def _name(url: str) -> str:
    return PurePosixPath(unquote(urlsplit(url).path)).name or "download"


def _status(answer: httpx.Response) -> str:
    return f"{answer.status_code} {answer.reason_phrase}".strip()


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("retry-after", "")
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _in_words(cause: httpx.TransportError) -> str:
    if isinstance(cause, httpx.TimeoutException):
        return "it did not answer in time"
    if isinstance(cause, httpx.ConnectError):
        return "nothing answers there"
    return "the connection broke"
