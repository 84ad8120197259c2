"""A version as an Excel workbook: its rows on one sheet, what its columns mean on another."""

import math
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter

from citycommons.core.errors import TooMuch
from citycommons.core.types import Field, FieldType
from citycommons.share import cells
from citycommons.share.open import Opened

MOST_ROWS = 1_048_575  # and one for the header
_MOST_TEXT = 32_767
_EXACT = 2**53  # above, a spreadsheet would round a whole number
_FIRST_DAY = date(1900, 3, 1)  # before, spreadsheets count days wrongly


def write(
    path: Path, opened: Opened, fields: tuple[Field, ...], found: Iterator[pa.RecordBatch]
) -> None:
    """Write the workbook; the same version gives the same bytes.

    Texts stay texts, whatever they begin with. Numbers above 2^53 and days before March 1900 are
    written as text, since a spreadsheet would change them. Raises `TooMuch` for a text longer than
    a cell holds.
    """
    options = {"constant_memory": True, "tmpdir": str(path.parent), "remove_timezone": True}
    book = xlsxwriter.Workbook(str(path), options)
    # The time of making is part of the file; the version's keeps the bytes the same.
    book.set_properties({"created": opened.version.created.replace(tzinfo=None)})
    try:
        _data(book, fields, found)
        _about(book, opened, fields)
    finally:
        book.close()


def _data(
    book: xlsxwriter.Workbook, fields: tuple[Field, ...], found: Iterator[pa.RecordBatch]
) -> None:
    sheet = book.add_worksheet("Data")
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    styles = {
        FieldType.DATE: book.add_format({"num_format": "yyyy-mm-dd"}),
        FieldType.DATETIME: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        FieldType.TIME: book.add_format({"num_format": "hh:mm:ss"}),
    }
    for place, field in enumerate(fields):
        sheet.set_column(place, place, 20 if field.type in styles else 14)
        sheet.write_string(0, place, field.name, bold)
    line = 0
    for batch in found:
        columns = [_values(batch, field) for field in fields]
        for row in zip(*columns, strict=True):
            line += 1
            for place, value in enumerate(row):
                if value is not None:
                    _cell(sheet, line, place, value, fields[place], styles)


def _values(batch: pa.RecordBatch, field: Field) -> list[Any]:
    column = cells.whole(batch, field.name)
    if field.type is FieldType.GEOMETRY:
        return [_fitting(text) for text in cells.wkt(column)]
    return column.to_pylist()  # type: ignore[no-any-return]


def _fitting(wkt: str | None) -> str | None:
    """A shape that no cell can hold says what it is and where it stands whole."""
    if wkt is None or len(wkt) <= _MOST_TEXT:
        return wkt
    kind, points = wkt.split(" ", 1)[0].split("(")[0], wkt.count(",") + 1
    return f"{kind} of {points} points: too long for a cell, whole in geojson, gpkg and parquet"


def _cell(sheet: Any, line: int, place: int, value: Any, field: Field, styles: Any) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, int | float):
        if math.isfinite(value) and abs(value) <= _EXACT:
            sheet.write_number(line, place, value)
        elif math.isfinite(value):
            sheet.write_string(line, place, str(value))
    elif isinstance(value, str):
        if len(value) > _MOST_TEXT:
            raise TooMuch(
                f"Column “{field.name}”, row {line}: a text of {len(value)} characters does not "
                "fit into a cell of a workbook. Take csv or json.",
                column=field.name,
                row=line,
            )
        sheet.write_string(line, place, value)
    elif (
        isinstance(value, date)
        and (value.date() if isinstance(value, datetime) else value) < _FIRST_DAY
    ):
        sheet.write_string(line, place, value.isoformat())
    else:
        sheet.write_datetime(line, place, value, styles[field.type])


def _about(book: xlsxwriter.Workbook, opened: Opened, fields: tuple[Field, ...]) -> None:
    # Nothing of the catalogue entry stands here: it may change, these bytes may not.
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 3, 24)
    version = opened.version
    facts = [
        ("Dataset", version.dataset),
        ("Version", str(version.number)),
        ("Published", version.created.strftime("%Y-%m-%d")),
        ("Digest", version.digest),
        ("Times", "UTC"),
    ]
    for line, pair in enumerate(facts):
        for place, text in enumerate(pair):
            sheet.write_string(line, place, text)
    start = len(facts) + 1
    for place, text in enumerate(("Column", "Type", "Unit", "Meaning")):
        sheet.write_string(start, place, text)
    for line, field in enumerate(fields, start + 1):
        meaning = next(iter(field.description.values()), next(iter(field.title.values()), ""))
        for place, text in enumerate((field.name, str(field.type), field.unit, meaning)):
            sheet.write_string(line, place, text[:_MOST_TEXT])
