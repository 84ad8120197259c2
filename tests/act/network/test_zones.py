"""Zones stand before the streets, are joined to them and are not driven through."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely

from citycommons.act.network.components import connection
from citycommons.act.network.junctions import from_junctions
from citycommons.act.network.zones import CONNECTOR, gates, zones_from_areas
from citycommons.core.errors import Invalid

BOX = shapely.box(7.595, 51.945, 7.615, 51.955)
FAR = shapely.box(7.6, 51.97, 7.61, 51.975)
NOWHERE = shapely.box(1.0, 41.97, 1.1, 42.0)


def areas(*shapes: shapely.Geometry, inhabitants: tuple[object, ...] = (100, 50, None)) -> pa.Table:
    return pa.table(
        {
            "district_id": list(range(11, 11 + len(shapes))),
            "name": [f"area {k}" for k in range(len(shapes))],
            "inhabitants": inhabitants[: len(shapes)],
            "geometry": shapely.to_wkb(list(shapes)),
        }
    )


@pytest.fixture
def square():
    points = shapely.points([7.60, 7.61, 7.61, 7.60, 7.64], [51.95, 51.95, 51.96, 51.96, 51.95])
    rows = {
        "junction_id": list("abcde"),
        "neighbours": ["b", "c e", "d", "a", ""],
        "geometry": shapely.to_wkb(points),
    }
    return from_junctions(pa.table(rows))


def test_zones_come_first_and_links_keep_their_index(square):
    zoned = zones_from_areas(square, areas(BOX, FAR, NOWHERE))
    net = zoned.network
    assert (net.zones, net.first_through, zoned.moved) == (3, 3, 3)
    assert net.nodes == square.nodes + 3
    assert (net.tail[: square.links] == square.tail + 3).all()
    assert (net.head[: square.links] == square.head + 3).all()
    assert len(set(net.node.tolist())) == net.nodes
    assert net.streets is not None
    assert net.streets.sources[: square.links] == square.streets.sources
    assert zoned.ids == ("11", "12", "13")
    assert zoned.weight.tolist() == [100, 50, 0]


def test_connectors_lead_to_streets_inside_the_area_else_to_the_nearest_else_nowhere(square):
    net = zones_from_areas(square, areas(BOX, FAR, NOWHERE)).network
    out = {
        k: set((net.head[square.links :][net.tail[square.links :] == k] - 3).tolist())
        for k in range(3)
    }
    assert out == {0: {0, 1}, 1: {2, 3}, 2: set()}
    assert net.streets is not None
    assert set(net.streets.kind[square.links :]) == {CONNECTOR}
    assert (net.b[square.links :] == 0).all()
    assert (net.free_time[square.links :] > 0).all()
    assert net.streets.guessed["connector"] == net.links - square.links


def test_gates_are_dead_ends_at_the_rim_and_become_zones_there(square):
    found = gates(square, outermost=0.3)
    assert found == (4,)
    zoned = zones_from_areas(square, areas(BOX), gates=found)
    assert zoned.is_gate.tolist() == [False, True]
    assert zoned.ids[1] == f"gate-{square.node[4]}"
    last = zoned.network.tail == 1
    assert zoned.network.head[last].tolist() == [4 + zoned.moved]
    assert zoned.network.free_time[last].tolist() == [0]
    assert zoned.weight.tolist() == [100, 0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"geometry": "shape"}, "no column “shape”"),
        ({"weight": "jobs"}, "no column “jobs”"),
        ({"weight": "name"}, "is no number"),
    ],
)
def test_areas_that_do_not_fit_are_refused(square, change, says):
    with pytest.raises(Invalid, match=says):
        zones_from_areas(square, areas(BOX), **change)


def test_a_point_is_no_area(square):
    with pytest.raises(Invalid, match="Row 2 of the areas has no polygon"):
        zones_from_areas(square, areas(BOX, shapely.Point(7, 51)))


def test_muensters_districts_all_reach_the_streets(muenster_junctions):
    path = Path(__file__).parents[3] / "../shared/data/muenster/boundaries/stadtteile.geojson"
    if not path.is_file():
        pytest.skip("the shared data of Münster are not here")
    features = json.loads(path.read_text("utf-8"))["features"]
    rows = pa.table(
        {
            "id": list(range(len(features))),
            "geometry": [shapely.to_wkb(shapely.geometry.shape(f["geometry"])) for f in features],
        }
    )
    found = gates(muenster_junctions)
    zoned = zones_from_areas(muenster_junctions, rows, id="id", name="id", weight=None, gates=found)
    net = zoned.network
    assert net.zones == 45 + len(found)
    leaving = np.bincount(net.tail, minlength=net.nodes)[: net.zones]
    assert (leaving >= 1).all()
    assert (leaving <= 6).all()
    assert connection(net).sizes[0] == 284
