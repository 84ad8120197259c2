"""Delimited text (CSV, TSV and kin): its dialect, its header, and where its table ends."""

import csv
import io
import re

import pyarrow as pa

from citycommons.core.errors import Invalid
from citycommons.standardise import eurostat, fixed, foreign
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.gather import MOST_COLUMNS
from citycommons.standardise.layout import Layout, find_layout
from citycommons.standardise.remarks import without_remarks
from citycommons.standardise.rows import Records, Span, count_lines
from citycommons.standardise.sniff import Dialect, Utf8, as_utf8, dialect_of
from citycommons.standardise.words import is_footer, is_sum

_HEAD = 1 << 18
_SAMPLE_ROWS = 500
_SUFFIXES = (".csv", ".tsv", ".tab")


class Delimited:
    """CSV, TSV and other delimited text in any usual encoding and dialect."""

    def recognises(self, source: Source) -> float:
        if source.suffix in _SUFFIXES:
            return 0.6
        return 0.4 if source.suffix in (".txt", ".dat", ".asc") else 0.1

    def read(self, source: Source) -> Draft:
        foreign.refuse_bytes(source)
        text = as_utf8(source.path, source.workspace)
        try:
            return _Reading(source, text).draft()
        except csv.Error as cause:
            raise Invalid(
                f"{source.name} is no table that can be read: {cause}. A quote may be missing, or "
                "a cell holds a whole file; export it again."
            ) from cause


