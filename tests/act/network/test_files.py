"""Networks and trips in every format say the same, and broken ones say what is wrong and where."""

import csv
import zipfile
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.act.network.files import load
from citycommons.act.network.trips import label, read_matrix
from citycommons.core.errors import CityError, Invalid, NotFound

NET = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 4
<FIRST THRU NODE> 3
<NUMBER OF LINKS> 5
<END OF METADATA>
~ init term capacity length time b power speed toll type ;
1 3 1000 1 2 0.15 4 60 0 1 ;
3 4 500 2 3 0.15 4 60 10 1 ;
3 4 700 2 3 0.15 4 60 0 1 ;
4 2 1000 1 1 0.15 4 60 0 1 ;
2 3 1000 1 1 0.15 4 60 0 1 ;
"""
TRIPS = """<NUMBER OF ZONES> 2
<TOTAL OD FLOW> 107.5
<END OF METADATA>

Origin 1
    1 : 0.0;  2 : 100.0;
Origin  2
    1 : 7.5;
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "a_net.tntp").write_text(NET)
    (tmp_path / "a_trips.tntp").write_text(TRIPS)
    return tmp_path


def as_gmns(folder: Path, *, zone_ids: bool = True, undirected: bool = False) -> Path:
    """The network above, an hour to the unit of length and minutes through free_speed."""
    folder.mkdir()
    nodes = [("node_id", "x_coord", "y_coord", "zone_id", "node_type")]
    nodes += [
        (3, 0, 0, "", ""),
        (1, 0, 0, 1, "centroid"),
        (2, 0, 0, 2, "centroid"),
        (4, 0, 0, "", ""),
    ]
    if not zone_ids:
        nodes = [row[:3] for row in nodes]
    heading = "link_id,from_node_id,to_node_id,directed,length,free_speed,lanes,capacity,toll"
    links = [heading.split(",")]
    for k, line in enumerate(NET.splitlines()[6:]):
        tail, head, capacity, length, minutes, *_, toll, _, _ = line.split()
        speed = float(length) / float(minutes) * 60
        links.append(
            (k, tail, head, not undirected, length, repr(speed), 2, float(capacity) / 2, toll)
        )
    for name, rows in (("node", nodes), ("link", links)):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    (folder / "demand.csv").write_text("o_zone_id,d_zone_id,volume\n1,2,100\n2,1,7.5\n")
    return folder


def as_omx(path: Path, zones: list[int] | None, **matrices: np.ndarray) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["OMX_VERSION"] = b"0.2"
        for name, values in matrices.items():
            file.create_dataset(f"data/{name}", data=values, chunks=True, compression="gzip")
        if zones is not None:
            file.create_dataset("lookup/zone", data=np.array(zones))
    return path


def same(one, other) -> None:
    """The same links between the same nodes, and the same trips between the same zones."""
    for loaded in (one, other):
        assert loaded.network.links == loaded.rows
    for name in ("capacity", "free_time", "fixed", "b", "power"):
        np.testing.assert_allclose(getattr(one.network, name), getattr(other.network, name))
    for ends in ("tail", "head"):
        called = [[x.names[k] for k in getattr(x.network, ends)] for x in (one, other)]
        assert called[0] == called[1]
    order = [one.zones.index(zone) for zone in other.zones]
    np.testing.assert_array_equal(one.trips[np.ix_(order, order)], other.trips)


def test_tntp_and_gmns_are_the_same_network(here):
    tntp = load(here / "a_net.tntp", here / "a_trips.tntp")
    gmns = load(as_gmns(here / "g"), here / "g/demand.csv")
    same(tntp, gmns)
    assert (tntp.format, gmns.format) == ("TNTP", "GMNS")
    assert tntp.network.first_through == gmns.network.first_through == 2


def test_weights_turn_toll_and_length_into_time_in_both_formats(here):
    given = {"toll_weight": 0.5, "distance_weight": 2.0}
    tntp = load(here, here, **given)
    assert tntp.network.fixed.tolist() == [2, 9, 4, 2, 2]
    same(tntp, load(as_gmns(here / "g"), here / "g", **given))
    assert (tntp.weights.toll, tntp.weights.said_by) == (0.5, "given")


