"""A backup is taken while the city runs, and comes back whole or not at all."""

import sqlite3
import tarfile
import threading
import uuid
from pathlib import Path

import pyarrow as pa
import pytest
from tests.conftest import POSTGRES

from citycommons.core.errors import Conflict, Invalid, NotFound, Unavailable
from citycommons.core.settings import read_settings
from citycommons.core.types import Dataset, DatasetId, PublisherId
from citycommons.govern import audit
from citycommons.share.publish import prepare, publish
from citycommons.store import backup as backups
from citycommons.store import catalogue, health
from citycommons.store.backup import backup, restore
from citycommons.store.work import City

TREES = Dataset(
    id=DatasetId("trees"),
    title={"en": "Trees"},
    publisher=PublisherId("roads"),
    license="CC0-1.0",
)


def put(city: City, admin, rows: int):
    prepared = prepare(city.lake, TREES, pa.table({"n": list(range(rows))}))
    with city.work(admin) as work:
        return publish(work, TREES, prepared).version


def opened(home: Path) -> City:
    return City.open(read_settings(home))


def test_everything_comes_back(any_city, admin, tmp_path):
    versions = [put(any_city, admin, rows) for rows in (3, 5)]
    done = backup(any_city, tmp_path / "b.tar")
    assert len(done.contents.lake) == 2
    assert done.path.stat().st_mode & 0o077 == 0
    restore(tmp_path / "b.tar", tmp_path / "new")
    city = opened(tmp_path / "new")
    try:
        assert list(health.findings(city, deep=True)) == []
        with city.work(admin) as work:
            assert catalogue.versions(work.db, TREES.id) == versions[::-1]
            found = work.db.exec_driver_sql(
                "SELECT rowid FROM search_index WHERE search_index MATCH 'trees'"
            )
            assert len(found.all()) == 1
            assert audit.first_break(work) is None
        assert put(city, admin, 8).number == 3  # counters go on where they were
    finally:
        city.close()


@pytest.mark.skipif(not POSTGRES, reason="set CITYCOMMONS_TEST_POSTGRES to a server's address")
def test_a_city_on_postgresql_comes_back_on_postgresql(any_city, admin, tmp_path):
    if any_city.engine.dialect.name != "postgresql":
        pytest.skip("tests the way from PostgreSQL")
    put(any_city, admin, 3)
    backup(any_city, tmp_path / "b.tar")
    import psycopg

    name = f"city_{uuid.uuid4().hex[:12]}"
    base = POSTGRES.rpartition("/")[0]
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        restore(tmp_path / "b.tar", tmp_path / "new", database=f"{base}/{name}")
        city = opened(tmp_path / "new")
        assert city.engine.dialect.name == "postgresql"
        assert list(health.findings(city, deep=True)) == []
        assert put(city, admin, 8).number == 2
        city.close()
        with pytest.raises(Conflict, match="holds a city already"):
            restore(tmp_path / "b.tar", tmp_path / "again", database=f"{base}/{name}")
        assert not (tmp_path / "again").exists()
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_backup_is_of_one_moment_while_others_publish(city, admin, tmp_path):
    stop = threading.Event()

    def go_on() -> None:
        rows = 1
        while not stop.is_set():
            rows += 1
            put(city, admin, rows)

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        for number in range(3):
            backup(city, tmp_path / f"{number}.tar")
    finally:
        stop.set()
        writer.join()
    for number in range(3):
        restore(tmp_path / f"{number}.tar", tmp_path / str(number))
        copy = opened(tmp_path / str(number))
        assert list(health.findings(copy, deep=True)) == []
        copy.close()


def test_a_folder_with_something_in_it_is_left_alone(city, tmp_path):
    backup(city, tmp_path / "b.tar")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    with pytest.raises(Conflict, match="not empty"):
        restore(tmp_path / "b.tar", tmp_path / "full")
    assert (tmp_path / "full" / "letter.txt").read_text() == "dear"
    (tmp_path / "empty").mkdir()
    restore(tmp_path / "b.tar", tmp_path / "empty")


