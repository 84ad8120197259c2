"""The counters of a city as a panel: their counts, places, junctions, and links of a model."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import shapely

from citycommons.act.model.calendar import Calendar, calendar_at
from citycommons.act.model.counted import Counted, counted
from citycommons.act.model.inputs import find_inputs
from citycommons.act.model.types import TrafficModel
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import DatasetId, FieldType
from citycommons.core.works import Position
from citycommons.share import open as door
from citycommons.share.open import Opened
from citycommons.store.work import Work
from citycommons.understand.cause import faults
from citycommons.understand.cause.types import Panel

BEFORE, AFTER = timedelta(days=400), timedelta(days=60)
"""How much is read around an event: a year to compare with, and whether it came back."""
_GROUP = ("junction_id", "link", "junction")


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """Counts of single detectors, and what is known of each of them."""

    panel: Panel
    places: dict[str, Position]
    junctions: dict[str, str]  # detector → what it stands at together with others
    inputs: tuple[str, ...]  # dataset@digest of each version read


def watched(
    work: Work, first_day: date, last_day: date, *, counts: DatasetId | None = None
) -> Watched:
    """Read the counts around these days through the readers' door.

    Raises `NotFound` if no counts are published, `Invalid` if there are none in these days.
    """
    chosen = find_inputs(work)
    on = counts or chosen.counts
    if on is None or chosen.detectors is None:
        raise NotFound(
            "No counts are published: an evaluation needs a dataset with detector, a time and "
            "vehicles, and one that says where each detector is."
        )
    where, read = door.open(work, chosen.detectors), door.open(work, on)
    places, junctions = _known(where)
    clock = _clock(places)
    found = counted(read, clock, since=first_day - BEFORE, until=last_day + AFTER)
    panel = panel_of(found)
    if panel.first_day > first_day or panel.day(last_day) >= panel.values.shape[1]:
        last = panel.first_day + timedelta(days=panel.values.shape[1] - 1)
        raise Invalid(
            f"Counts reach from {panel.first_day} to {last}; what is asked for is from "
            f"{first_day} to {last_day}."
        )
    return Watched(
        panel=panel,
        places=places,
        junctions=junctions,
        inputs=tuple(f"{one.dataset.id}@{one.version.digest}" for one in (read, where)),
    )


def panel_of(found: Counted) -> Panel:
    """The counts as the panel that effects are measured on."""
    return Panel(found.ids, found.days[0], found.flow)


def summed(seen: Watched, model: TrafficModel, first_day: date, last_day: date) -> Watched:
    """The same with one row for each counter of the model: its detectors' counts added up.

    A forecast speaks of approaches, not of lanes. Faulty detectors are left out before they are
    added; a sum is unknown in hours in which one of its parts is. Detectors that belong to no
    counter of the model stay as they are.
    """
    panel, _ = faults.clean(
        seen.panel,
        closed=seen.panel.sensors,
        from_day=max(0, seen.panel.day(first_day)),
        to_day=seen.panel.day(last_day) + 1,
    )
    row = {name: at for at, name in enumerate(panel.sensors)}
    groups = {
        one.id: [name for name in one.detectors if name in row]
        for one in model.counters
        if all(name in row for name in one.detectors)
    }
    taken = {name for many in groups.values() for name in many}
    groups |= {name: [name] for name in panel.sensors if name not in taken and name not in groups}
    values = np.array(
        [panel.values[[row[one] for one in many]].sum(axis=0) for many in groups.values()]
    )
    places, junctions = {}, {}
    for name, many in groups.items():
        known = [seen.places[one] for one in many if one in seen.places]
        if known:
            lon, lat = (sum(axis) / len(known) for axis in zip(*known, strict=True))
            places[name] = (lon, lat)
        if many and many[0] in seen.junctions:
            junctions[name] = seen.junctions[many[0]]
    return Watched(
        panel=Panel(tuple(groups), panel.first_day, values),
        places=places,
        junctions=junctions,
        inputs=seen.inputs,
    )


def _known(where: Opened) -> tuple[dict[str, Position], dict[str, str]]:
    columns = [one.name for one in where.version.fields]
    shape = next(one.name for one in where.version.fields if one.type is FieldType.GEOMETRY)
    group = next((name for name in _GROUP if name in columns), "detector")
    table = where.query(f'SELECT detector, "{group}" AS grouped, "{shape}" AS place FROM rows')
    places, junctions = {}, {}
    for row in table.to_pylist():
        if row["place"] is not None:
            point = shapely.from_wkb(row["place"]).centroid
            places[str(row["detector"])] = (float(point.x), float(point.y))
        if row["grouped"] is not None:
            junctions[str(row["detector"])] = str(row["grouped"])
    return places, junctions


def _clock(places: dict[str, Position]) -> Calendar:
    lon, lat = next(iter(places.values()), (0.0, 0.0))
    return calendar_at(lon, lat)
