"""The rows of a delimited text: parsed by Arrow as a stream, row by row only where rows are faulty.

A large file never lies in memory: it is mapped, and its rows go into a file of Arrow batches.
"""

import array
import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as arrow_csv

from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Rows
from citycommons.standardise.layout import Layout
from citycommons.standardise.quotes import has_swallowed, records
from citycommons.standardise.sniff import Dialect, Utf8
from citycommons.store import spill

LONGEST_FIELD = 16 << 20
csv.field_size_limit(LONGEST_FIELD)  # Python's own limit is 128 KiB
_SPARE = "\0spare"
_STEP = 8 << 20
_LINE_FEED = ord("\n")
_LINES = 50_000  # read one by one at once


@dataclass
class Span:
    """Bytes of the file that hold rows of data, and the line they begin on."""

    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class _Odd:
    """A record with too few or too many cells."""

    record: int
    cells: list[str]
    text: str


@dataclass
class _Taken:
    """What one way through the file brought."""

    rows: pa.Table
    records: int = 0
    dropped: list[int] = field(default_factory=list)  # records that became no rows
    short: list[tuple[int, int, str]] = field(default_factory=list)  # record, cells, text
    long: list[tuple[int, int, str]] = field(default_factory=list)
    spoilt: list[tuple[int, str]] = field(default_factory=list)


