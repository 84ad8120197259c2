"""The whole city in one tar file, taken while it runs, and brought back whole or not at all.

    backup.json              what is inside: program, schema, checksums
    city.toml                settings
    city.db                  the database as SQLite's own backup of one moment, or
    tables/<name>.jsonl      the rows of a PostgreSQL database, from one snapshot
    sources/<name>/…         what arrived and stands nowhere else yet: answers of forms, messages
    lake/ab/<digest>.parquet each file that a version of that moment names

Lake files never change, so those named by the snapshot may be copied after it was taken.
"""

import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version as package_version
from pathlib import Path
from typing import IO, Any

import msgspec
from sqlalchemy import Connection, Date, Table, insert, select, text

from citycommons.core.errors import Conflict, Invalid, NotFound, Unavailable
from citycommons.core.settings import FILE
from citycommons.core.types import Digest
from citycommons.store import catalogue
from citycommons.store.disk import sync_folder
from citycommons.store.engine import make_engine
from citycommons.store.lake import Lake
from citycommons.store.migrate import LATEST, current, upgrade_schema
from citycommons.store.proof_tables import (
    metadata,  # of all tables: it knows the others
    usage_hits,
    usage_salts,
)
from citycommons.store.tables import Utc
from citycommons.store.work import City

_FORMAT = 1
_MANIFEST = "backup.json"
_DATABASE = "city.db"
_PIECE = 1 << 20
_FORGOTTEN = (usage_hits, usage_salts)

Progress = Callable[[int, int], None]
"""Called with how many files are done, of how many."""


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The first member of a backup: what the others must be."""

    format: int = _FORMAT
    program: str
    schema: str | None
    created: datetime
    database: str  # sqlite or postgresql
    files: dict[str, str]  # member → sha-256 of all that are not lake files
    lake: tuple[str, ...]  # digests of the lake files inside
    missing: tuple[str, ...] = ()  # digests that versions name, lost or damaged in the lake
    has_lake: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was written, or read back."""

    path: Path
    bytes: int
    contents: Contents


def backup(
    city: City, target: Path, *, has_lake: bool = True, progress: Progress | None = None
) -> Backup:
    """Write the city into `target`; it appears whole or not at all.

    A lake file that is gone or damaged is left out and named in `contents.missing`. Raises
    `Conflict` if `target` exists, `Unavailable` when it cannot be written.
    """
    if target.exists():
        raise Conflict(f"{target} exists already. Choose another name.")
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with city.engine.connect() as db:
            is_new = current(db) == LATEST
        if is_new:
            city.usage.flush()  # counts are in it, while what they are counted from is not
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
            done = _write(city, part, Path(folder), has_lake=has_lake, progress=progress)
        os.replace(part, target)
        sync_folder(target.parent)
    except OSError as cause:
        reason = cause.strerror or str(cause)
        raise Unavailable(f"The backup {target} cannot be written: {reason}.") from cause
    finally:
        part.unlink(missing_ok=True)
    return Backup(path=target, bytes=target.stat().st_size, contents=done)


def _write(
    city: City, part: Path, aside: Path, *, has_lake: bool, progress: Progress | None
) -> Contents:
    files, named, schema = _snapshot(city, aside)
    sound, missing = _sorted_out(city.lake, named) if has_lake else ([], [])
    contents = Contents(
        program=package_version("citycommons"),
        schema=schema,
        created=datetime.now(UTC),
        database=city.engine.dialect.name,
        files={name: _digest(path) for name, path in files.items()},
        lake=tuple(sound),
        missing=tuple(missing),
        has_lake=has_lake,
    )
    with part.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)  # it holds the accounts
        with tarfile.open(fileobj=file, mode="w") as tar:
            packed = msgspec.json.format(msgspec.json.encode(contents), indent=1)
            entry = tarfile.TarInfo(_MANIFEST)
            entry.size, entry.mtime = len(packed), int(time.time())
            tar.addfile(entry, io.BytesIO(packed))
            for name, path in files.items():
                tar.add(path, arcname=name)
            for number, digest in enumerate(sound, 1):
                tar.add(city.lake.path(Digest(digest)), arcname=_lake_name(digest))
                if progress:
                    progress(number, len(sound))
        file.flush()
        os.fsync(file.fileno())
    return contents


