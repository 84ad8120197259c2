"""Parcels kept by their content: what was received once need not be brought again.

    <folder>/ab/<sha-256>          the bytes, named by their digest; never changed
    <folder>/addresses/<key>.json  which content an address gave last, with its validators
    <folder>/partial/<key>.part    bytes of a download that has not ended, with <key>.json

Crash-safe: bytes are written aside, flushed to the disk and renamed, and only then named by an
address. So whatever a file here is called, its content is whole.

What was asked with headers is kept apart from what was asked without (`place_of`): one of them may
be a key.
"""

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from citycommons.core.errors import TooMuch, Unavailable
from citycommons.core.types import Digest
from citycommons.store.disk import sync_folder

try:
    import fcntl
except ImportError:  # pragma: no cover - a system without POSIX locks has one process at a time
    fcntl = None  # type: ignore[assignment]


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """What an address gave when it was last asked."""

    address: str  # as `place_of` gives it
    digest: str
    bytes: int
    name: str = ""
    media_type: str = ""
    etag: str = ""
    last_modified: str = ""
    received: datetime


class Begun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which state of an address a partial file holds the beginning of."""

    etag: str = ""
    last_modified: str = ""
    media_type: str = ""
    name: str = ""


def digest_of(path: Path) -> Digest:
    """SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return Digest(hashlib.file_digest(file, "sha256").hexdigest())


def key_of(address: str) -> str:
    """A file name that stands for an address."""
    return hashlib.sha256(address.encode()).hexdigest()[:40]


def place_of(address: str, headers: Mapping[str, str]) -> str:
    """What stands for an address that was asked with these headers; without any it is the address.

    The headers, of which one may be a key, stand in it as a digest that is of no use elsewhere.
    """
    sent = sorted((name.casefold(), text) for name, text in headers.items())
    sent = [(name, text) for name, text in sent if name != "accept"]
    if not sent:
        return address
    said = hashlib.sha256(repr((address, sent)).encode()).hexdigest()[:40]
    return f"{address} {said}"


