"""Streets from OpenStreetMap are driven as their tags say, and every default is counted."""

from pathlib import Path

import numpy as np
import pytest

from citycommons.act.network.components import connection, largest
from citycommons.act.network.defaults import road, table, walking_kmh
from citycommons.act.network.osm import read_osm
from citycommons.act.network.osm_tags import read_way, speed_kmh
from citycommons.act.network.plane import length_m
from citycommons.act.network.types import Network
from citycommons.core.errors import Invalid, NotFound

HELSINKI = Path(__file__).parents[3] / "../shared/data/helsinki/Helsinki.osm.pbf"


class Map:
    """A small OpenStreetMap file: nodes on a grid, ways and relations added by hand."""

    def __init__(self, path: Path) -> None:
        self.path, self.parts, self.relations = path / "map.osm", [], 0
        self.tags: dict[int, dict[str, str]] = {}
        self.ways: list[tuple[int, tuple[int, ...], dict[str, str]]] = []
        self.bans: list[tuple[dict[str, str], list[tuple[str, str, int]]]] = []

    def way(self, id: int, *nodes: int, **tags: str) -> None:
        tags = {"highway": "residential", **{k.replace("__", ":"): v for k, v in tags.items()}}
        self.ways.append((id, nodes, tags))

    def ban(self, restriction: str, start: int, via: int, end: int, **tags: str) -> None:
        members = [("way", "from", start), ("node", "via", via), ("way", "to", end)]
        self.bans.append(({"type": "restriction", "restriction": restriction, **tags}, members))

    def read(self, **options: bool) -> Network:
        nodes = sorted({node for _, some, _ in self.ways for node in some})
        lines = ['<?xml version="1.0"?><osm version="0.6">']
        for node in nodes:
            lon, lat = 7.6 + (node % 10) / 1000, 51.9 + (node // 10) / 1000
            inner = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in self.tags.get(node, {}).items())
            lines.append(f'<node id="{node}" lon="{lon}" lat="{lat}" version="1">{inner}</node>')
        for id, some, tags in self.ways:
            inner = "".join(f'<nd ref="{node}"/>' for node in some)
            inner += "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
            lines.append(f'<way id="{id}" version="1">{inner}</way>')
        for id, (tags, members) in enumerate(self.bans, 1):
            inner = "".join(f'<member type="{t}" role="{r}" ref="{ref}"/>' for t, r, ref in members)
            inner += "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
            lines.append(f'<relation id="{id}" version="1">{inner}</relation>')
        self.path.write_text("".join([*lines, "</osm>"]))
        return read_osm(self.path, **options)


@pytest.fixture
def drawn(tmp_path: Path) -> Map:
    return Map(tmp_path)


def ends(net: Network) -> set[tuple[int, int]]:
    return set(zip(net.node[net.tail].tolist(), net.node[net.head].tolist(), strict=True))


@pytest.mark.parametrize(
    ("tags", "driven"),
    [
        ({}, {(1, 2), (2, 1)}),
        ({"oneway": "yes"}, {(1, 2)}),
        ({"oneway": "-1"}, {(2, 1)}),
        ({"oneway": "reversible"}, {(1, 2), (2, 1)}),
        ({"junction": "roundabout"}, {(1, 2)}),
        ({"junction": "roundabout", "oneway": "no"}, {(1, 2), (2, 1)}),
        ({"highway": "motorway"}, {(1, 2)}),
        ({"highway": "trunk"}, {(1, 2), (2, 1)}),
        ({"oneway": "yes", "oneway__motor_vehicle": "no"}, {(1, 2), (2, 1)}),
        ({"oneway": "yes", "oneway__bicycle": "no"}, {(1, 2)}),
        ({"motor_vehicle__backward": "no"}, {(1, 2)}),
        ({"access": "no", "motor_vehicle": "yes"}, {(1, 2), (2, 1)}),
        ({"access": "destination"}, {(1, 2), (2, 1)}),
    ],
)
def test_a_way_is_driven_where_its_tags_let_cars(drawn, tags, driven):
    drawn.way(1, 1, 2, **tags)
    assert ends(drawn.read()) == driven


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway"},
        {"highway": "pedestrian"},
        {"highway": "cycleway"},
        {"highway": "construction"},
        {"highway": "service"},
        {"access": "private"},
        {"motor_vehicle": "no"},
        {"access": "yes", "motorcar": "no"},
        {"area": "yes"},
        {"motor_vehicle": "agricultural"},
    ],
)
def test_ways_that_are_not_for_cars_are_no_streets(drawn, tags):
    drawn.way(1, 1, 2, **tags)
    with pytest.raises(Invalid, match="no street for motor vehicles"):
        drawn.read()


