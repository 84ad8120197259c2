"""Quotes that do not close: found after the quick reading, and then read within bounds.

A cell that is opened and never closed takes the rows below it into itself, up to the next quote of
the file. What looks like this is read again, line by line: a cell may go on over lines only where
its quote closes properly, soon, and the lines inside do not look like rows of the table.
"""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from citycommons.standardise.sniff import Dialect

MOST_LINES = 1_000  # a cell with more lines is an unclosed quote
MOST_CHARACTERS = 1 << 20
_INSIDE = {2: 5, 3: 2}  # by width: so many lines like rows inside a cell are no chance


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the line on which it begins (counted from 0), its cells, and its text."""

    line: int
    cells: list[str]
    text: str
    is_spoilt: bool = False  # its quote does not close


def has_swallowed(table: pa.Table, odd: Iterable[str], delimiter: str) -> bool:
    """Whether a cell of the table, or a faulty row, seems to hold rows of the file."""
    if any("\n" in text.rstrip("\r\n") or "\r" in text.rstrip("\r\n") for text in odd):
        return True
    width = table.num_columns
    for place, name in enumerate(table.column_names):
        values = table[name]
        broken = pc.match_substring_regex(values, "[\n\r]")
        if not pc.any(broken).as_py():
            continue
        suspects = values.filter(broken)
        is_full = pc.greater_equal(pc.count_substring(suspects, delimiter), max(width - 1, 1))
        is_long = pc.greater(pc.utf8_length(suspects), MOST_LINES)
        for text in suspects.filter(pc.or_(is_full, is_long)).to_pylist():
            lines = _lines(text)
            is_endless = len(lines) > MOST_LINES or len(text) > MOST_CHARACTERS
            if is_endless or _is_torn(lines, place, width, delimiter):
                return True
    return False


def records(lines: Iterable[str], dialect: Dialect, width: int) -> Iterator[Record]:
    """The rows of a text with a quote that does not close; `lines` bear their ends."""
    plain = Dialect(dialect.delimiter, is_quoted=False)
    source = enumerate(lines)
    ahead: deque[tuple[int, str]] = deque()
    while (taken := ahead.popleft() if ahead else next(source, None)) is not None:
        number, line = taken
        if not line.rstrip("\r\n"):
            continue
        if not _is_odd(line, dialect):
            yield Record(number, _cells(line, dialect), line.rstrip("\r\n"))
            continue
        more = _closing(line, ahead, source, dialect, width)
        if not more:
            text = line.rstrip("\r\n")
            yield Record(number, _cells(text, plain), text, is_spoilt=True)
            continue
        text = line + "".join(ahead.popleft()[1] for _ in range(more))
        yield Record(number, _cells(text, dialect), text.rstrip("\r\n"))


def _closing(
    line: str,
    ahead: deque[tuple[int, str]],
    source: Iterator[tuple[int, str]],
    dialect: Dialect,
    width: int,
) -> int:
    """How many lines more belong to the row, as a cell goes on in them; 0 if it never closes."""
    if not any(cell.lstrip().startswith('"') for cell in line.split(dialect.delimiter)):
        return 0  # an inch, or a nickname, in the middle of a cell
    whole = [line]
    size = len(line)
    for more in range(1, MOST_LINES + 1):
        if len(ahead) < more:
            if (taken := next(source, None)) is None:
                return 0
            ahead.append(taken)
        following = ahead[more - 1][1]
        whole.append(following)
        size += len(following)
        if size > MOST_CHARACTERS:
            return 0
        if _is_odd(following, dialect):
            return more if _is_row("".join(whole), dialect, width) else 0
    return 0


def _is_row(text: str, dialect: Dialect, width: int) -> bool:
    """Whether the lines are one row with every quote at its place, and not several rows."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        escapechar=dialect.escape or None,
        doublequote=not dialect.escape,
        strict=True,
    )
    try:
        found = list(reader)
    except csv.Error:
        return False
    if len(found) != 1:
        return False
    return not any(
        _is_torn(lines, place, width, dialect.delimiter)
        for place, cell in enumerate(found[0])
        if len(lines := _lines(cell)) > 1
    )


def _is_torn(lines: list[str], place: int, width: int, delimiter: str) -> bool:
    """Whether a cell's lines are the rest of one row, whole rows, and the beginning of another."""
    counts = [line.count(delimiter) for line in lines]
    inside = counts[1:-1]
    if width < 2 or any(count != width - 1 for count in inside):
        return False
    has_ends = counts[0] == width - 1 - place and counts[-1] == place
    return (has_ends and width > 2) or len(inside) >= _INSIDE.get(width, 1)


def _is_odd(line: str, dialect: Dialect) -> bool:
    if dialect.escape:
        line = line.replace(f'{dialect.escape}"', "")
    return line.count('"') % 2 == 1


def _cells(text: str, dialect: Dialect) -> list[str]:
    return next(dialect.rows(io.StringIO(text, newline="")), [])


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
