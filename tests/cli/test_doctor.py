"""`citycommons doctor`: what is wrong, and what helps; exit code 0 when nothing serious is."""

import os
import shutil
import socket
import time
from collections import namedtuple

from citycommons.cli.commands import doctor


def test_a_new_city_is_well(run, home):
    done = run("doctor")
    assert (done.code, done.out) == (0, f"Lecce in {home} is well.\n")
    assert run("doctor", "--deep", "--json").json == {"is_well": True, "findings": []}


def test_no_city_is_a_finding_not_an_error(run, tmp_path):
    done = run("doctor", "--home", tmp_path / "none", "--json")
    assert done.code == 1
    assert [one["check"] for one in done.json["findings"]] == ["home"]
    assert "citycommons init" in done.json["findings"][0]["help"]


def test_a_lost_file_is_named_with_its_version_and_what_helps(run, home, trees):
    run("publish", trees, "--dataset", "trees", "--license", "CC0-1.0")
    (file,) = (home / "lake").glob("??/*.parquet")
    file.unlink()
    done = run("doctor")
    assert done.code == 1
    assert f"✗ lake: The file of trees@1 is missing: {file}." in done.out
    assert "→ Copy it from a backup" in done.out


def test_little_room_is_serious(run, home, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 9, 5_000_000))
    done = run("doctor")
    assert done.code == 1
    assert "Only 5.0 MB are free" in done.out


def test_a_port_that_others_use_is_said(run, home, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("CITYCOMMONS_PORT", str(taken.getsockname()[1]))
        monkeypatch.setattr(doctor, "_is_ours", lambda _: False)
        done = run("doctor")
    assert done.code == 0
    assert "is used by another program" in done.out


def test_a_home_that_all_can_read_is_said(run, home):
    home.chmod(0o755)
    (home / "city.db").chmod(0o644)
    done = run("doctor")
    assert done.code == 0
    assert f"chmod 700 {home}" in done.out


def test_old_files_nobody_names_are_removed_when_asked(run, home, trees):
    (home / "lake" / "ab").mkdir(parents=True)
    orphan = home / "lake" / "ab" / f"ab{'0' * 62}.parquet"
    orphan.write_bytes(b"x" * 1000)
    os.utime(orphan, (time.time() - 100_000,) * 2)
    assert "doctor --tidy" in run("doctor").out
    tidied = run("doctor", "--tidy")
    assert tidied.code == 0
    assert "1 files removed" in tidied.err
    assert not orphan.exists()
    assert run("doctor", "--retry").err == "0 facts will be tried again.\n"


def test_versions_are_compared_number_by_number():
    assert not doctor._wrong("3.10.2", ">=", "3.9")
    assert doctor._wrong("3.8", ">=", "3.9")
    assert not doctor._wrong("1.5.5", "==", "1.5.5")
    assert doctor._wrong("1.5.50", "==", "1.5.5")
    assert not doctor._wrong("2.0.1+local", ">=", "2.0")
