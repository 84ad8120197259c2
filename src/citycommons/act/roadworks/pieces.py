"""Stretches of time with a place, as arrays: what works occupy, and where their detours run.

Places are in metres on a plane around the middle of all works.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from citycommons.core.works import Effect, Line, Phase, Works, WorksState, WorkType

Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]
Origin = tuple[float, float]
_EARTH_M = 6_371_008.8  # mean radius, IUGG
_OVER = (WorksState.CLOSED, WorksState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Pieces:
    """One for each phase of works (or for its detour); arrays of one size."""

    works: Ints  # index of the works
    first: Ints  # ordinal day
    last: Ints
    shapes: Shapes  # in metres


def middle(works: Sequence[Works]) -> Origin:
    """Longitude and latitude in the middle of these works."""
    boxes = np.array([one.bounds for one in works] or [(0.0, 0.0, 0.0, 0.0)])
    return float((boxes[:, 0] + boxes[:, 2]).mean() / 2), float(
        (boxes[:, 1] + boxes[:, 3]).mean() / 2
    )


def flattened(shape: shapely.Geometry, origin: Origin) -> shapely.Geometry:
    """In metres east and north of the origin; over 40 km distances err by less than 0.3 %."""
    degree = np.pi / 180 * _EARTH_M
    scale = np.array([degree * np.cos(np.radians(origin[1])), degree])
    return shapely.transform(shape, lambda xy: (xy - np.array(origin)) * scale)


def of_measures(
    works: Sequence[Works], origin: Origin, effects: Collection[Effect] | None = None
) -> Pieces:
    """One piece for each phase: the lines of its measures (of these effects) together."""
    found = [
        (i, phase, [m.line for m in phase.measures if effects is None or m.effect in effects])
        for i, one in enumerate(works)
        for phase in one.phases
    ]
    return _pieces([(i, phase, lines) for i, phase, lines in found if lines], origin)


def of_detours(works: Sequence[Works], origin: Origin) -> Pieces:
    """One piece for each phase of works that have a detour and are not over."""
    return _pieces(
        [
            (i, phase, [one.detour])
            for i, one in enumerate(works)
            if one.detour and one.state not in _OVER
            for phase in one.phases
        ],
        origin,
    )


def _pieces(found: Sequence[tuple[int, Phase, Sequence[Line]]], origin: Origin) -> Pieces:
    lines = [line for _, _, some in found for line in some]
    owner = np.repeat(np.arange(len(found)), [len(some) for _, _, some in found])
    points = np.array([p for line in lines for p in line], np.float64).reshape(-1, 2)
    rank = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    degree = np.pi / 180 * _EARTH_M
    flat = (points - np.array(origin)) * [degree * np.cos(np.radians(origin[1])), degree]
    shapes: Shapes = np.empty(0, object)
    if lines:
        drawn = shapely.linestrings(flat, indices=rank)
        shapes = np.asarray(shapely.multilinestrings(drawn, indices=owner))
    return Pieces(
        np.array([i for i, _, _ in found], np.int64),
        np.array([phase.first_day.toordinal() for _, phase, _ in found], np.int64),
        np.array([phase.last_day.toordinal() for _, phase, _ in found], np.int64),
        shapes,
    )


def _some(pieces: Pieces, kept: npt.NDArray[np.bool_]) -> Pieces:
    return Pieces(pieces.works[kept], pieces.first[kept], pieces.last[kept], pieces.shapes[kept])


def of_state(works: Sequence[Works], pieces: Pieces, *, is_over: bool) -> Pieces:
    """Those of works that are over (closed or cancelled), or are not."""
    over = np.array([w.state in _OVER for w in works], bool)
    return _some(pieces, over[pieces.works] == is_over)


def of_type(works: Sequence[Works], pieces: Pieces, type: WorkType) -> Pieces:
    """Those of works of this type that were not cancelled."""
    is_it = np.array([type in w.types and w.state is not WorksState.CANCELLED for w in works], bool)
    return _some(pieces, is_it[pieces.works])