@pytest.mark.parametrize("harm", ["cut", "flip", "foreign", "other", "outside", "none"])
def test_a_damaged_or_foreign_file_restores_nothing(city, admin, tmp_path, harm):
    put(city, admin, 3)
    file = tmp_path / "b.tar"
    backup(city, file)
    if harm == "cut":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif harm == "flip":
        whole = bytearray(file.read_bytes())
        at = whole.rindex(b"PAR1") - 40
        whole[at] ^= 0xFF
        file.write_bytes(whole)
    elif harm == "foreign":
        file.write_bytes(b"no tar at all")
    elif harm == "other":
        with tarfile.open(file, "w") as tar:
            tar.add(__file__, arcname="test.py")
    elif harm == "outside":
        with tarfile.open(file, "a") as tar:
            tar.add(__file__, arcname="../outside.py")
    else:
        file.unlink()
    with pytest.raises((Invalid, NotFound)) as refused:
        restore(file, tmp_path / "new")
    assert "b.tar" in refused.value.message
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "outside.py").exists()
    assert [p.name for p in tmp_path.iterdir() if "restoring" in p.name] == []


def test_a_lost_lake_file_is_named_and_the_rest_is_saved(city, admin, tmp_path):
    lost, kept = put(city, admin, 3), put(city, admin, 4)
    city.lake.path(lost.file).write_bytes(b"rot")
    done = backup(city, tmp_path / "b.tar")
    assert done.contents.missing == (lost.file,)
    assert done.contents.lake == (kept.file,)


def test_an_existing_file_is_never_overwritten(city, tmp_path):
    (tmp_path / "b.tar").write_text("precious")
    with pytest.raises(Conflict):
        backup(city, tmp_path / "b.tar")
    assert (tmp_path / "b.tar").read_text() == "precious"


def test_a_full_disk_leaves_no_half_backup(city, tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups.os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        backup(city, tmp_path / "out" / "b.tar")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_backup_without_lake_borrows_it(city, admin, tmp_path):
    put(city, admin, 3)
    backup(city, tmp_path / "b.tar", has_lake=False)
    with pytest.raises(Invalid, match="--lake-of"):
        restore(tmp_path / "b.tar", tmp_path / "new")
    restore(tmp_path / "b.tar", tmp_path / "new", lake_of=city.settings.home)
    copy = opened(tmp_path / "new")
    assert list(health.findings(copy, deep=True)) == []
    copy.close()


def test_a_backup_of_a_newer_form_names_the_program_it_needs(city, tmp_path):
    backup(city, tmp_path / "b.tar")
    whole = (tmp_path / "b.tar").read_bytes()
    (tmp_path / "b.tar").write_bytes(whole.replace(b'"format": 1', b'"format": 9', 1))
    with pytest.raises(Unavailable, match="newer form"):
        restore(tmp_path / "b.tar", tmp_path / "new")


def test_the_copy_of_the_database_is_a_plain_file(city, tmp_path):
    backup(city, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as tar:
        tar.extract("city.db", tmp_path, filter="data")
    db = sqlite3.connect(tmp_path / "city.db")
    assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    db.close()


def test_what_people_typed_into_a_form_comes_back_with_the_mark_up_to_which_it_was_read(
    city, admin, tmp_path
):
    from citycommons.collect.form import Form, submit

    folder = city.settings.home / "sources" / "bins"
    submit(folder, {"bin": 1})
    [taken] = Form(home=folder).fetch()
    submit(folder, {"bin": 2})
    backup(city, tmp_path / "b.tar")
    restore(tmp_path / "b.tar", tmp_path / "new")
    there = tmp_path / "new" / "sources" / "bins"
    submit(there, {"bin": 3})
    [after] = Form(home=there, since=taken.cursor).fetch()
    assert after.path.read_text() == '{"bin":2}\n{"bin":3}\n'
