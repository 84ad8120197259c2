"""Columns of degrees become a geometry; positions that cannot be are faults."""

import pytest
import shapely
from tests.standardise.parcels import fields, parcel, read_text, rules

from citycommons.core.errors import Invalid
from citycommons.core.types import FieldRole, Plan, Position
from citycommons.standardise.plan import answered
from citycommons.standardise.read import standardised


def places(table):
    found = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    return [None if p is None else (p.x, p.y) for p in found]


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ("lat", "lon"),
        ("Latitude", "Longitude"),
        ("Breitengrad", "Längengrad"),
        ("latitudine", "longitudine"),
        ("YGCSWGS84", "XGCSWGS84"),
        ("y", "x"),
        ("Lat", "Long"),
        ("geo.lat", "geo.lng"),
    ],
)
def test_names_of_degrees_make_points_and_stay(tmp_path, lat, lon):
    table, _ = read_text(tmp_path, f"n;{lat};{lon}\na;51,96;7,62\nb;51,95;\nc;51,94;7,60\n")
    assert places(table) == [(7.62, 51.96), None, (7.6, 51.94)]
    assert table[lat].to_pylist() == [51.96, 51.95, 51.94]
    assert fields(table)["geometry"].evidence == f"from the columns {lon} and {lat}"


def test_metres_and_pixels_are_no_degrees(tmp_path):
    assert "geometry" not in read_text(tmp_path, "x;y\n405000;5757000\n1;2\n")[0].column_names
    assert "geometry" not in read_text(tmp_path, "x;y\n10;20\n30;40\n")[0].column_names


def test_impossible_positions_are_faults_without_geometry(tmp_path):
    good = "".join(f"{51.9 + i / 1000:.3f},{7.6 + i / 1000:.3f}\n" for i in range(40))
    bad = "519.6,7.62\n0,0\n7.62,51.96\n51.96,\n"
    table, report = read_text(tmp_path, f"lat,lon\n{good}{bad}")
    assert places(table)[-4:] == [None] * 4
    assert table["lat"].to_pylist()[-4] == 519.6
    assert [(f.rule, f.line) for f in report.faults] == [
        ("position-outside", 42),
        ("position-zero", 43),
        ("position-far", 44),
        ("position-half", 45),
    ]


@pytest.mark.parametrize("text", ["48.82, 2.19", "[48.82,2.19]", "POINT (2.19 48.82)"])
def test_a_position_in_one_cell_is_read(tmp_path, text):
    table, _ = read_text(tmp_path, f'n;place\n1;"{text}"\n2;"{text}"\n')
    assert places(table) == [(2.19, 48.82)] * 2


def test_an_open_ring_is_closed(tmp_path):
    text = "POLYGON ((7.5 51.8, 7.5 52.0, 7.7 52.0, 7.7 51.8))"
    table, _ = read_text(tmp_path, f"n;area\n1;{text}\n2;{text}\n")
    assert shapely.from_wkb(table["geometry"][0].as_py()).area > 0


def test_an_unreadable_shape_among_many_is_a_fault(tmp_path):
    rows = "".join(f"{i};POINT ({i} {i})\n" for i in range(20)) + "20;POINT (broken)\n"
    table, report = read_text(tmp_path, f"n;place\n{rows}")
    assert table["geometry"].null_count == 1
    assert rules(report) == {("geometry", "place"): 1}


MUENSTER = (7.47, 51.84, 7.78, 52.06)
UTM = "405000,5757000\n405600,5757300\n406000,5758000\n"


def read_with(tmp_path, content, position=None, **wishes):
    plan = Plan(position=position)
    return standardised([parcel(tmp_path, content)], plan=plan, **wishes)


@pytest.mark.parametrize(
    ("east", "north"),
    [
        ("x", "y"),
        ("E", "N"),
        ("Easting", "Northing"),
        ("Rechtswert", "Hochwert"),
        ("X_UTM32", "Y_UTM32"),
        ("coord_x", "coord_y"),
        ("Koordinate X", "Koordinate Y"),
        ("E [LV95]", "N [LV95]"),
    ],
)
def test_metres_are_asked_and_never_guessed(tmp_path, east, north):
    content = f"{east},{north}\n{UTM}"
    found = read_with(tmp_path, content, bounds=MUENSTER)
    assert "geometry" not in found.table.column_names
    (question,) = found.report.questions
    assert (question.kind, question.columns) == ("crs", (east, north))
    assert question.id == f"crs:{east},{north}"
    assert question.choices[0].value == "EPSG:25832"
    assert question.choices[0].evidence == "3 of 3 positions lie inside the city"
    assert question.choices[-1].value == "none"
    assert {field.role for field in fields(found.table).values()} == {FieldRole.TEXT}
    plan = answered(Plan(), question, "EPSG:25832")
    told = standardised([parcel(tmp_path, content)], plan=plan, bounds=MUENSTER)
    assert told.report.questions == ()
    assert places(told.table)[0] == pytest.approx((7.61752, 51.95558), abs=1e-5)
    assert fields(told.table)["geometry"].evidence == (
        f"from the columns {east} and {north}, in EPSG:25832, as said"
    )


def test_a_system_that_was_not_offered_is_taken_by_its_code(tmp_path):
    (question,) = read_with(tmp_path, f"x,y\n{UTM}").report.questions
    assert answered(Plan(), question, "epsg:5243").position.crs == "EPSG:5243"
    with pytest.raises(Invalid, match="no reference system"):
        answered(Plan(), question, "EPSG:1")
    nothing = answered(Plan(), question, "none")
    found = standardised([parcel(tmp_path, f"x,y\n{UTM}")], plan=nothing)
    assert found.report.questions == ()
    assert "geometry" not in found.table.column_names


