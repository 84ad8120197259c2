"""Which street each counted approach of a junction comes by, where nobody wrote it down.

Detectors of traffic signals say junction, approach and turn (`FV1`, left). Approaches are numbered
clockwise, 1 and 3 along the main street; on a junction of three arms the side street is 2 whichever
side it lies on. What number 1 looks at is not published. It is found here from the counts: what
leaves one junction towards the next (the turns into that arm, hour by hour) must be what arrives
there, and in the morning more drive inward than outward. All junctions are turned together until
that fits best (iterated conditional modes, Besag 1986, Journal of the Royal Statistical Society B
48, 259-302, from many beginnings).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from citycommons.act.demand.screen import Series, screen
from citycommons.act.demand.types import Counter
from citycommons.act.model.counted import Counted
from citycommons.act.model.located import Located
from citycommons.act.model.roads import Ground
from citycommons.act.network.types import Floats

Arms = dict[int, int]
"""Node of the neighbour → arm 1 to 4, clockwise."""

_TURNS = {"L": 1, "G": 2, "R": 3}  # an arm's left turn leads to the next arm clockwise
_MORNING, _EVENING = slice(7, 9), slice(16, 18)
_UNKNOWN = 0.35  # cost of a pair of arms that cannot be compared: a middling misfit
_UNUSED = 0.3  # cost of counting all of a junction's traffic on arms that lead nowhere
_INWARD = 1.0  # weight of the morning
_SURE = 0.05  # how much worse the next best way to turn a junction must be
_BEGINNINGS = 80
_TOO_FAR = 0.6  # of the mean, between what was sent and what arrived: one of them is wrong
_SMALL = 500.0  # vehicles a day: too few for a morning of their own


@dataclass(frozen=True, slots=True, eq=False)
class Junction:
    """A counted junction: lanes by arm and turn, and the mean working day of each."""

    id: str
    node: int
    lanes: Mapping[tuple[int, str], tuple[str, ...]]  # arm, turn → detectors
    day: Mapping[tuple[int, str], Floats]  # arm, turn → (24,) vehicles

    def into(self, arm: int) -> Floats | None:
        """What comes in by an arm, (24,)."""
        parts = [day for (a, _), day in self.day.items() if a == arm]
        return np.sum(parts, axis=0) if parts else None

    def out(self, arm: int) -> Floats | None:
        """What leaves by an arm, (24,), as far as its turns are counted."""
        parts = [day for (a, turn), day in self.day.items() if _exit(a, turn) == arm]
        return np.sum(parts, axis=0) if parts else None


def by_approach(
    detectors: pa.Table, on: Ground, raw: Counted, usual: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[tuple[Located, ...], tuple[str, ...]]:
    """Counters on the links that lead into counted junctions; and what was left out, with why.

    Parameters
    ----------
    usual
        (days,) working days, on which junctions are compared.
    """
    junctions, left = _junctions(detectors, on, raw, usual)
    legs = _legs(on)
    ways = {one.node: _ways(on, one.node, legs) for one in junctions}
    there = {one.node: one for one in junctions if ways[one.node]}
    left += [f"{one.id}: no street leads to it" for one in junctions if not ways[one.node]]
    turned, margin = _Turning(on, there, ways, legs).best()
    found: list[Located] = []
    for node, one in sorted(there.items(), key=lambda item: item[1].id):
        if margin[node] < _SURE:
            left.append(f"{one.id}: cannot be told which street each of its approaches comes by")
            continue
        odd = _contradicted(one, turned, there)
        found += _counters(on, one, turned[node], odd, left)
    return tuple(found), tuple(left)


def _exit(arm: int, turn: str) -> int:
    return (arm - 1 + _TURNS[turn]) % 4 + 1


def _junctions(
    detectors: pa.Table, on: Ground, raw: Counted, usual: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[list[Junction], list[str]]:
    lanes: dict[str, dict[tuple[int, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    usually = dict(zip(raw.ids, _middle_day(raw.flow[:, usual]), strict=True))
    sound = screen(Series(raw.ids, raw.flow, np.array(raw.days, "datetime64[D]")), usual)
    faulty = dict(one.split(": ", 1) for one in sound.left_out)
    bad: dict[tuple[str, int], str] = {}  # an arm of which a lane is faulty is faulty
    left: list[str] = []
    for row in sorted(detectors.to_pylist(), key=lambda one: str(one["detector"])):
        why = _unusable(row, on)
        if why:
            left.append(f"{row['detector']}: {why}")
            continue
        arm = int(str(row["approach"])[0])  # 11 and 31 are further lanes of 1 and 3
        if (fault := faulty.get(str(row["detector"]))) is not None:
            bad[str(row["junction_id"]), arm] = f"{row['detector']}: {fault}"
        lanes[str(row["junction_id"])][arm, str(row["turn"])[0]].append(str(row["detector"]))
    left += bad.values()
    found = []
    for id, every in sorted(lanes.items()):
        turns = {key: many for key, many in every.items() if (id, key[0]) not in bad}
        if not {1, 3} & {arm for arm, _ in turns}:
            left.append(f"{id}: no sound counts on its main street, so nothing says how it lies")
            continue
        days = {
            key: np.sum([usually.get(one, np.zeros(24)) for one in many], axis=0)
            for key, many in turns.items()
        }
        place = _sides(days)
        found.append(
            Junction(
                id,
                on.node_of[id],
                {(place[arm], turn): tuple(many) for (arm, turn), many in turns.items()},
                {(place[arm], turn): day for (arm, turn), day in days.items()},
            )
        )
    return found, left


def _unusable(row: Mapping[str, object], on: Ground) -> str:
    if row.get("kind") == "pseudo" or row["junction_id"] is None:
        return "a sum or a test, no loop"
    if str(row["junction_id"]) not in on.node_of:
        return f"its junction {row['junction_id']} is not in the network"
    if row["approach"] is None or str(row["turn"] or " ")[0] not in _TURNS:
        return "says neither approach nor turn"
    if str(row["approach"])[0] not in "1234":
        return f"approach {row['approach']} is none of a junction's four arms"
    return ""


def _middle_day(flow: Floats) -> Floats:
    """Median of each hour, (detectors, 24); 0 where nothing is known."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nan_to_num(np.nanmedian(flow, axis=1))


