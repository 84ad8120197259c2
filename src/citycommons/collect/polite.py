"""Asking other hosts: guarded, in the order a polite guest keeps, again when it may pass, and kept.

Every connector that speaks HTTP asks through `Polite`: addresses inside the network are refused
(`guard`), redirects are checked like the first address, answers are bounded in size and time,
attempts are repeated with growing pauses or those the server asks for, and a download goes on where
it broke.
"""

import hashlib
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from citycommons.collect.asking import (
    Asked,
    Document,
    can_go_on,
    described,
    in_words,
    name_of,
    retry_after,
    status_of,
)
from citycommons.collect.cache import Begun, Cache, Remembered, digest_of, place_of
from citycommons.collect.guard import GuardedTransport, Resolver, check_address, resolve
from citycommons.collect.hosts import AGENT, HOSTS, Hosts, Robots
from citycommons.core.errors import Forbidden, Invalid, TooMuch, Unavailable
from citycommons.core.types import Digest, Parcel

Progress = Callable[[int, int | None], None]
"""Called with bytes received of the present file, and its length where that is known."""

Got = TypeVar("Got")

_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT_S = 60.0
_LONGEST_ROBOTS = 500 << 10  # RFC 9309 section 2.5


class _Interrupted(Exception):
    """The attempt failed in a way that may pass; `wait_s` is what the server asked for."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True, kw_only=True)
class Polite:
    """What the house lends to connectors that ask other hosts."""

    cache: Path | None = None  # where parcels are kept; None is a folder of this run
    allow_hosts: tuple[str, ...] = ()
    timeout_s: float = 30.0  # without a byte
    total_s: float = 3600.0  # for one file, with all attempts
    attempts: int = 5
    most_bytes: int = 2 << 30  # of a file
    most_document_bytes: int = 64 << 20  # of a document in memory
    progress: Progress | None = None
    robots: Robots = Robots.PACE
    hosts: Hosts = HOSTS
    resolver: Resolver = resolve
    sleep: Callable[[float], None] = time.sleep
    inner: httpx.BaseTransport | None = None  # what carries checked requests; tests set it

    @cached_property
    def parcels(self) -> Cache:
        """Where parcels are kept."""
        return Cache(self.cache or Path(tempfile.mkdtemp(prefix="citycommons-")))

    @cached_property
    def _http(self) -> httpx.Client:
        return httpx.Client(
            transport=GuardedTransport(self.allow_hosts, self.resolver, self.inner),
            timeout=self.timeout_s,
            trust_env=False,
            headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Let go of open connections; the client can be used again."""
        if (client := self.__dict__.pop("_http", None)) is not None:
            client.close()

    def __enter__(self) -> "Polite":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def document(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        accept: str = "",
    ) -> Document:
        """A small answer, whole in memory: a page of records, a service's description.

        With `body` it is a POST. `params` are added to those of the address. Raises `Unavailable`
        if the host does not answer or answers with an error, `TooMuch` beyond
        `most_document_bytes`, `Forbidden` for an address inside the network.
        """
        check_address(url)
        if params:
            url = str(httpx.URL(url).copy_merge_params(dict(params)))
        sent = dict(headers or {}) | ({"Accept": accept} if accept else {})
        return self._until_it_works(url, lambda end: self._document(url, sent, body, end))

    def json(self, url: str, **options: Any) -> Any:
        """The answer of `document` as JSON."""
        return self.document(url, **{"accept": "application/json"} | options).json()

    def look(self, url: str) -> tuple[int, int | None]:
        """HTTP status of an address and the length of what it would give, where it says so.

        Not by HEAD, which many servers answer wrongly: the content is asked for, and left.
        Raises `Unavailable` if nothing answers.
        """
        check_address(url)
        return self._until_it_works(url, lambda end: self._look(url, end))

    def _look(self, url: str, end: float) -> tuple[int, int | None]:
        try:
            with Asked(self._http, url, {}, end=end) as answer:
                length = answer.headers.get("content-length", "")
                return answer.status_code, int(length) if length.isdigit() else None
        except httpx.TransportError as cause:
            raise self._broken(cause, end) from cause

    def keep(
        self,
        content: bytes | Iterable[bytes],
        *,
        name: str,
        origin: str,
        media_type: str = "",
        **parcel: Any,
    ) -> Parcel:
        """Bytes that were got in any way, as a parcel: kept by their digest, whole or not at all.

        Further words (`part`, `profile`, `identifier`, `cursor`) go into the parcel as they are.
        A catalogue's record (it has an `identifier`) is small and is listed again each time, so
        nobody waits for the disk.
        """
        if isinstance(content, bytes) and parcel.get("identifier"):
            digest, path = self.parcels.store_small(content)
        elif isinstance(content, bytes):
            digest = Digest(hashlib.sha256(content).hexdigest())
            path = self.parcels.path(digest)
            if not self.parcels.has(digest):  # most records of a catalogue are as they were
                digest, path = self.parcels.store((content,), self.most_bytes)
        else:
            digest, path = self.parcels.store(content, self.most_bytes)
        return Parcel(
            path=path,
            name=name,
            origin=origin,
            media_type=media_type,
            received=datetime.now(UTC),
            digest=digest,
            **parcel,
        )

    def file(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        sha256: str = "",
        name: str = "",
        **parcel: Any,
    ) -> Parcel:
        """A file at an address, asked for only if it changed (ETag, Last-Modified), and kept.

        A file that came from this address with this `sha256` is not asked for at all; a broken
        download goes on where it broke. Raises as `document` does, and `Invalid` if the content
        has another checksum than the declared one.
        """
        check_address(url)
        cache, sent = self.parcels, dict(headers or {})
        # What one key opened is nothing for who has another or none, even if the host says 304.
        place = place_of(url, sent)
        known = cache.recall(place) if sha256 else None
        # A checksum alone opens nothing: what others may not read lies in this cache too.
        if known and known.digest == sha256 and cache.has(sha256):
            digest, received = Digest(sha256), known.received
        else:
            with cache.holding(place):
                known = self._until_it_works(
                    url, lambda end: self._attempt(url, dict(sent), place, sha256, end)
                )
            digest, received = Digest(known.digest), known.received
        return Parcel(
            path=cache.path(digest),
            name=name or (known.name if known else name_of(url)),
            media_type=known.media_type if known else "",
            origin=url,
            received=received,
            digest=digest_of(cache.path(digest)),
            **parcel,
        )

    def _until_it_works(self, url: str, attempt: Callable[[float], Got]) -> Got:
        end = time.monotonic() + self.total_s
        self._ask_robots(url)
        reason, asked = "it did not answer in time", 0.0
        for number in range(self.attempts):
            try:
                self._take_turn(url)
                return attempt(end)
            except _Interrupted as interrupted:
                reason, asked = str(interrupted), interrupted.wait_s or 0.0
                # Jitter, so that many cities do not come back in the same second.
                if asked:
                    self.hosts.rest(url, min(asked, _LONGEST_WAIT_S))
                pause = asked or (2**number) * random.uniform(0.25, 0.5)  # noqa: S311
            last = number == self.attempts - 1
            if last or pause > _LONGEST_WAIT_S or time.monotonic() + pause > end:
                break
            self.sleep(pause)
        raise Unavailable(
            f"{url} cannot be fetched: {reason}. Try again later, or use a mirror (--mirror DIR).",
            url=url,
            retry_after=asked,
        )

    def _is_own(self, url: str) -> bool:
        """The city's own hosts are allowed by name: their pace is the city's business."""
        return urlsplit(url).hostname in self.allow_hosts

    def _take_turn(self, url: str) -> None:
        if not self._is_own(url) and (wait := self.hosts.wait_s(url)) > 0:
            self.sleep(wait)

    def _ask_robots(self, url: str) -> None:
        if self.robots is Robots.IGNORE or self._is_own(url):
            return
        if not self.hosts.may(url, self._robots_txt) and self.robots is Robots.OBEY:
            raise Forbidden(
                f"robots.txt of {urlsplit(url).hostname} asks programs to leave {url} alone. "
                "Ask the host for permission, then name it as a source.",
                url=url,
            )

    def _robots_txt(self, url: str) -> tuple[int, str]:
        try:
            end = time.monotonic() + self.timeout_s
            with Asked(self._http, url, {}, end=end) as answer:
                text = bytearray()
                for piece in answer.iter_bytes():
                    text += piece
                    if len(text) > _LONGEST_ROBOTS or time.monotonic() > end:
                        break
                return answer.status_code, text.decode("utf-8", "replace")
        except httpx.TransportError:
            return 404, ""  # the address itself will say what is wrong

    def _document(
        self, url: str, headers: Mapping[str, str], body: bytes | None, end: float
    ) -> Document:
        try:
            with Asked(self._http, url, headers, body, end=end) as answer:
                status = answer.status_code
                if status in _TRY_AGAIN:
                    raise _Interrupted(f"it answers {status_of(answer)}", retry_after(answer))
                content = self._whole(answer, url, end)
                if status >= 400:
                    raise Unavailable(
                        f"{url} answers {status_of(answer)}. Check the address, or whether it has "
                        "moved.",
                        url=url,
                        status=status,
                        content=content[:2000],
                    )
                return Document(
                    url=str(answer.extensions.get("citycommons_url", url)),
                    status=status,
                    content=content,
                    media_type=answer.headers.get("content-type", "").partition(";")[0].strip(),
                    headers=dict(answer.headers),
                )
        except httpx.TransportError as cause:
            raise self._broken(cause, end) from cause

    def _whole(self, answer: httpx.Response, url: str, end: float) -> bytes:
        content = bytearray()
        for piece in answer.iter_bytes():  # as it comes: a full piece may take for ever
            content += piece
            if len(content) > self.most_document_bytes:
                raise TooMuch(
                    f"{url} answers with more than {self.most_document_bytes >> 20} MB. Ask for "
                    "smaller pages."
                )
            if time.monotonic() > end:
                raise self._too_long()
        return bytes(content)

    def _attempt(
        self, url: str, headers: dict[str, str], place: str, sha256: str, end: float
    ) -> Remembered:
        cache = self.parcels
        known = cache.recall(place)
        part, begun = cache.partial(place), cache.begun(place)
        have = part.stat().st_size if begun and part.is_file() else 0
        if have and begun and (validator := begun.etag or begun.last_modified):
            headers |= {"Range": f"bytes={have}-", "If-Range": validator}
        elif known and known.etag:
            headers["If-None-Match"] = known.etag
        elif known and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        try:
            with Asked(self._http, url, headers, end=end) as answer:
                return self._receive(answer, url, place, known, have, sha256, end)
        except httpx.TransportError as cause:
            raise self._broken(cause, end) from cause
        except OSError as cause:
            raise Unavailable(
                f"The download cannot be kept in {cache.folder}: {cause.strerror}. "
                "Free some space and try again; it will go on where it stopped."
            ) from cause

    def _receive(
        self,
        answer: httpx.Response,
        url: str,
        place: str,
        known: Remembered | None,
        have: int,
        sha256: str,
        end: float,
    ) -> Remembered:
        cache, status = self.parcels, answer.status_code
        if status == 304 and known:
            return known
        if status == 416:
            cache.forget_partial(place)
            raise _Interrupted("it refused to go on where the download broke")
        if status in _TRY_AGAIN:
            raise _Interrupted(f"it answers {status_of(answer)}", retry_after(answer))
        goes_on = status == 206 and answer.headers.get("content-range", "").startswith(
            f"bytes {have}-"
        )
        if status != 200 and not goes_on:
            if status == 206:
                cache.forget_partial(place)
                raise _Interrupted("it sent another part than asked for")
            raise Unavailable(
                f"{url} answers {status_of(answer)}. Check the address, or whether it has moved.",
                url=url,
                status=status,
            )
        begun = described(answer, url)
        if not goes_on:
            cache.forget_partial(place)
            if can_go_on(answer, begun):
                cache.begin(place, begun)
        size = self._write(answer, url, place, have if goes_on else 0, end)
        return self._finish(url, place, begun, size, sha256)

    def _write(self, answer: httpx.Response, url: str, place: str, have: int, end: float) -> int:
        declared = answer.headers.get("content-length", "")
        is_plain = answer.headers.get("content-encoding", "identity") == "identity"
        total = have + int(declared) if declared.isdigit() and is_plain else None
        self._check_size(url, total or 0)
        pieces = answer.iter_raw() if is_plain else answer.iter_bytes()
        with self.parcels.partial(place).open("ab" if have else "wb") as file:
            for piece in pieces:
                file.write(piece)
                have += len(piece)
                self._check_size(url, have)
                if self.progress:
                    self.progress(have, total)
                if time.monotonic() > end:
                    raise self._too_long()
            file.flush()
            os.fsync(file.fileno())
        return have

    def _broken(self, cause: httpx.TransportError, end: float) -> _Interrupted:
        return self._too_long() if time.monotonic() >= end else _Interrupted(in_words(cause))

    def _too_long(self) -> _Interrupted:
        return _Interrupted(f"it took longer than {self.total_s:.0f} seconds")

    def _check_size(self, url: str, size: int) -> None:
        if size > self.most_bytes:
            raise TooMuch(
                f"{url} is larger than {self.most_bytes >> 20} MB. Raise the limit of this "
                "source, or ask for a smaller part of it."
            )

    def _finish(self, url: str, place: str, begun: Begun, size: int, sha256: str) -> Remembered:
        cache = self.parcels
        part = cache.partial(place)
        digest = digest_of(part)
        if sha256 and digest != sha256:
            cache.forget_partial(place)
            raise Invalid(
                f"{url} has changed or was damaged: its checksum is {digest[:12]}…, declared is "
                f"{sha256[:12]}…. Compare the file with the source and update the manifest.",
                url=url,
            )
        cache.keep(part, digest)
        known = Remembered(
            address=place,
            digest=digest,
            bytes=size,
            name=begun.name,
            media_type=begun.media_type,
            etag=begun.etag,
            last_modified=begun.last_modified,
            received=datetime.now(UTC),
        )
        cache.remember(known)
        cache.forget_partial(place)
        return known
