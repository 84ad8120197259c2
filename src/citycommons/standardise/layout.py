"""Where the table begins in rows of cells: titles above it, its header, notes under the header."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from citycommons.standardise.words import EMPTY_AMONG_TYPED

_NUMBER = re.compile(r"^[+-]?[\d.,' ]*\d(?:[eE][+-]?\d+)?\s?%?$")
_DATE = re.compile(r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?$")
_BRACKETED = re.compile(r"^[(\[].*[)\]]$")
_YEAR = re.compile(r"^(19|20|21)\d\d$")
_MOST_HEADERS = 4
_UNITS = frozenset(
    (
        *("%", "‰", "€", "eur", "euro", "t€", "tsd. €", "mio. €", "1.000 €", "chf", "£", "$"),
        *("m", "km", "cm", "mm", "m²", "m2", "qm", "km²", "ha", "m³", "m3", "l", "t", "kg", "g"),
        *("kw", "kwh", "mwh", "gwh", "mw", "w", "kwp", "v", "a", "°c", "k", "hpa", "db", "db(a)"),
        *("h", "std", "std.", "min", "min.", "s", "sek", "ms", "tage", "jahre", "jahr", "stunden"),
        *("km/h", "m/s", "µg/m³", "mg/m³", "mg/l", "kfz/h", "kfz/24h", "fz/h", "veh/h"),
        *("anzahl", "anz.", "stück", "stk", "stk.", "personen", "einwohner", "number", "nombre"),
        *("deg c", "degc", "deg_c", "celsius", "degrees", "deg", "volts", "mbar", "kpa", "bar"),
        *("w/m^2", "w/m2", "w/m²", "kw/m^2", "µs/cm", "us/cm", "ms/cm", "meters/second", "mv"),
        *("numero", "n.", "count", "in %", "in €", "in eur", "in km", "in m", "in t", "in ha"),
    )
)

Merged = Sequence[tuple[int, int, int, int]]


@dataclass(frozen=True, slots=True)
class Layout:
    """The table inside its rows: `names[width]`, and the number of the first row of data."""

    names: tuple[str, ...]
    first: int  # index of the first row of data among the rows that were looked at
    titles: tuple[str, ...] = ()  # texts of rows above the header
    notes: tuple[str, ...] = ()  # per column, what a second header row said; empty without one
    has_header: bool = True
    spare: bool = False  # each row ends in one cell more than the header names
    said: tuple[str, ...] = ()  # what else was seen on the way, for the report


def find_layout(rows: list[list[str]], merged: Merged = ()) -> Layout:
    """Find header and width; rows are the first ones of the file, blank ones as empty lists.

    A header of several rows is joined (`2023 / women`); `merged` are the merged cells as (top,
    left, bottom, right), counted from 0 and all inclusive, where the file knows them.
    """
    if (logged := logger_layout(rows)) is not None:
        return logged
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    if len(widths) > 1 and widths.get(1, 0) < 0.8 * widths.total():
        widths.pop(1, None)
    width = widths.most_common(1)[0][0] if widths else 1
    start = next((i for i, row in enumerate(rows) if _may_be_header(row, width)), 0)
    header = [tidy(cell) for cell in rows[start]] if rows else []
    while len(header) > width and not header[-1]:
        header.pop()
    below = [row for row in rows[start + 1 :] if any(row)]
    head = header_rows(rows, start, width, merged) if rows else (start, start)
    titles = tuple(" ".join(c.strip() for c in row if c.strip()) for row in rows[: head[0]])
    titles = tuple(title for title in titles if title)
    if head == (start, start) and _is_data(header, below):
        return Layout(unique([""] * width), start, titles, has_header=False)
    spare = len(header) == width - 1 and all(
        not row[-1].strip() for row in below if len(row) == width
    )
    width = max(width - spare, len(header))
    said: list[str] = []
    if head != (start, start):
        header = joined(rows[head[0] : head[1] + 1], width, head[0], merged)
        said.append(f"{head[1] - head[0] + 1} header rows joined")
    names = unique(header + [""] * (width - len(header)))
    first = head[1] + 1
    notes: tuple[str, ...] = ()
    if first < len(rows) and _is_numbering(rows, first, width):
        first += 1
        said.append("a row that numbers the columns left out")
    if first < len(rows) and (_is_note(rows[first]) or _is_units(rows, first)):
        notes = tuple(_note(cell.strip()) for cell in (rows[first] + [""] * width)[:width])
        first += 1
    years = [name for name in names if is_year(name)]
    if len(years) > 2:
        said.append(f"columns {years[0]} to {years[-1]} are years: kept as one column a year")
    return Layout(names, first, titles, notes, spare=spare, said=tuple(said))


_LOGGERS = {"TOA5": 4, "TOACI1": 2}
"""Rows of the head that Campbell Scientific's loggers write, by the word it begins with."""


