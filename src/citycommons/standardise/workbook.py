"""Workbooks: XLSX, XLSM, XLSB, XLS and ODS, one sheet as one table."""

from typing import Any

import numpy as np
from python_calamine import CalamineError, CalamineWorkbook

from citycommons.core.errors import Invalid, NotFound
from citycommons.standardise.archive import is_zip
from citycommons.standardise.cells import text_columns, text_of
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.layout import find_layout
from citycommons.standardise.words import is_footer

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


class Workbook:
    """XLSX, XLS and ODS through calamine."""

    def recognises(self, source: Source) -> float:
        if source.head.startswith(_OLE):
            return 0.9
        if not is_zip(source.head):
            return 0.0
        is_office = b"[Content_Types].xml" in source.head or b"opendocument" in source.head
        return 0.95 if is_office or source.suffix in _SUFFIXES else 0.2

    def read(self, source: Source) -> Draft:
        try:
            with CalamineWorkbook.from_path(str(source.path)) as book:
                name, others = _choose(book, source)
                cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except CalamineError as cause:
            raise Invalid(
                f"{source.name} is no workbook that can be opened: {cause}. If it is protected by "
                "a password or a text document, save its table as XLSX or CSV."
            ) from cause
        return _draft(cells, name, others, source)


def _choose(book: CalamineWorkbook, source: Source) -> tuple[str, list[str]]:
    """The sheet that was asked for, or the one with most cells."""
    names = book.sheet_names
    if not names:
        raise Invalid(f"{source.name} has no sheets. Save the table in a sheet.")
    if source.sheet is not None:
        if source.sheet not in names:
            raise NotFound(
                f"{source.name} has no sheet “{source.sheet}”; it has {', '.join(names)}."
            )
        return source.sheet, [name for name in names if name != source.sheet]
    if len(names) == 1:
        return names[0], []

    def size(name: str) -> int:
        sheet = book.get_sheet_by_name(name)
        return sheet.total_height * sheet.total_width

    chosen = max(names, key=size)
    return chosen, [name for name in names if name != chosen]


def _draft(cells: list[list[Any]], sheet: str, others: list[str], source: Source) -> Draft:
    faults, steps = Faults(), [f"sheet {sheet}"]
    if others:
        steps.append(f"other sheets not read: {', '.join(others)}"[:300])
    cells = [[_clean(value) for value in row] for row in cells]
    last = max((place for row in cells for place, v in enumerate(row, 1) if v != ""), default=0)
    if not last:
        raise Invalid(
            f"Sheet “{sheet}” of {source.name} is empty. Name a sheet that holds a table."
        )
    texts = [[text_of(v) or "" for v in row[:last]] for row in cells[:500]]
    while texts and not any(texts[-1]):
        texts.pop()
    layout = find_layout(texts)
    if layout.titles:
        steps.append(f"{len(layout.titles)} title rows left out: {' / '.join(layout.titles)[:300]}")
    if layout.notes:
        steps.append("second header row kept as descriptions of the columns")
    width = len(layout.names)
    numbered = [
        (line, row)
        for line, row in enumerate(cells[layout.first :], start=layout.first + 1)
        if any(v != "" for v in row)
    ]
    below: list[tuple[int, list[Any]]] = []
    while numbered and is_footer([text_of(v) or "" for v in numbered[-1][1]], width):
        below.append(numbered.pop())
    for line, row in reversed(below):
        value = "; ".join(text_of(v) or "" for v in row if v != "")
        message = "a row below the table is left out of the data."
        faults.add("footer", message, line=line, value=value, is_rejected=True)
    lines = np.array([line for line, _ in numbered], np.int64)
    return Draft(
        table=text_columns(layout.names, [row for _, row in numbered]),
        faults=faults,
        lines=lambda rows: lines[rows],
        steps=steps,
        notes=dict(zip(layout.names, layout.notes, strict=False)),
        decimal=".",
        is_workbook=True,
    )


def _clean(value: Any) -> Any:
    """Without the traces that spreadsheets leave of line breaks."""
    return value.replace("_x000D_", "").strip("\r\n") if isinstance(value, str) else value
