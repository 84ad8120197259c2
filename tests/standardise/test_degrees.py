"""Degrees as people write them become numbers, and back."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.standardise.degrees import is_pair, is_value, parse, parse_pairs, written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("51°57′44″N", 51 + 57 / 60 + 44 / 3600),
        ("51°57'44.1\" N", 51 + 57 / 60 + 44.1 / 3600),
        ("51 57 44.1 N", 51 + 57 / 60 + 44.1 / 3600),
        ("51:57:44 S", -(51 + 57 / 60 + 44 / 3600)),
        ("N51.9623", 51.9623),
        ("51,9623° N", 51.9623),
        ("51° 57,73' Nord", 51 + 57.73 / 60),
        ("7°37′32″ W", -(7 + 37 / 60 + 32 / 3600)),
        ("7° 37' Ost", 7 + 37 / 60),
        ("-7 37 32", -(7 + 37 / 60 + 32 / 3600)),
        ("9° 11′ Ovest", -(9 + 11 / 60)),
    ],
)
def test_a_way_to_write_degrees_is_read(text, value):
    assert parse(pa.array([text]))[0] == pytest.approx(value, abs=1e-9)
    assert is_value(text)


@pytest.mark.parametrize("text", ["51°75′N", "N 51 S", "street 5", "", "-5 N", "200°E", None])
def test_what_is_no_angle_is_nothing(text):
    assert np.isnan(parse(pa.array([text], pa.string()))[0])


def test_an_o_is_east_in_german_and_west_in_french():
    assert parse(pa.array(["7°30′O"]))[0] == 7.5
    assert parse(pa.array(["7°30′O"]), is_o_west=True)[0] == -7.5


@pytest.mark.parametrize(
    "text",
    [
        "51°57′44″N 7°37′32″E",
        "51 57 44 N, 7 37 32 E",
        "N 51° 57' 44\" / E 007° 37' 32\"",
        "51°57′44″ Nord; 7°37′32″ Ost",
    ],
)
def test_a_pair_of_degrees_is_read(text):
    lon, lat = parse_pairs(pa.array([text]))
    assert (round(lon[0], 6), round(lat[0], 6)) == (7.625556, 51.962222)
    assert is_pair(text)


@given(st.floats(-89.99, 89.99), st.floats(-179.99, 179.99))
def test_what_is_written_is_read_again(lat, lon):
    text = f"{written(lat, is_lat=True)} {written(lon, is_lat=False)}"
    found_lon, found_lat = parse_pairs(pa.array([text]))
    assert found_lat[0] == pytest.approx(lat, abs=1.5e-6)
    assert found_lon[0] == pytest.approx(lon, abs=1.5e-6)
    assert parse(pa.array([written(lat, is_lat=True)]))[0] == pytest.approx(lat, abs=1.5e-6)