class _Reading:
    def __init__(self, source: Source, text: Utf8) -> None:
        self.source, self.text = source, text
        self.faults = Faults()
        self.steps = list(text.steps)
        self.is_fixed = False  # its columns are cut by their places

    def draft(self) -> Draft:
        head, is_whole = self._head()
        self.dialect = dialect_of(head)
        is_single = self.dialect.delimiter not in head.lstrip().partition("\n")[0]
        if is_single and (columns := fixed.columns_of(head)) is not None:
            self.text, odd = fixed.delimited(self.text, columns, self.source.workspace)
            self.dialect = Dialect("\t", is_quoted=False)
            self.steps.append(f"no delimiter; {len(columns)} columns cut at the same places")
            self.is_fixed = True
            message = "a word crosses the edge of its column; it was kept whole."
            self.faults.add_many("fixed-width", message, column="", found=odd, total=len(odd))
            head, is_whole = self._head()
        elif self.dialect.delimiter not in head and fixed.seems_more(head):
            message = "all of the text is in one column; if it holds several, say how they are cut."
            self.faults.add("one-column", message, line=1, action="read as one column")
        self.layout, self.span = self._begin(head, is_whole)
        footers = self._cut_footers()
        self._say()
        records = Records(self.text, self.dialect, self.layout, self.span)
        table = records.table(self.faults)
        if records.is_by_line:
            self.steps.append("quotes that do not close; each line was read by itself")
        if self.layout.spare:
            self.steps.append("an empty cell at the end of each row left out")
        if text_faults := self.text.odd_lines:
            message = "the line is in cp1252 among lines in UTF-8; it was read as what it is."
            total = len(text_faults)
            self.faults.add_many("encoding", message, column="", found=text_faults, total=total)
        if zeros := self.text.zero_lines:
            message = "the line held NUL characters; they were left out."
            self.faults.add_many("nul", message, column="", found=zeros, total=len(zeros))
        for line, value in footers:
            cells = next(self.dialect.rows(io.StringIO(value)), [])
            if is_sum(next(iter(cells), "")):
                message = "a sum of the rows above; left out of the data."
                self.faults.reject(line, cells, "sum-row", message, value=value)
                continue
            self.faults.add(
                "footer",
                "a row below the table is left out of the data.",
                line=line,
                value=value,
                is_rejected=True,
            )
        self._require_rows(table, records.padded)
        draft = Draft(
            table=table,
            faults=self.faults,
            lines=records.lines,
            steps=self.steps,
            notes=dict(zip(self.layout.names, self.layout.notes, strict=False)),
        )
        return without_remarks(eurostat.understood(draft))

    # What the first bytes say

    def _head(self) -> tuple[str, bool]:
        with self.text.path.open("rb") as file:
            file.seek(self.text.skip)
            raw = file.read(_HEAD + 1)
        is_whole = len(raw) <= _HEAD
        if not is_whole:
            cut = max(raw.rfind(b"\n"), raw.rfind(b"\r"))
            raw = raw[: cut + 1] if cut > 0 else raw
        return raw.decode("utf-8", "ignore"), is_whole

    def _begin(self, head: str, is_whole: bool) -> tuple[Layout, Span]:
        lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", head)
        reader = self.dialect.reader(io.StringIO(head, newline=""))
        rows: list[list[str]] = []
        ends: list[int] = []
        try:
            for row in reader:
                rows.append(row)
                ends.append(reader.line_num)
                if len(rows) >= _SAMPLE_ROWS:
                    break
        except csv.Error:
            pass  # a record longer than the sample; what came before it is enough
        if not is_whole and len(rows) > 2 and len(rows) < _SAMPLE_ROWS:
            rows.pop()  # may have been cut
        if (widest := max(map(len, rows), default=0)) > MOST_COLUMNS:
            raise Invalid(
                f"{self.source.name} has {widest} columns or more, and at most {MOST_COLUMNS} are "
                "read. Deliver one row per value instead."
            )
        if not any(cell.strip() for row in rows for cell in row):
            raise Invalid(f"{self.source.name} holds no table. Deliver one with a header row.")
        layout = find_layout(rows)
        line = ends[layout.first - 1] if layout.first else 0
        start = self.text.skip + len("".join(lines[:line]).encode())
        return layout, Span(start, self.text.path.stat().st_size, line + 1)

    def _cut_footers(self) -> list[tuple[int, str]]:
        """Leave blank rows, sums and remarks at the end of the file out of the span."""
        span, width = self.span, len(self.layout.names)
        with self.text.path.open("rb") as file:
            file.seek(max(span.start, span.end - (1 << 16)))
            tail = file.read(span.end - file.tell())
        found: list[tuple[int, str]] = []
        while tail and len(found) < 20:
            body = tail.rstrip(b"\r\n")
            begin = max(body.rfind(b"\n"), body.rfind(b"\r")) + 1
            line = body[begin:]
            if line.count(b'"') % 2 or (begin == 0 and span.end - len(tail) > span.start):
                break
            cells = next(self.dialect.rows(io.StringIO(line.decode("utf-8", "replace"))), [])
            if not is_footer(cells, width):
                break
            span.end -= len(tail) - begin
            tail = tail[:begin]
            if any(cell.strip() for cell in cells):
                found.append((span.end, line.decode("utf-8", "replace")))
            elif line:
                self.steps.append("a row of empty cells at the end left out")
        return [(self._line_at(place), value) for place, value in reversed(found)]

    def _line_at(self, place: int) -> int:
        return count_lines(self.text.path, 0, place)[0] + 1

    def _say(self) -> None:
        names = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}
        if not self.is_fixed:
            self.steps.append(
                f"delimiter {names.get(self.dialect.delimiter, self.dialect.delimiter)}"
            )
        if titles := self.layout.titles:
            self.steps.append(f"{len(titles)} title rows left out: {' / '.join(titles)[:300]}")
        if not self.layout.has_header:
            self.steps.append("no header row; columns are named by their place")
        self.steps += self.layout.said
        if self.layout.notes:
            self.steps.append("second header row kept as descriptions of the columns")

    def _require_rows(self, table: pa.Table, padded: int) -> None:
        """Mostly ragged rows mean running text or another format, not a table with faults."""
        rejected, rows = self.faults.rejected, table.num_rows
        ragged = rejected + padded
        is_prose = self.source.suffix not in _SUFFIXES and ragged * 2 > rows + rejected
        if (rejected > 2 and rejected > rows) or (is_prose and rows):
            raise Invalid(
                f"{self.source.name} is text, but no table: its lines have different numbers of "
                "cells. Deliver a CSV with one header row.",
                looks_like="text",
            )
