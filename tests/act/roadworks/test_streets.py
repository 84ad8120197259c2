"""Where a street lies, by its name: between junctions, along it, or at a junction."""

import pytest
import shapely

from citycommons.act.roadworks.streets import Streets

RING = shapely.LineString([(7.60, 51.95), (7.61, 51.95), (7.62, 51.95)])
NORTH = shapely.LineString([(7.605, 51.94), (7.605, 51.96)])
EAST = shapely.LineString([(7.615, 51.94), (7.615, 51.96)])


def streets(*named: tuple[str, shapely.Geometry]) -> Streets:
    return Streets((name, shapely.to_wkb(shape)) for name, shape in named)


CITY = streets(
    ("Ringstraße", RING),
    ("Nordweg", NORTH),
    ("Ostweg", EAST),
    ("Hafenstr. / Ringstraße", shapely.Point(7.62, 51.95)),
    ("Hafenstraße / Kai", shapely.Point(7.63, 51.95)),
)


def test_a_piece_between_two_junctions() -> None:
    found = CITY.find("Ringstr.", ["Ostweg", "Nordweg"])
    assert found is not None
    assert [lon for lon, _ in found.line] == pytest.approx([7.605, 7.61, 7.615])


def test_both_sides_of_one_junction_and_the_whole_street_without_any() -> None:
    near = CITY.find("Ringstraße", ["Nordweg", "junction"])
    whole = CITY.find("ringstrasse", ["Nobody's street"])
    assert near is not None
    assert whole is not None
    assert near.how == "the street on both sides of a junction"
    assert near.line[0][0] == pytest.approx(7.605, abs=0.001)
    assert whole.line == tuple(RING.coords)


def test_a_street_without_a_line_is_found_by_its_junctions() -> None:
    found = CITY.find("Hafenstraße")
    assert found is not None
    assert set(found.line) == {(7.62, 51.95), (7.63, 51.95)}
    one = CITY.find("Kai")
    assert one is not None
    assert len(one.line) == 3


def test_an_unknown_street_is_not_found() -> None:
    assert CITY.find("Nirgendwo", ["Ringstraße"]) is None
    assert not streets()
