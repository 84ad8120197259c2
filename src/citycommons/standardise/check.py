"""The suite every format passes, for your own as for the built-in ones."""

from typing import Any

from citycommons.core.types import Parcel
from citycommons.standardise.formats import Format
from citycommons.standardise.read import read_with


def check_format(plug: Any, example: Parcel, *, rows: int, columns: tuple[str, ...]) -> None:
    """The first test of a format: it keeps the contract on an example of `rows` and `columns`.

    Raises `AssertionError` that says which promise is broken.
    """
    _promise(isinstance(plug, Format), f"{plug!r} needs recognises(source) and read(source)")
    table, report = read_with(plug, example)
    _promise(table.num_rows == rows, f"{table.num_rows} rows were read, not {rows}")
    missing = [name for name in columns if name not in table.column_names]
    _promise(not missing, f"columns {missing} are missing among {table.column_names}")
    _promise(bool(table.schema.metadata), "the table carries no fields")
    _promise(report.rejected == 0, f"{report.rejected} rows of the example were rejected")
    again, _ = read_with(plug, example)
    _promise(again.equals(table), "a second reading gave another table")


def _promise(is_kept: bool, otherwise: str) -> None:
    if not is_kept:
        raise AssertionError(otherwise)
