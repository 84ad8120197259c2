"""The counters of a city as a panel: their counts, places, junctions, and links of a model."""

from dataclasses import dataclass
from datetime import date, timedelta

import shapely

from citycommons.act.demand.types import Counter
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


def counters(model: TrafficModel) -> dict[str, Counter]:
    """Detectors that stand on links of the model's network, by their name.

    Several lanes of one approach stand on the same link.
    """
    return {
        id: Counter(one.id, one.links, one.weights)
        for one in model.counters
        for id in one.detectors
    }


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