class Records:
    """The rows between two places of a text, and the lines on which they stand."""

    def __init__(self, text: Utf8, dialect: Dialect, layout: Layout, span: Span) -> None:
        self.text, self.dialect, self.layout, self.span = text, dialect, layout, span
        self.is_by_line = False
        self.padded = 0
        self.names = [*layout.names, *([_SPARE] if layout.spare else [])]
        self.schema = pa.schema([(name, pa.string()) for name in self.names])
        self._taken = _Taken(self.schema.empty_table())

    def table(self, faults: Faults) -> pa.Table:
        """All rows as text; short ones are filled with nothing, long ones kept aside."""
        size = self.span.end - self.span.start
        if size:
            data = spill.mapped(self.text.path).slice(self.span.start, size)
            self._taken = self._read(data)
        taken = self._taken
        # One addition for each record kept aside before a row gives the row's own record.
        self._shift = np.array(taken.dropped, np.int64) - np.arange(len(taken.dropped))
        self._tell(faults)
        return taken.rows.drop_columns([_SPARE]) if self.layout.spare else taken.rows

    def _tell(self, faults: Faults) -> None:
        taken, expected = self._taken, len(self.layout.names)
        self.padded = len(taken.short)
        for found, rule in ((taken.short, "short-row"), (taken.long, "long-row")):
            at = self._lines_of(np.array([record for record, _, _ in found], np.int64))
            for (_, count, text), line in zip(found, at.tolist(), strict=True):
                if rule == "short-row":
                    message = f"only {count} of {expected} cells; the missing ones are left empty."
                    faults.add(rule, message, line=line, value=text)
                else:
                    message = f"{count} cells where {expected} belong; the row is kept aside."
                    faults.reject(line, self._cells(text), rule, message, value=text)
        at = self._lines_of(np.array([record for record, _ in taken.spoilt], np.int64))
        for (_, line), number in zip(taken.spoilt, at.tolist(), strict=True):
            message = "a quote does not close; it was read as a plain character."
            faults.add("quotes", message, line=number, value=line)

    # Parsing

    def _read(self, data: pa.Buffer) -> _Taken:
        quotes = _quotes(data) if self.dialect.is_quoted else 0
        if quotes % 2 and _opens_for_ever(data):
            return self._by_line(data)
        bad: deque[_Odd] = deque()

        def keep(row: arrow_csv.InvalidRow) -> str:
            bad.append(_Odd(row.number - 1, self._cells(row.text), row.text))
            return "skip"

        # Most files have no faulty row: their blocks are converted side by side.
        for handler in (None, keep):
            try:
                taken = self._gathered(self._arrow(data, quotes > 0, handler), bad)
            except pa.ArrowInvalid:
                bad.clear()
                continue
            return self._by_line(data) if quotes and self._is_torn(taken) else taken
        return self._by_line(data)

    def _is_torn(self, taken: _Taken) -> bool:
        """Whether an unclosed quote seems to have taken rows into a cell."""
        if self._are_lines(taken):
            return False
        odd = (text for _, _, text in (*taken.short, *taken.long))
        return has_swallowed(taken.rows, odd, self.dialect.delimiter)

    def _cells(self, text: str) -> list[str]:
        return next(self.dialect.rows(io.StringIO(text, newline="")), [])

    def _arrow(self, data: pa.Buffer, quotes: bool, invalid: object) -> Iterator[pa.RecordBatch]:
        options = {
            "read_options": arrow_csv.ReadOptions(
                column_names=self.names,
                block_size=LONGEST_FIELD if quotes else 4 << 20,
                use_threads=invalid is None,
            ),
            "parse_options": arrow_csv.ParseOptions(
                delimiter=self.dialect.delimiter,
                quote_char='"' if quotes else False,
                escape_char=self.dialect.escape or False,
                newlines_in_values=quotes,
                invalid_row_handler=invalid,
            ),
            "convert_options": arrow_csv.ConvertOptions(
                column_types={name: pa.string() for name in self.names},
                strings_can_be_null=True,
                null_values=[""],
            ),
        }
        if invalid is None and data.size <= spill.LARGE:
            # All at once is the quicker way, where it fits: blocks are parsed side by side.
            yield from arrow_csv.read_csv(pa.BufferReader(data), **options).to_batches()
        else:
            yield from arrow_csv.open_csv(pa.BufferReader(data), **options)

    def _gathered(self, batches: Iterable[pa.RecordBatch], bad: deque[_Odd]) -> _Taken:
        """The rows of all batches, with the odd ones at their place among them."""
        taken = _Taken(self.schema.empty_table())
        is_large = self.span.end - self.span.start > spill.LARGE
        with spill.Spill(self.schema, on_disk=is_large) as rows:
            for batch in batches:
                good = pa.Table.from_batches([batch], self.schema)
                between: list[_Odd] = []
                # So many good rows of this batch stand before the odd one.
                while bad and bad[0].record - taken.records - len(between) <= len(good):
                    between.append(bad.popleft())
                rows.write(self._merged(good, between, taken))
            if bad:
                rows.write(self._merged(self.schema.empty_table(), list(bad), taken))
            taken.rows = rows.table()
        return taken

    def _merged(self, good: pa.Table, odd: list[_Odd], taken: _Taken) -> pa.Table:
        """Short rows filled up at their place, long ones left out and noted."""
        first, width = taken.records, len(self.names)
        taken.records += len(good) + len(odd)
        if not odd:
            return self._without_spare(good, np.arange(first, taken.records), taken)
        filled: list[list[str | None]] = []
        at: list[int] = []
        for one in odd:
            count = len(one.cells)
            if any(cell.strip() for cell in one.cells[width:]):
                taken.long.append((one.record, count, one.text))
                taken.dropped.append(one.record)
                continue
            cells = one.cells[:width]
            filled.append([*map(_value, cells), *[None] * (width - len(cells))])
            at.append(one.record)
            if count < len(self.layout.names):
                taken.short.append((one.record, count, one.text))
        is_good = np.ones(taken.records - first, bool)
        is_good[np.array([one.record for one in odd]) - first] = False
        numbers = np.concatenate([np.flatnonzero(is_good) + first, np.array(at, np.int64)])
        if filled:
            columns = [pa.array(column, pa.string()) for column in zip(*filled, strict=True)]
            order = np.argsort(numbers, kind="stable")
            both = [good, pa.Table.from_arrays(columns, schema=self.schema)]
            good, numbers = pa.concat_tables(both).take(pa.array(order)), numbers[order]
        return self._without_spare(good, numbers, taken)

    def _without_spare(self, table: pa.Table, numbers: Rows, taken: _Taken) -> pa.Table:
        """Leave out rows with a value in the cell that is spare, as headers end in a delimiter."""
        if not self.layout.spare or table[_SPARE].null_count == len(table):
            return table
        full = np.asarray(table[_SPARE].is_valid())
        for row in np.flatnonzero(full).tolist():
            cells = table.slice(row, 1).to_pylist()[0].values()
            text = self.dialect.delimiter.join(cell or "" for cell in cells)
            taken.long.append((int(numbers[row]), len(self.names), text))
        taken.long.sort()
        taken.dropped = sorted({*taken.dropped, *numbers[full].tolist()})
        return table.filter(pa.array(~full))

    def _by_line(self, data: pa.Buffer) -> _Taken:
        """Read line by line, so that a quote that does not close spoils one line only."""
        self.is_by_line = True
        bad: deque[_Odd] = deque()
        spoilt: list[tuple[int, str]] = []
        begins = array.array("I")
        taken = self._gathered(self._lines_read(data, bad, spoilt, begins), bad)
        taken.spoilt = spoilt
        self._walked = np.array(begins or [self.span.line], np.uint32)
        return taken

    def _lines_read(
        self,
        data: pa.Buffer,
        bad: deque[_Odd],
        spoilt: list[tuple[int, str]],
        begins: "array.array[int]",
    ) -> Iterator[pa.RecordBatch]:
        rows: list[list[str | None]] = []
        lines = io.TextIOWrapper(pa.BufferReader(data), encoding="utf-8", newline="")
        found = records(lines, self.dialect, len(self.layout.names))
        for number, record in enumerate(found):
            begins.append(self.span.line + record.line)
            if record.is_spoilt:
                spoilt.append((number, record.text))
            if len(record.cells) == len(self.names):
                rows.append([_value(cell) for cell in record.cells])
            else:
                bad.append(_Odd(number, record.cells, record.text))
            if len(rows) >= _LINES:
                yield self._batch(rows)
                rows = []
        yield self._batch(rows)

    def _batch(self, rows: list[list[str | None]]) -> pa.RecordBatch:
        columns = list(zip(*rows, strict=True)) or [()] * len(self.names)
        arrays = [pa.array(column, pa.string()) for column in columns]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    # Lines

    def lines(self, rows: Rows) -> Rows:
        """Lines of the file on which these rows begin."""
        return self._lines_of(rows + np.searchsorted(self._shift, rows, side="right"))

    def _lines_of(self, records: Rows) -> Rows:
        if not len(records):
            return np.empty(0, np.int64)
        if self._is_regular:
            return records + self.span.line
        begins = self._begins
        return begins[np.minimum(records, len(begins) - 1)].astype(np.int64)

    @property
    def _is_regular(self) -> bool:
        """Whether each line of the data is one record."""
        if not hasattr(self, "_regular"):
            self._regular = self._are_lines(self._taken)
        return self._regular

    def _are_lines(self, taken: _Taken) -> bool:
        """Whether there are as many lines as records; the lines are counted once."""
        if not hasattr(self, "_counted"):
            count, last = count_lines(self.text.path, self.span.start, self.span.end)
            self._counted = count + (last not in b"\n\r")
        return self._counted == taken.records

    @property
    def _begins(self) -> npt.NDArray[np.uint32]:
        """The first line of each record, by a slow and exact walk; made once, if faults need it."""
        if not hasattr(self, "_walked"):
            begins = array.array("I")
            with self.text.path.open("rb") as raw:
                raw.seek(self.span.start)
                text = io.TextIOWrapper(raw, encoding="utf-8", newline="")
                reader, line = self.dialect.reader(text), 0
                for cells in reader:
                    if cells:
                        begins.append(line + self.span.line)
                    line = reader.line_num
            self._walked = np.array(begins or [self.span.line], np.uint32)
        return self._walked


