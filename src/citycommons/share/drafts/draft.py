"""What is known of a draft, and its file: written aside, synced, then renamed."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from citycommons.core.errors import NotFound
from citycommons.core.types import (
    ActorId,
    Dataset,
    DatasetId,
    Digest,
    Parcel,
    Plan,
    SourceId,
)
from citycommons.store.disk import sync_folder

LIFE = timedelta(days=7)  # after the last change
HELD_LIFE = timedelta(days=92)  # what came by itself waits longer: nobody asked it to come
UNDO = timedelta(days=1)  # how long a discarded draft can be brought back
UPLOAD = "upload"
_META = "draft.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One more file of a draft, beside its first."""

    name: str
    media_type: str
    digest: Digest
    profile: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Rows that were kept aside, mended by a person and sent again as a file of their own."""

    name: str
    digest: Digest
    rows: int = 0  # that joined the others


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
    plan: Plan = field(default_factory=Plan)  # how to read it, as far as somebody said so
    remembered: str = ""  # name of the kept plan with which it began; empty if there was none
    forgets: bool = False  # a kept plan is left alone: somebody wants to begin afresh
    others: tuple[File, ...] = ()  # further files of the same delivery, in their order
    repairs: tuple[Repair, ...] = ()
    source: SourceId | None = None  # it came by itself from there, and waits for a person
    waits_for: str = ""  # why, in words
    is_checked: bool = False
    is_described: bool = False
    is_licensed: bool = False
    note: str = ""
    discarded: datetime | None = None

    @property
    def expires(self) -> datetime:
        if self.discarded:
            return self.discarded + UNDO
        return self.changed + (HELD_LIFE if self.source else LIFE)


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


def parcels_of(folder: Path, draft: Draft) -> tuple[Parcel, ...]:
    """All files of the delivery, the upload first."""
    more = (
        Parcel(
            path=folder / f"{UPLOAD}-{number}",
            name=one.name,
            media_type=one.media_type,
            origin=one.name,
            received=draft.created,
            digest=one.digest,
            profile=one.profile,
            part=one.part,
        )
        for number, one in enumerate(draft.others, 1)
    )
    mended = (
        Parcel(
            path=repair_path(folder, one.digest),
            name="repaired.csv",
            media_type="text/csv",
            origin=one.name,
            received=draft.changed,
            digest=one.digest,
        )
        for one in draft.repairs
    )
    return (parcel_of(folder, draft), *more, *mended)


def repair_path(folder: Path, digest: str) -> Path:
    """Where the rows of a repair are kept."""
    return folder / f"repair-{digest}"


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
        body = msgspec.json.decode((folder / _META).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    if "plan" not in body:  # written before there were plans
        fields, sheet = body.pop("corrections", []), body.pop("sheet", None)
        body["plan"] = {"fields": fields, "sheet": sheet or ""}
    return msgspec.convert(body, Draft)


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
