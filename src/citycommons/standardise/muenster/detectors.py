"""The detectors behind the motor counts: where they are, what they count, how much they counted."""

import re
from datetime import UTC, timedelta

import numpy as np
import pyarrow as pa

from citycommons.core.tables import Report
from citycommons.standardise.muenster.motor_counts import (
    COMPUTED,
    EMPTY,
    THERE,
    is_pseudo,
    junction_of,
    read_grid,
)
from citycommons.standardise.muenster.network import junction_points
from citycommons.standardise.muenster.rows import UTC_TIME, Columns, Parcels

_LANE = re.compile(r"^MQ_\d{5}_FV(?P<approach>\d+)_? ?(?P<turn>[GLR]+)O?$")


def motor_detectors(parcels: Parcels) -> tuple[pa.Table, Report]:
    """One row for each detector, with the junction its name tells and that junction's place."""
    counts = [parcel for id, many in parcels.items() if "counts" in id for parcel in many]
    grid, _ = read_grid(counts)
    places = junction_points(parcels)
    columns = Columns(
        detector=pa.string(),
        number=pa.string(),
        junction_id=pa.string(),
        junction=pa.string(),
        approach=pa.int64(),
        turn=pa.string(),
        kind=pa.string(),
        cells=pa.int64(),
        filled=pa.int64(),
        vehicles=pa.int64(),
        first_time=UTC_TIME,
        last_time=UTC_TIME,
        geometry=pa.binary(),
    )
    unplaced = 0
    for row, name in enumerate(grid.detectors):
        flags = grid.flags[row]
        filled = np.flatnonzero((flags & (THERE | EMPTY)) == THERE)
        lane = _LANE.match(name)
        junction = junction_of(name)
        title, geometry = places.get(junction or "", (None, None))
        unplaced += junction is not None and geometry is None
        computed = bool((flags & COMPUTED).any())
        columns.add(
            detector=name,
            number=grid.numbers[row],
            junction_id=junction,
            junction=title,
            approach=int(lane["approach"]) if lane else None,
            turn=lane["turn"] if lane else None,
            kind="pseudo" if is_pseudo(name) else "computed" if computed else "loop",
            cells=int(((flags & THERE) > 0).sum()),
            filled=len(filled),
            vehicles=int(np.clip(grid.vehicles[row, filled], 0, None).sum()),
            first_time=grid.start.astimezone(UTC) + timedelta(hours=int(filled[0]))
            if len(filled)
            else None,
            last_time=grid.start.astimezone(UTC) + timedelta(hours=int(filled[-1]))
            if len(filled)
            else None,
            geometry=geometry,
        )
    if unplaced:
        columns.faults.add_many(
            "no-place",
            "The detector's junction is not in the list of junctions.",
            column="geometry",
            found=(),
            total=unplaced,
        )
    return columns.table("junction, approach and turn read from the detector's name")
