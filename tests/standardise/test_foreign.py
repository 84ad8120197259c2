"""What is no table is called by its name, with what to do."""

import random

import pytest
from tests.standardise.parcels import read_text

from citycommons.core.errors import Invalid, TooMuch


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\xef\xbb\xbf \r\n\r\n", "empty"),
        ("a.csv", b"%PDF-1.7\n...", "a PDF document"),
        ("a.csv", b"\x89PNG\r\n\x1a\n...", "a picture"),
        ("a.csv", b"<!DOCTYPE html><html><body>Sign in</body></html>", "a web page"),
        ("a.csv", b'<?xml version="1.0"?>\n<html xmlns="x"><head/></html>', "a web page"),
        ("a.xml", b'<?xml version="1.0"?><orders><order/></orders>', "XML without values"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c....", "a 7z archive"),
        ("a.csv", random.Random(5).randbytes(5000), "neither text"),
        ("a.bin", b"\x00\x01\x02\x03" * 900, "neither text"),
    ],
)
def test_a_file_that_is_no_table_is_named(tmp_path, name, content, said):
    with pytest.raises(Invalid, match=said):
        read_text(tmp_path, content, name)


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "table.csv"
    with path.open("wb") as file:
        file.truncate(2 << 30)  # two gigabytes that take no room
    from tests.standardise.parcels import parcel_of

    from citycommons.standardise.read import read

    with pytest.raises(TooMuch, match="has 2048 MB, and at most 512 MB"):
        read(parcel_of(path))


def test_a_time_zone_must_exist(tmp_path):
    with pytest.raises(Invalid, match="Europe/Berlin"):
        read_text(tmp_path, "a;b\n1;2\n", zone="Europe/Atlantis")
