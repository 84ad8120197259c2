"""What is written as GMNS is read back as the same network; GeoParquet opens in other programs."""

import csv
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import shapely
from tests.act.network.test_components import network
from tests.act.network.test_osm import HELSINKI, Map, crossing

from citycommons.act.network.gmns import read_gmns
from citycommons.act.network.junctions import from_junctions
from citycommons.act.network.osm import read_osm
from citycommons.act.network.types import Network
from citycommons.act.network.written import link_table, write_geoparquet, write_gmns
from citycommons.act.network.zones import zones_from_areas
from citycommons.core.errors import Invalid, Unavailable


def same(one: Network, other: Network) -> None:
    for name in ("node", "tail", "head", "b", "power", "free_time", "fixed"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_allclose(one.capacity, other.capacity, rtol=1e-15)
    assert (one.zones, one.first_through) == (other.zones, other.first_through)
    bans = [{tuple(turn) for turn in net.banned_turns.tolist()} for net in (one, other)]
    assert bans[0] == bans[1]
    assert one.streets is not None
    assert other.streets is not None
    for name in ("lon", "lat", "speed_kmh"):
        np.testing.assert_array_equal(getattr(one.streets, name), getattr(other.streets, name))
    np.testing.assert_allclose(one.streets.length_m, other.streets.length_m, rtol=1e-12)
    for name in ("kind", "name", "lines"):
        assert getattr(one.streets, name) == getattr(other.streets, name)


def test_a_network_with_zones_comes_back_the_same(tmp_path):
    points = shapely.points([[7.60, 51.95], [7.61, 51.95], [7.61, 51.96]])
    table = pa.table(
        {
            "junction_id": ["10", "20", "30"],
            "neighbours": ["20 30", "30", ""],
            "streets": ["Ring, “A”; B", "Ring", "Ring"],
            "geometry": shapely.to_wkb(points),
        }
    )
    area = shapely.to_wkb([shapely.box(7.59, 51.94, 7.62, 51.97)])
    areas = pa.table({"district_id": [1], "name": ["x"], "geometry": area})
    net = zones_from_areas(from_junctions(table), areas, weight=None).network
    net.fixed[1] = 0.25
    write_gmns(net, tmp_path / "g", name="Ring")
    back = read_gmns(tmp_path / "g", with_streets=True)
    same(net, back.network)
    assert back.rows == net.links
    assert back.zones == (str(net.node[0]),)


def test_turn_bans_are_written_as_the_turns_that_are_allowed(tmp_path):
    drawn = Map(tmp_path)
    crossing(drawn)
    drawn.ban("no_left_turn", 1, 12, 3)
    drawn.ban("only_straight_on", 2, 12, 1)
    net = drawn.read()
    assert len(net.banned_turns) == 4
    write_gmns(net, tmp_path / "g")
    with (tmp_path / "g/movement.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 4 - 4
    assert {row["node_id"] for row in rows} == {"12"}
    assert sum(row["type"] == "uturn" for row in rows) == 3
    kinds = {(row["ib_link_id"], row["ob_link_id"]): row["type"] for row in rows}
    from_south = [k for k in range(net.links) if net.node[net.tail[k]] == 2]
    to_west = [k for k in range(net.links) if net.node[net.head[k]] == 11]
    assert kinds[str(from_south[0] + 1), str(to_west[0] + 1)] == "left"
    same(net, read_gmns(tmp_path / "g", wanted=[], with_streets=True).network)


@pytest.mark.slow
def test_the_centre_of_helsinki_comes_back_the_same(tmp_path):
    if not HELSINKI.is_file():
        pytest.skip("the shared extract of Helsinki is not here")
    net = read_osm(HELSINKI)
    write_gmns(net, tmp_path / "g")
    back = read_gmns(tmp_path / "g", wanted=[], with_streets=True)
    same(net, back.network)


def test_geoparquet_of_links_opens_elsewhere_with_values_beside(tmp_path):
    drawn = Map(tmp_path)
    crossing(drawn)
    net = drawn.read()
    flow = np.arange(net.links, dtype=float)
    write_geoparquet(net, tmp_path / "links.parquet", {"flow": flow})
    table = link_table(net)
    assert table.num_rows == net.links
    with duckdb.connect() as db:
        found = db.sql(
            f"select sum(flow), any_value(kind) from '{tmp_path}/links.parquet'"
        ).fetchall()
    assert found == [(flow.sum(), "residential")]
    import geopandas

    frame = geopandas.read_parquet(tmp_path / "links.parquet")
    assert frame.crs.to_epsg() == 4326 or frame.crs.to_authority() == ("OGC", "CRS84")
    assert frame.geometry.iloc[0].coords[0] == pytest.approx(net.streets.lines[0][0])


def test_what_others_cannot_hold_is_refused(tmp_path):
    bare = network(2, [(0, 1)])
    with pytest.raises(Invalid, match="no coordinates"):
        write_gmns(bare, tmp_path / "g")
    bare.delay[0] = 1
    with pytest.raises(Invalid, match="no delay function but BPR"):
        write_gmns(bare, tmp_path / "g")
    drawn = Map(tmp_path)
    crossing(drawn)
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be written"):
        write_gmns(drawn.read(), tmp_path / "file")
    with pytest.raises(Unavailable, match="cannot be written"):
        write_geoparquet(drawn.read(), Path("/nowhere/links.parquet"))