def test_service_roads_come_when_asked_for(drawn):
    drawn.way(1, 1, 2, highway="service")
    assert drawn.read(with_service=True).links == 2


def test_ways_are_cut_where_others_meet_and_lines_keep_their_bends(drawn):
    drawn.way(1, 1, 2, 12, 13, name="Ring")
    drawn.way(2, 12, 22)
    net = drawn.read()
    assert ends(net) == {(1, 12), (12, 1), (12, 13), (13, 12), (12, 22), (22, 12)}
    streets = net.streets
    assert streets is not None
    for link, line in enumerate(streets.lines):
        assert line[0] == (streets.lon[net.tail[link]], streets.lat[net.tail[link]])
        assert line[-1] == (streets.lon[net.head[link]], streets.lat[net.head[link]])
        assert streets.length_m[link] == pytest.approx(length_m(line))
    assert sorted(len(line) for line in streets.lines) == [2, 2, 2, 2, 3, 3]
    assert set(streets.sources) == {"w1", "w2"}
    assert streets.name[streets.sources.index("w1")] == "Ring"


def test_a_way_that_meets_itself_has_no_link_from_a_node_to_itself(drawn):
    drawn.way(1, 1, 2)
    drawn.way(2, 2, 3, 13, 12, 2)
    net = drawn.read()
    assert (net.tail != net.head).all()
    assert connection(net).is_whole


@pytest.mark.parametrize(
    ("tags", "lanes"),
    [
        ({"lanes": "4"}, (2, 2)),
        ({"lanes": "3"}, (1.5, 1.5)),
        ({"lanes": "1"}, (1, 1)),
        ({"lanes": "3", "lanes__forward": "2"}, (2, 1)),
        ({"lanes": "3", "lanes__forward": "2", "lanes__backward": "1"}, (2, 1)),
        ({"lanes": "3", "lanes__both_ways": "1"}, (1, 1)),
        ({"lanes": "3", "oneway": "yes"}, (3,)),
        ({"lanes": "3", "oneway": "yes", "lanes__psv": "1"}, (2,)),
        ({"lanes": "many"}, (1, 1)),
    ],
)
def test_lanes_are_counted_in_each_direction(drawn, tags, lanes):
    drawn.way(1, 1, 2, highway="secondary", **tags)
    net = drawn.read()
    assert net.streets is not None
    assert tuple(net.streets.lanes) == lanes
    assert tuple(net.capacity) == tuple(n * road("secondary").capacity for n in lanes)
    assert net.streets.guessed.get("lanes", 0) == (2 if tags["lanes"] == "many" else 0)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50),
        ("20 mph", 20 * 1.609344),
        ("walk", walking_kmh()),
        ("none", 130),
        ("DE:urban", 50),
        ("DE:rural", 100),
        ("FR:rural", 80),
        ("DE:zone:30", 30),
        ("GB:zone20", 20),
        ("30; 50", 30),
        ("signals", None),
        ("0", None),
        ("fast", None),
        ("", None),
    ],
)
def test_speed_limits_are_read_in_all_their_forms(text, kmh):
    assert speed_kmh(text) == (None if kmh is None else pytest.approx(kmh))


def test_a_limit_of_one_direction_holds_there_only(drawn):
    drawn.way(1, 1, 2, maxspeed="50", maxspeed__backward="30")
    net = drawn.read()
    assert net.streets is not None
    assert dict(zip(net.node[net.tail].tolist(), net.streets.speed_kmh, strict=True)) == {
        1: 50,
        2: 30,
    }
    assert "speed" not in net.streets.guessed
    np.testing.assert_allclose(net.free_time, net.streets.length_m / net.streets.speed_kmh * 0.06)


def test_outside_built_up_areas_other_capacities_hold(drawn):
    drawn.way(1, 1, 2, highway="primary", maxspeed="100")
    drawn.way(2, 3, 4, highway="primary", maxspeed="50")
    net = drawn.read()
    usual = [road("primary", is_rural=True).capacity, road("primary").capacity]
    assert net.capacity.tolist() == [usual[0]] * 2 + [usual[1]] * 2


