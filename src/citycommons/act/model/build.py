"""A city's traffic model from its published data: streets, demand, hours, each fitted to counts."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date

import numpy as np
import pyarrow as pa

from citycommons.act.assignment.types import Demand
from citycommons.act.demand.assigning import Bushes
from citycommons.act.demand.calibrate import Settings, calibrate
from citycommons.act.demand.screen import Flags, Series, screen, typical
from citycommons.act.demand.types import Assign, Calibration, Counts
from citycommons.act.model.approaches import by_approach
from citycommons.act.model.calendar import DAYS, Calendar, calendar, calendar_at
from citycommons.act.model.carried import carried
from citycommons.act.model.counted import Counted, counted, day_shape, types_of
from citycommons.act.model.inputs import Inputs, find_inputs
from citycommons.act.model.located import Located, by_link
from citycommons.act.model.prior import Prior, free_times, prior
from citycommons.act.model.roads import Ground, ground
from citycommons.act.model.types import DayType, Fit, Period, Placed, TrafficModel
from citycommons.act.network.types import Floats
from citycommons.core.types import DatasetId
from citycommons.share.open import Opened
from citycommons.share.open import open as open_version
from citycommons.store.work import Work

EDITION = 2
"""Raised when the same inputs give another model, so that ids differ."""

PERIODS = (
    (DayType.WORKDAY, 8),
    (DayType.WORKDAY, 13),
    (DayType.WORKDAY, 17),
    (DayType.SATURDAY, 13),
    (DayType.SUNDAY, 16),
    (DayType.VACATION, 8),
    (DayType.VACATION, 17),
)
"""Hours that get an equilibrium of their own; others are the nearest one, scaled."""

_UNKNOWN = "What counts cannot tell"

Listener = Callable[[str, int, int], None]
"""What is being done, how many steps are done, how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a model is made by, beside its data."""

    periods: tuple[tuple[DayType, int], ...] = PERIODS
    # Gravity knows a city's pairs worse than a survey of trips would: to a factor of e.
    calibration: Settings = field(default_factory=lambda: Settings(prior_spread=1.0, finish=5))
    crossings: int = 3  # most street nodes of a zone: larger areas are cut
    base_gap: float = 1e-9  # of the stored equilibria: changes are measured against them
    calendar: str = ""  # of calendars.toml; empty: by where the city lies


def build(
    work: Work,
    *,
    until: date | None = None,
    inputs: Inputs | None = None,
    recipe: Recipe | None = None,
    assign: Assign | None = None,
    progress: Listener | None = None,
) -> TrafficModel:
    """Build the model of the city from the newest versions that the actor may read.

    Nothing is kept; see `keep`. The same versions, `until` and recipe give the same numbers to the
    last bit, and the same id. Works in the teaching city too: `citycommons demo --city ideal`,
    then `build(work)` takes its zones, streets and loops.

    Parameters
    ----------
    until
        Only counts before this day: what somebody could have known then.

    Raises
    ------
    NotFound
        If there are no streets or no areas; see `inputs`.
    """
    made = recipe or Recipe()
    chosen = find_inputs(work, inputs)
    opened = {id: open_version(work, id) for id in chosen.named}
    tell = _Steps(progress, 3 + len(made.periods))
    tell("streets and areas")
    on = ground(
        _table(opened, chosen.streets),
        _table(opened, chosen.junctions),
        _rows(opened, chosen.areas),
        _table(opened, chosen.drawn),
        made.crossings,
    )
    where = on.zones[0]
    clock = calendar(made.calendar) if made.calendar else calendar_at(where.lon, where.lat)
    tell("counts")
    seen = _counts(chosen, opened, on, clock, until)
    network, said = carried(on.network, seen.located, seen.series)
    on = replace(on, network=network)
    tell("trips before any count")
    before = prior(on, _table(opened, chosen.survey), free_times(on.network))
    periods, limits = [], [*before.notes, *on.notes, *said, *seen.notes]
    for day, hour in made.periods:
        if len(seen.types) and not (seen.types == DAYS.index(day)).any():
            continue  # nobody counted on such a day: the nearest period scaled says more
        tell(f"{day.value}, {hour:02d}:00")
        period, said = _period(on, before, seen, day, hour, made, assign or Bushes())
        periods.append(period)
        if not any(one.startswith(_UNKNOWN) for one in limits):
            kind = day.value
            limits.extend(f"What counts cannot tell, {kind} {hour:02d}:00: {one}" for one in said)
    named = tuple(f"{id}@{one.version.digest}" for id, one in sorted(opened.items()))
    return TrafficModel(
        id=_id(named, until, made, clock),
        created=work.now,
        network=on.network,
        zones=on.zones,
        periods=tuple(periods),
        day_shape=seen.shape,
        inputs=named,
        limits=tuple(dict.fromkeys(limits)),
        counters=tuple(_placed(one) for one in seen.placed),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What was counted, by counters that stand in the network."""

    placed: tuple[Located, ...]  # all that stand in the network
    located: tuple[Located, ...]  # of these the ones to be trusted
    series: Series
    types: np.ndarray[tuple[int], np.dtype[np.int8]]
    shape: Floats
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def _placed(one: Located) -> Placed:
    counter = one.counter
    weights = counter.weights or (1.0,) * len(counter.links)
    return Placed(counter.id, one.detectors, counter.links, weights)


