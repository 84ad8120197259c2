"""Reference systems are recognised by where positions would lie, and never but asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from citycommons.core.errors import Invalid
from citycommons.standardise import crs

CITIES = {  # box, middle, and the system its offices use
    "Münster": ((7.47, 51.84, 7.78, 52.06), (7.626, 51.962), 25832),
    "Münster, zone before": ((7.47, 51.84, 7.78, 52.06), (7.626, 51.962), 4647),
    "Münster, old": ((7.47, 51.84, 7.78, 52.06), (7.626, 51.962), 31467),
    "Berlin": ((13.08, 52.33, 13.77, 52.68), (13.405, 52.52), 25833),
    "Firenze": ((11.15, 43.72, 11.34, 43.84), (11.255, 43.77), 3003),
    "Bari": ((16.73, 41.01, 17.0, 41.16), (16.87, 41.12), 3004),
    "Issy": ((2.23, 48.80, 2.29, 48.84), (2.27, 48.823), 2154),
    "Lyon": ((4.77, 45.70, 4.90, 45.81), (4.84, 45.76), 3946),
    "Bern": ((7.29, 46.91, 7.50, 47.0), (7.44, 46.95), 2056),
    "Bern, old": ((7.29, 46.91, 7.50, 47.0), (7.44, 46.95), 21781),
    "London": ((-0.51, 51.28, 0.33, 51.69), (-0.12, 51.5), 27700),
    "Dublin": ((-6.45, 53.2, -6.05, 53.43), (-6.26, 53.35), 2157),
    "Groningen": ((6.46, 53.17, 6.67, 53.27), (6.56, 53.22), 28992),
    "Wien": ((16.18, 48.11, 16.58, 48.33), (16.37, 48.21), 31256),
    "Graz": ((15.3, 46.98, 15.55, 47.14), (15.44, 47.07), 31287),
}


def positions(middle, code, count=12):
    lon = middle[0] + np.linspace(-0.01, 0.01, count)
    lat = middle[1] + np.linspace(0.008, -0.008, count)
    return Transformer.from_crs("OGC:CRS84", code, always_xy=True).transform(lon, lat)


@pytest.mark.parametrize("city", CITIES)
def test_the_system_of_a_city_is_the_first_choice_where_its_box_is_known(city):
    bounds, middle, code = CITIES[city]
    x, y = positions(middle, code)
    first = crs.choices(x, y, bounds=bounds)[0]
    assert (first.value, first.fits) == (f"EPSG:{code}", 1.0)
    assert first.evidence == "12 of 12 positions lie inside the city"
    lon, lat = (float(part) for part in first.sample.split(", "))
    assert (lon, lat) == pytest.approx((middle[0] - 0.01, middle[1] + 0.008), abs=2e-4)


@pytest.mark.parametrize("city", CITIES)
def test_it_is_among_the_choices_where_no_box_is_known(city):
    _, middle, code = CITIES[city]
    assert f"EPSG:{code}" in [c.value for c in crs.choices(*positions(middle, code))]


def test_north_in_the_first_column_is_one_of_the_choices():
    bounds, middle, code = CITIES["Münster, old"]
    x, y = positions(middle, code)
    assert crs.choices(y, x, bounds=bounds)[0].value == f"EPSG:{code} north-first"


def test_names_decide_between_systems_that_fit_alike():
    x, y = positions((7.626, 51.962), 25832)
    assert crs.choices(x, y)[0].value == "EPSG:25832"
    assert crs.choices(x, y, hint="x utm33")[0].value == "EPSG:25833"


def test_metres_written_in_thousandths_are_recognised():
    x, y = positions((-6.31, 53.34), 29903)
    first = crs.choices(x * 1000, y * 1000, bounds=CITIES["Dublin"][0])[0]
    assert (first.value, first.fits) == ("EPSG:29903 mm", 1.0)
    lon, lat = crs.to_degrees(x * 1000, y * 1000, first.value)
    assert (lon[0], lat[0]) == pytest.approx((-6.32, 53.348), abs=1e-6)


def test_small_numbers_are_no_metres():
    assert crs.choices(np.array([10.0, 30]), np.array([20.0, 40])) == ()
    assert crs.choices(np.array([np.nan]), np.array([1e6])) == ()


def test_systems_are_named_by_code_and_unknown_ones_are_invalid():
    assert crs.named("2056") == "EPSG:2056"
    assert crs.named("epsg:25832") == "EPSG:25832"
    with pytest.raises(Invalid, match="no reference system"):
        crs.named("EPSG:1")


@pytest.mark.parametrize(
    ("text", "code"),
    [("X (EPSG:25832)", "EPSG:25832"), ("epsg_2056_x", "EPSG:2056"), ("x", ""), ("crs 999999", "")],
)
def test_a_code_in_a_name_is_seen(text, code):
    assert crs.stated(text) == code


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CITIES)), st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))
def test_there_and_back_is_the_same_place_and_is_recognised(city, east, north):
    bounds, (lon, lat), code = CITIES[city]
    x, y = Transformer.from_crs("OGC:CRS84", code, always_xy=True).transform(
        np.array([lon + east]), np.array([lat + north])
    )
    back = crs.to_degrees(x, y, f"EPSG:{code}")
    assert (back[0][0], back[1][0]) == pytest.approx((lon + east, lat + north), abs=1e-6)
    assert f"EPSG:{code}" in [choice.value for choice in crs.choices(x, y, bounds=bounds)]
