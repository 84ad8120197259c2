"""Rows of fingerprints ↔ the types: what recognises a version's rows wherever they turn up."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.types import DatasetId
from citycommons.store.proof_tables import fingerprints as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The fingerprint of one version."""

    dataset: DatasetId
    version: int
    shape: str  # hash of names and types of columns
    rows: int
    minhash: bytes


def save(db: Connection, one: Kept) -> None:
    """Keep the fingerprint; the same version's earlier one is replaced."""
    values = {"shape": one.shape, "rows": one.rows, "minhash": one.minhash}
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(dataset=one.dataset, version=one.version, **values)
    db.execute(statement.on_conflict_do_update(index_elements=["dataset", "version"], set_=values))


def latest(db: Connection, datasets: Collection[str] | None = None) -> tuple[Kept, ...]:
    """The fingerprint of each dataset's newest version that has one."""
    newest = select(table.c.dataset, func.max(table.c.version).label("version"))
    if datasets is not None:
        newest = newest.where(table.c.dataset.in_(sorted(datasets)))
    top = newest.group_by(table.c.dataset).subquery("top")
    is_top = (table.c.dataset == top.c.dataset) & (table.c.version == top.c.version)
    query = select(table).join(top, is_top).order_by(table.c.dataset)
    return tuple(_kept(row) for row in db.execute(query))


def of_dataset(db: Connection, id: DatasetId) -> tuple[Kept, ...]:
    """All fingerprints of a dataset, the newest version first."""
    query = select(table).where(table.c.dataset == id).order_by(table.c.version.desc())
    return tuple(_kept(row) for row in db.execute(query))


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        dataset=DatasetId(row.dataset),
        version=row.version,
        shape=row.shape,
        rows=row.rows,
        minhash=bytes(row.minhash),
    )
