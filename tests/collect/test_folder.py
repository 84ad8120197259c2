"""A watched folder: what people lay there arrives, once, whole, and only from where it may."""

import os
import threading
from pathlib import Path

import pytest

from citycommons.collect.check import check_connector
from citycommons.collect.folder import Folder
from citycommons.collect.polite import Polite
from citycommons.core.errors import Forbidden, NotFound, Unavailable

NOW = 1_700_000_000.0


def lay(folder: Path, name: str, text: str, age_s: float) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (NOW - age_s, NOW - age_s))
    return path


def folder(tmp_path: Path, **options) -> Folder:
    (tmp_path / "inbox").mkdir(exist_ok=True)
    wanted = {"folder": tmp_path / "inbox", "roots": (tmp_path / "inbox",), "now": lambda: NOW}
    return Folder(**wanted | {"client": Polite(cache=tmp_path / "cache")} | options)


def names(connector: Folder) -> list[str]:
    return [parcel.name for parcel in connector.fetch()]


def test_the_newest_file_is_brought_and_not_again(tmp_path):
    lay(tmp_path / "inbox", "trees-01.csv", "id\n1\n", age_s=900)
    lay(tmp_path / "inbox", "trees-02.csv", "id\n2\n", age_s=800)
    (parcel,) = check_connector(folder(tmp_path))
    assert (parcel.name, parcel.path.read_text()) == ("trees-02.csv", "id\n2\n")
    assert names(folder(tmp_path, since=parcel.cursor)) == []


def test_each_file_that_came_since_is_a_delivery_of_its_own(tmp_path):
    for number in range(3):
        lay(tmp_path / "inbox", f"day/{number}.csv", f"id\n{number}\n", age_s=900 - number)
    parcels = list(folder(tmp_path, take="each", pattern="day/*.csv").fetch())
    assert [parcel.name for parcel in parcels] == ["0.csv", "1.csv", "2.csv"]
    assert names(folder(tmp_path, take="each", since=parcels[0].cursor)) == ["1.csv", "2.csv"]


def test_a_file_that_is_still_being_copied_waits(tmp_path):
    lay(tmp_path / "inbox", "half.csv", "id\n", age_s=2)
    lay(tmp_path / "inbox", "whole.csv.part", "id\n", age_s=100)
    lay(tmp_path / "inbox", ".hidden.csv", "id\n", age_s=100)
    assert names(folder(tmp_path, take="each")) == []


def test_a_file_that_grows_while_it_is_read_is_not_taken(tmp_path, monkeypatch):
    path = lay(tmp_path / "inbox", "grows.csv", "id\n", age_s=100)
    real, asked = os.fstat, threading.local()

    def growing(number):
        found = real(number)
        asked.count = getattr(asked, "count", 0) + 1
        if asked.count == 1:
            path.write_text("id\n1\n2\n")
        return found

    monkeypatch.setattr("citycommons.collect.folder.os.fstat", growing)
    with pytest.raises(Unavailable, match="changed while it was read"):
        names(folder(tmp_path))


def test_the_servers_own_files_cannot_be_named(tmp_path):
    with pytest.raises(Forbidden, match="may not be read"):
        names(folder(tmp_path, folder=Path("/etc")))
    with pytest.raises(Forbidden):
        names(folder(tmp_path, folder=tmp_path / "inbox" / ".." / "cache"))


def test_links_in_the_folder_lead_nowhere(tmp_path):
    outside = lay(tmp_path, "secret.csv", "id\n", age_s=100)
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "link.csv").symlink_to(outside)
    (tmp_path / "inbox" / "way-out").symlink_to(tmp_path)
    assert names(folder(tmp_path, take="each")) == []


def test_a_folder_that_is_not_there_says_so(tmp_path):
    with pytest.raises(NotFound, match="mount the share"):
        names(folder(tmp_path, folder=tmp_path / "inbox" / "gone"))
