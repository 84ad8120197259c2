"""Delimited text (CSV, TSV and kin): parsed by Arrow, row by row only where rows are faulty."""

import csv
import io
import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from citycommons.core.errors import Invalid
from citycommons.standardise import foreign
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Draft, Rows, Source
from citycommons.standardise.layout import Layout, find_layout
from citycommons.standardise.sniff import Dialect, Utf8, as_utf8, dialect_of
from citycommons.standardise.words import EMPTY, is_footer

_HEAD = 1 << 18
_SAMPLE_ROWS = 500
_LONGEST_FIELD = 16 << 20
csv.field_size_limit(_LONGEST_FIELD)  # Python's own limit is 128 KiB
_NOTHING = frozenset(EMPTY)
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
        return _Reading(source, text).draft()


@dataclass
class _Span:
    """Bytes of the file that hold rows of data, and the line they begin on."""

    start: int
    end: int
    line: int


class _Reading:
    def __init__(self, source: Source, text: Utf8) -> None:
        self.source, self.text = source, text
        self.faults = Faults()
        self.steps = list(text.steps)
        self.records = 0
        self.padded = 0
        self.is_by_line = False
        self.kept: Rows | None = None  # numbers of the records that became rows; None is all

    def draft(self) -> Draft:
        head, is_whole = self._head()
        self.dialect = dialect_of(head)
        self.layout, self.span = self._begin(head, is_whole)
        footers = self._cut_footers()
        self._say()
        with pa.memory_map(str(self.text.path)) as file:
            data = file.read_buffer().slice(self.span.start, self.span.end - self.span.start)
            table = self._parse(data)
        for line, value in footers:
            self.faults.add(
                "footer",
                "a row below the table is left out of the data.",
                line=line,
                value=value,
                is_rejected=True,
            )
        table = self._without_spare(table)
        self._require_rows(table)
        return Draft(
            table=table,
            faults=self.faults,
            lines=self.lines,
            steps=self.steps,
            notes=dict(zip(self.layout.names, self.layout.notes, strict=False)),
        )

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

    def _begin(self, head: str, is_whole: bool) -> tuple[Layout, _Span]:
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
        if not any(cell.strip() for row in rows for cell in row):
            raise Invalid(f"{self.source.name} holds no table. Deliver one with a header row.")
        layout = find_layout(rows)
        line = ends[layout.first - 1] if layout.first else 0
        start = self.text.skip + len("".join(lines[:line]).encode())
        return layout, _Span(start, self.text.path.stat().st_size, line + 1)

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
        with self.text.path.open("rb") as file:
            return _count_lines(file.read(place)) + 1

    def _say(self) -> None:
        names = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}
        self.steps.append(f"delimiter {names.get(self.dialect.delimiter, self.dialect.delimiter)}")
        if titles := self.layout.titles:
            self.steps.append(f"{len(titles)} title rows left out: {' / '.join(titles)[:300]}")
        if not self.layout.has_header:
            self.steps.append("no header row; columns are named by their place")
        if self.layout.notes:
            self.steps.append("second header row kept as descriptions of the columns")

    # The rows

    def _names(self) -> list[str]:
        names = list(self.layout.names)
        return [*names, _SPARE] if self.layout.spare else names

    def _parse(self, data: pa.Buffer) -> pa.Table:
        names = self._names()
        if not data.size:
            return pa.table({name: pa.array([], pa.string()) for name in names})
        quotes = self.dialect.is_quoted and _has(data, b'"')
        if quotes and _opens_for_ever(data):
            return self._line_by_line(data, names)
        try:
            table = self._arrow(data, names, quotes, None)
        except pa.ArrowInvalid:
            pass
        else:
            self.records = table.num_rows
            return table
        bad: list[arrow_csv.InvalidRow] = []

        def keep(row: arrow_csv.InvalidRow) -> str:
            bad.append(row)
            return "skip"

        try:
            table = self._arrow(data, names, quotes, keep)
        except pa.ArrowInvalid:
            return self._line_by_line(data, names)
        return self._with_ragged(table, [(r.number - 1, self._cells(r.text), r.text) for r in bad])

    def _cells(self, text: str) -> list[str]:
        return next(self.dialect.rows(io.StringIO(text, newline="")), [])

    def _line_by_line(self, data: pa.Buffer, names: list[str]) -> pa.Table:
        """Read each line by itself, so that a quote that does not close spoils one line only."""
        self.steps.append("quotes that do not close; each line was read by itself")
        self.is_by_line = True
        plain = Dialect(self.dialect.delimiter, is_quoted=False)
        rows: list[list[str]] = []
        odd: list[tuple[int, list[str], str]] = []
        spoilt: list[tuple[int, str]] = []
        lines = (line for line in re.split(r"\r\n|\n|\r", bytes(data).decode()) if line)
        for record, line in enumerate(lines):
            is_spoilt = line.count('"') % 2 == 1
            cells = next((plain if is_spoilt else self.dialect).rows(io.StringIO(line)))
            if is_spoilt:
                spoilt.append((record, line))
            if len(cells) == len(names):
                rows.append(cells)
            else:
                odd.append((record, cells, line))
        columns = list(zip(*rows, strict=True)) or [()] * len(names)
        arrays = [pa.array([_value(cell) for cell in column], pa.string()) for column in columns]
        table = self._with_ragged(pa.table(arrays, names=names), odd)
        at = self._record_lines(np.array([record for record, _ in spoilt], np.int64))
        for (_, line), number in zip(spoilt, at.tolist(), strict=True):
            message = "a quote does not close; it was read as a plain character."
            self.faults.add("quotes", message, line=number, value=line)
        return table

    def _arrow(self, data: pa.Buffer, names: list[str], quotes: bool, invalid: object) -> pa.Table:
        return arrow_csv.read_csv(
            pa.BufferReader(data),
            arrow_csv.ReadOptions(
                column_names=names,
                block_size=_LONGEST_FIELD if quotes else 4 << 20,
                use_threads=invalid is None,
            ),
            arrow_csv.ParseOptions(
                delimiter=self.dialect.delimiter,
                quote_char='"' if quotes else False,
                escape_char=self.dialect.escape or False,
                newlines_in_values=quotes,
                invalid_row_handler=invalid,
            ),
            arrow_csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                strings_can_be_null=True,
                null_values=list(EMPTY),
            ),
        )

    def _with_ragged(self, table: pa.Table, bad: list[tuple[int, list[str], str]]) -> pa.Table:
        """Pad short rows at their place, keep long ones as faults."""
        names = table.column_names
        width = len(names)
        total = self.records = table.num_rows + len(bad)
        is_good = np.ones(total, bool)
        is_good[[record for record, _, _ in bad]] = False
        padded: list[list[str | None]] = []
        at: list[int] = []
        noted: list[tuple[int, int, str]] = []
        for record, cells, text in bad:
            extra = [cell for cell in cells[width:] if cell.strip()]
            if extra:
                noted.append((record, len(cells), text))
                continue
            padded.append([_value(cells[i]) if i < len(cells) else None for i in range(width)])
            at.append(record)
            if len(cells) < len(self.layout.names):
                noted.append((record, len(cells), text))
        self._note_ragged(noted, set(at))
        good = np.flatnonzero(is_good)
        if not padded:
            self.kept = good
            return table
        columns = [pa.array(column, pa.string()) for column in zip(*padded, strict=True)]
        both = pa.concat_tables([table, pa.table(columns, names=names)])
        places = np.concatenate([good, np.array(at, np.int64)])
        order = np.argsort(places, kind="stable")
        self.kept = places[order]
        return both.take(pa.array(order))

    def _note_ragged(self, noted: list[tuple[int, int, str]], padded: set[int]) -> None:
        lines = self._record_lines(np.array([record for record, _, _ in noted], np.int64))
        expected = len(self.layout.names)
        for (record, count, text), line in zip(noted, lines.tolist(), strict=True):
            if record in padded:
                self.padded += 1
                message = f"only {count} of {expected} cells; the missing ones are left empty."
                self.faults.add("short-row", message, line=line, value=text)
            else:
                message = f"{count} cells where {expected} belong; the row is kept aside."
                self.faults.add("long-row", message, line=line, value=text, is_rejected=True)

    def _without_spare(self, table: pa.Table) -> pa.Table:
        if not self.layout.spare:
            return table
        spare = table[_SPARE]
        if spare.null_count < len(spare):
            width = len(self.layout.names)
            rows = np.flatnonzero(np.asarray(spare.is_valid()))
            lines = self.lines(rows)
            for row, line in zip(rows.tolist(), lines.tolist(), strict=True):
                value = self.dialect.delimiter.join(
                    str(v or "") for v in table.slice(row, 1).to_pylist()[0].values()
                )
                message = f"{width + 1} cells where {width} belong; the row is kept aside."
                self.faults.add("long-row", message, line=line, value=value, is_rejected=True)
            keep = np.asarray(spare.is_null())
            numbers = np.arange(table.num_rows) if self.kept is None else self.kept
            self.kept = numbers[keep]
            table = table.filter(pa.array(keep))
        self.steps.append("an empty cell at the end of each row left out")
        return table.drop_columns([_SPARE])

    def _require_rows(self, table: pa.Table) -> None:
        """Mostly ragged rows mean running text or another format, not a table with faults."""
        rejected, rows = self.faults.rejected, table.num_rows
        ragged = rejected + self.padded
        is_prose = self.source.suffix not in _SUFFIXES and ragged * 2 > rows + rejected
        if (rejected > 2 and rejected > rows) or (is_prose and rows):
            raise Invalid(
                f"{self.source.name} is text, but no table: its lines have different numbers of "
                "cells. Deliver a CSV with one header row.",
                looks_like="text",
            )

    # Lines

    def lines(self, rows: Rows) -> Rows:
        """Lines of the file on which these rows begin."""
        return self._record_lines(rows if self.kept is None else self.kept[rows])

    def _record_lines(self, records: Rows) -> Rows:
        if not len(records):
            return np.empty(0, np.int64)
        if self._is_regular:
            return records + self.span.line
        begins = self._begins
        return begins[np.minimum(records, len(begins) - 1)]

    @property
    def _is_regular(self) -> bool:
        """Whether each line of the data is one record: there are as many lines as records."""
        if not hasattr(self, "_regular"):
            with self.text.path.open("rb") as file:
                file.seek(self.span.start)
                part = file.read(self.span.end - self.span.start)
            ends = _count_lines(part) + (not part.endswith((b"\n", b"\r")))
            self._regular = ends == self.records
        return self._regular

    @property
    def _begins(self) -> Rows:
        """The first line of each record, by a slow and exact walk; made once, if faults need it."""
        if not hasattr(self, "_walked"):
            begins: list[int] = []
            with self.text.path.open("rb") as raw:
                raw.seek(self.span.start)
                text = io.TextIOWrapper(raw, encoding="utf-8", newline="")
                reader = self.dialect.reader(text)
                line = 0
                if self.is_by_line:
                    whole = re.split(r"\r\n|\n|\r", text.read())
                    begins = [self.span.line + at for at, row in enumerate(whole) if row]
                    reader = self.dialect.reader(io.StringIO())
                for row in reader:
                    if row:
                        begins.append(line + self.span.line)
                    line = reader.line_num
            self._walked = np.array(begins or [self.span.line], np.int64)
        return self._walked


_SPARE = "\0spare"


def _value(cell: str) -> str | None:
    return None if cell in _NOTHING else cell


def _has(data: pa.Buffer, what: bytes) -> bool:
    step = 8 << 20
    view = memoryview(data)
    return any(what in bytes(view[at : at + step]) for at in range(0, len(view), step))


def _opens_for_ever(data: pa.Buffer) -> bool:
    """Whether a quote opens a cell that runs to the end of the file."""
    raw = memoryview(data)
    step = 8 << 20
    count = sum(bytes(raw[at : at + step]).count(b'"') for at in range(0, len(raw), step))
    if count % 2 == 0:
        return False
    tail = bytes(raw[-step:])
    last = max(tail.rstrip(b"\r\n").rfind(b"\n"), tail.rstrip(b"\r\n").rfind(b"\r"))
    # The last quote of the file opens a cell, and lines follow it.
    return bool(re.search(rb'(?:^|[\n\r;,\t|])"[^"]*$', tail)) and tail.rfind(b'"') < last


def _count_lines(raw: bytes) -> int:
    return raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")
