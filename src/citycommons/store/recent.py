"""What a process remembers of the database, for as long as nobody has written to it.

A busy address is asked a thousand times between two changes: reading and decoding the same rows
each time costs more than the answer. What is remembered is dropped with the first commit of anybody
that changes something: `City.work` then writes a new revision in the same transaction, so a right
that was taken away is gone at the next request, in each process.
"""

import logging
import secrets
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError

from citycommons.store import notes

_Found = TypeVar("_Found")
_log = logging.getLogger(__name__)
_MOST = 4096
REVISION = "revision"  # name of the note
_CHANGING = ("INSERT", "UPDATE", "DELETE", "WITH")


def watch(engine: Engine) -> None:
    """Let connections remember that something was written through them."""

    @event.listens_for(engine, "after_cursor_execute")
    def _executed(db: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip()[:6].upper().startswith(_CHANGING):
            db.info["has_written"] = True


def revise(db: Connection) -> None:
    """Write a new revision if this transaction changed anything; the last statement of it."""
    if db.info.pop("has_written", False):
        notes.write(db, REVISION, secrets.token_hex(8))
        db.info.pop("has_written", None)


class Recent:
    """Answers by question, dropped when the database has changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._stamping = threading.Lock()
        self._stamp: Hashable = None
        self._found: OrderedDict[Hashable, Any] = OrderedDict()
        self._asked: dict[Hashable, Hashable] = {}  # background questions, and when last asked
        self._making: set[Hashable] = set()
        self._connection: sqlite3.Connection | Connection | None = None
        self._commits: tuple[int] | None = None
        self._revision: tuple[str] | None = None

    def get(self, question: Hashable, load: Callable[[], _Found], stamp: Hashable = None) -> _Found:
        """The answer to the question, loaded if it is not known or may be old.

        `stamp` is one that was read already for the same request. What `load` raises is not
        remembered.
        """
        before = self.stamp() if stamp is None else stamp
        with self._lock:
            if before != self._stamp:
                self._stamp = before
                self._found.clear()
            elif question in self._found:
                self._found.move_to_end(question)
                found: _Found = self._found[question]
                return found
        found = load()
        with self._lock:
            # Loaded after the stamp was read, so it is at least as new as the stamp says.
            if before == self._stamp:
                self._found[question] = found
                while len(self._found) > _MOST:
                    self._found.popitem(last=False)
        return found

    def later(
        self,
        question: Hashable,
        load: Callable[[Connection], _Found],
        stamp: Hashable = None,
    ) -> _Found | None:
        """The answer if it is there; else None, and it is made in the background meanwhile.

        For what takes longer than anybody should wait. It is made once nobody has changed anything
        between two questions.
        """
        before = self.stamp() if stamp is None else stamp
        with self._lock:
            if before == self._stamp and question in self._found:
                found: _Found = self._found[question]
                return found
            is_calm = self._asked.get(question) == before
            self._asked[question] = before
            if not is_calm or question in self._making:
                return None
            self._making.add(question)
        threading.Thread(target=self._make, args=(question, load), daemon=True).start()
        return None

    def _make(self, question: Hashable, load: Callable[[Connection], _Found]) -> None:
        try:
            with self._engine.connect() as db:
                db.info["may_write"] = False
                self.get(question, lambda: load(db))
        except SQLAlchemyError as error:  # the portal is closing, or the database gone: ask again
            _log.debug("not made: %s", error)
        finally:
            with self._lock:
                self._making.discard(question)

    def knows(self, question: Hashable) -> Any:
        """The answer if it is remembered and still true, else None."""
        if self.stamp() != self._stamp:
            return None
        return self._found.get(question)

    def stamp(self) -> Hashable:
        """Equal as long as nobody has committed a change: 3 µs on SQLite, a round trip else."""
        with self._stamping:
            if self._connection is None:
                self._connection = self._connected()
            if isinstance(self._connection, Connection):
                return str(notes.read(self._connection, REVISION))
            # Tells what other connections did, so it needs one of its own. Counted uses are
            # written each second, and change no revision.
            commits = self._connection.execute("PRAGMA data_version").fetchone()
            if commits != self._commits:
                self._commits = commits
                query = "SELECT body FROM notes WHERE name = ?"
                self._revision = self._connection.execute(query, (REVISION,)).fetchone()
            return self._revision

    def _connected(self) -> sqlite3.Connection | Connection:
        if self._engine.dialect.name == "sqlite":
            database = str(self._engine.url.database)
            return sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        with self._stamping:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
