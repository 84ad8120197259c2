"""Text whose columns stand at the same places in every line, with blanks between them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from citycommons.standardise.layout import kind_of
from citycommons.standardise.sniff import Utf8

_LOOKED = 2_000
_FEWEST = 4  # lines
_TYPED = 0.9  # share of a column's values that are numbers or dates
_RULE = re.compile(r"^[-=_+ ]*[-=_]{3}[-=_+ ]*$")  # a line that underlines the header
_MOST_TOLD = 10_000

Columns = Sequence[tuple[int, int]]


def columns_of(head: str) -> Columns | None:
    """The columns, half open, in characters; None where the text has no such columns.

    They lie between places that are blank in every line. A place where only the header has words
    is a part of the column beside it. At least one column must hold numbers or dates.
    """
    lines = [line.rstrip() for line in re.split(r"\r\n|\n|\r", head)[:_LOOKED]]
    lines = [line for line in lines if line and not _RULE.match(line)]
    if len(lines) < _FEWEST or "\t" in head:
        return None
    width = max(map(len, lines))
    runs = _runs(lines[1:], width)
    edges = [_edge(lines[0], left, right) for (_, left), (right, _) in pairwise(runs)]
    starts = [0, *(edge for edge in edges if edge)]
    ends = [*starts[1:], 1 << 20]
    # What has no word of the header above it belongs to the column before: “time” over a date and
    # a clock is one column.
    starts = [a for a, b in zip(starts, ends, strict=True) if a == 0 or lines[0][a:b].strip()]
    columns = list(zip(starts, [*starts[1:], 1 << 20], strict=True))
    if len(columns) < 2 or not any(_is_typed(lines[1:], *column) for column in columns):
        return None
    has_header = not any(_is_typed(lines[:1] * 2, *column) for column in columns)
    if not has_header and (len(columns) < 3 or not any("  " in line for line in lines)):
        return None  # a date and a clock, or a number and its unit
    return columns


def delimited(
    text: Utf8, columns: Columns, workspace: Path
) -> tuple[Utf8, tuple[tuple[int, str], ...]]:
    """A copy with tabs between the columns, line by line, and the lines that fit them badly."""
    copy = workspace / "columns.txt"
    odd: list[tuple[int, str]] = []
    with (
        text.path.open(encoding="utf-8", errors="replace", newline="") as lines,
        copy.open("w", encoding="utf-8", newline="") as out,
    ):
        lines.seek(text.skip)
        for number, line in enumerate(lines, start=1):
            bare = line.rstrip("\r\n")
            end = line[len(bare) :]
            if not bare.strip() or _RULE.match(bare):
                out.write(end)
                continue
            cells, is_odd = _cut(bare.replace("\t", " "), columns)
            if is_odd and len(odd) < _MOST_TOLD:
                odd.append((number, bare.strip()[:200]))
            out.write("\t".join(cells) + end)
    return replace(text, path=copy, skip=0), tuple(odd)


def seems_more(head: str) -> bool:
    """Whether most lines of a text hold wide blanks between words, as several columns would."""
    lines = [line.strip() for line in head.splitlines()[:_LOOKED] if line.strip()]
    wide = sum(bool(re.search(r"\S {2,}\S", line)) for line in lines)
    return len(lines) > 2 and wide * 2 > len(lines)


def _runs(lines: list[str], width: int) -> list[tuple[int, int]]:
    """Runs of places that are filled in some line."""
    filled = bytearray(width)
    for line in lines:
        for found in re.finditer(r"\S+", line):
            filled[found.start() : found.end()] = b"\1" * (found.end() - found.start())
    return [found.span() for found in re.finditer(b"\1+", bytes(filled))]


def _edge(header: str, left: int, right: int) -> int:
    """Where a column begins behind a gap that is blank in the header too; 0 where a word fills it.

    The cut is at the last blank: numbers stand at the right of their columns, below longer names.
    """
    return header.ljust(right).rfind(" ", left, right) + 1


def _is_typed(lines: Sequence[str], start: int, end: int) -> bool:
    known = [kind for line in lines if (kind := kind_of(line[start:end]))]
    return len(known) > 1 and sum(kind != "text" for kind in known) >= _TYPED * len(known)


def _cut(line: str, columns: Columns) -> tuple[list[str], bool]:
    """The cells of a line; a word that lies across an edge is kept whole."""
    cells: list[str] = []
    is_odd = False
    start = 0
    for _, edge in columns[:-1]:
        end = max(edge, start)
        if 0 < end < len(line) and line[end - 1] != " " and line[end] != " ":
            is_odd = True
            before, behind = line.rfind(" ", start, end) + 1, line.find(" ", end)
            end = before or (behind if behind > 0 else len(line))
        cells.append(line[start:end].strip())
        start = end
    cells.append(line[start:].strip())
    return cells, is_odd
