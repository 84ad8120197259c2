"""Works in the road: what happens where, when, to whose order, and what stays open.

Words of DATEX II v3 (Situation: `MaintenanceWorks`, `RoadOrCarriagewayOrLaneManagement`,
`SpeedManagement`) and WZDx 4.2 (`WorkZoneRoadEvent`, `vehicle_impact`), so that both can be written
from it and read back. The four parties are those of Figure 1 of the workshop report.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import NewType

from citycommons.core.types import ActorId, Bbox, PublisherId, Text

WorksId = NewType("WorksId", str)
Position = tuple[float, float]
"""Longitude, latitude in CRS84 degrees."""
Line = tuple[Position, ...]
"""Positions in driving order."""


class WorksState(StrEnum):
    """The life of works; `CANCELLED` can follow any state before `CLOSED`."""

    PROPOSED = "proposed"
    COORDINATED = "coordinated"
    PERMITTED = "permitted"
    ACTIVE = "active"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Party(StrEnum):
    """Who brings works about, and so owns data of them (the report, Figure 1)."""

    MUNICIPALITY = "municipality"
    UTILITY = "utility"
    ROAD_BUILDER = "road-builder"
    CONTRACTOR = "contractor"


class WorkType(StrEnum):
    """What is done, in the words of WZDx 4.2 (`WorkTypeName`)."""

    MAINTENANCE = "maintenance"
    MINOR_REPAIR = "minor-road-defect-repair"
    ROADSIDE = "roadside-work"
    OVERHEAD = "overhead-work"
    BELOW_ROAD = "below-road-work"  # a dig: pipes, cables, rails
    BARRIER = "barrier-work"
    SURFACE = "surface-work"  # a new surface: whoever digs soon after ruins it
    PAINTING = "painting"
    RELOCATION = "roadway-relocation"
    CREATION = "roadway-creation"


class Effect(StrEnum):
    """What a measure does to traffic."""

    CLOSED = "closed"  # to motor traffic
    LANES = "lanes"  # fewer lanes; `lanes_open` says how many are left
    SPEED = "speed"  # `speed_kmh`
    ONE_WAY = "one-way"  # open in the direction of the line only
    TURN_BAN = "turn-ban"  # from the first street of the line into the last one
    NEW_LINK = "new-link"  # a temporary road, `lanes_open` and `speed_kmh` say of which kind
    PARKING = "parking"  # only places to park are lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One restriction along one line."""

    effect: Effect
    line: Line
    both_directions: bool = False
    lanes_total: int | None = None  # per direction, before
    lanes_open: int | None = None  # per direction, during
    speed_kmh: float | None = None
    parking_lost: int = 0  # places


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of time with the same measures; both days belong to it."""

    first_day: date
    last_day: date
    measures: tuple[Measure, ...]
    weekdays: frozenset[int] = frozenset(range(7))  # Monday is 0
    opens: time = time(0)  # from this hour of each day, the city's own clock
    closes: time | None = None  # to this hour; None is the end of the day
    name: str = ""
    is_certain: bool = False  # the dates are verified, not only estimated (WZDx)


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """One undertaking in one or several phases.

    `id` is stable over the whole life. `revision` counts saved changes, from 1.
    """

    id: WorksId
    revision: int = 1
    title: Text
    description: Text
    streets: tuple[str, ...]  # names, the main one first
    state: WorksState
    party: Party
    owner: PublisherId  # who orders them, answers for the data and may change them
    contractor: str = ""
    contact: str = ""  # published: an office, never a person
    phases: tuple[Phase, ...]
    stays_open_to: frozenset[str] = frozenset()  # of foot, bicycle, bus, emergency, residents
    detour: Line = ()
    detour_words: Text
    types: frozenset[WorkType] = frozenset()  # empty: nobody said
    is_place_exact: bool = True  # False: the line was guessed, from a street's name for one
    source: str = ""  # the feed or file they came by, empty for the form
    source_id: str = ""
    source_digest: str = ""  # of what that source said last, to tell its changes from ours
    vanished: datetime | None = None  # since when that source no longer lists them
    created: datetime
    updated: datetime
    updated_by: ActorId

    @property
    def first_day(self) -> date:
        return min(phase.first_day for phase in self.phases)

    @property
    def last_day(self) -> date:
        return max(phase.last_day for phase in self.phases)

    @property
    def bounds(self) -> Bbox:
        """Of all measures; the detour lies where it likes."""
        lines = [measure.line for phase in self.phases for measure in phase.measures]
        east = [position[0] for line in lines for position in line]
        north = [position[1] for line in lines for position in line]
        return min(east), min(north), max(east), max(north)
