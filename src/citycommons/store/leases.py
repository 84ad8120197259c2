"""Rows that wait for their time: seen without a lock, taken by one worker, due again if it dies."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Row, select, update


def is_any(db: Connection, due: Column[Any], now: datetime) -> bool:
    """Whether a row's time has come; asks without taking the write lock."""
    return db.execute(select(due).where(due <= now).limit(1)).first() is not None


def take(
    db: Connection, due: Column[Any], key: Column[Any], now: datetime, *, seconds: int
) -> Row[Any] | None:
    """Take the row that is due longest; nobody else gets it for so many seconds.

    `key` tells rows of the table of `due` apart. Where the table counts attempts, this is one more.
    """
    table = due.table
    first = select(key).where(due <= now).order_by(due, key).limit(1)
    values: dict[str, Any] = {due.name: now + timedelta(seconds=seconds)}
    if "attempts" in table.c:
        values["attempts"] = table.c.attempts + 1
    free = first.with_for_update(skip_locked=True).scalar_subquery()
    return db.execute(update(table).where(key == free).values(values).returning(table)).first()
