"""Rows of what the names in an earlier portal's addresses lead to."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.types import DatasetId, PublisherId, SourceId
from citycommons.store.tables import old_addresses as table

_AT_ONCE = 200  # well below the number of values that a statement may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class OldAddress:
    """One name of an earlier portal; it is a dataset's, a file's or a publisher's."""

    system: str  # and kind of thing: "ckan", "ckan-resource", "ckan-organization", …
    name: str  # in small letters
    source: SourceId
    dataset: DatasetId | None = None
    publisher: PublisherId | None = None
    url: str = ""  # of a file: where it was
    format: str = ""


def save(db: Connection, found: Iterable[OldAddress]) -> int:
    """Write them down, in place of what was known of their names; answers how many."""
    rows = list({(one.system, one.name): asdict(one) for one in found}.values())
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    for at in range(0, len(rows), _AT_ONCE):
        statement = insert(table).values(rows[at : at + _AT_ONCE])
        names = [name for name in rows[0] if name not in ("system", "name")]
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["system", "name"],
                set_={name: statement.excluded[name] for name in names},
            )
        )
    return len(rows)


def find(db: Connection, names: Sequence[tuple[str, str]]) -> list[OldAddress]:
    """The known ones among these pairs of system and name, in their order."""
    query = select(table).where(
        table.c.system.in_({system for system, _ in names}),
        table.c.name.in_({name for _, name in names}),
    )
    found = {(row.system, row.name): OldAddress(**row._mapping) for row in db.execute(query)}
    return [found[pair] for pair in dict.fromkeys(names) if pair in found]


def count(db: Connection, source: SourceId) -> int:
    """How many names a source brought."""
    query = select(func.count()).select_from(table).where(table.c.source == source)
    return int(db.scalar(query) or 0)
