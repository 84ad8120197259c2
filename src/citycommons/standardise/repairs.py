"""Files of rejected rows that come back repaired: LINE, REASON, and the columns as in the file."""

import csv
import datetime as dt
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from citycommons.core.errors import Invalid
from citycommons.core.tables import LINE, REASON
from citycommons.core.types import Field, FieldType, Parcel
from citycommons.standardise.archive import is_zip
from citycommons.standardise.cells import text_of

_HEAD = 1 << 16
_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
_ORDERS = {"day.month.year": "%d.%m.%Y", "month/day/year": "%m/%d/%Y"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Rows as somebody sent them back."""

    names: tuple[str, ...]  # of the columns, without LINE and REASON
    lines: tuple[int | None, ...]  # where each row stood in the first file
    reasons: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


def is_repair(parcel: Parcel) -> bool:
    """Whether a file's header is that of a file of rejected rows."""
    return _found(parcel) is not None


_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_SIGNED = re.compile(r"[+\-][\d.,\s'’%€]*")


def read_repair(parcel: Parcel, fields: Sequence[Field] = ()) -> Repair:
    """The rows of a repaired file, as texts.

    A number or day that a spreadsheet holds as such is written as its column was written in the
    first file, which `fields` remember: both are read the same way again. Raises `Invalid` for a
    file that is none.
    """
    found = _found(parcel)
    if found is None:
        raise Invalid(
            f"{parcel.name} is no file of rejected rows: its header has no “{LINE}” and "
            f"“{REASON}”. Download the rows again, and leave these two columns in place."
        )
    header, rows = found
    places = [at for at, name in enumerate(header) if name not in (LINE, REASON) and name]
    line, reason = header.index(LINE), header.index(REASON)
    known = {field.name: field for field in fields}
    by_place = {at: known.get(header[at]) for at in places}
    kept = [row for row in rows if any(text_of(_at(row, place)) for place in places)]
    return Repair(
        names=tuple(header[at] for at in places),
        lines=tuple(_number(_at(row, line)) for row in kept),
        reasons=tuple(text_of(_at(row, reason)) or "" for row in kept),
        rows=tuple(tuple(_text(_at(row, at), by_place[at]) for at in places) for row in kept),
    )


def table_of(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> pa.Table:
    """Rows of texts as a table."""
    columns = [pa.array([row[at] for row in rows], pa.string()) for at in range(len(names))]
    return pa.Table.from_arrays(columns, names=list(names))


def _at(row: Sequence[Any], place: int) -> Any:
    return row[place] if place < len(row) else None


def _found(parcel: Parcel) -> tuple[list[str], list[list[Any]]] | None:
    with parcel.path.open("rb") as file:
        head = file.read(_HEAD)
    sheets = (
        _sheets(parcel) if is_zip(head) or head[:2] == b"\xd0\xcf" else _text_rows(parcel, head)
    )
    for rows in sheets:
        if rows:
            header = [str(cell).strip() for cell in rows[0]]
            if LINE in header and REASON in header:
                return header, rows[1:]
    return None


def _sheets(parcel: Parcel) -> list[list[list[Any]]]:
    try:
        with CalamineWorkbook.from_path(str(parcel.path)) as book:
            return [
                book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                for name in book.sheet_names
            ]
    except CalamineError:
        return []


def _text_rows(parcel: Parcel, head: bytes) -> list[list[list[Any]]]:
    start = head.removeprefix(b"\xef\xbb\xbf")[:4096]
    if LINE.encode() not in start or REASON.encode() not in start:
        return []
    raw = parcel.path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")  # as spreadsheets save CSV without being asked
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [[[opened(cell) for cell in row] for row in rows]]


def harmless(text: str) -> str:
    """A text for a CSV that a spreadsheet must not take for a formula (OWASP); numbers stay."""
    is_risky = _FORMULA.match(text) and not _SIGNED.fullmatch(text)
    return f"'{text}" if is_risky else text


def opened(text: str) -> str:
    """What `harmless` was given."""
    return text[1:] if text[:1] == "'" and harmless(text[1:]) != text[1:] else text


def _number(value: Any) -> int | None:
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def _text(value: Any, field: Field | None) -> str | None:
    """A cell as the first file would have written it."""
    if field is not None and isinstance(value, int | float) and not isinstance(value, bool):
        text = text_of(value)
        is_comma = field.type in _NUMBERS and "decimal comma" in field.evidence
        return text.replace(".", ",") if text and is_comma else text
    if field is not None and isinstance(value, dt.date):
        for order, pattern in _ORDERS.items():
            if field.evidence and order in field.evidence:
                has_time = isinstance(value, dt.datetime) and field.type is FieldType.DATETIME
                return value.strftime(f"{pattern} %H:%M:%S" if has_time else pattern)
        if field.type is FieldType.DATE and isinstance(value, dt.datetime):
            return value.date().isoformat()
    return text_of(value)
