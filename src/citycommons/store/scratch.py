"""A DuckDB of bounded memory for work that needs more: it spills into the temporary folder."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from citycommons.core.errors import Unavailable

if TYPE_CHECKING:
    import duckdb

_MEMORY_LIMIT = "256MB"  # without what its allocator keeps beside
_one_by_one = threading.Lock()


@contextmanager
def scratch() -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection of its own, without a database, that is gone afterwards; one at a time.

    Raises `Unavailable` when there is no room to spill.
    """
    import duckdb

    with (
        _one_by_one,
        tempfile.TemporaryDirectory(prefix="citycommons-") as folder,
        duckdb.connect(
            config={
                "memory_limit": _MEMORY_LIMIT,
                "temp_directory": folder,
                "threads": "2",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            }
        ) as connection,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        try:
            yield connection
        except (duckdb.IOException, duckdb.OutOfMemoryException) as cause:
            raise Unavailable(
                f"A large table needs room in {tempfile.gettempdir()}: "
                f"{str(cause).splitlines()[0]} Make room there, or name another folder by TMPDIR."
            ) from cause
