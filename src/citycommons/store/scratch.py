"""A DuckDB of bounded memory for work that needs more: it spills into the temporary folder."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from citycommons.core.errors import Unavailable

if TYPE_CHECKING:
    import duckdb

_MEMORY_LIMIT = "384MB"


@contextmanager
def scratch() -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection of its own, without a database, that is gone afterwards.

    Raises `Unavailable` when there is no room to spill.
    """
    import duckdb

    with (
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