def test_a_system_that_the_file_states_is_taken(tmp_path):
    for content in (
        f"x_epsg25832,y_epsg25832\n{UTM}",
        "x,y,epsg\n405000,5757000,25832\n405600,5757300,25832\n",
    ):
        found = read_with(tmp_path, content)
        assert places(found.table)[0] == pytest.approx((7.61752, 51.95558), abs=1e-5)
        assert found.report.questions == ()


def test_north_first_is_asked_and_answered(tmp_path):
    content = "x,y\n5757000,3405000\n5757300,3405600\n"
    (question,) = read_with(tmp_path, content, bounds=MUENSTER).report.questions
    assert question.choices[0].value == "EPSG:31467 north-first"
    position = answered(Plan(), question, question.choices[0].value).position
    assert (position.crs, position.is_swapped) == ("EPSG:31467", True)
    (place, _) = places(read_with(tmp_path, content, position).table)
    # The same figures as UTM lie at 51.9556; without its factor 0.9996 they are 2.3 km less north.
    assert place == pytest.approx((7.617, 51.937), abs=3e-3)


def test_axes_that_changed_places_are_mended_where_nothing_else_is_possible(tmp_path):
    content = "lat,lon\n120.98,14.59\n121.01,14.62\n"
    table, report = read_text(tmp_path, content)
    assert places(table) == [(120.98, 14.59), (121.01, 14.62)]
    (fault,) = report.summary
    assert (fault.rule, fault.count, fault.action) == ("axes-swapped", 2, "mended")


def test_axes_that_may_have_changed_places_are_flagged_and_asked(tmp_path):
    content = "lat,lon\n7.62,51.96\n7.60,51.94\n"
    found = read_with(tmp_path, content, bounds=MUENSTER)
    assert places(found.table) == [(51.96, 7.62), (51.94, 7.6)]
    (question,) = found.report.questions
    assert (question.kind, question.choices[0].value) == ("axes", "swapped")
    assert question.choices[0].sample == "7.62000, 51.96000"
    assert rules(found.report) == {("axes-swapped", "lon, lat"): 2}
    plan = answered(Plan(), question, "swapped")
    told = standardised([parcel(tmp_path, content)], plan=plan, bounds=MUENSTER)
    assert places(told.table) == [(7.62, 51.96), (7.6, 51.94)]
    assert told.report.questions == ()
    assert told.report.summary == ()


def test_degrees_minutes_and_seconds_are_read(tmp_path):
    content = "name;Breite;Länge\na;51°57′44″N;7°37′32″O\nb;51 57 44.1 N;7 37 32 O\nc;;\n"
    table, report = read_text(tmp_path, content)
    assert places(table)[0] == pytest.approx((7.625556, 51.962222), abs=1e-6)
    assert places(table)[1] == pytest.approx((7.625556, 51.96225), abs=1e-6)
    assert places(table)[2] is None
    assert report.summary == ()
    table, _ = read_text(tmp_path, 'n;where\n1;"51°57′44″N 7°37′32″E"\n')
    assert places(table)[0] == pytest.approx((7.625556, 51.962222), abs=1e-6)


@pytest.mark.parametrize("text", ["48,82; 2,19", "48,82 2,19", "(48.82, 2.19)", "48.82/2.19"])
def test_pairs_with_decimal_commas_are_read(tmp_path, text):
    table, _ = read_text(tmp_path, f'n,place\n1,"{text}"\n2,"{text}"\n')
    assert places(table) == [(2.19, 48.82)] * 2


def test_the_citys_box_tells_which_of_a_pair_is_longitude(tmp_path):
    found = read_with(tmp_path, 'n;place\n1;"7.62, 51.96"\n2;"7.60, 51.94"\n', bounds=MUENSTER)
    assert places(found.table) == [(7.62, 51.96), (7.6, 51.94)]


def test_wkt_of_any_stated_system_is_read_and_of_none_is_asked(tmp_path):
    shape = "POINT (405000 5757000)"
    for text in (f"SRID=25832;{shape}", shapely.set_srid(shapely.Point(405000, 5757000), 25832)):
        given = text if isinstance(text, str) else shapely.to_wkb(text, hex=True, include_srid=True)
        table, report = read_text(tmp_path, f"n,where\n1,{given}\n2,{given}\n")
        assert places(table)[0] == pytest.approx((7.61752, 51.95558), abs=1e-5)
        assert report.summary == ()
    content = f"n,where\n1,{shape}\n2,{shape}\n"
    found = read_with(tmp_path, content, bounds=MUENSTER)
    assert "geometry" not in found.table.column_names
    (question,) = found.report.questions
    assert (question.columns, question.choices[0].value) == (("where",), "EPSG:25832")
    plan = answered(Plan(), question, "EPSG:25832")
    told = standardised([parcel(tmp_path, content)], plan=plan)
    assert places(told.table)[0] == pytest.approx((7.61752, 51.95558), abs=1e-5)


def test_wkb_in_hex_digits_is_read(tmp_path):
    text = shapely.to_wkb(shapely.Point(2.19, 48.82), hex=True)
    table, _ = read_text(tmp_path, f"n,where\n1,{text}\n2,{text}\n")
    assert places(table) == [(2.19, 48.82)] * 2


def test_a_column_of_the_plan_that_is_gone_is_a_fault(tmp_path):
    position = Position(kind="xy", columns=("x", "y"), crs="EPSG:25832")
    found = read_with(tmp_path, "x,z\n405000,5757000\n", position)
    assert rules(found.report) == {("column-missing", "y"): 1}
    assert "geometry" not in found.table.column_names


def test_counts_called_n_are_no_positions(tmp_path):
    found = read_with(tmp_path, "e,n,year\n12,40000,2026\n13,50000,2026\n")
    assert found.report.questions == ()
