"""The lake: one folder of immutable, content-addressed GeoParquet, and DuckDB over it.

A file appears whole or not at all: it is written aside, synced, then renamed to its own digest.
"""

import contextlib
import errno
import hashlib
import os
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from citycommons.core.errors import Invalid, NotFound, TooMuch, Unavailable
from citycommons.core.types import Digest
from citycommons.store import spill
from citycommons.store.disk import sync_folder

ROW_GROUP = 20_480  # measured: pruning by bbox is 3.8 times faster than with 122 880
BBOX = "bbox"  # name of the covering column beside a geometry
_WRITTEN = ROW_GROUP * 16  # rows written at once
_MEMORY_LIMIT = "768MB"
# What is wrong with a question, not with us: a sum past 64 bits, a broken pattern or shape.
UNASKABLE = (
    duckdb.ConversionException,
    duckdb.BinderException,
    duckdb.OutOfRangeException,
    duckdb.InvalidInputException,
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the lake."""

    digest: Digest
    bytes: int


class Lake:
    """Content-addressed files in `<root>/<two digits>/<digest><suffix>`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, digest: Digest, suffix: str = ".parquet") -> Path:
        """Where the file with this digest lies, whether it is there or not."""
        return self.root / digest[:2] / f"{digest}{suffix}"

    def existing(self, digest: Digest, suffix: str = ".parquet") -> Path:
        """The file's path; `NotFound` when it is gone, as after damage to the disk."""
        path = self.path(digest, suffix)
        if not path.exists():
            raise NotFound(
                f"The file {digest[:12]} is missing in {self.root}. Restore it from a backup; "
                "citycommons doctor lists all that are missing."
            )
        return path

    def write(self, table: pa.Table) -> Stored:
        """Write the table as Parquet under the digest of its bytes.

        Schema metadata is kept. Raises `Unavailable` on a full or read-only disk; nothing stays.
        """

        # Where values seldom repeat in a row group, a dictionary costs time and room.
        repeating = [name for name in table.column_names if _repeats(table.column(name))]

        def fill(path: Path) -> None:
            with pq.ParquetWriter(
                path,
                table.schema,
                compression="zstd",
                use_dictionary=repeating,
                write_statistics=True,
                store_schema=True,
            ) as writer:
                for start in range(0, len(table), _WRITTEN):
                    writer.write_table(table.slice(start, _WRITTEN), row_group_size=ROW_GROUP)
                    spill.ease()

        return self.put(fill, ".parquet")

    def put(
        self, fill: Callable[[Path], None], suffix: str, digest: Digest | None = None
    ) -> Stored:
        """Let `fill` write a file aside, then keep it under its (or the given) digest."""
        aside = self.root / "aside"
        part = aside / f"{uuid.uuid4().hex}{suffix}"
        try:
            aside.mkdir(parents=True, exist_ok=True)
            fill(part)
            found = digest or _sync_and_digest(part)
            if digest:
                _sync_and_digest(part, hashed=False)
            size = part.stat().st_size
            target = self.path(found, suffix)
            target.parent.mkdir(exist_ok=True)
            os.replace(part, target)
            sync_folder(target.parent)
        except OSError as cause:
            raise _disk_error(cause, self.root) from cause
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        return Stored(digest=found, bytes=size)

    def sweep(self, older_than_s: float, now_s: float) -> int:
        """Remove what dead writers left aside; answers how many files."""
        gone = 0
        for part in (self.root / "aside").glob("*"):
            if now_s - part.stat().st_mtime > older_than_s:
                part.unlink(missing_ok=True)
                gone += 1
        return gone

    @cached_property
    def _duck(self) -> duckdb.DuckDBPyConnection:
        self.root.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                # Checking the signature hashes 80 MB: 0.2 s a lake. The one file that is loaded
                # came with the packages, by their checksums; below, no other can be loaded.
                "allow_unsigned_extensions": "true",
                "memory_limit": _MEMORY_LIMIT,
                "temp_directory": str(self.root / "aside"),
                "threads": str(min(4, os.cpu_count() or 1)),
                "enable_object_cache": "true",
            }
        )
        import duckdb_extension_spatial

        folder = Path(next(iter(duckdb_extension_spatial.__path__)))
        file = next(folder.rglob("spatial.duckdb_extension"))
        connection.execute(f"LOAD '{file}'")
        connection.execute("SET TimeZone = 'UTC'")
        # A footer is read once, since files never change.
        connection.execute("SET parquet_metadata_cache = true")
        connection.execute(f"SET allowed_directories = ['{self.root.as_posix()}/']")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection

    _open = threading.Lock()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor that reads files of the lake and nothing else; spatial is loaded."""
        with self._open:
            return self._duck.cursor()

    def query(
        self, sql: str, parameters: Sequence[Any] = (), *, timeout_s: float = 20.0
    ) -> pa.Table:
        """Run one statement with bound parameters; `read_parquet(?)` takes a path of the lake.

        Raises `TooMuch` past the time or memory limit, `Invalid` for what DuckDB cannot do.
        """
        cursor = self.cursor()
        stop = threading.Timer(timeout_s, cursor.interrupt)
        stop.daemon = True
        stop.start()
        try:
            return cursor.execute(sql, list(parameters)).to_arrow_table()
        except duckdb.InterruptException as cause:
            raise TooMuch(
                f"The question took longer than {timeout_s:.0f} s. Filter more, or take the file."
            ) from cause
        except duckdb.OutOfMemoryException as cause:
            raise TooMuch(
                "The question needs too much memory. Filter more, or group less."
            ) from cause
        except UNASKABLE as cause:
            raise Invalid(f"This cannot be asked: {str(cause).splitlines()[0]}") from cause
        finally:
            stop.cancel()
            cursor.close()


def _repeats(column: pa.ChunkedArray) -> bool:
    """Whether each text or number of the first row group stands there four times on average."""
    if not (pa.types.is_string(column.type) or pa.types.is_primitive(column.type)):
        return False
    some = column.slice(0, ROW_GROUP).drop_null()
    distinct: int = pc.count_distinct(some).as_py()
    return distinct * 4 <= len(some)


def _sync_and_digest(path: Path, *, hashed: bool = True) -> Digest:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest() if hashed else ""
        os.fsync(file.fileno())
    return Digest(found)


def _disk_error(cause: OSError, root: Path) -> Unavailable:
    if cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return Unavailable(
            f"The disk under {root} is full: nothing was stored. Make room, then repeat."
        )
    return Unavailable(f"Cannot write into {root}: {cause.strerror or cause}.")
