"""Hourly motor-vehicle counts of the signal loops, 2015–2016: one wide CSV a day, made tidy.

The files as published, and what is done about it:

* `MQ_<junction>_FV<approach>_<G, L, R> (MQ<number>);v00;…;v23;`, unchecked by the city.
* A day without rows, a row that breaks off, an empty cell, a value below zero or above what a
  street can carry, a detector that is a sum or a test, a lane computed from another one: flagged.
* Columns count hours since midnight in spring, when the clock leaves one out (the rows have 23
  values and the evening peak lies one column early). In autumn they follow the clock, so that the
  column 2:00 stands for either of two hours; it is taken for the first and flagged.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from citycommons.core.errors import Invalid
from citycommons.core.tables import Report
from citycommons.core.types import Parcel
from citycommons.standardise.faults import Faults
from citycommons.standardise.muenster.clock import midnight
from citycommons.standardise.muenster.rows import Parcels

Counts = npt.NDArray[np.int32]
Flags = npt.NDArray[np.uint8]
Hours = npt.NDArray[np.int32]

MOST_PER_HOUR = 6000
"""More than three lanes carry (about 2000 vehicles per lane and hour, Highway Capacity Manual)."""

FLAGS = ("empty", "negative", "overflow", "short-row", "clock-change", "pseudo", "computed")
EMPTY, _NEGATIVE, _OVERFLOW, _SHORT, _CLOCK, _PSEUDO, COMPUTED = (1 << n for n in range(7))
THERE = 1 << 7

_NAME = re.compile(r"^MQ_(?P<junction>\d{5})_(?P<lane>.+)$")
_DAY = re.compile(r"(\d{4})_(\d{2})_(\d{2})_24mq\.csv$")
_MOST_DETECTORS = 1024
_BATCH = 31  # days
_FEW = 200  # hours both lanes counted something, fewer prove nothing


@dataclass(frozen=True, slots=True)
class Grid:
    """All cells: `vehicles` and `flags` of shape (detectors, hours from `start`)."""

    start: datetime
    detectors: tuple[str, ...]
    numbers: tuple[str, ...]
    vehicles: Counts
    flags: Flags


def motor_counts(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Observations by detector and time: detector, phenomenon_time (UTC), vehicles, flag."""
    grid, report = read_grid([parcel for many in parcels.values() for parcel in many])
    cell = np.flatnonzero(grid.flags & THERE)  # detector by detector, hour by hour: the key's order
    flags: Flags = grid.flags.ravel()[cell] & np.uint8(THERE - 1)
    vehicles = grid.vehicles.ravel()[cell]
    hours = grid.flags.shape[1]
    row = (cell // hours).astype(np.int16)
    start_us = np.datetime64(grid.start.replace(tzinfo=None), "us").astype(np.int64)
    cell %= hours
    cell *= 3_600_000_000
    cell += start_us
    times = cell
    table = pa.table(
        {
            "detector": pa.array(grid.detectors, pa.string()).take(pa.array(row)),
            "phenomenon_time": pa.array(times).cast(pa.timestamp("us", tz="UTC")),
            "vehicles": pa.array(vehicles, mask=(flags & EMPTY) > 0),
            "flag": flag_words(flags).cast(pa.string()),
        }
    )
    return table, report


def flag_words(flags: Flags) -> pa.DictionaryArray:
    """Flags as words, several of them with a space between; no flag is the empty text."""
    used = np.flatnonzero(np.bincount(flags, minlength=256))
    code_of = np.zeros(256, np.int16)
    code_of[used] = np.arange(len(used))
    codes = code_of[flags]
    words = [" ".join(w for n, w in enumerate(FLAGS) if bits >> n & 1) for bits in used.tolist()]
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words, pa.string()))


def read_grid(parcels: Sequence[Parcel]) -> tuple[Grid, Report]:
    """All cells of all days, and what is wrong with them.

    Raises `Invalid` for a parcel that is no such day file.
    """
    faults = Faults()
    days = {_day(parcel): parcel for parcel in parcels}
    if not days:
        raise Invalid("No file of counts was delivered; a name is like 2015_01_31_24mq.csv.")
    start = midnight(min(days))
    hours = round((midnight(max(days) + timedelta(days=1)) - start).total_seconds() / 3600)
    known: dict[str, int] = {}
    vehicles: Counts = np.zeros((_MOST_DETECTORS, hours), np.int32)
    flags: Flags = np.zeros((_MOST_DETECTORS, hours), np.uint8)
    ordered = sorted(days)
    for first in range(0, len(ordered), _BATCH):  # a month at a time, so that memory stays small
        some = {day: days[day] for day in ordered[first : first + _BATCH]}
        for piece in _pieces(some, start, known, faults):
            vehicles[piece.rows, piece.hours] = piece.vehicles
            flags[piece.rows, piece.hours] = piece.flags
    grid = _judged(start, known, vehicles[: len(known)], flags[: len(known)])
    _sum_up(grid, faults)
    steps = (
        f"{len(days)} day files, {len(known)} detectors",
        "local time (Europe/Berlin) to UTC; a cell is the hour that begins then",
    )
    return grid, faults.report(steps)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a day's file, with the hours of the grid its cells stand for."""

    file: str
    number: int
    line: bytes
    hours: Hours
    is_autumn: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """Cells and where they belong in the grid: arrays that fit each other's shape."""

    rows: Hours
    hours: Hours
    vehicles: Counts
    flags: Flags