class Cache:
    """The parcels of one city, or of one test, below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            for name in ("addresses", "partial"):
                (folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise Unavailable(
                f"Parcels cannot be kept in {folder}: {cause.strerror}. "
                "Free some space or allow writing there."
            ) from cause

    def path(self, digest: str) -> Path:
        """Where the content of this digest lies, or would lie."""
        return self.folder / digest[:2] / digest

    def has(self, digest: str) -> bool:
        """Whether this content is here and whole."""
        path = self.path(digest)
        return bool(digest) and path.is_file() and digest_of(path) == digest

    def recall(self, address: str) -> Remembered | None:
        """What the address gave last, if its content is still here and whole."""
        try:
            known = msgspec.json.decode(self._address(address).read_bytes(), type=Remembered)
        except (OSError, msgspec.DecodeError):
            return None
        return known if self.has(known.digest) else None

    def partial(self, address: str) -> Path:
        """The file in which a download of this address grows."""
        return self.folder / "partial" / f"{key_of(address)}.part"

    def begin(self, address: str, begun: Begun) -> None:
        """Say which state of the address the partial file will hold."""
        self._write(self.partial(address).with_suffix(".json"), msgspec.json.encode(begun))

    def begun(self, address: str) -> Begun | None:
        """Which state of the address the partial file holds the beginning of."""
        try:
            note = self.partial(address).with_suffix(".json").read_bytes()
            return msgspec.json.decode(note, type=Begun)
        except (OSError, msgspec.DecodeError):
            return None

    def forget_partial(self, address: str) -> None:
        """Throw away what was downloaded of an address so far."""
        self.partial(address).unlink(missing_ok=True)
        self.partial(address).with_suffix(".json").unlink(missing_ok=True)

    def keep(self, path: Path, digest: str) -> Path:
        """Move a flushed, complete file to its place among the contents."""
        place = self.path(digest)
        place.parent.mkdir(exist_ok=True)
        os.replace(path, place)
        sync_folder(place.parent)
        return place

    def store(self, pieces: Iterable[bytes], most_bytes: int) -> tuple[Digest, Path]:
        """Write content that came in pieces; it is there whole, under its digest, or not at all.

        Raises `TooMuch` beyond `most_bytes`, `Unavailable` on a full disk.
        """
        aside = self.folder / "partial" / f"{uuid.uuid4().hex}.tmp"
        seen, size = hashlib.sha256(), 0
        try:
            with aside.open("wb") as file:
                for piece in pieces:
                    size += len(piece)
                    if size > most_bytes:
                        raise TooMuch(f"More than {most_bytes >> 20} MB came; ask for less.")
                    seen.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            digest = Digest(seen.hexdigest())
            return digest, self.keep(aside, digest)
        except OSError as cause:
            raise Unavailable(
                f"What came cannot be kept in {self.folder}: {cause.strerror}. "
                "Free some space and try again."
            ) from cause
        finally:
            aside.unlink(missing_ok=True)

    def store_small(self, content: bytes) -> tuple[Digest, Path]:
        """Write a small thing that can be had again, without waiting for the disk.

        What is here already is not written again. After a power cut it may be broken: `has` tells.
        """
        digest = Digest(hashlib.sha256(content).hexdigest())
        place = self.path(digest)
        if not self.has(digest):
            place.parent.mkdir(exist_ok=True)
            aside = self.folder / "partial" / f"{uuid.uuid4().hex}.tmp"
            try:
                aside.write_bytes(content)
                os.replace(aside, place)
            except OSError as cause:
                raise Unavailable(
                    f"What came cannot be kept in {self.folder}: {cause.strerror}. "
                    "Free some space and try again."
                ) from cause
            finally:
                aside.unlink(missing_ok=True)
        return digest, place

    def remember(self, known: Remembered) -> None:
        """Say what an address gave; its content is here already."""
        self._write(self._address(known.address), msgspec.json.encode(known))

    def unpacked(self, digest: str) -> Path:
        """A fresh folder for the members of an archive; `tidy` removes it."""
        place = self.folder / "unpacked" / f"{digest[:40]}-{os.getpid()}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        return place

    def tidy(self) -> None:
        """Remove this process' unpacked members, and what killed ones left a day ago or more."""
        long_ago = time.time() - 86_400
        for folder in (self.folder / "unpacked").glob("*"):
            if folder.name.endswith(f"-{os.getpid()}") or _changed(folder) < long_ago:
                shutil.rmtree(folder, ignore_errors=True)
        for note in self.folder.glob("*/*.tmp"):
            if _changed(note) < long_ago:
                note.unlink(missing_ok=True)

    def sweep(self, older_than_s: float, now: float, keep: Collection[str] = ()) -> int:
        """Remove contents that are this old and that no address gave last; answers how many.

        Those whose digests are in `keep` stay.

        What became data stays as a version. The bytes it was read from are kept for a while, for
        whoever wants to compare.
        """
        last = {_digest_in(note) for note in (self.folder / "addresses").glob("*.json")} | {*keep}
        gone = [
            path
            for path in self.folder.glob("??/*")
            if path.name not in last and _changed(path) < now - older_than_s
        ]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    @contextmanager
    def holding(self, address: str) -> Iterator[None]:
        """One process at a time downloads an address; a killed one lets go by itself."""
        with self.partial(address).with_suffix(".lock").open("w") as lock:
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _address(self, address: str) -> Path:
        return self.folder / "addresses" / f"{key_of(address)}.json"

    def _write(self, path: Path, content: bytes) -> None:
        aside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
        sync_folder(path.parent)


def _digest_in(note: Path) -> str:
    try:
        return msgspec.json.decode(note.read_bytes(), type=Remembered).digest
    except (OSError, msgspec.DecodeError):
        return ""


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process was faster
        return float("inf")
