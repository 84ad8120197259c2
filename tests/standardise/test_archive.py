"""Archives: one table comes out; bombs, links, passwords and ways out are refused."""

import gzip
import io
import zipfile

import pytest
from tests.standardise.parcels import read_text

from citycommons.core.errors import Invalid, NotFound, TooMuch


def zipped(members, **options):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return raw.getvalue()


def test_the_one_table_of_an_archive_is_read(tmp_path):
    content = zipped({"data/a.csv": "a;b\n1;2\n", "readme.txt": "hello", "__MACOSX/._a.csv": "x"})
    table, report = read_text(tmp_path, content, "a.zip")
    assert table.to_pydict() == {"a": [1], "b": [2]}
    assert "data/a.csv taken out of a.zip" in report.steps


def test_a_packed_text_is_read(tmp_path):
    table, _ = read_text(tmp_path, gzip.compress(b"a;b\n1;2\n"), "a.csv.gz")
    assert table.num_rows == 1


def test_several_tables_are_named_and_chosen(tmp_path):
    content = zipped({"a.csv": "a;b\n1;2\n", "b.csv": "c;d\n3;4\n"})
    with pytest.raises(Invalid, match=r"2 tables \(a\.csv, b\.csv\)"):
        read_text(tmp_path, content, "a.zip")
    table, _ = read_text(tmp_path, content, "a.zip", sheet="b.csv")
    assert table.column_names == ["c", "d"]
    with pytest.raises(NotFound, match=r"no file “c\.csv”"):
        read_text(tmp_path, content, "a.zip", sheet="c.csv")


def test_a_bomb_is_refused_before_it_goes_off(tmp_path):
    content = zipped({"a.csv": b"0" * (100 << 20)})
    with pytest.raises(TooMuch, match="would unpack to 100 MB"):
        read_text(tmp_path, content, "a.zip")
    with pytest.raises(TooMuch, match="unpacked_limit_mb"):
        read_text(tmp_path, zipped({"a.csv": b"1;2\n" * 900_000}), "a.zip", unpacked_limit_mb=1)


def test_a_packed_bomb_without_a_size_is_stopped_on_the_way(tmp_path):
    content = gzip.compress(b"0" * (3 << 20))
    with pytest.raises(TooMuch, match="unpacked_limit_mb"):
        read_text(tmp_path, content, "a.csv.gz", unpacked_limit_mb=1)


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "a/../../evil.csv"])
def test_a_way_out_of_the_folder_is_refused(tmp_path, name):
    with pytest.raises(Invalid, match="leaves its folder"):
        read_text(tmp_path, zipped({name: "a;b\n1;2\n"}), "a.zip")
    assert [path.name for path in tmp_path.rglob("*evil*")] == []


def test_links_are_refused(tmp_path):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        link = zipfile.ZipInfo("a.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(Invalid, match="links"):
        read_text(tmp_path, raw.getvalue(), "a.zip")


def test_an_archive_in_an_archive_is_refused(tmp_path):
    inner = zipped({"a.csv": "a;b\n"})
    with pytest.raises(Invalid, match="another archive"):
        read_text(tmp_path, zipped({"inner.zip": inner}), "a.zip")
    with pytest.raises(Invalid, match="another archive"):
        read_text(tmp_path, gzip.compress(gzip.compress(b"a;b\n")), "a.csv.gz.gz")


def test_a_password_is_asked_to_be_left_out(tmp_path):
    content = bytearray(zipped({"a.csv": "a;b\n1;2\n"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    with pytest.raises(Invalid, match="password"):
        read_text(tmp_path, bytes(content), "a.zip")


def test_a_damaged_archive_is_invalid(tmp_path):
    with pytest.raises(Invalid, match="damaged"):
        read_text(tmp_path, zipped({"a.csv": "a;b\n" * 100})[:60], "a.zip")
    with pytest.raises(Invalid, match="damaged"):
        read_text(tmp_path, gzip.compress(b"a;b\n" * 1000)[:20], "a.csv.gz")


def test_an_archive_without_tables_names_what_it_holds(tmp_path):
    with pytest.raises(Invalid, match=r"but photo\.png"):
        read_text(tmp_path, zipped({"photo.png": b"x"}), "a.zip")