def _pieces(
    days: Mapping[date, Parcel], start: datetime, known: dict[str, int], faults: Faults
) -> list[_Piece]:
    whole, broken = _rows(days, start, faults)
    pieces = [_whole_rows(whole, known, faults)] if whole else []
    pieces += [_broken_row(row, known, faults) for row in broken]
    if len(known) > _MOST_DETECTORS:
        raise Invalid(f"The files name more than {_MOST_DETECTORS} detectors: are they others?")
    return pieces


def _rows(
    days: Mapping[date, Parcel], start: datetime, faults: Faults
) -> tuple[list[_Row], list[_Row]]:
    """Rows with all of a day's 24 cells, and those with fewer."""
    whole: list[_Row] = []
    broken: list[_Row] = []
    for day in sorted(days):
        hours, is_autumn = _hours(day, start)
        file = days[day].name
        read = days[day].path.read_bytes().splitlines()
        rows = [
            _Row(file, number, line, hours, is_autumn)
            for number, line in enumerate(read[1:], start=2)
            if line.strip()
        ]
        if not rows:
            faults.add("no-rows", f"{file} has a header and no rows.", line=1)
        for row in rows:
            is_whole = row.line.count(b";") == 25 and row.line[-1:] == b";" and len(hours) == 24
            (whole if is_whole else broken).append(row)
    return whole, broken


def _whole_rows(rows: list[_Row], known: dict[str, int], faults: Faults) -> _Piece:
    """All whole rows at once: ten million cells are too many to look at one by one."""
    try:
        table = _parsed(rows)
    except pa.ArrowInvalid:
        # A cell holds no number. Which one, the slow way finds out.
        found = [_broken_row(row, known, faults) for row in rows]
        return _Piece(
            np.stack([np.broadcast_to(one.rows, 24) for one in found]),
            np.stack([one.hours for one in found]),
            np.stack([one.vehicles for one in found]),
            np.stack([one.flags for one in found]),
        )
    names = table.column(0).combine_chunks().dictionary_encode()
    code = [known.setdefault(name, len(known)) for name in names.dictionary.to_pylist()]
    cells = np.empty((len(rows), 24), np.int32)
    flags = np.full(cells.shape, THERE, np.uint8)
    for hour in range(24):
        column = table.column(hour + 1)
        cells[:, hour] = column.fill_null(0).to_numpy()
        if column.null_count:
            flags[column.is_null().to_numpy(), hour] |= EMPTY
    flags[[row.is_autumn for row in rows], 2] |= _CLOCK
    at = np.array(code, np.int32)[names.indices.to_numpy()]
    return _Piece(at[:, None], np.stack([row.hours for row in rows]), cells, flags)


def _parsed(rows: list[_Row]) -> pa.Table:
    from pyarrow import csv

    names = ["detector", *(str(hour) for hour in range(24)), "end"]
    types = {name: pa.int32() for name in names[1:-1]} | {"detector": pa.string()}
    return csv.read_csv(
        pa.BufferReader(b"\n".join(row.line for row in rows)),
        csv.ReadOptions(column_names=names, encoding="latin-1"),
        csv.ParseOptions(delimiter=";", quote_char=False),
        csv.ConvertOptions(column_types=types, include_columns=names[:-1], null_values=[""]),
    )


def _broken_row(row: _Row, known: dict[str, int], faults: Faults) -> _Piece:
    name, *cells = row.line.decode("latin-1").split(";")
    at = known.setdefault(name, len(known))
    if cells and not cells[-1].strip():
        cells.pop()  # each row ends with a semicolon
    got = [_number(cell, row.number, faults) for cell in cells[: len(row.hours)]]
    vehicles = np.array([number or 0 for number in got], np.int32)
    flags = np.full(len(got), THERE, np.uint8)
    flags[[number is None for number in got]] |= EMPTY
    if len(got) < len(row.hours):
        flags |= _SHORT
        faults.add(
            "short-row",
            f"{row.file} holds {len(got)} of {len(row.hours)} hours of {name}.",
            line=row.number,
            value=name,
        )
    if row.is_autumn and len(got) > 2:
        flags[2] |= _CLOCK
    return _Piece(np.array([at], np.int32), row.hours[: len(got)], vehicles, flags)


