"""What is known of a draft, and its file: written aside, synced, then renamed."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from citycommons.core.errors import NotFound
from citycommons.core.types import ActorId, Dataset, DatasetId, Digest, Field, Parcel
from citycommons.store.disk import sync_folder

LIFE = timedelta(days=7)  # after the last change
UNDO = timedelta(days=1)  # how long a discarded draft can be brought back
UPLOAD = "upload"
_META = "draft.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An uploaded file on its way to a version."""

    id: str
    owner: ActorId
    created: datetime
    changed: datetime
    file_name: str
    media_type: str
    bytes: int
    digest: Digest
    dataset: Dataset  # the description as typed so far; its id is empty for a new dataset
    replaces: DatasetId | None = None  # the dataset whose next version this is
    base: int = 0  # number of that dataset's newest version when the draft began
    begun: Dataset | None = None  # that dataset as it was described when the draft began
    sheet: str | None = None
    corrections: tuple[Field, ...] = ()  # columns read and described as the steward says
    is_checked: bool = False
    is_described: bool = False
    is_licensed: bool = False
    note: str = ""
    discarded: datetime | None = None

    @property
    def expires(self) -> datetime:
        return self.discarded + UNDO if self.discarded else self.changed + LIFE


def parcel_of(folder: Path, draft: Draft) -> Parcel:
    """The upload as the reading takes it."""
    return Parcel(
        path=folder / UPLOAD,
        name=draft.file_name,
        media_type=draft.media_type,
        origin=draft.file_name,
        received=draft.created,
        digest=draft.digest,
    )


def write_whole(path: Path, body: Any) -> None:
    """Write an object as JSON: whole or not at all, and still there after a power cut."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with aside.open("wb") as file:
        file.write(msgspec.json.encode(body))
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)
    sync_folder(path.parent)


def read_meta(folder: Path) -> Draft | None:
    """The draft in a folder; None when there is none (an upload that was cut off)."""
    try:
        return msgspec.json.decode((folder / _META).read_bytes(), type=Draft)
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_meta(folder: Path, draft: Draft) -> None:
    write_whole(folder / _META, draft)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Two tabs, or two processes, change a draft one after the other."""
    import fcntl

    try:
        lock = (folder / ".lock").open("a")
    except FileNotFoundError as cause:
        raise NotFound("This draft is no longer there. Drop the file again.") from cause
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
