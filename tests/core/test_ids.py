"""An id stands in an address as it is; a name makes one."""

import pytest

from citycommons.core.errors import Invalid
from citycommons.core.ids import checked_id, slug


@pytest.mark.parametrize("id", ["a", "car-parks", "od_2024", "7", "x" * 100])
def test_these_can_be_ids(id):
    assert checked_id(id) == id


@pytest.mark.parametrize(
    "id", ["", "-", "a-", "../a", "a@1", "a.json", "A", "ä", "a b", "x" * 101, "a/b", "a\n"]
)
def test_these_cannot(id):
    with pytest.raises(Invalid, match="cannot be the id"):
        checked_id(id)


@pytest.mark.parametrize(
    ("title", "id"),
    [
        ("Straßen & Wege", "strassen-wege"),
        ("Qualità dell'aria", "qualita-dell-aria"),
        ("Qualità dell’aria", "qualita-dell-aria"),
        ("Mu\u0308nster", "muenster"),
        ("…", ""),
    ],
)
def test_a_title_makes_an_address(title, id):
    assert slug(title) == id
