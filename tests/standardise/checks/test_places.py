"""Checks of shapes."""

import pyarrow as pa
import shapely
from tests.standardise.checks.looking import at, look

from citycommons.standardise.checks import Known

BOW = "POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))"
SQUARE = "POLYGON ((0 0, 0 1, 1 1, 1 0, 0 0))"


def shapes(*texts: str | None) -> pa.Table:
    raw = [None if text is None else shapely.from_wkt(text).wkb for text in texts]
    return pa.table({"geometry": pa.array(raw, pa.binary())})


def test_an_outline_that_crosses_itself_is_told_with_the_place():
    (fault,) = look(shapes(SQUARE, None, BOW), "valid-geometry", "geometry")
    assert fault.message == (
        "Column “geometry”, line 4: the shape is broken: its outline crosses itself at 1 1."
    )


def test_a_place_outside_the_city_is_told():
    table = shapes("POINT (7.6 51.9)", "POINT (51.9 7.6)", None)
    known = Known(bounds=(7.4, 51.8, 7.8, 52.1))
    assert at(look(table, "inside", "geometry", known=known)) == [
        (3, "geometry", "51.90000, 7.60000")
    ]
    assert look(table, "inside", "geometry", bounds=[0, 0, 60, 60]) == ()
