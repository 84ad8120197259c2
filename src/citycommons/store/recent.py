"""What a process remembers of the database, for as long as nobody has written to it.

A busy address is asked a thousand times between two changes: reading and decoding the same rows
each time costs more than the answer. What is remembered is dropped with the first commit of
anybody, seen by a stamp that the database itself keeps, so a right that was taken away is gone at
the next request.
"""

import sqlite3
import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import Engine, text

_Found = TypeVar("_Found")
_MOST = 4096


class Recent:
    """Answers by question, dropped when the database has changed.

    References
    ----------
    SQLite: PRAGMA data_version. PostgreSQL: pg_current_snapshot().
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._stamping = threading.Lock()
        self._stamp: Hashable = None
        self._found: dict[Hashable, Any] = {}
        self._connection: Any = None

    def get(self, question: Hashable, load: Callable[[], _Found]) -> _Found:
        """The answer to the question, loaded if it is not known or may be old.

        What `load` raises is not remembered.
        """
        before = self.stamp()
        with self._lock:
            if before != self._stamp:
                self._stamp = before
                self._found.clear()
            elif question in self._found:
                found: _Found = self._found[question]
                return found
        found = load()
        with self._lock:
            # Loaded after the stamp was read, so it is at least as new as the stamp says.
            if before == self._stamp and len(self._found) < _MOST:
                self._found[question] = found
        return found

    def knows(self, question: Hashable) -> Any:
        """The answer if it is remembered and still true, else None."""
        if self.stamp() != self._stamp:
            return None
        return self._found.get(question)

    def stamp(self) -> Hashable:
        """Equal as long as nobody has committed anything: 2 µs on SQLite, a round trip else."""
        with self._stamping:
            if self._connection is None:
                self._connection = self._connected()
            if isinstance(self._connection, sqlite3.Connection):
                row = self._connection.execute("PRAGMA data_version").fetchone()
                return int(row[0])
            return str(self._connection.scalar(text("SELECT pg_current_snapshot()::text")))

    def _connected(self) -> Any:
        if self._engine.dialect.name == "sqlite":
            # Of its own: the stamp tells what other connections did.
            return sqlite3.connect(
                str(self._engine.url.database), check_same_thread=False, isolation_level=None
            )
        return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        with self._stamping:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
