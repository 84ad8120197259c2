"""Questions in SQL that people write, put to some files of the lake and to nothing else.

Each question has a DuckDB of its own, in memory, whose views are those files: it reads no other
file, opens no address, changes no setting, and is bounded in time and memory. It runs on one
thread, in the order of the files: a sum of floating-point numbers depends on its order, so the same
question of the same files answers alike to the last bit.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from citycommons.core.errors import Invalid, TooMuch

_MEMORY_LIMIT = "512MB"
ENGINE = f"DuckDB {duckdb.__version__}"
"""What computes the answers: another release may round differently."""

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": _MEMORY_LIMIT,
    "threads": "1",
    "max_expression_depth": "200",
    "max_temp_directory_size": "0KB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


def parsed(sql: str) -> Any:
    """The question as DuckDB understands it, a tree of dictionaries and lists; nothing runs.

    Raises `Invalid` for what is not a statement that only reads.
    """
    try:
        sql.encode()  # half a surrogate pair is no text
        with duckdb.connect(config=_CONFIG) as parser:
            row = parser.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
        tree = json.loads(row[0]) if row else {}
    except UnicodeEncodeError as cause:
        raise Invalid("The question holds a character that cannot be written.") from cause
    except (RecursionError, duckdb.Error) as cause:
        raise Invalid("The question is nested too deeply: ask for less at once.") from cause
    if tree.get("error", True):
        words = str(tree.get("error_message", "")).splitlines()
        raise Invalid(f"This is no question in SQL: {words[0] if words else 'it is empty'}")
    return tree["statements"]


def ask(
    sql: str,
    files: Mapping[str, Path],
    *,
    day: date | None,
    most_rows: int,
    timeout_s: float = 20.0,
) -> pa.Table:
    """Rows of the answer, `most_rows` at most; each name is a file, `$day` the day.

    Raises `TooMuch` past the time or memory limit, `Invalid` for what cannot be asked.
    """
    with _database(files) as duck:
        stop = threading.Timer(timeout_s, duck.interrupt)
        stop.daemon = True
        stop.start()
        try:
            bound = None if day is None else {"day": day}
            reader = duck.execute(sql, bound).to_arrow_reader(most_rows)
            first = next(iter(reader), None)
            return pa.Table.from_batches([] if first is None else [first], schema=reader.schema)
        except duckdb.InterruptException as cause:
            raise TooMuch(
                f"The question took longer than {timeout_s:.0f} s. Ask for less at once."
            ) from cause
        except duckdb.OutOfMemoryException as cause:
            raise TooMuch("The question needs too much memory. Group or join less.") from cause
        except duckdb.Error as cause:
            raise Invalid(f"This cannot be asked: {str(cause).splitlines()[0]}") from cause
        finally:
            stop.cancel()


@contextmanager
def _database(files: Mapping[str, Path]) -> "Iterator[duckdb.DuckDBPyConnection]":
    with duckdb.connect(config=_CONFIG) as duck:
        duck.execute("SET TimeZone = 'UTC'")
        paths = ", ".join(_text(path.as_posix()) for path in files.values())
        duck.execute(f"SET allowed_paths = [{paths}]")
        duck.execute("SET enable_external_access = false")
        duck.execute("SET lock_configuration = true")
        for name, path in files.items():
            quoted = '"' + name.replace('"', '""') + '"'
            duck.execute(f"CREATE VIEW {quoted} AS FROM read_parquet({_text(path.as_posix())})")
        yield duck


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
