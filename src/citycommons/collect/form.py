"""Connector `form`: what people typed into a form of this portal, each answer a row.

An answer is one line of JSON in the source's own folder, synced before anybody is thanked. A run
brings the lines since the last one; it never waits for the writers, nor they for it.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.types import Parcel

ANSWERS = "answers.ndjson"
WHO = ("signed-in", "anyone")
MOST_BYTES = 512 << 20  # of all answers of one form
MOST_LINE = 200_000  # bytes of one answer
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Answers that people gave on a page of this portal, /forms/ and the name of the source."""

    who: str = field(
        default="signed-in",
        metadata={"says": "Who may fill it in: whoever has an account, or anyone", "choices": WHO},
    )
    words: str = field(
        default="", metadata={"says": "What the form is for, said above its first question"}
    )
    privacy: str = field(
        default="",
        metadata={"says": "What becomes of personal data, and who to ask; said below the form"},
    )
    home: Path | None = None
    since: str = ""
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """The answers since the last time as one parcel; none when nobody answered."""
        if self.who not in WHO:
            raise Invalid(f"“{self.who}” is nobody; choose {' or '.join(WHO)}.", column="who")
        start = int(self.since) if self.since.isdecimal() else 0
        end = _end(self.home)
        if self.home is None or end <= start:
            return
        yield self.client.keep(
            _pieces(self.home / ANSWERS, start, end),
            name="answers.ndjson",
            origin="form",
            media_type="application/x-ndjson",
            cursor=str(end),
        )


def submit(home: Path, answer: Mapping[str, Any]) -> None:
    """Add one answer, so that it outlives a power cut; `TooMuch` when no more are taken."""
    line = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    if len(line) > MOST_LINE:
        raise TooMuch("This answer is too long. Write less, or send a file.")
    home.mkdir(parents=True, exist_ok=True)
    path = home / ANSWERS
    is_new = not path.exists()
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_size + len(line) > MOST_BYTES:
            raise TooMuch("This form takes no more answers. Tell whoever published it.")
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        handle = os.open(home, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _end(home: Path | None) -> int:
    """Where the last whole line ends: a line that is being written waits for the next run."""
    if home is None or not (home / ANSWERS).exists():
        return 0
    with (home / ANSWERS).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        size = file.seek(0, os.SEEK_END)
        while size:
            start = max(0, size - _PIECE)
            file.seek(start)
            found = file.read(size - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            size = start
    return 0


def _pieces(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (piece := file.read(min(_PIECE, end - start))):
            start += len(piece)
            yield piece
