"""Trips between zones from a file: a TNTP table, an OMX matrix (HDF5), or CSV."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from citycommons.act.network import tntp
from citycommons.act.network.types import Floats
from citycommons.core.errors import Invalid, NotFound, TooMuch

_HDF5 = b"\x89HDF\r\n\x1a\n"
_MOST_ZONES = 15_000  # a matrix of so many takes 1.8 GB
_ORIGIN = ("origin", "o_zone_id", "orig", "o", "from", "from_zone", "from_zone_id", "origin_zone")
_DESTINATION = (
    *("destination", "d_zone_id", "dest", "d", "to", "to_zone", "to_zone_id"),
    "destination_zone",
)
_TRIPS = ("trips", "volume", "demand", "flow", "vehicles", "value", "count")


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Trips from row to column; `zones` are the ids as in the file, or None for first, second, …"""

    trips: Floats  # (k, k)
    zones: tuple[str, ...] | None
    note: str = ""
    is_whole: bool = False  # zones without trips are named too


def read_matrix(path: Path, name: str | None = None) -> Matrix:
    """Read trips whatever the format; `name` chooses one of several matrices of an OMX file.

    Raises `NotFound` for no such file, `Invalid` with the line or the zone for what is no trips.
    """
    head = _head(path)
    if head.startswith(_HDF5):
        return _omx(path, name)
    if name is not None:
        raise Invalid(f"{path.name} is no OMX file, so it has no matrix “{name}”.")
    if b"<end of metadata>" in head.lower():
        return _tntp(path)
    return _csv(path)


def label(text: str) -> str:
    """An id as people write it: no spaces around, and 7 for 7.0."""
    text = text.strip()
    whole, point, rest = text.partition(".")
    return whole if point and not rest.strip("0") and whole.lstrip("-").isdigit() else text


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(65_536)
    except OSError as cause:
        raise NotFound(f"Cannot read {path}: {cause.strerror}.") from cause


def _tntp(path: Path) -> Matrix:
    trips = tntp.read_trips(path, tntp.zones_of(path))
    zones = tuple(str(zone) for zone in range(1, len(trips) + 1))
    return Matrix(trips, zones, tntp.total_note(path, trips), is_whole=True)


def _omx(path: Path, name: str | None) -> Matrix:
    """OpenMatrix 0.2: `/data/NAME` are matrices, `/lookup/NAME` the ids of zones."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            data = file.get("data")
            held = sorted(data) if isinstance(data, h5py.Group) else []
            chosen = _chosen(path, held, name)
            values = np.asarray(file["data"][chosen][()], dtype=np.float64)
            maps = file.get("lookup")
            lookups = {key: np.asarray(maps[key][()]) for key in maps} if maps is not None else {}
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as cause:
        raise Invalid(f"{path.name} is a damaged OMX file: {cause}") from cause
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise Invalid(f"{path.name}: “{chosen}” is {values.shape}, and trips need a square matrix.")
    _numbers_only(path, values)
    zones, note = _lookup(path, lookups, len(values))
    return Matrix(values, zones, f"matrix “{chosen}”{note}", is_whole=True)


def _chosen(path: Path, held: Sequence[str], name: str | None) -> str:
    listed = ", ".join(held)
    if not held:
        raise Invalid(f"{path.name} is no OMX file: it has no matrix below “/data”.")
    if name is None and len(held) > 1:
        raise Invalid(f"{path.name} holds several matrices: {listed}. Name one with --matrix.")
    if name is not None and name not in held:
        raise NotFound(f"{path.name} has no matrix “{name}”; it has {listed}.")
    return name or held[0]


def _lookup(
    path: Path, lookups: dict[str, "np.ndarray[tuple[int], np.dtype[np.generic]]"], size: int
) -> tuple[tuple[str, ...] | None, str]:
    if not lookups:
        return None, ", zones in the order of the matrix"
    key = sorted(lookups)[0]
    found = lookups[key]
    if found.shape != (size,):
        raise Invalid(f"{path.name}: the lookup “{key}” has {found.size} ids for {size} zones.")
    ids = tuple(label(v.decode() if isinstance(v, bytes) else str(v)) for v in found.tolist())
    if len(set(ids)) != size:
        raise Invalid(f"{path.name}: the lookup “{key}” names a zone twice.")
    return ids, f", zones of the lookup “{key}”"


def _numbers_only(path: Path, trips: Floats) -> None:
    bad = np.argwhere(~(np.isfinite(trips) & (trips >= 0)))
    if len(bad):
        row, column = (int(one) + 1 for one in bad[0])
        raise Invalid(
            f"{path.name}, row {row}, column {column}: {trips[row - 1, column - 1]} trips. "
            "Trips are numbers from 0 up."
        )


def _csv(path: Path) -> Matrix:
    text = path.read_text("utf-8-sig", errors="replace")
    first = text.lstrip().partition("\n")[0]
    between = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text), delimiter=between)
    heading = [cell.strip().lower() for cell in next(rows, [])]
    columns = [_column(heading, names) for names in (_ORIGIN, _DESTINATION, _TRIPS)]
    if None in columns:
        raise Invalid(
            f"{path.name}: its first line is {_shown(first)}. Trips are TNTP, OMX or CSV with the "
            "columns origin, destination, trips."
        )
    index: dict[str, int] = {}
    table: list[tuple[int, int, float]] = []
    for number, row in enumerate(rows, 2):
        if any(cell.strip() for cell in row):
            origin, destination, trips = _cells(path, number, row, columns)
            ends = (index.setdefault(origin, len(index)), index.setdefault(destination, len(index)))
            table.append((*ends, trips))
    return _filled(path, index, table)


def _shown(line: str) -> str:
    start = line.strip()[:60]
    return f"“{start}”" if start.isprintable() and "\ufffd" not in start else "no text"


def _filled(path: Path, index: dict[str, int], table: list[tuple[int, int, float]]) -> Matrix:
    size = len(index)
    if size > _MOST_ZONES:
        raise TooMuch(f"{path.name} names {size} zones; {_MOST_ZONES} are the most. Join zones.")
    trips = np.zeros((size, size))
    if table:
        cells = np.array(table)
        ends = cells[:, :2].astype(np.int64)
        np.add.at(trips, (ends[:, 0], ends[:, 1]), cells[:, 2])
    return Matrix(trips, tuple(index))


def _column(heading: Sequence[str], names: Sequence[str]) -> int | None:
    return next((heading.index(name) for name in names if name in heading), None)


def _cells(
    path: Path, number: int, row: Sequence[str], columns: Sequence[int | None]
) -> tuple[str, str, float]:
    try:
        origin, destination, text = (row[c] for c in columns if c is not None)
        trips = float(text.strip() or 0)
    except (ValueError, IndexError) as cause:
        raise Invalid(
            f"{path.name}, line {number}: “{','.join(row)[:60]}” is no origin, destination, trips."
        ) from cause
    if not origin.strip() or not destination.strip():
        raise Invalid(f"{path.name}, line {number}: the origin or the destination is empty.")
    if not (np.isfinite(trips) and trips >= 0):
        raise Invalid(f"{path.name}, line {number}: {trips} trips. Trips are numbers from 0 up.")
    return label(origin), label(destination), trips
