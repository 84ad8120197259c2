"""Files of one kind have one shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.standardise.shape import plain_name, shape

NAMES = ["Straße", "Haus-Nr.", "Anzahl Räder"]


@pytest.mark.parametrize(
    "others",
    [
        ["anzahl räder", "STRASSE", "haus nr"],
        ["Haus_Nr", "Anzahl_Rader", "strasse"],
        ["Straße", "Straße", "Haus-Nr.", "Anzahl  Räder"],
    ],
)
def test_order_case_accents_and_signs_do_not_change_a_shape(others):
    assert shape(NAMES) == shape(others)


@pytest.mark.parametrize("others", [NAMES[:2], [*NAMES, "Jahr"], ["Straße", "Haus-Nr.", "Anzahl"]])
def test_another_set_of_columns_is_another_shape(others):
    assert shape(NAMES) != shape(others)


def test_names_of_signs_alone_stay_apart():
    assert plain_name("%") != plain_name("#")
    assert shape(["%"]) != shape(["#"])


@given(st.lists(st.text(min_size=1), min_size=1), st.randoms())
def test_any_order_is_the_same_shape(names, chance):
    mixed = [name.upper() if name.upper().casefold() == name.casefold() else name for name in names]
    chance.shuffle(mixed)
    assert shape(mixed) == shape(names)
    assert len(shape(names)) == 16
