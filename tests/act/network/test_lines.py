"""Any published table of streets becomes the network that its lines draw."""

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely

from citycommons.act.network.components import connection
from citycommons.act.network.lines import Fields, from_lines, guess_fields
from citycommons.act.network.plane import Plane
from citycommons.act.network.types import Network
from citycommons.core.errors import Invalid

CENTRE = (
    Path(__file__).parents[3] / "../shared/data/muenster/network/osm_centre_streets_2019.geojson.gz"
)
FLAT = Plane(7.6, 51.95)


def lines(*metres: list[tuple[float, float]], **columns: list[object]) -> pa.Table:
    """Lines given in metres around a place in Münster."""
    shapes = [FLAT.degrees(np.array(line, dtype=float)) for line in metres]
    return pa.table(
        {**columns, "geometry": [shapely.to_wkb(shapely.LineString(s)) for s in shapes]}
    )


def graph(net: Network) -> set[tuple[tuple[float, float], tuple[float, float]]]:
    """Links as pairs of places, in whole metres."""
    assert net.streets is not None
    where = FLAT.metres(net.streets.lon, net.streets.lat).round().tolist()
    ends = zip(net.tail.tolist(), net.head.tolist(), strict=True)
    return {((*where[a],), (*where[b],)) for a, b in ends}


def both(*pairs):
    return {pair for a, b in pairs for pair in ((a, b), (b, a))}


def test_ends_that_meet_within_the_tolerance_are_one_node():
    table = lines([(0, 0), (100, 0)], [(100.4, 0.3), (200, 0)], [(203, 0), (300, 0)])
    net = from_lines(table)
    assert net.nodes == 5
    assert connection(net).sizes.tolist() == [3, 2]
    assert connection(from_lines(table, tolerance_m=5)).is_whole
    assert net.streets is not None
    for link, line in enumerate(net.streets.lines):
        assert line[0] == (net.streets.lon[net.tail[link]], net.streets.lat[net.tail[link]])
        assert line[-1] == (net.streets.lon[net.head[link]], net.streets.lat[net.head[link]])


def test_a_line_is_cut_where_another_one_ends_on_it_and_not_where_it_crosses():
    net = from_lines(
        lines(
            [(0, 0), (100, 0)], [(50, 0), (50, 80)], [(20, -50), (20, 50)], length_m=[200, 80, 100]
        )
    )
    assert graph(net) == both(
        ((0, 0), (50, 0)), ((50, 0), (100, 0)), ((50, 0), (50, 80)), ((20, -50), (20, 50))
    )
    assert net.streets is not None
    assert net.streets.guessed["cut where another line ends"] == 1
    assert sorted(net.streets.length_m.round()) == [80, 80, 100, 100, 100, 100, 100, 100]


def test_ids_win_over_places_and_lines_are_turned_to_run_between_them():
    table = lines(
        [(0, 0), (100, 0)],
        [(200, 0), (100, 0)],  # drawn from its end to its start
        [(200, 0), (200, 90)],
        from_node=[1, 2, 3],
        to_node=[2, 3, 4],
        oneway=["no", "yes", None],
    )
    net = from_lines(table)
    ends = set(zip(net.node[net.tail].tolist(), net.node[net.head].tolist(), strict=True))
    assert ends == {(1, 2), (2, 1), (2, 3), (3, 4), (4, 3)}
    assert ((100, 0), (200, 0)) in graph(net)
    assert net.streets is not None
    assert net.streets.guessed["drawn against its ids"] == 1
    assert net.streets.guessed["both directions"] == 1


@pytest.mark.parametrize(
    ("value", "driven"),
    [
        ("yes", 1),
        (True, 1),
        ("FT", 1),
        ("F", 1),
        ("-1", -1),
        ("TF", -1),
        ("no", 2),
        ("B", 2),
        (None, 2),
    ],
)
def test_the_words_for_one_way_of_many_publishers_are_understood(value, driven):
    net = from_lines(lines([(0, 0), (100, 0)], oneway=[value]))
    forth, back = ((0, 0), (100, 0)), ((100, 0), (0, 0))
    assert graph(net) == {1: {forth}, -1: {back}, 2: {forth, back}}[driven]


def test_what_the_table_says_is_used_and_the_rest_counted():
    net = from_lines(
        lines(
            [(0, 0), (100, 0)],
            [(100, 0), (200, 0)],
            highway=["secondary", "footway"],
            maxspeed=[30, 5],
            lanes=[2, None],
            name=["Ring", ""],
            id=[77, 78],
        )
    )
    streets = net.streets
    assert streets is not None
    assert net.links == 2
    assert set(streets.sources) == {"77"}
    assert set(streets.name) == {"Ring"}
    assert streets.speed_kmh.tolist() == [30, 30]
    assert streets.lanes.tolist() == [2, 2]
    assert streets.guessed == {"both directions": 1, "capacity": 2, "delay function": 2}


def test_a_publishers_own_words_for_classes_are_mapped():
    table = lines([(0, 0), (9, 0)], [(9, 0), (20, 0)], strassenklasse=["Hauptstraße", "Radweg"])
    net = from_lines(table, kinds={"Hauptstraße": "primary", "Radweg": "cycleway"})
    assert net.streets is not None
    assert net.streets.kind == ("primary", "primary")


def test_columns_are_found_in_several_languages_or_said():
    assert guess_fields(["Von_Knoten", "Bis Knoten", "Straße", "GEOM"]) == Fields(
        start="Von_Knoten", end="Bis Knoten", name="Straße", geometry="GEOM"
    )
    assert guess_fields(["from", "geometry"]).start is None  # one end alone is none
    table = lines([(0, 0), (100, 0)], limite=[70])
    net = from_lines(table, columns=Fields(speed="limite"))
    assert net.streets is not None
    assert net.streets.speed_kmh.tolist() == [70, 70]
    with pytest.raises(Invalid, match="no column “limit”; it has limite, geometry"):
        from_lines(table, columns=Fields(speed="limit"))


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (pa.table({"name": ["a"]}), "no geometry"),
        (lines([(0, 0), (1, 0)], highway=["steps"]), "No row of this table is a street"),
        (lines([(0, 0), (1, 0)]).slice(0, 0), "No row of this table is a street"),
        (pa.table({"geometry": [shapely.to_wkb(shapely.Point(7, 51))]}), "No row of this table"),
        (pa.table({"geometry": pa.array([None], pa.binary())}), "No row of this table"),
    ],
)
def test_a_table_without_streets_is_refused(table, says):
    with pytest.raises(Invalid, match=says):
        from_lines(table)


def test_the_centre_of_muenster_is_the_same_network_by_ids_and_by_places():
    if not CENTRE.is_file():
        pytest.skip("the shared data of Münster are not here")
    features = json.loads(gzip.decompress(CENTRE.read_bytes()))["features"]
    names = ("edge_id", "from", "to", "highway", "length_m")
    table = pa.table(
        {name: [f["properties"][name] for f in features] for name in names}
        | {"geometry": [shapely.to_wkb(shapely.geometry.shape(f["geometry"])) for f in features]}
    )
    by_ids = from_lines(table)
    by_places = from_lines(table.drop_columns(["from", "to"]), tolerance_m=0.05)
    sizes = [connection(net).sizes[0] for net in (by_ids, by_places)]
    assert sizes[0] == sizes[1] == 890
    assert by_ids.links == by_places.links
    assert graph(by_ids) == graph(by_places)
