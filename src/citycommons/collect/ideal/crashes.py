"""Crashes of four years: as many as the traffic makes likely, and more at one junction."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citycommons.collect.ideal import days
from citycommons.collect.ideal.chance import Floats, Ints, pick, stream
from citycommons.collect.ideal.days import Times
from citycommons.collect.ideal.flows import Flows
from citycommons.collect.ideal.streets import CLASSES, Streets

EXPECTED = 1_900  # in four years, without the hot spot
HOT_RATIO = 4.0
LANE_OPENED = "2024-01-01"
LANE_RATIO = 1.0  # the cycle lane changes nothing: a negative control
AT_JUNCTIONS = 0.6
SEVERITIES = ("damage only", "slight injury", "serious injury", "death")
MODES = ("car", "bicycle", "pedestrian", "motorcycle", "van or lorry", "bus")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashes:
    """One row a crash, in order of time."""

    when: Times  # local hour
    link: Ints
    at_junction: NDArray[np.bool_]
    place: Floats  # metres
    severity: NDArray[np.str_]
    mode: NDArray[np.str_]
    other: NDArray[np.str_]
    hot_junction: int
    lane_street: str  # where the cycle lane was built, after a bad spell there
    before: tuple[int, float]  # crashes seen and expected on that street before the lane
    after: tuple[int, float]


def expected(streets: Streets, flows: Flows) -> tuple[Floats, Floats]:
    """Expected crashes of four years at each link's head and along it, without the hot spot."""
    entering = flows.usual / flows.usual.sum()
    driven = flows.usual * streets.length_m
    along = driven / driven.sum()
    return EXPECTED * AT_JUNCTIONS * entering, EXPECTED * (1 - AT_JUNCTIONS) * along


def hot_spot(streets: Streets, flows: Flows) -> int:
    """The junction on the ring avenue, away from the closed bridge, that most traffic enters."""
    avenue = np.zeros(len(streets.place), bool)
    avenue[streets.head[[n.startswith("Viale") for n in streets.name]]] = True
    entering = np.bincount(streets.head, flows.usual, minlength=len(avenue))
    return int(np.argmax(entering * (avenue & (streets.place[:, 1] > 300))))


def build(seed: int, streets: Streets, flows: Flows) -> Crashes:
    """Draw the crashes; the rate at the hot spot is `HOT_RATIO` times that elsewhere."""
    chance = stream(seed, "crashes")
    hot = hot_spot(streets, flows)
    at_head, along = expected(streets, flows)
    at_head = np.where(streets.head == hot, HOT_RATIO, 1.0) * at_head
    both = chance.poisson(np.concatenate([at_head, along]))
    which = np.repeat(np.arange(len(both)), both)
    links = len(streets.tail)
    link, junction = which % links, which < links
    when = _times(seed, len(link))
    order = np.argsort(when, kind="stable")
    # Shuffled against time: links are sorted, times are not.
    link, junction, when = link[order], junction[order], when[order]
    way = streets.place[streets.head[link]] - streets.place[streets.tail[link]]
    share = np.where(junction, 1.0, 0.15 + 0.7 * chance.rand(len(link)))
    place = streets.place[streets.tail[link]] + way * share[:, None]
    place = place + chance.normal(0, 4.0, place.shape)
    mode = pick(chance, MODES, len(link), [62, 14, 9, 8, 5, 2])
    soft = np.isin(mode, ["bicycle", "pedestrian", "motorcycle"])
    severity = np.where(
        soft,
        pick(chance, SEVERITIES, len(link), [30, 55, 14, 1]),
        pick(chance, SEVERITIES, len(link), [78, 19, 2.7, 0.3]),
    )
    lane, before, after = _lane(streets, at_head + along, link, when)
    return Crashes(
        when=when,
        link=link,
        at_junction=junction,
        place=place,
        severity=severity,
        mode=mode,
        other=pick(chance, ["car", "none", "van or lorry", "bicycle"], len(link), [66, 20, 8, 6]),
        hot_junction=hot,
        lane_street=lane,
        before=before,
        after=after,
    )


def _times(seed: int, size: int) -> Times:
    chance = stream(seed, "crash_times")
    day = days.days(days.YEARS[0], days.YEARS[-1])
    kind = pick(chance, np.arange(len(day)), size, days.CAR_DAY[days.day_kind(day)])
    shares = days.CAR_HOURS / days.CAR_HOURS.sum(axis=1, keepdims=True)
    reached = np.cumsum(shares, axis=1)[days.day_kind(day)[kind]]
    hour = np.minimum((reached < chance.rand(size)[:, None]).sum(axis=1), 23)
    return np.asarray(day[kind].astype("datetime64[h]") + hour.astype("timedelta64[h]"))


def _lane(
    streets: Streets, mean: Floats, link: Ints, when: Times
) -> tuple[str, tuple[int, float], tuple[int, float]]:
    """Choose the street as councils do: where many crashes were seen, hence partly by chance."""
    names = np.array(streets.name)
    early = when < np.datetime64(LANE_OPENED)
    best: tuple[float, str] = (0.0, "")
    for name in sorted(set(streets.name)):
        due = mean[names == name].sum() / 2
        seen = int((early & (names[link] == name)).sum())
        if due >= 10 and (seen / due, name) > best:
            best = (seen / due, name)
    on_street = names[link] == best[1]
    due = round(float(mean[names == best[1]].sum() / 2), 2)
    return best[1], (int((early & on_street).sum()), due), (int((~early & on_street).sum()), due)


def columns(streets: Streets, crashes: Crashes) -> dict[str, object]:
    """The police table, without positions."""
    head = streets.head[crashes.link]
    junction = [
        streets.node_id(n) if at else "" for n, at in zip(head, crashes.at_junction, strict=True)
    ]
    hour = (crashes.when - crashes.when.astype("datetime64[D]")).astype(np.int64)
    date = np.datetime_as_string(crashes.when, unit="D")
    return {
        "crash": [f"I{str(d)[:4]}-{n:05d}" for n, d in enumerate(date, 1)],
        "date": [f"{d[8:]}/{d[5:7]}/{d[:4]}" for d in date.tolist()],
        "hour": hour,
        "severity": crashes.severity,
        "mode": crashes.mode,
        "other_party": crashes.other,
        "street": [streets.name[at] for at in crashes.link],
        "link": [streets.link_id(at) for at in crashes.link],
        "junction": junction,
        "street_class": [CLASSES[k] for k in streets.kind[crashes.link]],
    }