def _snapshot(city: City, aside: Path) -> tuple[dict[str, Path], set[Digest], str | None]:
    """Database and settings of one moment, copied aside; the lake files they name; the schema."""
    files: dict[str, Path] = {}
    toml = city.settings.home / FILE
    if toml.exists():
        files[FILE] = Path(shutil.copy(toml, aside / FILE))
    if city.engine.dialect.name == "sqlite":
        files[_DATABASE] = aside / _DATABASE
        _copy_sqlite(Path(str(city.engine.url.database)), files[_DATABASE])
        engine = make_engine(f"sqlite:///{files[_DATABASE]}")
        try:
            with engine.connect() as db:
                db.info["may_write"] = False
                schema = current(db)
                named = catalogue.files_in_use(db) if schema else set()
        finally:
            engine.dispose()
        with closing(sqlite3.connect(files[_DATABASE])) as copy:
            # A plain file: whoever opens the copy must not need a -wal beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
            _forget_visitors(copy)
        return files | _waiting(city, aside), named, schema
    with city.engine.connect().execution_options(isolation_level="REPEATABLE READ") as db:
        schema = current(db)
        known = metadata.sorted_tables if schema else []
        for table in known:
            name = f"tables/{table.name}.jsonl"
            files[name] = aside / f"{table.name}.jsonl"
            with files[name].open("wb") as file:
                for row in () if table in _FORGOTTEN else db.execute(select(table)).mappings():
                    file.write(msgspec.json.encode(dict(row)) + b"\n")
        named = catalogue.files_in_use(db) if schema else set()
    return files | _waiting(city, aside), named, schema


def _forget_visitors(copy: sqlite3.Connection) -> None:
    """Hits and salts live for a day: a backup, which is kept for years, must not hold them.

    Pages are overwritten, not only given free. Counts of the day so far are in the backup.
    """
    copy.execute("PRAGMA secure_delete=ON")
    there = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
    for table in _FORGOTTEN:
        if table.name in there:  # an older schema has none
            copy.execute(f"DELETE FROM {table.name}")
    copy.commit()


def _waiting(city: City, aside: Path) -> dict[str, Path]:
    """What sources keep in folders of their own, copied aside as it is after the database.

    These files only grow: the mark in the database up to which they were read lies inside them.
    """
    found = {}
    for path in sorted((city.settings.home / "sources").rglob("*")):
        if path.is_file() and not path.is_symlink():
            name = path.relative_to(city.settings.home).as_posix()
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # taken in and removed by now
                found[name] = Path(shutil.copy(path, aside / name))
    return found


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online backup: consistent, while others write."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.execute("PRAGMA busy_timeout=30000")
        old.backup(new, pages=-1)


def _sorted_out(lake: Lake, named: set[Digest]) -> tuple[list[str], list[str]]:
    sound: list[str] = []
    missing: list[str] = []
    for digest in sorted(named):
        path = lake.path(digest)
        is_sound = path.is_file() and _digest(path) == digest
        (sound if is_sound else missing).append(digest)
    return sound, missing


def restore(
    source: Path,
    home: Path,
    *,
    database: str = "",
    lake_of: Path | None = None,
    progress: Progress | None = None,
) -> Backup:
    """Bring a backup back into `home`, which must be new or empty; all checksums are verified.

    Everything is unpacked beside `home` and renamed at the end. `database` is the address of an
    empty PostgreSQL database; without it the city comes back on SQLite, also when it was a
    PostgreSQL one. `lake_of` is the home that holds the lake files of a backup made without them.
    Raises `Conflict` if something is in the way, `Invalid` for a damaged or foreign file.
    """
    if not source.is_file():
        raise NotFound(f"There is no backup {source}.")
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise Conflict(f"{home} is not empty. Restore into a new folder; nothing was touched.")
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=home.parent, prefix=f".{home.name}.restoring-"))
    except OSError as cause:
        raise Unavailable(f"Cannot write beside {home}: {cause.strerror}.") from cause
    try:
        contents = _unpack(source, aside, progress)
        _complete(contents, aside, lake_of)
        _load(contents, aside, database)
        for path in sorted(aside.rglob("*")):
            if path.is_file():
                _sync_file(path)
        os.replace(aside, home)
        sync_folder(home.parent)
    except OSError as cause:
        reason = cause.strerror or str(cause)
        raise Unavailable(f"{source} cannot be restored: {reason}. {home} is as before.") from cause
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Backup(path=source, bytes=source.stat().st_size, contents=contents)