def count_lines(path: Path, start: int, end: int) -> tuple[int, bytes]:
    """Line ends (LF, CR or both together as one) between two places, and the last byte there."""
    count, last = 0, b""
    with path.open("rb") as file:
        file.seek(start)
        while (left := end - file.tell()) > 0 and (piece := file.read(min(left, _STEP))):
            # Four times faster than counting in bytes, where there is one in each line.
            count += int(np.count_nonzero(np.frombuffer(piece, np.uint8) == _LINE_FEED))
            if b"\r" in piece or last == b"\r":
                count += piece.count(b"\r") - piece.count(b"\r\n")
                count -= last == b"\r" and piece.startswith(b"\n")
            last = piece[-1:]
    return count, last


def _value(cell: str) -> str | None:
    return cell or None


def _steps(data: pa.Buffer) -> Iterator[bytes]:
    view = memoryview(data)
    for at in range(0, len(view), _STEP):
        yield bytes(view[at : at + _STEP])
        if len(view) > spill.LARGE:
            spill.ease()


def _quotes(data: pa.Buffer) -> int:
    return sum(piece.count(b'"') for piece in _steps(data))


def _opens_for_ever(data: pa.Buffer) -> bool:
    """Whether the last quote (their number is odd) opens a cell that runs to the file's end."""
    tail = bytes(memoryview(data)[-_STEP:])
    body = tail.rstrip(b"\r\n")
    last = max(body.rfind(b"\n"), body.rfind(b"\r"))
    # The last quote of the file opens a cell, and lines follow it.
    return bool(re.search(rb'(?:^|[\n\r;,\t|])"[^"]*$', tail)) and tail.rfind(b'"') < last