def test_a_folder_or_a_zip_is_as_good_as_its_files(here):
    single = load(here / "a_net.tntp", here / "a_trips.tntp")
    same(single, load(here, here))
    with zipfile.ZipFile(here / "both.zip", "w") as archive:
        for name in ("a_net.tntp", "a_trips.tntp"):
            archive.write(here / name, f"deep/{name}")
    same(single, load(here / "both.zip", here / "both.zip"))
    folder = as_gmns(here / "g")
    with zipfile.ZipFile(here / "g.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    same(single, load(here / "g.zip", here / "g.zip"))


def test_trips_as_csv_or_omx_are_the_same_trips(here):
    single = load(here, here)
    for text in (
        "origin,destination,trips\n1,2,60\n1,2,40\n2,1,7.5\n",
        "\ufefforigin;destination;trips\r\n 1.0 ; 2 ;100\r\n2;1;7.5\r\n\r\n",
        "Origin\tDestination\tTrips\n1\t2\t100\n2\t1\t7.5\n",
    ):
        (here / "od.csv").write_text(text, "utf-8")
        same(single, load(here / "a_net.tntp", here / "od.csv"))
    trips = np.array([[0, 100], [7.5, 0]])
    for zones, matrix in (([1, 2], trips), (None, trips), ([2, 1], trips[::-1, ::-1])):
        omx = as_omx(here / "t.omx", zones, cars=matrix)
        same(single, load(here / "a_net.tntp", omx))


def test_one_of_several_matrices_is_chosen_by_name(here):
    omx = as_omx(here / "t.omx", [1, 2], cars=np.eye(2), trucks=np.array([[0, 100], [7.5, 0]]))
    with pytest.raises(Invalid, match=r"cars, trucks\. Name one with --matrix"):
        load(here / "a_net.tntp", omx)
    with pytest.raises(NotFound, match="no matrix “bikes”; it has cars, trucks"):
        load(here / "a_net.tntp", omx, matrix="bikes")
    same(load(here / "a_net.tntp", here), load(here / "a_net.tntp", omx, matrix="trucks"))


def test_a_gmns_zone_of_several_nodes_gets_one_of_its_own(here):
    folder = as_gmns(here / "g")
    text = (folder / "node.csv").read_text().replace("4,0,0,,", "4,0,0,1,")
    (folder / "node.csv").write_text(text)
    net = load(folder, folder)
    assert net.rows == 5
    assert net.network.links == 5 + 2 * 3
    assert net.zones == ("1", "2")
    assert net.names[:2] == ("", "")
    assert net.network.first_through == 2
    assert (net.network.free_time[5:] == 0).all()
    assert len(set(net.network.node.tolist())) == net.network.nodes


def test_gmns_without_zones_takes_the_nodes_that_trips_name(here):
    net = load(as_gmns(here / "g", zone_ids=False), here / "a_trips.tntp")
    assert net.zones == ("1", "2")
    assert net.network.first_through == 0
    same(load(here, here), net)


def test_gmns_links_without_direction_run_both_ways(here):
    net = load(as_gmns(here / "g", undirected=True), here / "a_trips.tntp")
    assert net.rows == 10
    assert (net.network.tail[::2] == net.network.head[1::2]).all()


@pytest.mark.parametrize(
    ("config", "factor"),
    [
        ("long_length,speed\nkm,kmh", 1),
        ("long_length,speed\nmi,mph", 1),
        ("long_length,speed\nm,kph", 0.001),
        ("long_length,speed\nmiles,kph", 1.609344),
        ("long_length,speed\n,mph", 1),
        ("crs\nEPSG:4326", 1),
    ],
)
def test_gmns_units_are_read_from_its_config(here, config, factor):
    folder = as_gmns(here / "g")
    plain = load(folder, folder).network.free_time
    (folder / "config.csv").write_text(config)
    np.testing.assert_allclose(load(folder, folder).network.free_time, plain * factor)


def test_gmns_links_for_others_than_cars_are_left_out_and_said(here):
    folder = as_gmns(here / "g")
    rows = (folder / "link.csv").read_text().splitlines()
    uses = ["allowed_uses", "auto", "walk", '"bike,car"', "", "all"]
    lines = (f"{row},{use}" for row, use in zip(rows, uses, strict=True))
    (folder / "link.csv").write_text("\n".join(lines))
    net = load(folder, folder)
    assert net.rows == 4
    assert "1 links are not for cars and left out" in net.notes


@pytest.mark.parametrize(
    "text",
    [
        TRIPS.replace("100.0", "0").replace("7.5;", "0;"),
        TRIPS.replace("100.0", "0").replace("7.5;", "0;").replace("107.5", "0.0"),
        TRIPS.partition("Origin")[0].replace("107.5", "0"),
        TRIPS.partition("Origin")[0].replace("<TOTAL OD FLOW> 107.5\n", ""),
    ],
)
def test_no_trips_at_all_are_trips_too(here, text):
    (here / "a_trips.tntp").write_text(text)
    assert load(here / "a_net.tntp", here / "a_trips.tntp").trips.tolist() == [[0, 0], [0, 0]]


def test_trips_that_do_not_sum_up_or_belong_elsewhere_are_noted(here):
    (here / "a_trips.tntp").write_text(TRIPS.replace("1 : 7.5;", ""))
    (note,) = load(here / "a_net.tntp", here / "a_trips.tntp").notes
    assert note == "a_trips.tntp says it has 107.5 trips, and holds 100. Is it cut off?"
    (here / "a_trips.tntp").write_text(TRIPS.replace("ZONES> 2", "ZONES> 3"))
    (note,) = load(here / "a_net.tntp", here / "a_trips.tntp").notes
    assert "between 3 zones and the network has 2" in note
    (here / "a_trips.tntp").write_text(TRIPS.replace("<NUMBER OF ZONES> 2\n", ""))
    assert load(here / "a_net.tntp", here / "a_trips.tntp").trips.sum() == 107.5


BROKEN_NET = {
    "empty": ("", "no “<END OF METADATA>”"),
    "no-zones": (NET.replace("<NUMBER OF ZONES> 2", ""), "does not say “<NUMBER OF ZONES>”"),
    "zones-in-words": (NET.replace("ZONES> 2", "ZONES> two"), "“two”, which is no number"),
    "cut-off": (NET.rsplit("4 2", 1)[0], "says it has 5 links, and holds 3"),
    "letters": (NET.replace("3 4 500", "3 4 fast"), "line 8: .*is no link"),
    "node-too-high": (NET.replace("4 2 1000", "4 9 1000"), "line 10: nodes are 4 and 9, of 1 to 4"),
    "node-zero": (NET.replace("4 2 1000", "0 2 1000"), "line 10: nodes are 0 and 2"),
    "negative-time": (
        NET.replace("1000 1 2 0.15", "1000 1 -2 0.15"),
        "line 7: .*numbers from 0 up",
    ),
    "negative-capacity": (NET.replace("1 3 1000", "1 3 -5"), "line 7: .*numbers from 0 up"),
    "no-capacity": (NET.replace("1 3 1000", "1 3 0"), "line 7: the capacity is 0"),
    "not-a-number": (NET.replace("1000 1 2 0.15", "nan 1 2 0.15"), "line 7: .*numbers from 0 up"),
    "too-few": (NET.replace("1 3 1000 1 2 0.15 4 60 0 1", "1 3 1000"), "needs 7 numbers"),
    "more-zones-than-nodes": (NET.replace("ZONES> 2", "ZONES> 9"), "9 zones, but only 4 nodes"),
    "first-node-too-high": (
        NET.replace("NODE> 3", "NODE> 7"),
        "<FIRST THRU NODE> is 7, of 4 nodes",
    ),
    "first-node-zero": (NET.replace("NODE> 3", "NODE> 0"), "<FIRST THRU NODE> is 0"),
    "no-links": (NET.partition("~")[0], "holds no links"),
    "binary": ("\x00\x01\x02", "no “<END OF METADATA>”"),
}
BROKEN_TRIPS = {
    "a-picture": ("\x89PNG\r\n", "first line is no text. Trips are TNTP, OMX or CSV"),
    "other-columns": ("a,b,c\n1,2,3\n", "with the columns origin, destination, trips"),
    "letters": ("origin,destination,trips\n1,2,many\n", "line 2: “1,2,many”"),
    "too-short": ("origin,destination,trips\n1,2,1\n1,2\n", "line 3"),
    "no-origin": ("origin,destination,trips\n,2,5\n", "line 2: the origin or the destination"),
    "negative": ("origin,destination,trips\n1,2,-5\n", "line 2: -5.0 trips"),
    "not-a-number": ("origin,destination,trips\n1,2,nan\n", "line 2: nan trips"),
    "endless": ("origin,destination,trips\n1,2,inf\n", "line 2: inf trips"),
    "unknown-zone": ("origin,destination,trips\n1,77,5\n", "zone “77”, which the network does not"),
    "tntp-zone": (TRIPS.replace("2 : 100.0", "9 : 100.0"), "zone 9 is not one of"),
    "tntp-letters": (TRIPS.replace("100.0", "many"), "origin 1.*destination : trips"),
    "tntp-negative": (TRIPS.replace("100.0", "-1"), "trips must be numbers from 0 up"),
    "a-network": (NET, "is a network, not trips"),
    "tntp-no-origin": (TRIPS.partition("Origin")[0], "holds no trips: no line begins"),
    "tntp-other-size": (TRIPS.replace("ZONES> 2", "ZONES> 3").replace("2 : 100", "3 : 100"), "3"),
}


@pytest.mark.parametrize("name", BROKEN_NET)
def test_a_broken_network_says_where(here, name):
    text, says = BROKEN_NET[name]
    (here / "a_net.tntp").write_text(text)
    with pytest.raises(Invalid, match=says):
        load(here / "a_net.tntp", here / "a_trips.tntp")


@pytest.mark.parametrize("name", BROKEN_TRIPS)
def test_broken_trips_say_where(here, name):
    text, says = BROKEN_TRIPS[name]
    (here / "t").write_text(text, "latin-1")
    with pytest.raises((Invalid, NotFound), match=says):
        load(here / "a_net.tntp", here / "t")


BROKEN_GMNS = {
    "no-id": ("node", "node_id", "number", "node.csv has no column “node_id”"),
    "twice": ("node", "4,0,0", "1,0,0", "node 1 stands there twice"),
    "unknown-node": ("link", ",4,2,", ",4,8,", "link.csv, line 5: node “8” is not in node.csv"),
    "no-speed": ("link", ",60.0,", ",0,", "“free_speed” must be above 0"),
    "letters": ("link", ",60.0,", ",fast,", "“free_speed” is “fast”"),
    "negative": ("link", ",500.0,", ",-500,", "“capacity” is -500"),
    "no-capacity": ("link", ",500.0,", ",0,", "the capacity is 0"),
}


@pytest.mark.parametrize("name", BROKEN_GMNS)
def test_broken_gmns_tables_say_where(here, name):
    table, before, after, says = BROKEN_GMNS[name]
    folder = as_gmns(here / "g")
    path = folder / f"{table}.csv"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(Invalid, match=says):
        load(folder, folder)


def test_what_is_not_there_is_not_found(here):
    with pytest.raises(NotFound, match="no such file"):
        load(here / "b_net.tntp", here)
    (here / "empty").mkdir()
    with pytest.raises(NotFound, match="holds no trips"):
        load(here, here / "empty")
    with pytest.raises(NotFound, match="holds no network"):
        load(here / "empty", here)
    (here / "b_net.tntp").write_text(NET)
    with pytest.raises(Invalid, match=r"several networks: a_net\.tntp, b_net\.tntp"):
        load(here, here / "a_trips.tntp")


def test_broken_omx_files_say_why(here):
    def refused(says: str, path: Path) -> None:
        with pytest.raises(Invalid, match=says):
            read_matrix(path)

    whole = as_omx(here / "t.omx", [1, 2], cars=np.eye(2)).read_bytes()
    (here / "cut.omx").write_bytes(whole[: len(whole) // 2])
    refused("damaged OMX", here / "cut.omx")
    refused("no matrix below", as_omx(here / "none.omx", None))
    refused("needs? a square matrix", as_omx(here / "flat.omx", None, cars=np.ones((2, 3))))
    refused(
        "row 1, column 2: nan", as_omx(here / "n.omx", None, cars=np.array([[0, np.nan], [0, 0]]))
    )
    refused("2 ids for 3 zones|3 ids for 2", as_omx(here / "l.omx", [1, 2, 3], cars=np.eye(2)))
    refused("names a zone twice", as_omx(here / "d.omx", [1, 1], cars=np.eye(2)))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "t"
    path.write_bytes(content)
    with suppress(CityError):
        assert (read_matrix(path).trips >= 0).all()


@pytest.mark.parametrize(
    ("text", "is_read_as"),
    [("7", "7"), (" 7.0 ", "7"), ("7.5", "7.5"), ("a.0", "a.0"), ("-3.", "-3")],
)
def test_an_id_is_the_same_however_a_spreadsheet_wrote_it(text, is_read_as):
    assert label(text) == is_read_as
