"""Connector `sql`: a table or a query of a PostgreSQL, MariaDB, MySQL or SQLite database."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import chain, islice
from pathlib import Path
from typing import Any

from citycommons.collect.polite import Polite
from citycommons.collect.since import back
from citycommons.collect.sql.place import Place, Server
from citycommons.collect.sql.rows import Batches, Column, written
from citycommons.collect.sql.servers import opened
from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.types import Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class Sql:
    """Rows of a table or a query, typed, as Parquet; only the new ones where a column tells them.

    The session can only read. Rows come from one snapshot, a batch at a time. Shapes are WKB with
    the reference system their database names. With `cursor_column` rows strictly after `since` come
    in its order. The last parcel alone carries the new cursor: rows of equal time may stand in two
    parcels, and a run that broke between them must bring both again.
    """

    url: str = field(
        metadata={
            "says": "Address without password: postgresql://host/database, "
            "mariadb://host/database, or sqlite:///file.db in an allowed folder"
        }
    )
    user: str = field(default="", metadata={"says": "Name to sign in with"})
    password: str = field(default="", metadata={"says": "Its password", "secret": True})
    table: str = field(default="", metadata={"says": "Table or view, as name or schema.name"})
    query: str = field(default="", metadata={"says": "Or one SELECT, instead of a table"})
    cursor_column: str = field(
        default="", metadata={"says": "Column that only grows: a key, or the time of a change"}
    )
    overlap: str = field(
        default="",
        metadata={"says": "How far to go back for late rows: PT10M for times, 100 for keys"},
    )
    tls: str = field(
        default="prefer",
        metadata={
            "says": "Encryption on the way to the server",
            "choices": ("prefer", "require", "verify-full", "disable"),
        },
    )
    batch_rows: int = field(default=10_000, metadata={"says": "Rows held in memory at once"})
    parcel_rows: int = field(default=1_000_000, metadata={"says": "Most rows of one file"})
    most_rows: int = field(
        default=100_000_000, metadata={"says": "More rows than this are refused"}
    )
    timeout_s: int = field(default=600, metadata={"says": "Longest time of the statement, seconds"})
    since: str = ""
    roots: tuple[Path, ...] = ()
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """The rows as one or more Parquet parcels; none if nothing came since the last time.

        Raises `Invalid` for a statement that is no single SELECT or that the database refuses,
        `Forbidden` for a host inside the network or a file outside the folder, `Unavailable` if the
        database does not answer, `TooMuch` beyond `most_rows`.
        """
        self._check()
        with self.client, closing(opened(self._place())) as server:
            yield from self._bring(server)

    def _place(self) -> Place:
        return Place(
            url=self.url,
            user=self.user,
            password=self.password,
            tls=self.tls,
            timeout_s=self.timeout_s,
            roots=self.roots,
            allow_hosts=self.client.allow_hosts,
            resolver=self.client.resolver,
        )

    def _check(self) -> None:
        if bool(self.table) == bool(self.query):
            raise Invalid("Give either a table or a query.", column="table")
        text = _bare(self.query)
        if self.query and (";" in text or not re.match(r"(?i)\s*(select|with|values)\b", text)):
            raise Invalid(
                "The query has to be one SELECT, without a semicolon inside: nothing else is run.",
                column="query",
            )
        for name in ("batch_rows", "parcel_rows", "most_rows", "timeout_s"):
            if getattr(self, name) < 1:
                raise Invalid(f"“{name}” has to be at least 1.", column=name)

    def _bring(self, server: Server) -> Iterator[Parcel]:
        source = server.nested(_bare(self.query)) if self.query else server.quoted(self.table)
        columns = server.columns(source)
        statement = f"SELECT * FROM {source}"
        values: tuple[Any, ...] = ()
        key = self._key(columns)
        if key is not None:
            name = server.quote(columns[key].name)
            if self.since:
                statement += f" WHERE {name} > {server.mark} OR {name} IS NULL"
                start = back(_typed(self.since, columns[key]), self.overlap)
                values = (server.comparable(start, columns[key]),)
            statement += f" ORDER BY {name}"
        watch = _Watch(key, columns, self.since, self.most_rows)
        batches = watch.over(server.rows(statement, values, self.batch_rows))
        # The present file is written only when a batch after it came, so that the last is known.
        waiting: Parcel | None = None
        for number, part in enumerate(_parts(batches, self.parcel_rows), start=1):
            if waiting:
                yield waiting
            waiting = self._parcel(columns, part, number)
        if waiting is None and not self.since:
            waiting = self._parcel(columns, iter(()), 1)
        if waiting:
            yield replace(waiting, cursor=watch.cursor)

    def _parcel(self, columns: list[Column], batches: Batches, number: int) -> Parcel:
        name = self.table.rpartition(".")[2] or "query"
        stem = re.sub(r"[^\w-]", "_", name) + (f"-{number:05d}" if number > 1 else "")
        with written(columns, batches, self.client.parcels.folder) as pieces:
            return self.client.keep(
                pieces,
                name=f"{stem}.parquet",
                origin=f"{self.url}#{self.table or 'query'}",
                media_type="application/vnd.apache.parquet",
            )

    def _key(self, columns: list[Column]) -> int | None:
        if not self.cursor_column:
            return None
        names = [column.name for column in columns]
        if self.cursor_column not in names:
            raise Invalid(
                f"There is no column “{self.cursor_column}”; there are {', '.join(names)}.",
                column="cursor_column",
            )
        return names.index(self.cursor_column)


class _Watch:
    """Counts the rows that pass, and remembers how far the key column came."""

    def __init__(self, key: int | None, columns: list[Column], since: str, most_rows: int) -> None:
        self._key, self._columns, self._most = key, columns, most_rows
        self.cursor = since
        self.rows = 0

    def over(self, batches: Batches) -> Batches:
        for batch in batches:
            self.rows += len(batch)
            if self.rows > self._most:
                raise TooMuch(
                    f"More than {self._most} rows came. Raise most_rows, or ask for fewer rows."
                )
            if self._key is not None and batch:
                self._see(batch, self._key)
            yield batch

    def _see(self, batch: list[tuple[Any, ...]], key: int) -> None:
        if any(row[key] is None for row in batch):
            name = self._columns[key].name
            raise Invalid(
                f"Column “{name}” is empty in some rows, so new rows cannot be told by it. "
                "Take another column, or leave those rows out with a query.",
                column=name,
            )
        last = batch[-1][key]
        reached = last.isoformat() if isinstance(last, date | datetime) else str(last)
        if self.cursor and _typed(reached, self._columns[key]) < _typed(
            self.cursor, self._columns[key]
        ):
            return  # only rows of the overlap
        self.cursor = reached


def _parts(batches: Batches, most_rows: int) -> Iterator[Batches]:
    """The batches in groups of at most `most_rows` rows, each to be used up before the next."""
    batches = iter(batches)
    for first in batches:
        size = max(1, most_rows // max(1, len(first)))
        yield chain((first,), islice(batches, size - 1))


def _bare(query: str) -> str:
    return query.strip().removesuffix(";").rstrip()


def _typed(text: str, column: Column) -> Any:
    """A cursor as a value of its column."""
    import pyarrow as pa

    kind = column.type
    try:
        if column.is_text_in_database:
            return text
        if pa.types.is_integer(kind):
            return int(text)
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return Decimal(text)
        if pa.types.is_timestamp(kind):
            return datetime.fromisoformat(text)
        return date.fromisoformat(text) if pa.types.is_date(kind) else text
    except (ValueError, InvalidOperation) as cause:
        raise Invalid(
            f"Column “{column.name}” was last read up to “{text}”, which is no value of it any "
            "more. Read the source from its beginning.",
            column=column.name,
        ) from cause
