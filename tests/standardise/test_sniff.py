"""Encodings are found strictly."""

import pytest
from tests.standardise.parcels import read_text

from citycommons.standardise.sniff import dialect_of, encoding_of

TEXT = "Straße;Maß\nMünsterstraße;größer\nÉcole française;ça và\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
        ("cp850", "cp850"),
        ("mac-roman", "mac-roman"),
    ],
)
def test_an_encoding_is_found_and_read(tmp_path, encoding, found):
    path = tmp_path / "table.csv"
    path.write_bytes(TEXT.encode(encoding))
    assert encoding_of(path) == found
    table, _ = read_text(tmp_path, TEXT.encode(encoding))
    assert table.to_pydict() == {
        "Straße": ["Münsterstraße", "École française"],
        "Maß": ["größer", "ça và"],
    }


def test_one_late_byte_decides_against_utf8(tmp_path):
    path = tmp_path / "late.csv"
    path.write_bytes(b"a;b\n" + b"1;x\n" * 2_000_000 + "2;Süd\n".encode("latin-1"))
    assert encoding_of(path) == "cp1252"


def test_bytes_that_cp1252_does_not_know_are_latin1(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_bytes("a;b\n1;M\u00fcnster \u0081\n".encode("latin-1"))
    assert encoding_of(path) == "latin-1"


def test_the_euro_sign_is_cp1252(tmp_path):
    table, _ = read_text(tmp_path, "a;b\nx;5 €\ny;6 €\nz;7 €\n".encode("cp1252"))
    assert table["b"].to_pylist() == [5, 6, 7]


def test_commas_inside_numbers_do_not_win_over_semicolons():
    assert dialect_of("a;b\n1,5;2,5\n3,5;4,5\n").delimiter == ";"


def test_semicolons_inside_quotes_do_not_win_over_commas():
    assert dialect_of('a,b\n"x;y;z",1\n"x;y;z",2\n').delimiter == ","
