"""Streets between junctions run where they are drawn, as far as anybody drew them."""

import numpy as np
import pyarrow as pa
import pytest
import shapely
from tests.act.network.test_lines import FLAT, lines

from citycommons.act.network.junctions import from_junctions
from citycommons.act.network.lines import from_lines
from citycommons.act.network.plane import length_m
from citycommons.act.network.traced import Tracer

# A bow from west to east, one-way from its middle on, and a long way round.
DRAWN = lines(
    [(0, 0), (100, 40), (200, 0)],
    [(200, 0), (400, 0)],
    [(0, 0), (0, 900), (200, 900), (200, 0)],
    highway=["primary", "residential", "motorway_link"],
    oneway=["no", "yes", "no"],
)


def place(x: float, y: float) -> tuple[float, float]:
    lon, lat = FLAT.degrees(np.array([[x, y]], dtype=float))[0].tolist()
    return lon, lat


def test_the_way_is_the_shortest_along_what_is_drawn_from_place_to_place():
    found = Tracer(from_lines(DRAWN)).trace(place(5, 5), place(395, -8))
    assert found is not None
    assert found.line[0] == place(5, 5)
    assert found.line[-1] == place(395, -8)
    assert found.length_m == pytest.approx(length_m(found.line))
    assert 390 < found.length_m < 420
    metres = FLAT.metres(*zip(*found.line, strict=True)).round().tolist()
    assert [100, 40] in metres
    assert found.kind == "primary"  # 215 m of it, against 200


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((400, 0), (0, 0)),  # against the one-way street
        ((0, 60), (200, 0)),  # no node within 40 m
        ((0, 0), (10, 0)),  # the same node
        ((5000, 0), (9000, 0)),  # nothing is drawn there
    ],
)
def test_what_the_drawing_does_not_join_is_not_traced(start, end):
    assert Tracer(from_lines(DRAWN)).trace(place(*start), place(*end)) is None


def test_a_way_far_longer_than_the_straight_line_is_another_streets():
    only_round = from_lines(DRAWN.slice(2, 1))
    assert Tracer(only_round).trace(place(0, 0), place(200, 0)) is None


def test_a_junction_network_takes_lines_lengths_and_classes_where_they_are_drawn():
    points = [place(*p) for p in ((0, 0), (200, 0), (400, 0), (400, 5000))]
    table = pa.table(
        {
            "junction_id": list("abcd"),
            "neighbours": ["b", "c", "d", ""],
            "geometry": shapely.to_wkb(shapely.points(points)),
        }
    )
    net = from_junctions(table, along=from_lines(DRAWN))
    streets = net.streets
    assert streets is not None
    said = dict(zip(streets.sources, zip(streets.kind, streets.lines, strict=True), strict=True))
    assert said["a-b"][0] == said["b-a"][0] == "primary"
    assert said["a-b"][1] == said["b-a"][1][::-1]
    assert len(said["a-b"][1]) == 3
    # From c back to b nobody may drive as drawn: the table of junctions still says both ways.
    assert (said["b-c"][0], said["c-b"][0]) == ("residential", "secondary")
    assert streets.guessed["length"] == streets.guessed["class"] == 3
