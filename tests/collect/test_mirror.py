import zipfile

import pytest

from citycommons.collect.check import check_connector
from citycommons.collect.mirror import Mirror
from citycommons.core.errors import Forbidden, Invalid, NotFound


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "a.csv").write_bytes(b"x\n1\n")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    return tmp_path / "mirror"


def mirror(folder, path, **options) -> Mirror:
    return Mirror(folder=folder, path=path, cache=folder.parent / "parcels", **options)


def test_a_file_comes_as_it_lies_and_names_the_address_it_stands_for(folder):
    (parcel,) = check_connector(mirror(folder, "a.csv", origin="https://city.example/a.csv"))
    assert parcel.path == folder / "a.csv"
    assert parcel.origin == "https://city.example/a.csv"


def test_an_archive_comes_as_its_members(folder):
    with zipfile.ZipFile(folder / "days.zip", "w") as archive:
        archive.writestr("2015_01_02.csv", "b")
        archive.writestr("2015_01_01.csv", "a")
    parcels = check_connector(mirror(folder, "days.zip", unpack=True))
    assert [parcel.name for parcel in parcels] == ["2015_01_01.csv", "2015_01_02.csv"]


def test_a_file_that_is_not_there_says_so(folder):
    with pytest.raises(NotFound, match=r"has no file b\.csv"):
        list(mirror(folder, "b.csv").fetch())


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd"])
def test_no_path_leads_out_of_the_folder(folder, path):
    with pytest.raises(Forbidden):
        list(mirror(folder, path).fetch())


def test_a_link_out_of_the_folder_is_refused(folder):
    (folder / "link.csv").symlink_to(folder.parent / "secret.txt")
    with pytest.raises(Forbidden):
        list(mirror(folder, "link.csv").fetch())


def test_an_old_copy_is_noticed(folder):
    with pytest.raises(Invalid, match="Renew the copy"):
        list(mirror(folder, "a.csv", sha256="0" * 64).fetch())
