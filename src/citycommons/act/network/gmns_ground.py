"""What GMNS tables say beyond costs: where links lie, and which turns are allowed."""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely

from citycommons.act.network.plane import length_m
from citycommons.act.network.types import Ints, Streets
from citycommons.core.errors import Invalid

Row = Mapping[str, str]
_CRS84 = ("", "4326", "epsg:4326", "wgs84", "wgs 84", "ogc:crs84", "crs84")


def read_streets(
    nodes: Sequence[tuple[int, Row]],
    links: Sequence[tuple[Row, int, int, bool]],
    crs: str,
    km: float,
    kmh: float,
) -> Streets | None:
    """Streets of a network whose coordinates are degrees; None for others, which lie nowhere.

    `links` are rows of link.csv with the positions of their ends in `nodes`, and whether the row
    is driven backwards.
    """
    try:
        places = np.array([(float(r["x_coord"]), float(r["y_coord"])) for _, r in nodes])
    except (KeyError, ValueError):
        return None
    is_degrees = (np.abs(places) <= (180, 90)).all() and not (places == 0).all()
    if crs.lower() not in _CRS84 or not is_degrees:
        return None
    lines = [_line(row, places[a], places[b], is_back) for row, a, b, is_back in links]
    lengths = [_number(row, "length", km * 1000) for row, *_ in links]
    lanes = [_number(row, "lanes", 1.0) for row, *_ in links]
    speeds = [_number(row, "free_speed", kmh) for row, *_ in links]
    return Streets(
        lon=places[:, 0].copy(),
        lat=places[:, 1].copy(),
        length_m=np.array(
            [said or length_m(line) for said, line in zip(lengths, lines, strict=True)]
        ),
        lanes=np.array([said or 1.0 for said in lanes]),
        speed_kmh=np.array([said or 0.0 for said in speeds]),
        kind=tuple(row.get("facility_type", "") for row, *_ in links),
        name=tuple(row.get("name", "") for row, *_ in links),
        lines=tuple(lines),
        sources=tuple(row.get("link_id", "") for row, *_ in links),
        guessed={
            what: count
            for what, said in (("length", lengths), ("lanes", lanes), ("speed", speeds))
            if (count := sum(not one for one in said))
        },
    )


def _number(row: Row, name: str, unit: float) -> float:
    try:
        return float(row.get(name) or 0) * unit
    except ValueError:
        return 0.0


def _line(
    row: Row, start: Sequence[float], end: Sequence[float], is_back: bool
) -> tuple[tuple[float, float], ...]:
    text = row.get("geometry", "")
    straight = ((float(start[0]), float(start[1])), (float(end[0]), float(end[1])))
    if not text.upper().startswith("LINESTRING"):
        return straight
    try:
        points = shapely.get_coordinates(shapely.from_wkt(text)).tolist()
    except shapely.GEOSException as cause:
        raise Invalid(f"link.csv: “{text[:40]}…” is no WKT line.") from cause
    if is_back != (row.get("dir_flag") == "-1"):
        points.reverse()
    return tuple((x, y) for x, y in points)


def banned_turns(movements: Sequence[Row], ids: Sequence[str], tail: Ints, head: Ints) -> Ints:
    """Turns that movement.csv leaves out at the nodes that it describes: shape (k, 2).

    `ids` are the link ids of links; an undirected link has two links of one id.
    """
    links: dict[str, list[int]] = {}
    for k, id in enumerate(ids):
        links.setdefault(id, []).append(k)
    allowed, places = set(), set()
    for row in movements:
        for a in links.get(row.get("ib_link_id", ""), ()):
            for b in links.get(row.get("ob_link_id", ""), ()):
                if head[a] == tail[b]:
                    allowed.add((a, b))
                    places.add(int(head[a]))
    out: dict[int, list[int]] = {}
    for k, node in enumerate(tail[: len(ids)].tolist()):
        out.setdefault(node, []).append(k)
    turns = [
        (a, b)
        for a, node in enumerate(head[: len(ids)].tolist())
        if node in places
        for b in out.get(node, ())
        if (a, b) not in allowed
    ]
    return np.array(turns, dtype=np.int32).reshape(-1, 2)
