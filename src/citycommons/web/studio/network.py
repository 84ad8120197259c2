"""A model's streets as GeoJSON for the map: what one clicks on, with traffic of the base."""

import threading
from collections import OrderedDict

import numpy as np
import orjson

from citycommons.act.model.types import Period, TrafficModel

MOST_KEPT = 2  # a city's network is some megabytes
CONNECTOR = "connector"  # the way of a zone to the road: nobody closes it
_kept: OrderedDict[str, bytes] = OrderedDict()
_gates: OrderedDict[str, dict[str, str]] = OrderedDict()
_lock = threading.Lock()


def network_json(model: TrafficModel) -> bytes:
    """The network of this model, made once; a model never changes under its id."""
    with _lock:
        if model.id in _kept:
            _kept.move_to_end(model.id)
            return _kept[model.id]
    made = orjson.dumps(network(model), option=orjson.OPT_SERIALIZE_NUMPY)
    with _lock:
        _kept[model.id] = made
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made


def network(model: TrafficModel) -> dict[str, object]:
    """Every street link as a feature; its id is the link's index.

    Properties: `n` name, `k` class, `a` and `b` nodes, `m` metres, `l` lanes, `s` km/h, `f`
    vehicles in the busiest hour, `r` the link of the other direction or -1.
    """
    net, streets = model.network, model.network.streets
    if streets is None:
        return {"type": "FeatureCollection", "features": []}
    flow = busiest(model).base.flow
    back = reverses(model)
    features = [
        {
            "type": "Feature",
            "id": link,
            "geometry": {
                "type": "LineString",
                "coordinates": [[round(x, 5), round(y, 5)] for x, y in streets.lines[link]],
            },
            "properties": {
                "n": streets.name[link],
                "k": streets.kind[link],
                "a": int(net.tail[link]),
                "b": int(net.head[link]),
                "m": round(float(streets.length_m[link]), 1),
                "l": float(streets.lanes[link]),
                "s": float(streets.speed_kmh[link]),
                "f": round(float(flow[link])),
                "r": int(back[link]),
            },
        }
        for link in streets_of(model)
    ]
    return {"type": "FeatureCollection", "features": features}


def streets_of(model: TrafficModel) -> list[int]:
    """Links that are streets, by index; the ways of zones to the road are none."""
    streets = model.network.streets
    if streets is None:
        return []
    return [
        link
        for link in range(model.network.links)
        if streets.kind[link] != CONNECTOR and len(streets.lines[link]) > 1
    ]


def busiest(model: TrafficModel) -> Period:
    """The period with most trips."""
    return max(model.periods, key=lambda one: float(sum(d.trips.sum() for d in one.base.demands)))


def reverses(model: TrafficModel) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each link the one that leads back along the same street, or -1."""
    net, streets = model.network, model.network.streets
    back = np.full(net.links, -1, dtype=np.int64)
    known: dict[tuple[int, int], list[int]] = {}
    for link in range(net.links):
        known.setdefault((int(net.tail[link]), int(net.head[link])), []).append(link)
    for link in range(net.links):
        others = known.get((int(net.head[link]), int(net.tail[link])), ())
        if streets is None or not others:
            continue
        # Two streets may join the same nodes: the one as long, of the same name, is this street.
        back[link] = min(
            others,
            key=lambda other: (
                streets.name[other] != streets.name[link],
                abs(streets.length_m[other] - streets.length_m[link]),
            ),
        )
    return back


def gate_streets(model: TrafficModel) -> dict[str, str]:
    """The street that leads to each zone, by the zone's name; those whose streets have no name
    are left out."""
    net, streets = model.network, model.network.streets
    if streets is None:
        return {}
    with _lock:
        if model.id in _gates:
            return _gates[model.id]
    meeting: dict[int, str] = {}
    for link in streets_of(model):
        if streets.name[link]:
            for node in (int(net.tail[link]), int(net.head[link])):
                meeting.setdefault(node, streets.name[link])
    found: dict[str, str] = {}
    for link in range(net.links):
        for zone, node in ((net.tail[link], net.head[link]), (net.head[link], net.tail[link])):
            if zone < len(model.zones) and int(node) in meeting:
                found.setdefault(model.zones[int(zone)].name, meeting[int(node)])
    with _lock:
        _gates[model.id] = found
        while len(_gates) > MOST_KEPT:
            _gates.popitem(last=False)
    return found
