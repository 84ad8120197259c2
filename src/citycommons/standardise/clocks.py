"""Local times on their way to UTC: hours that never come in spring and come twice in autumn."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.standardise import dates
from citycommons.standardise.typed import Parts
from citycommons.store import spill

Bools = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]
_AROUND = 2  # rows before and after a doubled hour that tell in which order the file stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Times in UTC, and which of them the local clock left open."""

    values: pa.ChunkedArray
    skipped: Bools  # the zone never had them: clocks went forward
    unsure: Bools  # came twice, and the order of the rows does not tell: read as the first


def to_utc(values: pa.ChunkedArray | pa.Array, zone: str) -> Told:
    """Local times of a zone (timestamps without one) as UTC, piece by piece; see `dates.to_utc`.

    In the hour that comes twice, the order of the rows decides where times run back among rows
    that otherwise run on: before is the first coming, after it the second. The same for a file
    whose newest row stands first. Equal times beside each other are the two comings only where the
    rows around never repeat a time.
    """
    column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    passage = _Passage(zone)
    parts, skipped = passage.through(column)
    unsure = np.zeros(len(column), bool)
    if passage.doubled:
        rows = np.concatenate(passage.doubled)
        second, is_sure = _comings(column, rows)
        unsure[rows[~is_sure]] = True
        if second.any():
            passage.second = rows[second]
            parts, skipped = passage.through(column)
    return Told(values=parts.values(), skipped=skipped, unsure=unsure)


class _Passage:
    """One column through the zone's clock; `second` are the rows known to come second."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self.second: Whole = np.empty(0, np.int64)
        self.doubled: list[Whole] = []  # rows in doubled hours
        self._row = 0

    def through(self, column: pa.ChunkedArray) -> tuple[Parts, Bools]:
        parts, skipped = Parts(column), np.zeros(len(column), bool)
        self._row, self.doubled = 0, []
        for piece in spill.pieces(column):
            utc, wrong = dates.to_utc(piece.combine_chunks(), self.zone, self._again)
            parts.add(utc, piece)
            skipped[self._row : self._row + len(piece)] = wrong
            self._row += len(piece)
        return parts, skipped

    def _again(self, values: pa.Array, is_twice: Bools) -> Bools:
        self.doubled.append(np.flatnonzero(is_twice) + self._row)
        again = np.zeros(len(values), bool)
        start, stop = np.searchsorted(self.second, (self._row, self._row + len(values)))
        again[self.second[start:stop] - self._row] = True
        return again


def _comings(column: pa.ChunkedArray, rows: Whole) -> tuple[Bools, Bools]:
    """Which of the rows in doubled hours come second, and of which the order of the file tells."""
    second, is_sure = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    there = np.clip(rows[:, None] + np.arange(-_AROUND, _AROUND + 1), 0, len(column) - 1)
    looked = np.unique(there)
    near = spill.take(column, looked)
    local = dict(zip(looked.tolist(), pc.cast(near, pa.int64()).to_pylist(), strict=True))
    # Rows on end, of one night: a file may hold several sensors one after the other.
    breaks = np.flatnonzero(np.diff(rows) > 1) + 1
    for group in np.split(np.arange(len(rows)), breaks):
        first, last = int(rows[group[0]]), int(rows[group[-1]])
        before = [local[row] for row in range(max(first - _AROUND, 0), first)]
        after = [local[row] for row in range(last + 1, min(last + 1 + _AROUND, len(column)))]
        times = [local[row] for row in rows[group].tolist()]
        if (place := _second(before, times, after)) is not None:
            at, is_falling = place
            is_sure[group] = True
            second[group[:at] if is_falling else group[at:]] = True
    return second, is_sure


def _second(
    before: list[int | None], times: list[int], after: list[int | None]
) -> tuple[int, bool] | None:
    """Where times run back into the other coming, and whether they fall; None where unknown."""
    ends = [*before[-1:], *after[:1]]
    around = [time for time in (*before, *after) if time is not None]
    if None in ends or len(around) < 2:
        return None
    is_falling = around[0] > around[-1] if len(ends) < 2 else ends[0] > ends[1]  # type: ignore[operator]
    sign = -1 if is_falling else 1
    steps = np.diff(np.array(times)) * sign
    back = np.flatnonzero(steps < 0)
    if not len(back) and (np.diff(np.array(around)) * sign > 0).all():
        back = np.flatnonzero(steps == 0)
    return (int(back[0]) + 1, is_falling) if len(back) == 1 else None
