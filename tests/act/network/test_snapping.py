"""Drawn works become the links that a driver would take along them; counters the nearest links."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely
from tests.act.network.test_lines import FLAT, lines

from citycommons.act.network.components import largest
from citycommons.act.network.junctions import from_junctions, nodes_of
from citycommons.act.network.lines import from_lines
from citycommons.act.network.osm import read_osm
from citycommons.act.network.plane import Plane
from citycommons.act.network.snapping import Snapper, snap
from citycommons.act.network.types import Network
from citycommons.act.network.zones import zones_from_areas
from citycommons.core.errors import Invalid, NotFound

HELSINKI = Path(__file__).parents[3] / "../shared/data/helsinki/Helsinki.osm.pbf"


def drawn(*metres: tuple[float, float]) -> list[tuple[float, float]]:
    return [(lon, lat) for lon, lat in FLAT.degrees(np.array(metres, dtype=float)).tolist()]


@pytest.fixture(scope="module")
def town() -> Network:
    """A main street of three blocks from west to east, one-way Weg beside it, and side streets."""
    rows = {
        "Haupt": ([(0, 0), (200, 0)], "no"),
        "Haupt ": ([(200, 0), (400, 0)], "no"),
        "Haupt  ": ([(400, 0), (600, 0)], "no"),
        "Weg": ([(600, 60), (0, 60)], "yes"),  # driven from east to west
        "Links": ([(0, 0), (0, 60)], "no"),
        "Mitte": ([(200, 0), (200, -150)], "no"),
        "Rechts": ([(600, 0), (600, 60)], "no"),
    }
    shapes, one_way = zip(*rows.values(), strict=True)
    return from_lines(
        lines(*shapes, name=[n.strip() for n in rows], id=list(rows), oneway=list(one_way))
    )


def ends(net: Network, links: tuple[int, ...]) -> list[tuple[int, int]]:
    """Where a way of links begins and where each ends, in metres from west to east."""
    assert net.streets is not None
    east = FLAT.metres(net.streets.lon, net.streets.lat)[:, 0].round().astype(int)
    return [(int(east[net.tail[k]]), int(east[net.head[k]])) for k in links]


def test_a_line_along_a_street_is_its_links_in_driving_order(town):
    snapper = Snapper(town)
    there = snapper.way(drawn((10, 4), (590, -3)))
    assert ends(town, there.links) == [(0, 200), (200, 400), (400, 600)]
    assert there.distance_m < 4
    assert there.from_share == pytest.approx(0.05, abs=0.01)
    assert there.to_share == pytest.approx(0.95, abs=0.01)
    back = snapper.way(drawn((590, -3), (10, 4)))
    assert ends(town, back.links) == [(600, 400), (400, 200), (200, 0)]
    assert snapper.back(there.links) == back.links


def test_works_inside_one_block_are_that_link_alone(town):
    assert ends(town, Snapper(town).way(drawn((250, 2), (280, 2))).links) == [(200, 400)]


def test_a_line_that_just_reaches_over_a_junction_does_not_touch_the_next_street(town):
    way = Snapper(town).way(drawn((195, 1), (409, 1)))
    assert ends(town, way.links) == [(200, 400)]
    assert (way.from_share, way.to_share) == (0, 1)


def test_a_line_round_a_corner_follows_it(town):
    way = Snapper(town).way(drawn((200, -140), (200, -2), (390, 2)))
    assert town.streets is not None
    assert [town.streets.name[k] for k in way.links] == ["Mitte", "Haupt"]


def test_a_one_way_street_is_found_in_its_direction_only(town):
    snapper = Snapper(town)
    assert town.streets is not None
    way = snapper.way(drawn((500, 61), (100, 59)))
    assert [town.streets.name[k] for k in way.links] == ["Weg"]
    with pytest.raises(NotFound, match="driven only against it"):
        snapper.way(drawn((100, 61), (500, 59)))
    assert snapper.back(way.links) == ()
    assert snap(town, drawn((100, 61), (500, 59))) == ()


@pytest.mark.parametrize(
    ("line", "error", "says"),
    [
        ([], Invalid, "two different places"),
        ([(7.6, 51.95)], Invalid, "two different places"),
        ([(7.6, 51.95)] * 2, Invalid, "two different places"),
        ([(7.6, 51.95), (float("nan"), 51.95)], Invalid, "two different places"),
        ([(9.6, 51.95), (9.7, 51.95)], NotFound, "within 250 m along the whole line"),
        ([(7.6, 51.95), (7.7, 51.99)], NotFound, "within 250 m along the whole line"),
    ],
)
def test_a_line_that_is_no_works_on_these_streets_is_refused(town, line, error, says):
    with pytest.raises(error, match=says):
        Snapper(town).way(line)


def test_a_point_finds_both_directions_of_the_nearest_street_first(town):
    found = Snapper(town).near(*drawn((50, 8))[0], within_m=55)
    assert [round(one.distance_m) for one in found] == [8, 8, 50, 50, 52]
    assert sorted(round(one.along, 2) for one in found[:2]) == [0.25, 0.75]
    assert Snapper(town).near(9.0, 50.0) == ()


def test_connectors_of_zones_are_no_streets():
    points = shapely.points([[7.60, 51.95], [7.61, 51.95]])
    table = {"junction_id": ["a", "b"], "neighbours": ["b", ""], "geometry": shapely.to_wkb(points)}
    area = shapely.to_wkb([shapely.box(7.59, 51.949, 7.63, 51.97)])
    areas = pa.table({"district_id": [1], "name": ["x"], "geometry": area})
    net = zones_from_areas(from_junctions(pa.table(table)), areas, weight=None).network
    links = {one.link for one in Snapper(net).near(7.605, 51.9501, within_m=500)}
    assert links == {0, 1}


def test_works_on_muensters_junctions_are_drawn_between_them(muenster_junctions):
    """The straight lines of the junction table lie some way off the street that is drawn."""
    net, nodes = muenster_junctions, nodes_of(muenster_junctions)
    assert net.streets is not None
    snapper = Snapper(net)
    link = next(k for k, name in enumerate(net.streets.name) if name == "Wolbecker Straße")
    line = np.array(net.streets.lines[link])
    beside = line + np.array([0.0, 0.0003])  # 33 m to the north
    assert link in snapper.way([tuple(point) for point in beside.tolist()]).links
    assert set(nodes.values()) == set(range(net.nodes))


@pytest.mark.slow
def test_ways_through_helsinki_are_found_again_from_a_shaky_hand():
    if not HELSINKI.is_file():
        pytest.skip("the shared extract of Helsinki is not here")
    net, _ = largest(read_osm(HELSINKI))
    assert net.streets is not None
    snapper, random = Snapper(net), np.random.default_rng(7)
    out: dict[int, list[int]] = {}
    for k, tail in enumerate(net.tail.tolist()):
        out.setdefault(tail, []).append(k)
    flat = Plane.around(net.streets.lon, net.streets.lat)
    right = tried = 0
    for start in random.choice(net.links, 60, replace=False).tolist():
        way = [start]
        while sum(net.streets.length_m[way]) < 250:
            here, last = int(net.head[way[-1]]), int(net.tail[way[-1]])
            choice = [k for k in out[here] if net.head[k] not in {last, *net.tail[way]}]
            if not choice:
                break
            way.append(choice[random.integers(len(choice))])
        points = np.array([point for k in way for point in net.streets.lines[k]])
        shaky = flat.metres(points[:, 0], points[:, 1]) + random.normal(0, 3, points.shape)
        if shapely.LineString(shaky).length < 60:
            continue
        tried += 1
        found = snapper.way([(x, y) for x, y in flat.degrees(shaky).tolist()]).links
        for one, other in pairwise(found):
            assert net.head[one] == net.tail[other]  # it can be driven
        length = sum(net.streets.length_m[way])
        missed = sum(net.streets.length_m[list(set(way) ^ set(found))])
        right += missed < 0.15 * length
    assert tried > 40
    assert right >= 0.9 * tried
