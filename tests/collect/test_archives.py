import errno
import gzip
import io
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from citycommons.collect import archives
from citycommons.collect.archives import unpack
from citycommons.core.errors import Invalid, TooMuch, Unavailable
from citycommons.core.types import Parcel


def parcel(path: Path) -> Parcel:
    return Parcel(path=path, name=path.name, origin="test", received=datetime.now(UTC))


def zipped(path: Path, **members: bytes) -> Parcel:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return parcel(path)


def contents(parcels) -> dict[str, bytes]:
    return {one.name: one.path.read_bytes() for one in parcels}


def test_members_come_in_the_order_of_their_names(tmp_path):
    archive = zipped(tmp_path / "a.zip", **{"b.csv": b"2", "a.csv": b"1", "notes.txt": b"3"})
    found = list(unpack(archive, tmp_path, members="*.csv"))
    assert [(one.name, one.path.read_bytes()) for one in found] == [
        ("a.csv", b"1"),
        ("b.csv", b"2"),
    ]
    assert all(one.path.parent == tmp_path for one in found)


def test_tar_and_gzip_are_opened_alike(tmp_path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("folder/a.csv")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"1"))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"2"))
    assert contents(unpack(parcel(tmp_path / "a.tar.gz"), tmp_path)) == {"folder/a.csv": b"1"}
    assert contents(unpack(parcel(tmp_path / "b.csv.gz"), tmp_path)) == {"b.csv": b"2"}


def test_what_is_no_archive_comes_as_it_is(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"1")
    whole = parcel(tmp_path / "a.csv")
    assert list(unpack(whole, tmp_path)) == [whole]


def test_a_workbook_is_no_archive(tmp_path):
    book = zipped(tmp_path / "a.xlsx", **{"[Content_Types].xml": b"<x/>", "xl__a.xml": b"<x/>"})
    assert list(unpack(book, tmp_path)) == [book]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "..\\b.csv"])
def test_a_member_that_would_lie_outside_is_refused(tmp_path, name):
    inside = tmp_path / "in"
    inside.mkdir()
    with pytest.raises(Invalid, match="outside"):
        list(unpack(zipped(tmp_path / "a.zip", **{name: b"x"}), inside))
    assert list(inside.iterdir()) == []


def test_a_bomb_is_stopped_while_it_grows(tmp_path):
    bomb = zipped(tmp_path / "a.zip", **{"a.csv": b"0" * 5_000_000})
    assert bomb.path.stat().st_size < 10_000
    with pytest.raises(TooMuch, match="holds more than"):
        list(unpack(bomb, tmp_path, most_bytes=1 << 20))


def test_a_gzip_bomb_is_stopped_too(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"0" * 5_000_000))
    with pytest.raises(TooMuch):
        list(unpack(parcel(tmp_path / "a.csv.gz"), tmp_path, most_bytes=1 << 20))


def test_a_damaged_archive_says_so(tmp_path):
    whole = zipped(tmp_path / "a.zip", **{"a.csv": bytes(range(256)) * 400})
    content = bytearray(whole.path.read_bytes())
    content[60:90] = b"\0" * 30
    whole.path.write_bytes(content)
    with pytest.raises(Invalid, match="damaged"):
        list(unpack(whole, tmp_path))


def test_a_cut_gzip_says_so(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(bytes(range(256)) * 400)[:-50])
    with pytest.raises(Invalid, match="damaged"):
        list(unpack(parcel(tmp_path / "a.csv.gz"), tmp_path))


def test_a_full_disk_says_so(tmp_path, monkeypatch):
    archive = zipped(tmp_path / "a.zip", **{"a.csv": b"1"})

    def full(path, mode="r", *_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    found = unpack(archive, tmp_path)
    monkeypatch.setattr("citycommons.collect.archives._member", full)
    with pytest.raises(Unavailable, match=r"No space left on device\. Free some space"):
        list(found)


def test_a_tar_is_counted_while_it_is_walked(tmp_path, monkeypatch):
    """Also of members that nobody wants, so that its end need not be reached."""
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    seen = []
    frombuf = tarfile.TarInfo.frombuf.__func__

    def counted(cls, *args):
        seen.append(1)
        return frombuf(cls, *args)

    path = tmp_path / "many.tar"
    with tarfile.open(path, "w") as archive:
        for number in range(200):
            archive.addfile(tarfile.TarInfo(f"{number}.txt"))
    monkeypatch.setattr(tarfile.TarInfo, "frombuf", classmethod(counted))
    with pytest.raises(TooMuch, match="split it"):
        list(unpack(parcel(path), tmp_path, members="*.csv"))
    assert len(seen) < 10


def test_a_tar_of_unwanted_bytes_is_not_unpacked_to_its_end(tmp_path):
    path = tmp_path / "bomb.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for number in range(4):
            info = tarfile.TarInfo(f"{number}.txt")
            info.size = 1 << 20
            archive.addfile(info, io.BytesIO(b"\0" * info.size))
    with pytest.raises(TooMuch, match="unpacked_limit_mb"):
        list(unpack(parcel(path), tmp_path, members="*.csv", most_bytes=2 << 20))


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE])
def test_a_name_as_long_as_a_file_is_refused(tmp_path, kind):
    head = tarfile.TarInfo("long")
    head.type, head.size = kind, 2 << 20
    path = tmp_path / "long.tar"
    path.write_bytes(tarfile.TarInfo("a.csv").tobuf() + head.tobuf() + b"a" * head.size)
    with pytest.raises(Invalid, match="header of 2097152 bytes"):
        list(unpack(parcel(path), tmp_path))