def _sides(days: Mapping[tuple[int, str], Floats]) -> dict[int, int]:
    """Where arms are: a single side street lies on the side that the main street turns to."""
    place = {1: 1, 2: 2, 3: 3, 4: 4}
    sides = {arm for arm, _ in days} & {2, 4}
    if len(sides) == 1:

        def turning(*keys: tuple[int, str]) -> float:
            return sum(float(days[key].sum()) for key in keys if key in days)

        is_left_of_1 = turning((1, "L"), (3, "R")) > turning((1, "R"), (3, "L"))
        place[sides.pop()] = 2 if is_left_of_1 else 4
    return place


def _legs(on: Ground) -> dict[int, dict[int, float]]:
    """By node, the neighbours it has streets to, with the direction there: degrees clockwise."""
    streets = on.network.streets
    found: dict[int, dict[int, float]] = defaultdict(dict)
    if streets is None:
        return found
    for tail, head in zip(on.network.tail.tolist(), on.network.head.tolist(), strict=True):
        if min(tail, head) >= on.network.zones:
            east = (streets.lon[head] - streets.lon[tail]) * np.cos(np.radians(streets.lat[tail]))
            north = streets.lat[head] - streets.lat[tail]
            found[tail][head] = float(np.degrees(np.arctan2(east, north)) % 360)
    return found


def _ways(on: Ground, node: int, legs: Mapping[int, Mapping[int, float]]) -> list[Arms]:
    """All ways to turn a junction: arms a quarter circle apart, each leg on the arm nearest."""
    found: dict[tuple[tuple[int, int], ...], Arms] = {}
    for first in range(0, 360, 15):
        arms: Arms = {}
        off: dict[int, float] = {}
        for leg, bearing in sorted(legs[node].items()):
            quarter = ((bearing - first) % 360) / 90
            arm = round(quarter) % 4 + 1
            error = abs(quarter - round(quarter))
            if arm not in off or error < off[arm]:  # two legs of one arm: the nearer has it
                arms = {k: v for k, v in arms.items() if v != arm} | {leg: arm}
                off[arm] = error
        found[tuple(sorted(arms.items()))] = arms
    return [found[key] for key in sorted(found) if key]