def logger_layout(rows: list[list[str]]) -> Layout | None:
    """The head of a logger's file: about the station, names, and with TOA5 units and processing.

    Source: Campbell Scientific, LoggerNet manual, appendix B (TOA5, TOACI1). None for other files.
    """
    count = _LOGGERS.get(rows[0][0].strip() if rows and rows[0] else "", 0)
    if not count or len(rows) < count:
        return None
    names = [tidy(name) for name in rows[1]]
    units, ways = ((rows[at] if at < count else [])[: len(names)] for at in (2, 3))
    notes = []
    for place in range(len(names)):
        unit, way = (tidy(row[place]) if place < len(row) else "" for row in (units, ways))
        unit = "" if unit in ("TS", "RN") else unit  # the time and the number have none
        notes.append(" ".join(part for part in (unit and f"[{unit}]", way) if part))
    said = ("the units and the processing of a logger stand in the descriptions of the columns",)
    about = " ".join(cell.strip() for cell in rows[0] if cell.strip())
    return Layout(
        unique(names), count, (about,), tuple(notes) if any(notes) else (), said=said[: count // 3]
    )


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


def is_year(cell: str) -> bool:
    return bool(_YEAR.match(cell.strip()))


def kind_of(cell: str) -> str:
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
        kinds = Counter(kind_of(row[place]) for row in below[:100] if place < len(row))
        kinds.pop("", None)
        common = kinds.most_common(1)[0][0] if kinds else ""
        if common in ("number", "date") and cell:
            typed += 1
            same += kind_of(cell) == common
    years = [cell for cell in header if kind_of(cell) == "number"]
    if (
        len(years) > 1
        and all(_YEAR.match(year) for year in years)
        and len(set(years)) == len(years)
    ):
        return False  # one column a year
    return typed > 0 and same * 2 >= typed


def header_rows(rows: list[list[str]], start: int, width: int, merged: Merged) -> tuple[int, int]:
    """First and last row of the header that was found at `start`."""
    first = last = start
    while first > 0 and start - first < _MOST_HEADERS and _groups(rows, first - 1, width, merged):
        first -= 1
    while last + 1 < len(rows) and last - start < _MOST_HEADERS and _goes_on(rows, last, width):
        last += 1
    return first, last


def _groups(rows: list[list[str]], at: int, width: int, merged: Merged) -> bool:
    """Whether a row above the header names groups of columns, and is no title."""
    row = rows[at]
    places = [place for place, cell in enumerate(row[:width]) if cell.strip()]
    if not places or not any(row):
        return False
    spans = [right - left + 1 for top, left, bottom, right in merged if top <= at <= bottom]
    if spans:
        return any(1 < span < width for span in spans) and places != [0]
    if places == [0]:
        return False
    below = [cell.strip() for cell in rows[at + 1] if cell.strip()]
    has_doubles = len(set(below)) < len(below)
    # Each group stands above its first column, so the cells between are empty.
    return has_doubles and (len(places) > 1 or places[0] > 0)


def _goes_on(rows: list[list[str]], last: int, width: int) -> bool:
    """Whether the row below is still header, over typed columns.

    It fills gaps of the row above, or tells apart columns that bear the same name there.
    """
    above, row = rows[last], rows[last + 1]
    body = [r for r in rows[last + 2 : last + 60] if any(r)]
    if not body or not any(row):
        return False
    gaps = filled = typed = 0
    for place, cell in enumerate(row[:width]):
        cell = cell.strip()
        if not cell or cell.lower() in EMPTY_AMONG_TYPED:
            continue
        if kind_of(cell) != "text" and not is_year(cell):
            return False
        filled += 1
        gaps += not (above[place].strip() if place < len(above) else "")
        kinds = [kind_of(r[place]) for r in body if place < len(r) and r[place].strip()]
        typed += bool(kinds) and sum(k != "text" for k in kinds) * 2 > len(kinds)
    is_more = gaps > 0 or _tells_apart(above, row, width)
    return is_more and filled > 1 and typed * 2 >= filled and not _is_note(row)


def _tells_apart(above: list[str], row: list[str], width: int) -> bool:
    names = [cell.strip() for cell in (above + [""] * width)[:width]]
    both = list(zip(names, (cell.strip() for cell in (row + [""] * width)[:width]), strict=True))
    doubles = [pair for pair in both if pair[0] and names.count(pair[0]) > 1]
    return bool(doubles) and all(cell for _, cell in doubles) and len(set(doubles)) == len(doubles)


def joined(rows: list[list[str]], width: int, top: int, merged: Merged) -> list[str]:
    """Names of columns below a header of several rows, the groups' names before their own."""
    grid = [[tidy(cell) for cell in (row + [""] * width)[:width]] for row in rows]
    bare = [list(row) for row in grid]
    for at, row in enumerate(grid[:-1]):
        for place in range(1, width):
            if row[place]:
                continue
            spans = [
                (left, right)
                for a, left, b, right in merged
                if a <= top + at <= b and left < place <= right
            ]
            if merged:
                row[place] = row[spans[0][0]] if spans else ""
            elif _has_below(bare, at, place) and _has_below(bare, at, _origin(bare[at], place)):
                row[place] = row[place - 1]
    names = []
    for place in range(width):
        parts = list(dict.fromkeys(row[place] for row in grid if row[place]))
        names.append(" / ".join(parts))
    return names


def _origin(row: list[str], place: int) -> int:
    while place > 0 and not row[place]:
        place -= 1
    return place


def _has_below(grid: list[list[str]], at: int, place: int) -> bool:
    return any(row[place] for row in grid[at + 1 :])


def _is_numbering(rows: list[list[str]], at: int, width: int) -> bool:
    """Whether a row only counts the columns: 1, 2, 3, … over columns of which some hold words."""
    cells = [cell.strip().strip("()") for cell in rows[at][:width]]
    if width < 3 or cells != [str(number) for number in range(1, width + 1)]:
        return False
    body = [row for row in rows[at + 1 : at + 50] if any(row)]
    return any(
        bool(kinds) and kinds.count("text") * 2 > len(kinds)
        for place in range(width)
        if (kinds := [k for row in body if place < len(row) and (k := kind_of(row[place]))])
    )


def _is_units(rows: list[list[str]], at: int) -> bool:
    """Whether a row says the units of the columns, and those below hold numbers."""
    filled = [(place, cell.strip()) for place, cell in enumerate(rows[at]) if cell.strip()]
    units = [place for place, cell in filled if cell.lower() in _UNITS]
    if not units or len(units) < 0.6 * len(filled):
        return False
    body = [r for r in rows[at + 1 : at + 50] if any(r)]
    kinds = [kind_of(r[place]) for r in body for place in units if place < len(r)]
    known = [kind for kind in kinds if kind]
    return bool(known) and known.count("number") * 2 > len(known)


def _note(cell: str) -> str:
    """A unit in brackets, as names of columns have it."""
    return f"[{cell}]" if cell.lower() in _UNITS else cell


def _is_note(row: list[str]) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    return len(filled) > 1 and sum(bool(_BRACKETED.match(c)) for c in filled) >= 0.6 * len(filled)
