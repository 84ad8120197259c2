"""Cells of a sheet as a table: its regions, header, footers, merged cells and what is odd."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from citycommons.core.errors import Invalid, NotFound, TooMuch
from citycommons.core.types import Choice, Question
from citycommons.standardise.cells import text_columns, text_of
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.layout import Layout, Merged, find_layout, is_year
from citycommons.standardise.oddities import Oddities
from citycommons.standardise.regions import Region, letters, regions
from citycommons.standardise.remarks import without_remarks
from citycommons.standardise.words import is_footer, is_remark, is_sum

MOST_SHEET = 4 << 30
_LOOKED = 500  # rows that are looked at for the header
_PER_CELL = 32  # bytes that a cell takes in memory, at least
_COMMA_NUMBER = re.compile(r"^-?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+$")


def require_dense(known: Oddities, sheet: str, source: Source) -> None:
    """Refuse a sheet with a cell far away, before all that lies between takes its memory."""
    if known.span * _PER_CELL > min(source.most_bytes, MOST_SHEET):
        raise TooMuch(
            f"Sheet “{sheet}” of {source.name} spans {known.span} cells, as one lies in row "
            f"{known.last_row}. Delete what stands far below and beside the table, or deliver it "
            "as CSV."
        )


def draft_of(
    cells: list[list[Any]],
    sheet: str,
    others: list[str],
    merged: Merged,
    known: Oddities,
    source: Source,
    *,
    is_one: bool = False,
) -> Draft:
    """The rows of a sheet's cells (``""`` for empty ones) as a draft: the largest table on it.

    `others` names the sheets that are not read; `is_one` says that the sheet is one table. Raises
    `Invalid` where every cell is empty, and `NotFound` where the sheet has no such table as was
    asked for.
    """
    steps = [f"sheet {sheet}"]
    if others:
        steps.append(f"other sheets not read: {', '.join(others)}"[:300])
    cells = [[_clean(value) for value in row] for row in cells]
    _show_zeros(cells, known, steps)
    width = max((place for row in cells for place, v in enumerate(row, 1) if v != ""), default=0)
    if not width:
        raise Invalid(
            f"Sheet “{sheet}” of {source.name} is empty. Name a sheet that holds a table."
        )
    found = [] if is_one else regions(cells, width)
    if not found:
        found = [Region(0, len(cells), 0, width)]
    region, questions = (found[0], []) if is_one else _pick(found, sheet, source, steps)
    draft = _table(cells, region, merged, steps)
    draft.questions = questions
    _say_oddities(draft, region, known, len(cells))
    for line, text in region.notes:
        message = "a remark below the table is left out of the data."
        draft.faults.add("footer", message, line=line + 1, value=text, is_rejected=True)
    return without_remarks(draft)


def _pick(
    found: list[Region], sheet: str, source: Source, steps: list[str]
) -> tuple[Region, list[Question]]:
    """The table that was asked for, or the largest; and the question which one is meant."""
    if source.table is not None:
        if not 1 <= source.table <= len(found):
            raise NotFound(
                f"Sheet “{sheet}” of {source.name} has no table {source.table}; it has "
                f"{len(found)}, counted from the left and from above."
            )
        return found[source.table - 1], []
    if len(found) == 1:
        return found[0], []
    best = max(found, key=lambda region: region.size)
    steps.append(f"{len(found)} tables on the sheet; the largest was read, {best.address}")
    choices = tuple(
        Choice(
            value=str(number),
            title=" / ".join(region.titles)[:200] or region.address,
            evidence=f"{region.address}, {region.bottom - region.top} rows, "
            f"{region.right - region.left} columns",
            fits=1.0 if region is best else 0.5 * region.size / best.size,
        )
        for number, region in enumerate(found, start=1)
    )
    text = f"Sheet “{sheet}” holds {len(found)} tables. Which of them is meant?"
    return best, [Question(id=f"table:{sheet}", kind="table", text=text, choices=choices)]


def _table(cells: list[list[Any]], region: Region, merged: Merged, steps: list[str]) -> Draft:
    """The region as a table: header rows joined, rows below it kept apart."""
    part = [row[region.left : region.right] for row in cells[region.top : region.bottom]]
    inside = [
        (top - region.top, left - region.left, bottom - region.top, right - region.left)
        for top, left, bottom, right in merged
        if region.top <= top and bottom < region.bottom + 1 and region.left <= left < region.right
    ]
    texts = [[text_of(v) or "" for v in row] for row in part[:_LOOKED]]
    while texts and not any(texts[-1]):
        texts.pop()
    layout = find_layout(texts, inside)
    titles = [*region.titles, *layout.titles]
    if titles:
        steps.append(f"{len(titles)} title rows left out: {' / '.join(titles)[:300]}")
    if layout.notes:
        steps.append("second header row kept as descriptions of the columns")
    steps += layout.said
    faults, width = Faults(), len(layout.names)
    _fill_down(part, inside, layout, region.top, steps, faults)
    numbered = [
        (line, row)
        for line, row in enumerate(part[layout.first :], start=region.top + layout.first + 1)
        if any(v != "" for v in row)
    ]
    below: list[tuple[int, list[Any]]] = []
    while numbered and _is_below(numbered[-1][1], width):
        below.append(numbered.pop())
    for line, row in reversed(below):
        told = [text_of(v) or "" for v in row]
        if is_sum(next((t for t in told if t), "")):
            message = "a sum of the rows above; left out of the data."
            faults.reject(line, told, "sum-row", message)
            continue
        value = "; ".join(t for t in told if t)
        message = "a row below the table is left out of the data."
        faults.add("footer", message, line=line, value=value, is_rejected=True)
    lines = np.array([line for line, _ in numbered], np.int64)
    rows = [row for _, row in numbered]
    _read_texts(rows, lines, layout.names, faults)
    table = text_columns(layout.names, rows)
    return Draft(
        table=_without_blank(table, steps),
        faults=faults,
        lines=lambda at: lines[at],
        steps=steps,
        notes=dict(zip(layout.names, layout.notes, strict=False)),
        decimal=".",
        is_workbook=True,
    )


def _fill_down(
    part: list[list[Any]],
    merged: Merged,
    layout: Layout,
    above: int,
    steps: list[str],
    faults: Faults,
) -> None:
    """Give every row the value of the merged cell that reaches down to it."""
    columns: dict[str, int] = {}
    for top, left, bottom, _ in merged:
        if top < layout.first or bottom == top or left >= len(layout.names):
            continue
        value, name = part[top][left], layout.names[left]
        rows = [row for row in part[top + 1 : bottom + 1] if left < len(row) and row[left] == ""]
        if value == "" or not rows:
            continue
        for row in rows:
            row[left] = value
        columns[name] = columns.get(name, 0) + 1
        if isinstance(value, float) and not is_year(text_of(value) or ""):
            message = (
                "“{value}” stands in a merged cell; each of its rows got it, so a sum of the "
                "column counts it more than once."
            )
            line, text = above + top + 1, text_of(value) or ""
            faults.add("merged-number", message, line=line, column=name, value=text)
    for name, count in columns.items():
        steps.append(f"{count} merged cells of “{name}” filled down to all of their rows")


def _is_below(row: list[Any], width: int) -> bool:
    told = [text_of(v) or "" for v in row]
    filled = [t for t in told if t.strip()]
    if len(filled) == 1 and width > 1 and told[0] == filled[0]:
        return is_remark(filled[0])
    return is_footer(told, width)


def _without_blank(table: pa.Table, steps: list[str]) -> pa.Table:
    """The table without spacer columns: those that have neither a name nor a value."""
    spare = [
        name
        for name in table.column_names
        if re.fullmatch(r"column_\d+", name) and table[name].null_count == table.num_rows
    ]
    if spare and len(spare) < table.num_columns:
        steps.append(f"{len(spare)} empty columns without a name left out")
        return table.drop_columns(spare)
    return table


def _read_texts(
    rows: list[list[Any]], lines: np.ndarray, names: Sequence[str], faults: Faults
) -> None:
    """Numbers that were typed as texts, in columns of numbers: with a comma they are clear."""
    for place, name in enumerate(names):
        kinds = Counter(type(row[place]) for row in rows if place < len(row) and row[place] != "")
        texts, figures = kinds.get(str, 0), kinds.get(float, 0) + kinds.get(int, 0)
        if not texts or figures < texts:
            continue
        found: list[tuple[int, str]] = []
        for at, row in enumerate(rows):
            value = row[place] if place < len(row) else ""
            if isinstance(value, str) and _COMMA_NUMBER.match(value.strip()):
                row[place] = float(value.strip().replace(".", "").replace(",", "."))
                found.append((int(lines[at]), value))
        if found:
            message = "“{value}” was typed as text; read as a number with a decimal comma."
            faults.add_many("text-number", message, column=name, found=found, total=len(found))


def _say_oddities(draft: Draft, region: Region, odd: Oddities, height: int) -> None:
    rows = [r for r in odd.hidden_rows if region.top <= r < min(region.bottom, height)]
    columns = [c for c in odd.hidden_columns if region.left <= c < region.right]
    if rows:
        draft.steps.append(f"{len(rows)} hidden rows are data too, the first in line {rows[0] + 1}")
    if columns:
        shown = ", ".join(letters(c) for c in columns[:10])
        draft.steps.append(f"hidden columns are data too: {shown}")
    if odd.is_1904:
        draft.steps.append("the workbook counts its days from 1904")
        draft.is_workbook = False  # bare numbers are days of another calendar: they stay numbers
    for row, column, text in odd.errors:
        if region.top <= row < region.bottom and region.left <= column < region.right:
            draft.faults.add(
                "formula-error",
                f"a formula ends in {text}; left empty.",
                line=row + 1,
                column=letters(column),
                value=text,
                action="left empty",
            )


def _show_zeros(cells: list[list[Any]], known: Oddities, steps: list[str]) -> None:
    """Numbers whose format fills them up with zeros become the text that the sheet shows."""
    columns: set[int] = set()
    for (row, column), digits in known.padded.items():
        if row >= len(cells) or column >= len(cells[row]):
            continue
        value = cells[row][column]
        if not isinstance(value, int | float) or isinstance(value, bool):
            continue
        if 0 <= value < 1e15 and value == int(value):
            cells[row][column] = f"{int(value):0{digits}d}"
            columns.add(column)
    if columns:
        shown = ", ".join(letters(column) for column in sorted(columns)[:10])
        steps.append(f"codes read with the leading zeros that the sheet shows: column {shown}")


def _clean(value: Any) -> Any:
    """Without the traces that spreadsheets leave of line breaks."""
    return value.replace("_x000D_", "").strip("\r\n") if isinstance(value, str) else value
