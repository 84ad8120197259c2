"""Where a database is, and what a session at it can do."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from citycommons.collect.guard import Resolver, checked
from citycommons.collect.sql.rows import Column
from citycommons.core.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a database is, and how to sign in."""

    url: str
    user: str
    password: str
    tls: str
    timeout_s: int
    roots: tuple[Path, ...]
    allow_hosts: tuple[str, ...]
    resolver: Resolver

    @property
    def database(self) -> str:
        return unquote(urlsplit(self.url).path).removeprefix("/")

    def host(self, port: int) -> tuple[str, str, int]:
        """Name, checked address and port of the server; `port` where the address says none.

        Raises `Forbidden` for a host inside the network that is not allowed by name.
        """
        try:
            parts = urlsplit(self.url)
            port = parts.port or port
        except ValueError as cause:
            raise Invalid(f"“{self.url}” is no address: {cause}.", column="url") from cause
        host = parts.hostname
        if not host or not self.database:
            raise Invalid(
                "The address lacks a host or a database. Write postgresql://host:5432/database.",
                column="url",
            )
        named = f"[{host}]" if ":" in host else host
        return host, checked(f"https://{named}:{port}/", self.allow_hosts, self.resolver), port


class Server(Protocol):
    """An open, read-only session in one snapshot."""

    mark: str  # stands for a bound value

    def quote(self, name: str) -> str:
        """A name of a column as an identifier."""
        ...

    def quoted(self, table: str) -> str:
        """A table, `name` or `schema.name`, as an identifier."""
        ...

    def nested(self, query: str) -> str:
        """A query as a subquery: so it is one statement, and it can only be one that reads."""
        ...

    def columns(self, source: str) -> list[Column]:
        """The columns of a table or a subquery."""
        ...

    def comparable(self, value: Any, column: Column) -> Any:
        """A value of a column as this database compares it."""
        ...

    def rows(self, statement: str, values: tuple[Any, ...], batch_rows: int) -> Iterator[Any]:
        """Lists of at most `batch_rows` rows, never more than one of them in memory."""
        ...

    def close(self) -> None: ...


def identifier(name: str, mark: str = '"') -> str:
    """A name between quotation marks, which are doubled inside."""
    if "\x00" in name or not name:
        raise Invalid("A name of a table or a column is empty.")
    return mark + name.replace(mark, mark * 2) + mark
