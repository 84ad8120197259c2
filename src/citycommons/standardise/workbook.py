"""Workbooks: XLSX, XLSM, XLSB, XLS and ODS, one table of one sheet."""

import re
import subprocess
import sys
import zipfile
import zlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from citycommons.core.errors import Invalid, NotFound, TooMuch
from citycommons.standardise.archive import is_zip
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.grid import MOST_SHEET, draft_of, require_dense
from citycommons.standardise.layout import Merged
from citycommons.standardise.oddities import oddities

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_SECONDS = 120
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
        if not is_zip(source.head) or not _is_xlsx(source.path):
            _require_known(source)
        try:
            return _read(source)
        except CalamineError as cause:
            if source.suffix == ".ods" and (tight := _without_line_breaks(source)) is not None:
                with suppress(CalamineError):
                    return _read(tight)
            raise Invalid(
                f"{source.name} is no workbook that can be opened: {cause}. If it is protected by "
                "a password or a text document, save its table as XLSX or CSV."
            ) from cause


def _read(source: Source) -> Draft:
    with CalamineWorkbook.from_path(str(source.path)) as book:
        name, others = _choose(book, source)
        known = oddities(source.path, name)
        require_dense(known, name, source)
        sheet = book.get_sheet_by_name(name)
        cells = sheet.to_python(skip_empty_area=False)
        merged = _merged(sheet)
    return draft_of(cells, name, others, merged, known, source)


def _without_line_breaks(source: Source) -> Source | None:
    """A copy of an open document without the line breaks that some programs put between cells."""
    copy = source.workspace / "tight.ods"
    try:
        with zipfile.ZipFile(source.path) as archive, zipfile.ZipFile(copy, "w") as out:
            for info in archive.infolist():
                data = archive.read(info)
                if info.filename == "content.xml":
                    data = re.sub(rb">[\r\n][ \t\r\n]*<", b"><", data)
                out.writestr(info.filename, data)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError):
        return None
    return replace(source, path=copy)


def _is_xlsx(path: Path) -> bool:
    with suppress(zipfile.BadZipFile, ValueError, OSError), zipfile.ZipFile(path) as archive:
        return "xl/workbook.xml" in archive.namelist()
    return False


def _merged(sheet: CalamineSheet) -> Merged:
    """The merged cells, where the format tells them."""
    ranges = sheet.merged_cell_ranges or []
    return [(top, left, bottom, right) for (top, left), (bottom, right) in ranges]


def _require_known(source: Source) -> None:
    """Let another process open a workbook whose extent cannot be told before it is read.

    One cell at the far end of a sheet makes the reader ask for more memory than there is, which
    would end this very process.
    """
    script = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({MOST_SHEET}, {MOST_SHEET}))\n"
        "from python_calamine import CalamineWorkbook\n"
        "book = CalamineWorkbook.from_path(sys.argv[1])\n"
        "for name in book.sheet_names:\n    book.get_sheet_by_name(name)\n"
    )
    command = [sys.executable, "-I", "-c", script, str(source.path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_MOST_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        code = -1
    else:
        code = done.returncode
    # 1 is an error of the file itself, which the reading tells better.
    if code not in (0, 1) or (code == 1 and b"MemoryError" in done.stderr):
        raise TooMuch(
            f"{source.name} needs more memory than a table may. Delete what stands far below and "
            "beside the table, or deliver it as CSV."
        )


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
        if source.suffix not in (".xls", ".xlsb", ".ods"):
            return oddities(source.path, name).span
        sheet = book.get_sheet_by_name(name)
        return sheet.total_height * sheet.total_width

    chosen = max(names, key=size)
    return chosen, [name for name in names if name != chosen]