class _Turning:
    """Costs of all ways to turn all junctions, and the search for the least."""

    def __init__(
        self,
        on: Ground,
        there: Mapping[int, Junction],
        ways: Mapping[int, list[Arms]],
        legs: Mapping[int, Mapping[int, float]],
    ) -> None:
        self.there, self.ways = there, ways
        self.alone = {
            node: np.array([self._alone(on, node, w) for w in ways[node]]) for node in there
        }
        self.pair: dict[tuple[int, int], Floats] = {}
        self.near: dict[int, list[int]] = {node: [] for node in there}
        for a in sorted(there):
            for b in sorted(legs[a]):
                if b in there and a < b:
                    costs = np.array(
                        [[self._between(a, b, x, y) for y in ways[b]] for x in ways[a]]
                    )
                    self.pair[a, b], self.pair[b, a] = costs, costs.T
                    self.near[a].append(b)
                    self.near[b].append(a)

    def best(self) -> tuple[dict[int, Arms], dict[int, float]]:
        """The best way to turn each junction, and how much worse its next best one is."""
        chance = np.random.default_rng(1)
        least, chosen = np.inf, dict.fromkeys(self.there, 0)
        for _ in range(_BEGINNINGS):
            now = {node: int(chance.integers(len(self.ways[node]))) for node in self.there}
            self._settle(now)
            cost = self._total(now)
            if cost < least - 1e-9:
                least, chosen = cost, now
        margin = {}
        for node in self.there:
            costs = np.sort(self._costs(node, chosen))
            margin[node] = float(costs[1] - costs[0]) if len(costs) > 1 else np.inf
        return {node: self.ways[node][at] for node, at in chosen.items()}, margin

    def _settle(self, now: dict[int, int]) -> None:
        for _ in range(60):
            moved = False
            for node in self.there:
                costs = self._costs(node, now)
                best = int(costs.argmin())
                if costs[best] < costs[now[node]] - 1e-9:
                    now[node], moved = best, True
            if not moved:
                return

    def _costs(self, node: int, now: Mapping[int, int]) -> Floats:
        costs = self.alone[node].copy()
        for other in self.near[node]:
            costs += self.pair[node, other][:, now[other]]
        return costs

    def _total(self, now: Mapping[int, int]) -> float:
        pairs = sum(float(c[now[a], now[b]]) for (a, b), c in self.pair.items() if a < b)
        return pairs + sum(float(self.alone[node][at]) for node, at in now.items())

    def _between(self, a: int, b: int, x: Arms, y: Arms) -> float:
        return self._passing(a, b, x, y) + self._passing(b, a, y, x)

    def _passing(self, a: int, b: int, x: Arms, y: Arms) -> float:
        """How unlike what leaves a towards b and what arrives there are, 0 to 2."""
        left = self.there[a].out(x[b]) if b in x else None
        came = self.there[b].into(y[a]) if a in y else None
        if left is None or came is None:
            return _UNKNOWN
        return float(np.abs(left - came).sum() / max((left + came).sum() / 2, 1.0))

    def _alone(self, on: Ground, node: int, way: Arms) -> float:
        one, leg_of = self.there[node], {arm: leg for leg, arm in way.items()}
        inflow = {arm: flow for arm in (1, 2, 3, 4) if (flow := one.into(arm)) is not None}
        total = max(sum(float(flow.sum()) for flow in inflow.values()), 1.0)
        cost = 0.0
        for arm, flow in inflow.items():
            share = float(flow.sum()) / total
            if arm not in leg_of:
                cost += _UNUSED * share
            elif flow.sum() > _SMALL:
                early, late = float(flow[_MORNING].sum()), float(flow[_EVENING].sum())
                tide = np.clip(np.log(max(early, 1.0) / max(late, 1.0)), -0.7, 0.7)
                cost -= _INWARD * float(tide) * share * _outward(on, node, leg_of[arm])
        return cost


def _outward(on: Ground, node: int, other: int) -> float:
    """How much further from the people's middle another node is, over the way there: -1 to 1."""
    streets = on.network.streets
    if streets is None:
        return 0.0
    weight = on.inhabitants / max(float(on.inhabitants.sum()), 1.0)
    narrow = np.cos(np.radians(streets.lat[node]))
    zones = len(on.zones)
    middle = np.array([weight @ streets.lon[:zones] * narrow, weight @ streets.lat[:zones]])
    here = np.array([streets.lon[node] * narrow, streets.lat[node]])
    there = np.array([streets.lon[other] * narrow, streets.lat[other]])
    further = np.hypot(*(there - middle)) - np.hypot(*(here - middle))
    return float(further / max(float(np.hypot(*(there - here))), 1e-9))


def _contradicted(
    one: Junction, turned: Mapping[int, Arms], there: Mapping[int, Junction]
) -> dict[int, str]:
    """Arms by which far more or less arrives than the next junction sent, with the reason."""
    found = {}
    for leg, arm in turned[one.node].items():
        came = one.into(arm)
        if leg not in there or one.node not in turned[leg] or came is None:
            continue
        left = there[leg].out(turned[leg][one.node])
        if left is None:
            continue
        a, b = float(came.sum()), float(left.sum())
        if max(a, b) > _SMALL and abs(a - b) > _TOO_FAR * (a + b) / 2:
            found[arm] = f"{a:.0f} a day arrive where {there[leg].id} sends {b:.0f}"
    return found


def _counters(
    on: Ground, one: Junction, way: Arms, odd: Mapping[int, str], left: list[str]
) -> Sequence[Located]:
    found = []
    link = {
        (tail, head): at
        for at, (tail, head) in enumerate(
            zip(on.network.tail.tolist(), on.network.head.tolist(), strict=True)
        )
        if head == one.node
    }
    for arm in (1, 2, 3, 4):
        lanes = tuple(sorted(id for (a, _), many in one.lanes.items() if a == arm for id in many))
        leg = next((node for node, a in way.items() if a == arm), None)
        if not lanes:
            continue
        name = f"{one.id} arm {arm}"
        if leg is None or (leg, one.node) not in link:
            left.append(f"{name}: comes by a street that is not in the network")
            continue
        if arm in odd:
            left.append(f"{name}: {odd[arm]}")
            continue
        found.append(Located(Counter(f"{one.id}-{arm}", (link[leg, one.node],)), lanes))
    return found
