"""Is everything that was promised still there? Each finding says what is wrong and what helps."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from citycommons.core.errors import CityError
from citycommons.core.types import Digest
from citycommons.store import audit, catalogue, outbox, sources
from citycommons.store.migrate import check_schema
from citycommons.store.usage import batches
from citycommons.store.work import City

_PATIENCE = timedelta(hours=1)  # within which a running worker has read any fact
_LONG_FAILING = timedelta(days=1)  # a source; what passes by itself has passed by then
_LONGEST_HITS = timedelta(days=1)
_YOUNG_S = 86_400.0  # a file no version names yet may belong to a publication that goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be."""

    check: str
    what: str
    help: str
    is_serious: bool = True  # something is lost or does not work; else it only wants attention


def findings(
    city: City, *, deep: bool = False, progress: Callable[[int, int], None] | None = None
) -> Iterator[Finding]:
    """Check schema, database, outbox, audit log and lake; with `deep` each file's bytes too."""
    try:
        check_schema(city.engine)
    except CityError as error:
        yield Finding(check="schema", what=error.message, help="See the message.")
        return
    try:
        yield from _database(city)
        yield from _lake(city, deep=deep, progress=progress)
    except DatabaseError as error:
        yield Finding(
            check="database",
            what=f"The database cannot be read: {error.orig}.",
            help="Restore the newest backup: citycommons restore FILE HOME",
        )


def _database(city: City) -> Iterator[Finding]:
    with city.engine.connect() as db:
        db.info["may_write"] = False
        if db.dialect.name == "sqlite":
            said = db.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            if said != "ok":
                yield Finding(
                    check="database",
                    what=f"The database is damaged: {said}.",
                    help="Restore the newest backup: citycommons restore FILE HOME",
                )
        for seq, fact, error in outbox.stuck(db):
            yield Finding(
                check="outbox",
                what=f"Fact {seq} ({fact}) failed {outbox.MAX_ATTEMPTS} times: {error}.",
                help="Mend the reason, then run: citycommons doctor --retry",
            )
        waiting = outbox.oldest_waiting(db)
        if waiting is not None and city.clock() - waiting > _PATIENCE:
            yield Finding(
                check="outbox",
                what=f"Since {waiting:%Y-%m-%d %H:%M} UTC no worker has read what was published.",
                help="Start one: citycommons serve (or python -m citycommons.jobs.run --home HOME)",
                is_serious=False,
            )
        yield from _hits(db, city.clock())
        yield from _sources(db, city.clock())
        if (broken := audit.first_break(db)) is not None:
            yield Finding(
                check="audit",
                what=f"The audit log was changed from outside, from entry {broken} on.",
                help="Compare with a backup, and ask who had access to the database.",
            )


def _hits(db: Connection, now: datetime) -> Iterator[Finding]:
    """What must be forgotten after a day, and is not: nobody counts it."""
    if days := [day for day in batches.arrived(db) if now.date() - day > _LONGEST_HITS]:
        yield Finding(
            check="uses",
            what=f"Since {days[0]} no worker has counted uses, so hashes of visitors are kept for "
            "longer than the day that is promised.",
            help="Start one: citycommons serve (or python -m citycommons.jobs.run --home HOME)",
            is_serious=False,
        )


def _sources(db: Connection, now: datetime) -> Iterator[Finding]:
    for state in sources.every(db):
        id, since = state.source.id, state.failing_since
        if since is not None and now - since > _LONG_FAILING:
            yield Finding(
                check="sources",
                what=f"The source {id} has failed since {since:%Y-%m-%d %H:%M} UTC.",
                help=f"See why: citycommons sources show {id}",
                is_serious=False,
            )
        late = state.next_run is not None and now - state.next_run > _PATIENCE
        if late and not state.is_running(now):
            yield Finding(
                check="sources",
                what=f"No worker has run the source {id}, due at {state.next_run:%Y-%m-%d %H:%M} "
                "UTC.",
                help="Start one: citycommons serve (or python -m citycommons.jobs.run --home HOME)",
                is_serious=False,
            )


def _lake(
    city: City, *, deep: bool, progress: Callable[[int, int], None] | None
) -> Iterator[Finding]:
    with city.engine.connect() as db:
        db.info["may_write"] = False
        named = sorted(catalogue.files_in_use(db))
        readers = {
            digest: f"{one.dataset}@{one.number}"
            for dataset in catalogue.datasets(db)
            for one in catalogue.versions(db, dataset.id)
            for digest in (one.file, one.report, one.rejects)
            if digest
        }
    for number, digest in enumerate(named, 1):
        path = city.lake.path(digest)
        if not path.is_file():
            what = f"The file of {readers.get(digest, digest)} is missing: {path}."
        elif deep and _digest(path) != digest:
            what = f"The file of {readers.get(digest, digest)} is damaged: {path}."
        else:
            what = ""
        if what:
            yield Finding(
                check="lake",
                what=what,
                help="Copy it from a backup: its name there is the same.",
            )
        if progress:
            progress(number, len(named))
    orphans = list(orphaned(city, set(named)))
    if orphans:
        yield Finding(
            check="lake",
            what=f"{len(orphans)} files of {sum(orphans):,} bytes belong to no version.",
            help="They are harmless; remove them with: citycommons doctor --tidy",
            is_serious=False,
        )


def orphaned(city: City, named: set[Digest], *, remove: bool = False) -> Iterator[int]:
    """Sizes of the files that no version names and that are older than a day."""
    now = time.time()
    for path in city.lake.root.glob("*/*"):
        status = path.stat()
        is_aside = path.parent.name == "aside"
        if not is_aside and path.name.partition(".")[0] in named:
            continue
        if now - status.st_mtime < _YOUNG_S:
            continue
        if remove:
            path.unlink(missing_ok=True)
        yield status.st_size


def tidy(city: City) -> tuple[int, int]:
    """Remove orphaned files; answers how many, and their bytes."""
    with city.engine.connect() as db:
        db.info["may_write"] = False
        named = catalogue.files_in_use(db)
    sizes = list(orphaned(city, named, remove=True))
    return len(sizes), sum(sizes)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
