"""A network from nothing but junctions and their neighbours."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest
import shapely

from citycommons.act.network.components import connection, largest
from citycommons.act.network.defaults import number, road
from citycommons.act.network.junctions import Columns, from_junctions, nodes_of
from citycommons.act.network.plane import length_m
from citycommons.core.errors import Invalid

MUENSTER = Path(__file__).parents[3] / "../shared/data/muenster"
LSA = Columns(
    id="ID",
    neighbours=("NbW", "NbX", "NbY", "NbZ"),
    streets=("StrA", "StrB", "StrC", "StrD"),
)


def table(*rows: tuple[str, float, float, str, str]) -> pa.Table:
    ids, lon, lat, neighbours, streets = zip(*rows, strict=True)
    return pa.table(
        {
            "junction_id": ids,
            "neighbours": neighbours,
            "streets": streets,
            "geometry": shapely.to_wkb(shapely.points(lon, lat)),
        }
    )


SQUARE = table(
    ("a", 7.60, 51.95, "b d", "Ring, West"),
    ("b", 7.61, 51.95, "c", "Ring, Ost"),
    ("c", 7.61, 51.96, "d b", "Nord, Ost"),
    ("d", 7.60, 51.96, "", "Nord, West"),
)


def test_each_pair_of_neighbours_is_driven_both_ways_whoever_names_it():
    net = from_junctions(SQUARE)
    assert net.nodes == 4
    assert net.streets is not None
    assert set(net.streets.sources) == {"a-b", "b-a", "a-d", "d-a", "b-c", "c-b", "c-d", "d-c"}
    assert (net.tail[::2] == net.head[1::2]).all()
    assert dict(zip(net.streets.sources, net.streets.name, strict=True))["c-d"] == "Nord"


def test_lines_run_in_driving_order_and_times_are_lengths_over_the_default_speed():
    net = from_junctions(SQUARE)
    streets = net.streets
    assert streets is not None
    for link, line in enumerate(streets.lines):
        assert line[0] == (streets.lon[net.tail[link]], streets.lat[net.tail[link]])
        assert line[-1] == (streets.lon[net.head[link]], streets.lat[net.head[link]])
        metres = number("junctions", "detour") * length_m(line)
        assert net.free_time[link] == pytest.approx(metres / 1000 / 50 * 60)
    assert (net.capacity == road("secondary").capacity).all()


def test_every_default_is_counted():
    net = from_junctions(SQUARE)
    assert net.streets is not None
    for what in ("length", "class", "lanes", "speed", "capacity", "delay function"):
        assert net.streets.guessed[what] == net.links
    said = from_junctions(SQUARE, lanes=2, speed_kmh=40)
    assert said.streets is not None
    assert "lanes" not in said.streets.guessed
    assert "speed" not in said.streets.guessed
    assert (said.capacity == 2 * net.capacity).all()


def test_neighbours_outside_the_table_are_left_out_and_counted():
    net = from_junctions(
        table(("1", 7.6, 51.9, "2 9", ""), ("2", 7.7, 51.9, "1", ""), ("3", 7.7, 51.8, "-", ""))
    )
    assert net.links == 2
    assert net.node.tolist() == [1, 2, 3]
    assert net.streets is not None
    assert net.streets.guessed["neighbour not in the table"] == 1


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (SQUARE.drop_columns("junction_id"), "no column “junction_id”"),
        (SQUARE.drop_columns("geometry"), "no column “geometry”"),
        (pa.concat_tables([SQUARE, SQUARE.slice(0, 1)]), "stands twice"),
        (SQUARE.slice(0, 1), "no street"),
        (SQUARE.slice(0, 0), "no street"),
    ],
)
def test_a_table_that_is_no_network_is_refused_with_the_reason(rows, says):
    with pytest.raises(Invalid, match=says):
        from_junctions(rows)


def test_muensters_signal_junctions_are_the_network_that_was_counted_by_hand():
    path = MUENSTER / "network/lsa_signal_junctions.csv"
    if not path.is_file():
        pytest.skip("the shared data of Münster are not here")
    text = pa.csv.ConvertOptions(column_types={n: pa.string() for n in ("ID", *LSA.neighbours)})
    rows = pa.csv.read_csv(path, convert_options=text)
    points = shapely.points(rows["Long"].to_numpy(), rows["Lat"].to_numpy())
    rows = rows.append_column("geometry", pa.array(shapely.to_wkb(points)))
    net = from_junctions(rows, columns=LSA)
    assert (net.nodes, net.links) == (308, 2 * 357)
    assert connection(net).sizes[0] == 284
    part, kept = largest(net)
    assert (part.nodes, len(kept)) == (284, part.links)
    assert connection(part).is_whole
    nodes = nodes_of(part)
    assert len(nodes) == 284
    assert part.streets is not None
    for id in ("01020", "10010S"):
        row = pc.index(rows["ID"], id).as_py()
        where = (rows["Long"][row].as_py(), rows["Lat"][row].as_py())
        assert (part.streets.lon[nodes[id]], part.streets.lat[nodes[id]]) == where
    assert 0.05 < np.median(part.free_time) < 3  # minutes between neighbouring signals
