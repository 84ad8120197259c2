"""What an XLSX knows of a sheet beside its values: hidden parts, errors, calendar, zeros shown."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

_PIECE = 1 << 20
_TAIL = 4096
_MOST_XML = 16 << 20
_HIDDEN_ROW = re.compile(rb'<row\b(?=[^>]*\br="(\d+)")[^>]*\bhidden="(?:1|true)"')
_HIDDEN_COLUMN = re.compile(rb'<col\b(?=[^>]*\bhidden="(?:1|true)")[^>]*>')
_ERROR = re.compile(
    rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]{1,3})(\d+)"[^>]*>(?:<f\b[^>]*/>|<f\b.*?</f>)?\s*<v>([^<]*)<'
)
_FAR_ROW = re.compile(rb'<row\b[^>]*?\br="(\d{1,8})"')
_FAR_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})\d+"(?:\s[^>/]*)?>')  # not <c …/>: no value
_ZEROS = re.compile(r"^(?:\[\$-[0-9A-Fa-f]+\])?(0{2,15})(?:;.*)?$")
"""A number format that only fills up with zeros: a postal code, or a code of a place."""
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(slots=True)
class Oddities:
    """Rows and columns are counted from 0."""

    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    errors: list[tuple[int, int, str]] = field(default_factory=list)  # row, column, “#REF!”
    padded: dict[tuple[int, int], int] = field(default_factory=dict)
    """Cells that are shown with leading zeros: row and column, and how many digits at least."""
    is_1904: bool = False  # days are counted from 1904-01-01
    last_row: int = 0
    last_column: int = 0

    @property
    def span(self) -> int:
        """How many cells lie between the first and the last one."""
        return (self.last_row + 1) * (self.last_column + 1)


def oddities(path: Path, sheet: str) -> Oddities:
    """Those of one sheet; none for workbooks of another kind."""
    found = Oddities()
    try:
        with zipfile.ZipFile(path) as archive:
            part, found.is_1904 = _part(archive, sheet)
            if part:
                styles = _zeros(archive)
                with archive.open(part) as stream:
                    _scan(stream, found, styles)
    except (
        *(zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError),
        *(ParseError, DefusedXmlException, ValueError, OSError),
    ):
        return found  # the reader of the values says what is wrong with the file
    return found


def _part(archive: zipfile.ZipFile, sheet: str) -> tuple[str, bool]:
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names:
        return "", False
    if any(archive.getinfo(n).file_size > _MOST_XML for n in names if n.startswith("xl/workbook")):
        return "", False
    book = fromstring(archive.read("xl/workbook.xml"), forbid_dtd=True)
    about = next((e for e in book.iter() if e.tag.endswith("}workbookPr")), None)
    is_1904 = about is not None and about.get("date1904", "0") in ("1", "true")
    wanted = next(
        (
            e.get(_RELATION)
            for e in book.iter()
            if e.tag.endswith("}sheet") and e.get("name") == sheet
        ),
        None,
    )
    links = fromstring(archive.read("xl/_rels/workbook.xml.rels"), forbid_dtd=True)
    target = next((e.get("Target", "") for e in links if e.get("Id") == wanted), "")
    part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return (part if part in names else ""), is_1904


def _zeros(archive: zipfile.ZipFile) -> dict[bytes, int]:
    """Styles of cells whose number format is zeros only, and how many of them."""
    name = "xl/styles.xml"
    if name not in archive.namelist() or archive.getinfo(name).file_size > _MOST_XML:
        return {}
    styles = fromstring(archive.read(name), forbid_dtd=True)
    formats = {
        e.get("numFmtId"): len(zeros[1])
        for e in styles.iter()
        if e.tag.endswith("}numFmt") and (zeros := _ZEROS.match(e.get("formatCode", "")))
    }
    if not formats:
        return {}
    cells = next((e for e in styles if e.tag.endswith("}cellXfs")), ())
    return {
        str(number).encode(): formats[kind]
        for number, style in enumerate(cells)
        if (kind := style.get("numFmtId")) in formats
    }


def _scan(stream: IO[bytes], found: Oddities, styles: dict[bytes, int]) -> None:
    some = b"|".join(styles)
    styled = re.compile(rb'<c\b(?=[^>]*\bs="(%s)")[^>]*?\br="([A-Z]{1,3})(\d{1,8})"' % some)
    for piece in _pieces(stream):
        if styles:
            found.padded |= {
                (int(row) - 1, _number(column)): styles[style]
                for style, column, row in styled.findall(piece)
            }
        if b"hidden=" in piece:
            found.hidden_rows += [int(m[1]) - 1 for m in _HIDDEN_ROW.finditer(piece)]
            for column in _HIDDEN_COLUMN.finditer(piece):
                ends = [re.search(rb'\b%s="(\d+)"' % name, column[0]) for name in (b"min", b"max")]
                if ends[0] and ends[1]:
                    last = min(int(ends[1][1]), int(ends[0][1]) + 1000)
                    found.hidden_columns += range(int(ends[0][1]) - 1, last)
        found.last_row = max(found.last_row, *(int(row) for row in _FAR_ROW.findall(piece)), 0)
        columns = {_number(letters) for letters in set(_FAR_COLUMN.findall(piece))}
        found.last_column = max(found.last_column, *columns, 0)
        if b't="e"' in piece:
            found.errors += [
                (int(row) - 1, _number(letters), text.decode("utf-8", "replace"))
                for letters, row, text in _ERROR.findall(piece)
            ]
    found.errors = list(dict.fromkeys(found.errors))
    found.hidden_rows = sorted(set(found.hidden_rows))
    found.hidden_columns = sorted(set(found.hidden_columns))


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Pieces that overlap, so that what lies on a cut is seen whole."""
    tail = b""
    while piece := stream.read(_PIECE):
        yield tail + piece
        tail = (tail + piece)[-_TAIL:]


def _number(letters: bytes) -> int:
    number = 0
    for code in letters:
        number = number * 26 + code - 64
    return number - 1