def _unpack(source: Path, aside: Path, progress: Progress | None) -> Contents:
    try:
        with tarfile.open(source, "r:") as tar:
            first = tar.next()
            if first is None or first.name != _MANIFEST:
                raise Invalid(f"{source} is no backup of City Commons.")
            stream = tar.extractfile(first)
            contents = msgspec.json.decode(stream.read() if stream else b"", type=Contents)
            if contents.format != _FORMAT:
                raise Unavailable(
                    f"{source} was made by City Commons {contents.program} in a newer form. "
                    f"Install {contents.program} or newer."
                )
            wanted = {**contents.files, **{_lake_name(d): d for d in contents.lake}}
            total = len(wanted)
            while (member := tar.next()) is not None:
                # Only what the manifest names is written: no member can lie anywhere else.
                if (digest := wanted.pop(member.name, None)) is None or not member.isfile():
                    raise Invalid(f"{source} holds “{member.name}”, which its list does not name.")
                if (packed := tar.extractfile(member)) is not None:
                    _extract(packed, aside / member.name, digest, source)
                if progress:
                    progress(total - len(wanted), total)
    except (tarfile.TarError, msgspec.MsgspecError, EOFError) as cause:
        raise Invalid(f"{source} is damaged or no backup of City Commons.") from cause
    if wanted:
        raise Invalid(
            f"{source} is cut off: {len(wanted)} files are missing. Nothing was restored."
        )
    return contents


def _extract(stream: IO[bytes], path: Path, digest: str, source: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    hashed = hashlib.sha256()
    with path.open("wb") as file:
        while piece := stream.read(_PIECE):
            hashed.update(piece)
            file.write(piece)
    if hashed.hexdigest() != digest:
        raise Invalid(f"“{path.name}” in {source} is damaged: its checksum differs.")


def _complete(contents: Contents, aside: Path, lake_of: Path | None) -> None:
    """A backup without lake files borrows them from the home they lie in."""
    if contents.has_lake:
        return
    if lake_of is None:
        raise Invalid(
            "This backup holds no lake files (upgrade made it). Name the home that has them: "
            "--lake-of HOME."
        )
    with suppress(FileNotFoundError):
        shutil.copytree(lake_of / "lake", aside / "lake", ignore=shutil.ignore_patterns("aside"))


def _load(contents: Contents, aside: Path, database: str) -> None:
    if contents.database == "sqlite" and not database:
        _write_database_setting(aside, "")
        return
    if contents.database == "sqlite":
        raise Invalid("A SQLite backup comes back on SQLite; leave --database out.")
    if contents.schema != LATEST:
        raise Unavailable(
            f"The backup is of schema {contents.schema}, this program writes {LATEST}. Restore "
            f"with City Commons {contents.program}, then upgrade."
        )
    url = database or f"sqlite:///{aside / _DATABASE}"
    engine = make_engine(url)
    try:
        upgrade_schema(engine)
        with engine.connect() as db, db.begin():
            if db.execute(select(metadata.tables["publishers"].c.id).limit(1)).first():
                raise Conflict("The database holds a city already. Name an empty one.")
            for table in metadata.sorted_tables:
                _load_table(db, table, aside / "tables" / f"{table.name}.jsonl")
            _after_load(db)
    finally:
        engine.dispose()  # the last connection of SQLite folds its -wal into the file
    shutil.rmtree(aside / "tables", ignore_errors=True)
    _write_database_setting(aside, database)


def _load_table(db: Connection, table: Table, path: Path) -> None:
    batch: list[dict[str, Any]] = []
    with path.open("rb") as file:
        for line in file:
            row = msgspec.json.decode(line)
            batch.append({name: _typed(table, name, value) for name, value in row.items()})
            if len(batch) == 1000:
                db.execute(insert(table), batch)
                batch = []
    if batch:
        db.execute(insert(table), batch)


def _typed(table: Table, name: str, value: Any) -> Any:
    kind = table.c[name].type
    if value is None or not isinstance(value, str):
        return value
    if isinstance(kind, Utc):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value


def _after_load(db: Connection) -> None:
    """What the engines derive from rows and did not see: search index, counters."""
    if db.dialect.name == "sqlite":
        db.exec_driver_sql("INSERT INTO search_index(search_index) VALUES ('rebuild')")
        return
    for table, column in (("grants", "id"), ("outbox", "seq"), ("search_entries", "rowid")):
        db.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), "
                f"coalesce((SELECT max({column}) FROM {table}), 0) + 1, false)"
            )
        )


def _write_database_setting(home: Path, database: str) -> None:
    """Let `city.toml` name the database that the city now lives in."""
    path = home / FILE
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if not line.replace(" ", "").startswith("database=")]
    if database:
        kept.append(f"database = {msgspec.json.encode(database).decode()}")
    path.write_text("\n".join(kept) + "\n", "utf-8")
    path.chmod(0o600)


def _lake_name(digest: str) -> str:
    return f"lake/{digest[:2]}/{digest}.parquet"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
