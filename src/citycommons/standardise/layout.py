"""Where the table begins in rows of cells: titles above it, its header, notes under the header."""

import re
from collections import Counter
from dataclasses import dataclass

_NUMBER = re.compile(r"^[+-]?[\d.,' ]*\d(?:[eE][+-]?\d+)?\s?%?$")
_DATE = re.compile(r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?$")
_BRACKETED = re.compile(r"^[(\[].*[)\]]$")
_YEAR = re.compile(r"^(19|20|21)\d\d$")


@dataclass(frozen=True, slots=True)
class Layout:
    """The table inside its rows: `names[width]`, and the number of the first row of data."""

    names: tuple[str, ...]
    first: int  # index of the first row of data among the rows that were looked at
    titles: tuple[str, ...] = ()  # texts of rows above the header
    notes: tuple[str, ...] = ()  # per column, what a second header row said; empty without one
    has_header: bool = True
    spare: bool = False  # each row ends in one cell more than the header names


def find_layout(rows: list[list[str]]) -> Layout:
    """Find header and width; rows are the first ones of the file, blank ones as empty lists."""
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    if len(widths) > 1 and widths.get(1, 0) < 0.8 * widths.total():
        widths.pop(1, None)
    width = widths.most_common(1)[0][0] if widths else 1
    start = next((i for i, row in enumerate(rows) if _may_be_header(row, width)), 0)
    header = [tidy(cell) for cell in rows[start]] if rows else []
    while len(header) > width and not header[-1]:
        header.pop()
    below = [row for row in rows[start + 1 :] if any(row)]
    titles = tuple(" ".join(c.strip() for c in row if c.strip()) for row in rows[:start])
    titles = tuple(title for title in titles if title)
    if _is_data(header, below):
        return Layout(unique([""] * width), start, titles, has_header=False)
    spare = len(header) == width - 1 and all(
        not row[-1].strip() for row in below if len(row) == width
    )
    width = max(width - spare, len(header))
    names = unique(header + [""] * (width - len(header)))
    first = start + 1
    notes: tuple[str, ...] = ()
    if first < len(rows) and _is_note(rows[first]):
        notes = tuple(cell.strip() for cell in (rows[first] + [""] * width)[:width])
        first += 1
    return Layout(names, first, titles, notes, spare=spare)


def tidy(name: str) -> str:
    """A header cell on one line."""
    return re.sub(r"\s+", " ", name.replace("\ufeff", "").replace("_x000D_", " ")).strip()


def unique(names: list[str]) -> tuple[str, ...]:
    """Every name once; those without a name are called by their place."""
    taken: set[str] = set()
    given: list[str] = []
    wanted = set(names)
    for place, name in enumerate(names, start=1):
        stem = name or f"column_{place}"
        found, number = stem, 2
        while found in taken or (found != name and found in wanted):
            found, number = f"{stem}_{number}", number + 1
        taken.add(found)
        given.append(found)
    return tuple(given)


def _may_be_header(row: list[str], width: int) -> bool:
    filled = sum(1 for cell in row if cell.strip())
    if width <= 2:
        return filled == width or (width == 1 and filled > 0)
    return len(row) >= width - 1 and filled * 2 >= width


def _kind(cell: str) -> str:
    cell = cell.strip()
    if not cell:
        return ""
    if _DATE.match(cell):
        return "date"
    return "number" if _NUMBER.match(cell) else "text"


def _is_data(header: list[str], below: list[list[str]]) -> bool:
    """Whether the first row looks like the rows below it: then the file has no header."""
    if not below:
        return False
    typed = same = 0
    for place, cell in enumerate(header):
        kinds = Counter(_kind(row[place]) for row in below[:100] if place < len(row))
        kinds.pop("", None)
        common = kinds.most_common(1)[0][0] if kinds else ""
        if common in ("number", "date") and cell:
            typed += 1
            same += _kind(cell) == common
    years = [cell for cell in header if _kind(cell) == "number"]
    if (
        len(years) > 1
        and all(_YEAR.match(year) for year in years)
        and len(set(years)) == len(years)
    ):
        return False  # one column a year
    return typed > 0 and same * 2 >= typed


def _is_note(row: list[str]) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    return len(filled) > 1 and sum(bool(_BRACKETED.match(c)) for c in filled) >= 0.6 * len(filled)
