"""Messages that lie safely on our disk and are not yet taken in.

<folder>/000000000012-9f86d081.ndjson   one group of messages, written whole or not at all
"""

import base64
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from citycommons.core.errors import Unavailable
from citycommons.store.disk import sync_folder

_NAME = re.compile(r"(\d{12})-([0-9a-f]{8})\.ndjson")
_MOST_WEIGHT = 256 << 20  # bytes of one file
_KNOWN = 64  # files whose messages are recognised when they are sent again


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it came."""

    topic: str
    payload: bytes
    mid: int  # packet identifier; the same when the broker sends it again; 0 at QoS 0
    qos: int
    is_retained: bool
    is_again: bool  # DUP: the broker has sent it before
    received: datetime
    heard: float  # monotonic seconds
    left_out_bytes: int = 0  # of a payload that was too large to be taken


class Spool:
    """Groups of messages below `folder`; those up to `taken` are in the lake already."""

    def __init__(self, folder: Path, taken: int) -> None:
        self._folder, self._taken = folder, taken
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise self._full(cause) from cause
        for path in self._files()[:-_KNOWN]:
            if self.number(path) <= taken:
                path.unlink(missing_ok=True)
        self._last = max([taken, *map(self.number, self._files())])

    def number(self, path: Path) -> int:
        """The place of a group among all that ever came."""
        return int(path.name[:12])

    def write(self, messages: list[Message]) -> None:
        """Write messages so that they outlive a power cut, those that are known already left out.

        Raises `Unavailable` on a full disk; nothing may be acknowledged then.
        """
        stamp = uuid.uuid4().hex[:8]
        lines: dict[str, bytes] = {}
        for at, message in enumerate(messages):
            key = _key(message, stamp, at)
            if not (message.is_again and (key in lines or self._knows(message))):
                lines[key] = _line(message, key)
        if not lines:
            return
        path = self._folder / f"{self._last + 1:012d}-{stamp}.ndjson"
        aside = path.with_suffix(".tmp")
        try:
            with aside.open("wb") as file:
                file.write(b"".join(lines.values()))
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
            sync_folder(self._folder)
        except OSError as cause:
            raise self._full(cause) from cause
        self._last += 1

    def batches(self, receiving: Iterator[None], most: int) -> Iterator[list[Path]]:
        """Groups in files of about `most` messages or 256 MB, the same each time."""
        given, batch, size, weight = self._taken, [], 0, 0
        for is_over in _until_over(receiving):
            for path in self._files():
                if self.number(path) > given:
                    given = self.number(path)
                    batch.append(path)
                    size += path.read_bytes().count(b"\n")
                    weight += path.stat().st_size
                if size >= most or weight >= _MOST_WEIGHT:
                    yield batch
                    batch, size, weight = [], 0, 0
            if is_over and batch:
                yield batch

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.iterdir() if _NAME.fullmatch(path.name))

    def _knows(self, message: Message) -> bool:
        """Whether a message that is sent again lies here: we were killed before saying so."""
        return any(
            b'"%s"' % _key(message, path.name[13:21], 0).encode() in path.read_bytes()
            for path in self._files()[-_KNOWN:]
        )

    def _full(self, cause: OSError) -> Unavailable:
        return Unavailable(
            f"Messages cannot be kept in {self._folder}: {cause.strerror}. Free some space; the "
            "broker keeps them until then."
        )


def _until_over(receiving: Iterator[None]) -> Iterator[bool]:
    yield False  # what was left by a run before
    for _ in receiving:
        yield False
    yield True


def _key(message: Message, stamp: str, at: int) -> str:
    """Names a message: the broker repeats its packet identifier when it sends it again."""
    place = str(message.mid) if message.mid else f"0.{at}"
    said = f"{stamp} {place} {message.topic} ".encode() + message.payload
    return sha256(said).hexdigest()[:24]


def _line(message: Message, key: str) -> bytes:
    line: dict[str, Any] = {
        "key": key,
        "topic": message.topic,
        "received": message.received.astimezone(UTC).isoformat(),
        "retained": message.is_retained,
    }
    if message.left_out_bytes:
        return orjson.dumps(
            line | {"payload": None, "left_out_bytes": message.left_out_bytes},
            option=orjson.OPT_APPEND_NEWLINE,
        )
    try:
        line["payload"] = orjson.loads(message.payload)
    except orjson.JSONDecodeError:
        try:
            line["payload"] = message.payload.decode()
        except UnicodeDecodeError:
            line["payload_base64"] = base64.b64encode(message.payload).decode()
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
