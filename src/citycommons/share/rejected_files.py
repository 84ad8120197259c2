"""Rows that were kept aside as files that people repair: CSV, and a workbook that says how."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import xlsxwriter

from citycommons.core.errors import TooMuch
from citycommons.core.tables import LINE, REASON
from citycommons.standardise.repairs import harmless

MOST_ROWS = 1_048_575
_MOST_TEXT = 32_767
ROWS, HOW = "Rows to repair", "How to repair"
EXPLANATION = (
    "These rows are not in the published data. Each says what was wrong with it.",
    f"Correct the cells on the sheet “{ROWS}”. Leave the columns “{LINE}” and “{REASON}” as they "
    "are: they say where a row belongs.",
    "Numbers and days may be typed as your spreadsheet writes them.",
    "A row that you cannot repair may stay as it is, or be deleted here: it stays aside.",
    "Save the file and send it where the dataset's files are sent. The repaired rows are added to "
    "the newest version and make the next one. Rows that are still wrong stay aside.",
    "Sending the same file twice adds nothing twice.",
)


def as_csv(rejects: pa.Table) -> bytes:
    """The rows as CSV in UTF-8, marked as such for spreadsheets; what looks like a formula gets
    an apostrophe in front, which is taken off when the rows come back."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(harmless, rejects.column_names))
    for batch in rejects.to_batches():
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            writer.writerow([harmless(one) if isinstance(one, str) else one for one in row])
    return text.getvalue().encode("utf-8-sig")


def as_workbook(path: Path, rejects: pa.Table, *, about: str = "") -> None:
    """The rows as a workbook: one sheet to repair, one that says how, in plain words.

    Every cell is a text, just as it stood in the file. Raises `TooMuch` above a sheet's rows.
    """
    if rejects.num_rows > MOST_ROWS:
        raise TooMuch(
            f"{rejects.num_rows} rows do not fit on a sheet, which holds {MOST_ROWS}. Take CSV."
        )
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
    try:
        _rows(book, rejects)
        sheet = book.add_worksheet(HOW)
        sheet.set_column(0, 0, 110, book.add_format({"text_wrap": True}))
        for line, words in enumerate((about, *EXPLANATION) if about else EXPLANATION):
            sheet.write_string(line, 0, words)
    finally:
        book.close()


def _rows(book: xlsxwriter.Workbook, rejects: pa.Table) -> None:
    sheet = book.add_worksheet(ROWS)
    bold = book.add_format({"bold": True})
    hint = book.add_format({"font_color": "#9a3412", "text_wrap": True, "valign": "top"})
    plain = book.add_format({"num_format": "@"})  # typed texts stay texts
    sheet.freeze_panes(1, 2)
    for place, name in enumerate(rejects.column_names):
        width = {LINE: 8, REASON: 48}.get(name, 18)
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, name, bold)
    columns = [column.to_pylist() for column in rejects.columns]
    for line, row in enumerate(zip(*columns, strict=True), start=1):
        for place, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(line, place, value)
            elif value is not None:
                style = hint if rejects.column_names[place] == REASON else plain
                sheet.write_string(line, place, value[:_MOST_TEXT], style)