def _number(cell: str, line: int, faults: Faults) -> int | None:
    try:
        return int(cell) if cell else None
    except ValueError:
        faults.add("no-number", "The cell holds no number.", line=line, value=cell)
        return None


def _judged(start: datetime, known: dict[str, int], vehicles: Counts, flags: Flags) -> Grid:
    split = [_split(name) for name in known]
    order = np.argsort(np.array([name for name, _ in split]), kind="stable")
    vehicles, flags = vehicles[order], flags[order]
    names = tuple(split[i][0] for i in order)
    numbers = tuple(split[i][1] for i in order)
    there = (flags & THERE) > 0
    flags[there & (vehicles < 0)] |= _NEGATIVE
    flags[there & (vehicles > MOST_PER_HOUR)] |= _OVERFLOW
    for row, name in enumerate(names):
        if is_pseudo(name):
            flags[row, there[row]] |= _PSEUDO
    for row in computed_lanes(names, vehicles, flags):
        flags[row, there[row]] |= COMPUTED
    return Grid(start, names, numbers, vehicles, flags)


def computed_lanes(names: Sequence[str], vehicles: Counts, flags: Flags) -> list[int]:
    """Rows whose counts are a fixed share of another lane's at the same junction, to the vehicle.

    Both lanes of such a pair come from one common loop, so both are named.
    """
    by_junction: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        if junction := junction_of(name):
            by_junction.setdefault(junction, []).append(row)
    sound = (flags & (THERE | EMPTY | _NEGATIVE | _OVERFLOW)) == THERE
    found: set[int] = set()
    for rows in by_junction.values():
        for at, first in enumerate(rows):
            for second in rows[at + 1 :]:
                both = sound[first] & sound[second]
                a, b = vehicles[first, both].astype(float), vehicles[second, both].astype(float)
                if (np.maximum(a, b) > 0).sum() < _FEW or not a.any() or not b.any():
                    continue
                share = b.sum() / a.sum()
                # Each was rounded to whole vehicles; one rounding grows with the share.
                if (np.abs(b - share * a) <= 0.5 + 0.5 * share + 1e-6).mean() > 0.99:
                    found |= {first, second}
    return sorted(found)


def junction_of(detector: str) -> str | None:
    """The junction a detector's name tells (`MQ_01080_FV1_G` → `01080`)."""
    match = _NAME.match(detector)
    return match["junction"] if match else None


def is_pseudo(detector: str) -> bool:
    """Whether the name is that of a sum or a test rather than of a loop at a junction."""
    return junction_of(detector) is None


def _split(name: str) -> tuple[str, str]:
    detector, _, number = name.strip().removesuffix(")").rpartition(" (")
    return (detector, number) if detector else (name.strip(), "")


def _day(parcel: Parcel) -> date:
    match = _DAY.search(parcel.name)
    if match is None:
        raise Invalid(f"“{parcel.name}” is no day of counts; a name is like 2015_01_31_24mq.csv.")
    return date(*(int(part) for part in match.groups()))


def _hours(day: date, start: datetime) -> tuple[Hours, bool]:
    """Which hour of the grid each column of this day stands for, and whether it is in autumn."""
    first = round((midnight(day) - start).total_seconds() / 3600)
    length = round((midnight(day + timedelta(days=1)) - midnight(day)).total_seconds() / 3600)
    hours = (first + np.arange(min(length, 24))).astype(np.int32)
    if length == 25:
        hours[3:] += 1
    return hours, length == 25


def _sum_up(grid: Grid, faults: Faults) -> None:
    said = {
        EMPTY: ("empty", "The cell is empty."),
        _NEGATIVE: ("negative", "A count below zero."),
        _OVERFLOW: ("overflow", f"More than {MOST_PER_HOUR} vehicles in an hour: an overflow."),
        _CLOCK: ("clock-change", "2:00 on the autumn day is either of two hours."),
        _PSEUDO: ("pseudo", "The detector is a sum or a test, no loop."),
        COMPUTED: ("computed", "The lane is computed as a share of another one."),
    }
    for bit, (rule, message) in said.items():
        row, hour = np.nonzero(grid.flags & bit)
        shown = [
            f"{grid.detectors[r]} {(grid.start + timedelta(hours=int(h))):%Y-%m-%d %H:%MZ}: "
            f"{grid.vehicles[r, h]}"
            for r, h in zip(row[:50].tolist(), hour[:50].tolist(), strict=True)
        ]
        for text in shown:
            faults.add(rule, message, column="vehicles", value=text)
        if more := len(row) - len(shown):
            faults.add_many(rule, message, column="vehicles", found=(), total=more)
