"""Workbooks as one XML file, which Excel 2003 and many reporting programs write as .xls or .xml.

Source: Microsoft, XML Spreadsheet Reference (`urn:schemas-microsoft-com:office:spreadsheet`).
"""

import contextlib
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from citycommons.core.errors import Invalid, NotFound
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.grid import draft_of, require_dense
from citycommons.standardise.oddities import Oddities

_NAMESPACE = b"urn:schemas-microsoft-com:office:spreadsheet"
_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_ZEROS = re.compile(r"^0{2,15}$")
_CLOCK = re.compile(r"h+\]?[:.\\ ]|Time|General Date", re.IGNORECASE)
_EPOCH = dt.date(1899, 12, 31)


def is_spreadsheet(head: bytes) -> bool:
    """Whether these first bytes are those of a workbook in XML."""
    start = head[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe ")
    return start.startswith(b"<") and _NAMESPACE in start and b"Workbook" in start


def names(path: Path) -> tuple[str, ...]:
    """The sheets of a workbook; none where it cannot be read."""
    found: list[str] = []
    with contextlib.suppress(DefusedXmlException, ParseError, ValueError, LookupError):
        found += [sheet.name for sheet in _sheets(path)]
    return tuple(found)


class SpreadsheetXml:
    """SpreadsheetML 2003."""

    def recognises(self, source: Source) -> float:
        return 0.97 if is_spreadsheet(source.head) else 0.0

    def read(self, source: Source) -> Draft:
        """One sheet: the one that was asked for, or that with most cells.

        Raises `Invalid` for broken XML and for a workbook without cells.
        """
        try:
            sheets = list(_sheets(source.path))
        except DefusedXmlException as cause:
            raise Invalid(
                f"{source.name} declares entities or a document type, which is refused. Save it "
                "again as XLSX."
            ) from cause
        except (ParseError, ValueError, LookupError) as cause:
            raise Invalid(
                f"{source.name} is a broken workbook: {cause}. Save it again as XLSX."
            ) from cause
        sheet = _choose(sheets, source)
        require_dense(sheet.odd, sheet.name, source)
        others = [other.name for other in sheets if other is not sheet]
        return draft_of(sheet.grid(), sheet.name, others, sheet.merged, sheet.odd, source)


@dataclass(slots=True)
class _Sheet:
    name: str
    cells: dict[tuple[int, int], Any] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    odd: Oddities = field(default_factory=Oddities)

    def grid(self) -> list[list[Any]]:
        if not self.cells:
            return []
        height = max(row for row, _ in self.cells) + 1
        width = max(column for _, column in self.cells) + 1
        rows: list[list[Any]] = [[""] * width for _ in range(height)]
        for (row, column), value in self.cells.items():
            rows[row][column] = value
        return rows


def _choose(sheets: list[_Sheet], source: Source) -> _Sheet:
    if not sheets:
        raise Invalid(f"{source.name} has no sheets. Save the table in a sheet.")
    if source.sheet is None:
        return max(sheets, key=lambda sheet: len(sheet.cells))
    for sheet in sheets:
        if sheet.name == source.sheet:
            return sheet
    shown = ", ".join(sheet.name for sheet in sheets)
    raise NotFound(f"{source.name} has no sheet “{source.sheet}”; it has {shown}.")


def _sheets(path: Path) -> Iterator[_Sheet]:
    """The sheets one by one; of the file, only the row that is read lies in memory."""
    formats: dict[str, str] = {}
    sheet: _Sheet | None = None
    row = column = -1
    for event, element in iterparse(path, events=("start", "end"), forbid_dtd=True):
        tag = element.tag.rsplit("}", 1)[-1]
        if event == "start":
            if tag == "Worksheet":
                sheet, row, column = _Sheet(element.get(f"{_SS}Name", "")), -1, -1
            elif tag == "Row" and sheet is not None:
                row = _index(element, row)
                if element.get(f"{_SS}Hidden") == "1":
                    sheet.odd.hidden_rows.append(row)
            elif tag == "Column" and sheet is not None:
                column = _index(element, column)
                if element.get(f"{_SS}Hidden") == "1":
                    sheet.odd.hidden_columns.append(column)
        elif tag == "Style":
            _learn(element, formats)
        elif tag == "Row" and sheet is not None:
            _take(element, row, sheet, formats)
            row += int(element.get(f"{_SS}Span", "0"))
            element.clear()
        elif tag == "Worksheet" and sheet is not None:
            yield sheet
            sheet = None
            element.clear()


def _index(element: Element, before: int) -> int:
    """Where an element stands, counted from 0: behind the one before, or where it says."""
    said = element.get(f"{_SS}Index")
    return max(int(said) - 1, 0) if said else before + 1


def _learn(style: Element, formats: dict[str, str]) -> None:
    for element in style:
        if element.tag.endswith("}NumberFormat"):
            formats[style.get(f"{_SS}ID", "")] = element.get(f"{_SS}Format", "")


def _take(element: Element, row: int, sheet: _Sheet, formats: dict[str, str]) -> None:
    """The cells of one row, at their places."""
    column = -1
    for cell in element:
        if not cell.tag.endswith("}Cell"):
            continue
        column = _index(cell, column)
        across, down = (int(cell.get(f"{_SS}Merge{way}", "0")) for way in ("Across", "Down"))
        if across or down:
            sheet.merged.append((row, column, row + down, column + across))
        data = next((part for part in cell if part.tag.endswith("}Data")), None)
        if data is not None:
            style = formats.get(cell.get(f"{_SS}StyleID") or element.get(f"{_SS}StyleID") or "", "")
            kind = data.get(f"{_SS}Type", "String")
            text = "".join(data.itertext())
            if kind == "Error":
                sheet.odd.errors.append((row, column, text))
            elif (value := _value(kind, text, style)) != "":
                sheet.cells[row, column] = value
                sheet.odd.last_row = max(sheet.odd.last_row, row)
                sheet.odd.last_column = max(sheet.odd.last_column, column)
                if kind == "Number" and _ZEROS.match(style):
                    sheet.odd.padded[row, column] = len(style)
        column += across


def _value(kind: str, text: str, style: str) -> Any:
    """A cell's value as Python has it; one that is not what it says it is stays text."""
    bare = text.strip()
    with contextlib.suppress(ValueError):
        if kind == "Number":
            return int(bare) if re.fullmatch(r"-?\d{16,}", bare) else float(bare)
        if kind == "Boolean":
            return bare == "1"
        if kind == "DateTime":
            moment = dt.datetime.fromisoformat(bare)
            if moment.date() == _EPOCH:
                return moment.time()
            # A day without a time of day, where the format shows none.
            is_day = moment.time() == dt.time() and not _CLOCK.search(style)
            return moment.date() if is_day else moment
    return text
