"""Small facts about the installation by name, each a JSON object."""

from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.store.tables import notes


def read(db: Connection, name: str) -> Any:
    """The note's object; None if there is none."""
    return db.scalar(select(notes.c.body).where(notes.c.name == name))


def starting(db: Connection, start: str) -> dict[str, Any]:
    """All notes whose names start so, by name."""
    there = notes.c.name.startswith(start, autoescape=True)
    return {row.name: row.body for row in db.execute(select(notes).where(there))}


def write(db: Connection, name: str, body: Any) -> None:
    """Write the note, in place of what it held; None removes it."""
    if body is None:
        db.execute(delete(notes).where(notes.c.name == name))
        return
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    db.execute(
        insert(notes)
        .values(name=name, body=body)
        .on_conflict_do_update(index_elements=["name"], set_={"body": body})
    )
