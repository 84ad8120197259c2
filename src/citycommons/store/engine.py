"""The SQL engine, with what SQLite needs to be safe under several writers."""

from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from citycommons.core.errors import Invalid


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///…` or `postgresql+psycopg://…`; other databases are refused."""
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise Invalid(
            f"database “{url.split('://')[0]}” is not known; use sqlite:/// or postgresql://."
        )
    try:
        engine = create_engine(
            url, json_serializer=_dumps, json_deserializer=orjson.loads, pool_pre_ping=False
        )
    except (ArgumentError, NoSuchModuleError) as cause:
        raise Invalid(f"The database address cannot be used: {cause}.") from cause
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=30000")  # first: the next line may have to wait
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-32000")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    may_write = connection.info.get("may_write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if may_write else "BEGIN")
