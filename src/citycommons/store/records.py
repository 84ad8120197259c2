"""Rows of what catalogues brought: (source, identifier) names a record for ever."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.types import DatasetId, SourceId
from citycommons.store.tables import records as table

_AT_ONCE = 200  # well below the number of values that a statement may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of an origin's catalogue, and the entry it became."""

    source: SourceId
    identifier: str  # the origin's own
    dataset: DatasetId | None = None  # None: it never became an entry
    digest: str = ""  # of its bytes
    fingerprint: str = ""  # of what it describes
    run: int  # the last run that saw it
    changed: datetime
    gone: datetime | None = None  # since when the origin does not have it
    error: str = ""


def of_identifiers(
    db: Connection, source: SourceId, identifiers: Sequence[str]
) -> dict[str, Record]:
    """The known ones among these identifiers of a source."""
    query = select(table).where(table.c.source == source, table.c.identifier.in_(identifiers))
    return {row.identifier: _record(row) for row in db.execute(query)}


def of_dataset(db: Connection, dataset: DatasetId) -> list[Record]:
    """The records that a dataset's entry comes from."""
    return [_record(row) for row in db.execute(select(table).where(table.c.dataset == dataset))]


def save(db: Connection, records: Iterable[Record]) -> None:
    """Write records down, in place of what was known of them."""
    rows = [
        {
            "source": one.source,
            "identifier": one.identifier,
            "dataset": one.dataset,
            "digest": one.digest,
            "fingerprint": one.fingerprint,
            "run": one.run,
            "changed": one.changed,
            "gone": one.gone,
            "error": one.error,
        }
        for one in records
    ]
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    for at in range(0, len(rows), _AT_ONCE):
        statement = insert(table).values(rows[at : at + _AT_ONCE])
        names = [name for name in rows[0] if name not in ("source", "identifier")]
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["source", "identifier"],
                set_={name: statement.excluded[name] for name in names},
            )
        )


def seen(db: Connection, source: SourceId, identifiers: Sequence[str], run: int) -> None:
    """These records are there as they were; the run has seen them."""
    here = (table.c.source == source, table.c.identifier.in_(identifiers))
    db.execute(update(table).where(*here).values(run=run))


def unseen(db: Connection, source: SourceId, run: int) -> list[Record]:
    """Records that the origin had before this run and that the run did not see, by identifier."""
    query = (
        select(table)
        .where(table.c.source == source, table.c.run != run, table.c.gone.is_(None))
        .order_by(table.c.identifier)
    )
    return [_record(row) for row in db.execute(query)]


def counts(db: Connection, sources: Sequence[SourceId]) -> dict[SourceId, tuple[int, int]]:
    """How many records of each source are there, and how many are gone."""
    query = (
        select(table.c.source, func.count(), func.count(table.c.gone))
        .where(table.c.source.in_(sources))
        .group_by(table.c.source)
    )
    return {SourceId(id): (every - gone, gone) for id, every, gone in db.execute(query)}


def forget(db: Connection, source: SourceId, identifiers: Sequence[str]) -> None:
    """These identifiers name nothing any more: the origin calls their records otherwise now."""
    here = (table.c.source == source, table.c.identifier.in_(identifiers))
    db.execute(delete(table).where(*here))


def of_fingerprints(
    db: Connection, source: SourceId, fingerprints: Sequence[str], *, unseen_by: int
) -> list[Record]:
    """Entries' records with one of these fingerprints that the run has not seen, gone ones too."""
    query = (
        select(table)
        .where(table.c.source == source, table.c.fingerprint.in_(fingerprints))
        .where(table.c.run != unseen_by, table.c.dataset.is_not(None))
        .order_by(table.c.gone.is_not(None), table.c.identifier)
    )
    return [_record(row) for row in db.execute(query)]


def digests(db: Connection) -> set[str]:
    """Digests of the bytes of all records."""
    return set(db.scalars(select(table.c.digest).where(table.c.digest != "")))


def _record(row: Row[Any]) -> Record:
    return Record(
        source=SourceId(row.source),
        identifier=row.identifier,
        dataset=None if row.dataset is None else DatasetId(row.dataset),
        digest=row.digest,
        fingerprint=row.fingerprint,
        run=row.run,
        changed=row.changed,
        gone=row.gone,
        error=row.error,
    )
