"""What portals' own counters of copies stood at each day: the evidence behind declared counts."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.copies import CopyId, Reading
from citycommons.store.proof_tables import copy_counters as table


def add(db: Connection, found: Sequence[Reading]) -> None:
    """Keep what counters stood at; the last reading of a day stays."""
    if not found:
        return
    statement = (postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert)(table)
    changed = {name: statement.excluded[name] for name in ("value", "read")}
    names = ("copy", "word", "day", "value", "read")
    db.execute(
        statement.on_conflict_do_update(index_elements=["copy", "word", "day"], set_=changed),
        [{name: getattr(one, name) for name in names} for one in found],
    )


def of_copies(db: Connection, ids: Collection[CopyId]) -> tuple[Reading, ...]:
    """All readings of these copies' counters, by copy and word, the oldest first."""
    query = (
        select(table)
        .where(table.c.copy.in_(sorted(ids)))
        .order_by(table.c.copy, table.c.word, table.c.day)
    )
    return tuple(
        Reading(copy=CopyId(row.copy), word=row.word, day=row.day, value=row.value, read=row.read)
        for row in db.execute(query)
    )
