"""Rows of stories and of their revisions ↔ `Story`; nothing of a history is lost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from citycommons.core.errors import Conflict
from citycommons.core.reuses import Story, StoryId
from citycommons.core.types import ActorId
from citycommons.store.proof_tables import stories as table
from citycommons.store.proof_tables import story_revisions as revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One saved state of a story, and who saved it."""

    story: Story
    at: datetime
    by: ActorId


def get(db: Connection, id: StoryId) -> Story | None:
    """The story as it is now."""
    body = db.scalar(select(table.c.body).where(table.c.id == id))
    return None if body is None else msgspec.convert(body, Story)


def find(db: Connection, *, is_public: bool | None, limit: int, offset: int = 0) -> list[Story]:
    """Newest day first; None finds drafts and public ones."""
    query = select(table.c.body)
    if is_public is not None:
        query = query.where(table.c.is_public.is_(is_public))
    query = query.order_by(table.c.day.desc(), table.c.id).limit(limit).offset(offset)
    return [msgspec.convert(body, Story) for body in db.scalars(query)]


def count(db: Connection, *, is_public: bool | None) -> int:
    """How many there are."""
    query = select(func.count()).select_from(table)
    if is_public is not None:
        query = query.where(table.c.is_public.is_(is_public))
    return int(db.scalar(query) or 0)


def add(db: Connection, one: Story, *, at: datetime, by: ActorId) -> None:
    """Write a new story down, and its first revision."""
    db.execute(insert(table).values(_row(one)))
    _remember(db, one, at, by)


def save(db: Connection, one: Story, *, at: datetime, by: ActorId) -> None:
    """Write the next revision down.

    Raises `Conflict` when somebody else saved the story meanwhile.
    """
    older = table.c.body["revision"].as_integer() == one.revision - 1
    if not db.execute(update(table).where(table.c.id == one.id, older).values(_row(one))).rowcount:
        raise Conflict(
            f"Somebody else changed “{one.id}” meanwhile. Load it again, and repeat what you did.",
            story=one.id,
        )
    _remember(db, one, at, by)


def history(db: Connection, id: StoryId, *, limit: int = 100) -> list[Revision]:
    """Revisions, newest first."""
    query = select(revisions).where(revisions.c.story == id)
    query = query.order_by(revisions.c.revision.desc()).limit(limit)
    return [_revision(row) for row in db.execute(query)]


def revision(db: Connection, id: StoryId, number: int) -> Revision | None:
    """One saved state."""
    query = select(revisions).where(revisions.c.story == id, revisions.c.revision == number)
    row = db.execute(query).first()
    return None if row is None else _revision(row)


def _remember(db: Connection, one: Story, at: datetime, by: ActorId) -> None:
    body = msgspec.to_builtins(one, order="deterministic")
    db.execute(
        insert(revisions).values(story=one.id, revision=one.revision, at=at, by=by, body=body)
    )


def _row(one: Story) -> dict[str, Any]:
    body = msgspec.to_builtins(one, order="deterministic")
    return {"id": one.id, "day": one.day, "is_public": one.is_public, "body": body}


def _revision(row: Any) -> Revision:
    return Revision(story=msgspec.convert(row.body, Story), at=row.at, by=ActorId(row.by))