class _Steps:
    def __init__(self, listener: Listener | None, total: int) -> None:
        self._listener, self._total, self._done = listener, total, 0

    def __call__(self, what: str) -> None:
        if self._listener is not None:
            self._listener(what, self._done, self._total)
        self._done += 1


def _table(opened: dict[DatasetId, Opened], id: DatasetId | None) -> pa.Table | None:
    return None if id is None else _rows(opened, id)


def _rows(opened: dict[DatasetId, Opened], id: DatasetId | None) -> pa.Table:
    assert id is not None  # noqa: S101 - find_inputs raises before
    return opened[id].query("SELECT * FROM rows")


def _counts(
    chosen: Inputs, opened: dict[DatasetId, Opened], on: Ground, clock: Calendar, until: date | None
) -> _Seen:
    if chosen.counts is None or chosen.detectors is None:
        return _unseen("Nothing was counted here: flows are what gravity says, unchecked.")
    raw = counted(opened[chosen.counts], clock, until=until)
    types = types_of(raw.days, clock)
    usual = np.asarray(types == DAYS.index(DayType.WORKDAY))
    located, lost = _locate(_rows(opened, chosen.detectors), on, raw, usual)
    if not located:
        return _unseen("No counter could be placed in the network: flows are unchecked.", lost)
    series = raw.added([one.counter.id for one in located], [one.detectors for one in located])
    sound = screen(series, usual)
    kept = set(sound.series.ids)
    unknown = sorted({one.year for one in raw.days if not clock.knows_vacations(one)})
    notes = [f"Days are those of {clock.name} ({clock.source})."]
    if unknown and clock.vacations:
        notes.append(f"School vacations of {unknown[0]} to {unknown[-1]} are not known.")
    return _Seen(
        located,
        tuple(one for one in located if one.counter.id in kept),
        sound.series,
        types,
        day_shape(sound.series, types),
        (*lost, *sound.left_out),
        tuple(notes),
    )


def _locate(
    detectors: pa.Table, on: Ground, raw: Counted, usual: Flags
) -> tuple[tuple[Located, ...], tuple[str, ...]]:
    names = set(detectors.column_names)
    if "link" in names:
        return by_link(detectors, on)
    if {"junction_id", "approach", "turn"} <= names:
        return by_approach(detectors, on, raw, usual)
    return (), ("All detectors: their table says neither link nor junction, approach and turn.",)


def _unseen(note: str, lost: Sequence[str] = ()) -> _Seen:
    nothing = Series((), np.empty((0, 0, 24)), np.empty(0, "datetime64[D]"))
    shape = np.ones((len(DAYS), 24))
    return _Seen((), (), nothing, np.empty(0, np.int8), shape, tuple(lost), (note,))


def _period(
    on: Ground, before: Prior, seen: _Seen, day: DayType, hour: int, made: Recipe, assign: Assign
) -> tuple[Period, tuple[str, ...]]:
    at = DAYS.index(day)
    whole = float(seen.shape[DAYS.index(DayType.WORKDAY)].sum())
    parts = before.of_hour(day, hour, float(seen.shape[at, hour]) / whole)
    trips = np.sum(parts, axis=0)
    counts = _of_hour(seen, at, hour)
    if not len(counts):
        base = assign.solve(on.network, (Demand(trips),), made.base_gap, None)
        return Period(day, hour, base, None), ()
    found = calibrate(
        on.network,
        trips,
        counts,
        assign,
        settings=made.calibration,
        parts=parts,
        alike=before.alike,
    )
    base = assign.solve(on.network, (Demand(found.trips),), made.base_gap, found.equilibrium)
    return Period(day, hour, replace(base, cpu_seconds=0.0), _fit(found, len(counts), seen)), (
        found.cannot_tell
    )


def _of_hour(seen: _Seen, at: int, hour: int) -> Counts:
    days = seen.types == at
    if not len(seen.located) or not days.any():
        return Counts((), np.empty(0))
    flow, spread = typical(seen.series, days, hour)
    there = np.flatnonzero(np.isfinite(flow))
    return Counts(tuple(seen.located[one].counter for one in there), flow[there], spread[there])


def _fit(found: Calibration, counters: int, seen: _Seen) -> Fit:
    return Fit(
        counters=counters,
        held_out=len(found.held_out),
        error=found.error,
        held_out_error=found.held_out_error,
        geh_under_5=found.geh_under_5,
        left_out=(*seen.left_out, *found.distrusted),
        prior_distance=found.prior_distance,
    )


def _id(inputs: tuple[str, ...], until: date | None, made: Recipe, clock: Calendar) -> str:
    said = {
        "edition": EDITION,
        "inputs": inputs,
        "until": until.isoformat() if until else None,
        "recipe": {**asdict(made), "calendar": clock.id},
    }
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