def crossing(drawn: Map) -> None:
    """Ways 1 (west), 2 (east), 3 (north) and 4 (south) meet at node 12."""
    for id, end in ((1, 11), (2, 13), (3, 22), (4, 2)):
        drawn.way(id, end, 12)


def bans(net: Network) -> set[tuple[int, int]]:
    """From node, to node over the crossing."""
    return {
        (int(net.node[net.tail[a]]), int(net.node[net.head[b]]))
        for a, b in net.banned_turns.tolist()
    }


def test_a_turn_that_is_forbidden_is_banned_and_no_other(drawn):
    crossing(drawn)
    drawn.ban("no_left_turn", 1, 12, 3)
    net = drawn.read()
    assert bans(net) == {(11, 22)}
    for start, end in net.banned_turns.tolist():
        assert net.head[start] == net.tail[end]


def test_the_only_turn_allowed_bans_all_others(drawn):
    crossing(drawn)
    drawn.ban("only_straight_on", 1, 12, 2)
    assert bans(drawn.read()) == {(11, 22), (11, 2), (11, 11)}


@pytest.mark.parametrize("tags", [{"except": "motorcar;bicycle"}, {"type": "route"}])
def test_turns_that_cars_may_take_are_not_banned(drawn, tags):
    crossing(drawn)
    drawn.ban("no_left_turn", 1, 12, 3, **tags)
    assert bans(drawn.read()) == set()


def test_bans_that_cannot_be_kept_are_counted(drawn):
    crossing(drawn)
    drawn.bans.append(
        (
            {"type": "restriction", "restriction": "no_u_turn"},
            [("way", "from", 1), ("way", "via", 2), ("way", "to", 3)],
        )
    )
    drawn.ban("", 1, 12, 3, **{"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"})
    net = drawn.read()
    assert bans(net) == set()
    assert net.streets is not None
    assert net.streets.guessed["turn ban over a way, left out"] == 1
    assert net.streets.guessed["turn ban at certain hours, left out"] == 1


def test_a_bollard_stops_cars_and_a_gate_that_lets_them_in_does_not(drawn):
    drawn.way(1, 1, 2, 3)
    drawn.way(2, 3, 4, 5)
    drawn.tags = {2: {"barrier": "bollard"}, 4: {"barrier": "bollard", "motor_vehicle": "yes"}}
    assert ends(drawn.read()) == {(3, 5), (5, 3)}


def test_what_is_no_extract_is_refused(tmp_path):
    with pytest.raises(NotFound):
        read_osm(tmp_path / "none.osm.pbf")
    (tmp_path / "broken.osm.pbf").write_bytes(b"\x00\x00\x00\x0d\n\tOSMHeader" + b"\xff" * 50)
    with pytest.raises(Invalid, match="damaged OSM extract"):
        read_osm(tmp_path / "broken.osm.pbf")


def test_the_centre_of_helsinki_is_read_from_the_file_alone():
    if not HELSINKI.is_file():
        pytest.skip("the shared extract of Helsinki is not here")
    net = read_osm(HELSINKI)
    assert net.streets is not None
    assert net.links > 1000
    assert len(net.banned_turns) > 20
    assert (net.head[net.banned_turns[:, 0]] == net.tail[net.banned_turns[:, 1]]).all()
    assert net.streets.guessed["speed"] < 0.01 * net.links  # maxspeed stands on 99.9 % of streets
    assert 0.3 < net.streets.guessed["lanes"] / net.links < 0.5
    assert (net.free_time > 0).all()
    part, _ = largest(net)
    assert connection(part).is_whole
    assert part.nodes > 0.85 * net.nodes
    mannerheim = [k for k, name in enumerate(net.streets.name) if name == "Mannerheimintie"]
    assert len(mannerheim) > 20


def test_every_default_has_a_source_and_every_source_a_use():
    whole = table()
    used = {whole[section]["source"] for section in ("connector", "junctions", "walk")}
    used |= {delay["source"] for delay in whole["delay"].values()}
    for name, kind in whole["class"].items():
        for place in ("urban", "rural"):
            used |= set(kind[place]["source"])
            assert road(name, is_rural=place == "rural").capacity > 0
    assert used == set(whole["source"])


def test_an_unknown_class_is_none_of_cars():
    assert read_way({"highway": "via_ferrata"}) is None
    assert road("via_ferrata") == road("unclassified")
