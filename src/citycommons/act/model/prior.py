"""Trips before any count: inhabitants, survey, gravity, and what comes in by the roads out."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa

from citycommons.act.demand.gravity import gravity
from citycommons.act.model.roads import Ground
from citycommons.act.model.types import DayType
from citycommons.act.network.types import Floats, Network


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """All trips of a working day, ways back counted as ways out; `of_hour` turns them round."""

    out: Floats  # (zones, zones) from homes to where people go, inside the city
    inward: Floats  # (zones, zones) in by a gate
    through: Floats  # (zones, zones) from gate to gate
    notes: tuple[str, ...]

    @property
    def alike(self) -> tuple[tuple[int, int], ...]:
        """Pairs of parts of `of_hour`: in and out by one gate."""
        gates = int(self.inward.any(axis=1).sum())
        return tuple((2 + 2 * n, 3 + 2 * n) for n in range(gates))

    def of_hour(self, day: DayType, hour: int, share_of_day: float) -> tuple[Floats, ...]:
        """Trips of one hour that holds this share of a working day's traffic, as parts.

        Ways out and back inside the city, in and out by each gate, and through: each (zones,
        zones). Their sum is the hour's prior.
        """
        table = _assumed()["direction"]
        usual = day in (DayType.WORKDAY, DayType.VACATION)
        away = float(table["workday"][hour] if usual else table["other"])
        parts = [away * self.out, (1 - away) * self.out.T]
        for gate in np.flatnonzero(self.inward.any(axis=1)):
            one = np.zeros_like(self.inward)
            one[gate] = self.inward[gate]
            parts += [away * one, (1 - away) * one.T]
        if self.through.any():
            parts.append(self.through)
        return tuple(share_of_day * part for part in parts)


def prior(on: Ground, survey: pa.Table | None, cost: Floats) -> Prior:
    """A working day's car trips.

    Parameters
    ----------
    cost
        (zones, zones) minutes on empty streets; infinity where there is no way.
    """
    notes: list[str] = []
    made = _productions(on, survey, notes)
    drawn = _attractions(on, notes)
    inside = ~on.is_gate
    pairs = np.where(np.outer(inside, inside) & np.isfinite(cost), 1.0, 0.0)
    np.fill_diagonal(pairs, 0.0)
    flat = gravity(made, drawn, cost, beta=0.0, allowed=pairs).mean_cost
    share = float(_assumed()["trips"]["mean_share_of_flat"])
    trips = gravity(made, drawn, cost, mean_cost=share * flat, allowed=pairs)
    notes.append(
        f"Car trips inside the city take {trips.mean_cost:.1f} minutes on empty streets on average "
        "(assumed), which sets how gravity falls with time."
    )
    inward, through = _gate_trips(on, drawn, cost)
    return Prior(trips.trips, inward, through, tuple(notes))


def free_times(network: Network) -> Floats:
    """Minutes on empty streets between zones, (zones, zones); infinity where there is no way."""
    from heapq import heappop, heappush

    time = (network.free_time + network.fixed).tolist()
    out: list[list[tuple[int, float]]] = [[] for _ in range(network.nodes)]
    for tail, head, minutes in zip(network.tail.tolist(), network.head.tolist(), time, strict=True):
        out[tail].append((head, minutes))
    found = np.full((network.zones, network.zones), np.inf)
    for origin in range(network.zones):
        best = [np.inf] * network.nodes
        best[origin], heap = 0.0, [(0.0, origin)]
        while heap:
            here, node = heappop(heap)
            if here > best[node] or (node < network.first_through and node != origin):
                continue
            for head, minutes in out[node]:
                if here + minutes < best[head]:
                    best[head] = here + minutes
                    heappush(heap, (best[head], head))
        found[origin] = best[: network.zones]
    return found


def _productions(on: Ground, survey: pa.Table | None, notes: list[str]) -> Floats:
    """Car trips a day of those who live in each area."""
    usual = _assumed()["trips"]
    per_head = np.full(len(on.zones), float(usual["per_person_day"]))
    driving = np.full(len(on.zones), float(usual["car_driver_share"]))
    told = 0
    if survey is not None:
        said = _by_name(survey)
        for at, zone in enumerate(on.zones):
            if (found := said.get(zone.name)) is not None:
                per_head[at], driving[at] = found
                told += 1
    areas = int((~on.is_gate).sum())
    if told < areas:
        notes.append(
            f"Trips per person and the share that drives are national averages in {areas - told} "
            f"of {areas} areas ({usual['per_person_day_source']})."
        )
    return np.asarray(on.inhabitants * per_head * driving)


def _by_name(survey: pa.Table) -> dict[str, tuple[float, float]]:
    names = survey.column("area").to_pylist()
    trips = survey.column("trips_per_person_day").to_pylist()
    share = survey.column("share_detailed_car_driver").to_pylist()
    return {
        str(name): (float(a), float(b))
        for name, a, b in zip(names, trips, share, strict=True)
        if a is not None and b is not None and a > 0
    }


def _attractions(on: Ground, notes: list[str]) -> Floats:
    if on.jobs is not None:
        return on.jobs + 0.2 * on.inhabitants
    table = _assumed()["jobs"]
    notes.append(
        "Jobs by area are not published here: an area attracts by its inhabitants and by the "
        "main-road crossings in it."
    )
    out = on.network.tail[on.network.tail < on.network.zones]  # connectors: one for each crossing
    crossings = np.bincount(out, minlength=len(on.zones)) * ~on.is_gate
    people = on.inhabitants / max(on.inhabitants.sum(), 1e-9)
    return np.asarray(
        float(table["by_inhabitants"]) * people
        + float(table["by_crossings"]) * crossings / max(crossings.sum(), 1)
    )


def _gate_trips(on: Ground, drawn: Floats, cost: Floats) -> tuple[Floats, Floats]:
    """What comes in by each road out, by the capacity of that road, as trips of a whole day."""
    table = _assumed()["gates"]
    zones = len(on.zones)
    inward, through = np.zeros((zones, zones)), np.zeros((zones, zones))
    at_gates = np.flatnonzero(on.is_gate)
    for gate in at_gates:
        doors = on.network.head[on.network.tail == gate]
        streets = np.isin(on.network.tail, doors) & (on.network.head >= zones)
        busiest = float(table["share"]) * float(on.network.capacity[streets].max(initial=0.0))
        volume = busiest * float(table["hours"])
        reach = np.isfinite(cost[gate]) & ~on.is_gate
        pull = np.where(reach, drawn, 0.0)
        if pull.sum() > 0:
            inward[gate] = (1 - float(table["through_share"])) * volume * pull / pull.sum()
        others = at_gates[(at_gates != gate) & np.isfinite(cost[gate, at_gates])]
        if len(others):
            through[gate, others] = float(table["through_share"]) * volume / len(others)
    return inward, through


@cache
def _assumed() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "assumed.toml").read_text("utf-8"))
