"""Bad input and bad days: a clear sentence each, nothing half-published, nothing lost."""

import csv
import errno
import io
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from citycommons.cli.main import main
from citycommons.core.settings import read_settings
from citycommons.store import health, lake
from citycommons.store.migrate import LATEST
from citycommons.store.work import City

ROOT = Path(__file__).parents[2]
CLI = [sys.executable, "-m", "citycommons.cli.main"]
NEW = ("--dataset", "trees", "--license", "CC0-1.0")


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Run = Callable[..., Answer]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("CITYCOMMONS_DEBUG", raising=False)

    def run(*words: object) -> Answer:
        capfd.readouterr()
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Answer(code, out, err)

    return run


@pytest.fixture
def home(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A city with one good version of `trees`; after each bad day all of it is still there."""
    home = tmp_path / "city"
    assert run("init", home, "--name", "Lecce").code == 0
    monkeypatch.setenv("CITYCOMMONS_HOME", str(home))
    good = tmp_path / "good.csv"
    good.write_text("id;species\n1;Oak\n2;Lime\n")
    assert run("publish", good, *NEW).code == 0
    yield home
    city = City.open(read_settings(home))
    try:
        assert [one.what for one in health.findings(city, deep=True)] == []
        assert sorted(p.name for p in (home / "lake" / "aside").glob("*")) == []
    finally:
        city.close()


def published(run: Run) -> list[int]:
    """Numbers of the versions of `trees`, newest first."""
    answer = json.loads(run("show", "trees", "--json").out)
    return [one["number"] for one in answer["versions"]]


# Files


def a_picture(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 4)


def a_program(path: Path) -> None:
    path.write_bytes(b"\x7fELF" + os.urandom(4000))


def a_letter(path: Path) -> None:
    path.write_text("Dear colleagues,\n\nplease find the figures below.\n\nKind regards\n")


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def a_page(path: Path) -> None:
    path.write_text("<!doctype html><html><body><h1>404 Not found</h1></body></html>")


def a_broken_workbook(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04" + os.urandom(2000))


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (a_picture, "trees.csv"),
        (a_program, "trees.csv"),
        (a_letter, "trees.txt"),
        (nothing, "trees.csv"),
        (a_page, "trees.csv"),
        (a_broken_workbook, "trees.xlsx"),
    ],
)
def test_a_file_that_is_no_table(run, home, tmp_path, make, name):
    make(tmp_path / name)
    refused = run("publish", tmp_path / name, "--dataset", "trees")
    assert refused.code == 5, refused
    assert name in refused.err
    assert len(refused.err.splitlines()) == 1
    assert published(run) == [1]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig", "utf-16-be"])
def test_an_encoding_that_nobody_declared_is_found(run, home, tmp_path, encoding):
    text = "id;straße\n1;Königsstraße\n2;Aegidiimarkt\n3;Münzstraße\n"
    (tmp_path / "streets.csv").write_bytes(text.encode(encoding))
    words = ("--dataset", "streets", "--license", "CC0-1.0")
    done = run("publish", tmp_path / "streets.csv", *words)
    assert done.code == 0, done.err
    rows = list(csv.DictReader(io.StringIO(run("export", "streets").out)))
    assert rows[0] == {"id": "1", "straße": "Königsstraße"}


def test_bytes_of_no_single_encoding_are_named_or_refused_never_dropped(run, home, tmp_path):
    mixed = "id;name\n1;Königsstraße\n".encode() + b"2;M\xfcnster\x00\x81\n"
    (tmp_path / "mixed.csv").write_bytes(mixed)
    done = run(
        "publish", tmp_path / "mixed.csv", "--dataset", "m", "--license", "CC0-1.0", "--json"
    )
    if done.code == 0:
        answer = json.loads(done.out)
        assert answer["rows"] + answer["rejected_rows"] == 2
        assert answer["faults"] or any("encoding" in step for step in answer["steps"])
    else:
        assert done.code == 5
        assert "mixed.csv" in done.err


def test_two_gigabytes_are_refused_at_once(run, home, tmp_path):
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(2 << 30)
    start = time.monotonic()
    refused = run("publish", huge, "--dataset", "trees")
    assert time.monotonic() - start < 2
    assert refused.code == 9
    assert "2048 MB" in refused.err
    assert "upload_limit_mb" in refused.err
    assert published(run) == [1]


def test_a_zip_bomb_is_stopped_where_the_limit_is(run, home, tmp_path, monkeypatch):
    monkeypatch.setenv("CITYCOMMONS_UNPACKED_LIMIT_MB", "20")
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trees.csv", b"id;n\n" + b"1;0\n" * (16 << 20))
    assert bomb.stat().st_size < 1 << 20
    refused = run("publish", bomb, "--dataset", "trees")
    assert refused.code == 9, refused
    assert "bomb.zip" in refused.err
    assert published(run) == [1]


@pytest.mark.parametrize("name", ["../../evil.csv", "/tmp/evil.csv", "..\\..\\evil.csv"])
def test_a_path_that_leads_out_of_an_archive_writes_nothing_there(run, home, tmp_path, name):
    archive = tmp_path / "deep" / "deeper" / "evil.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(name, "id;n\n1;2\n")
    refused = run("publish", archive, "--dataset", "trees")
    assert refused.code == 5, refused
    assert "evil" in refused.err
    assert not list(tmp_path.rglob("evil.csv"))
    assert published(run) == [1]


def test_a_formula_never_reaches_a_spreadsheet_from_our_csv(run, home, tmp_path):
    evil = ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "harmless"]
    with (tmp_path / "evil.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *enumerate(evil)])
    words = ("--dataset", "evil", "--license", "CC0-1.0")
    assert run("publish", tmp_path / "evil.csv", *words).code == 0
    rows = list(csv.DictReader(io.StringIO(run("export", "evil", "-o", "-").out, newline="")))
    assert len(rows) == len(evil)
    for row in rows:
        assert not row["text"].startswith(("=", "+", "-", "@", "\t", "\r")), row


# Days


@pytest.mark.slow
def test_two_people_publish_at_once(run, home, tmp_path):
    """Two processes start from version 1; one wins, the other is told, nothing is mixed."""
    programs = []
    for name in ("ada", "eva"):
        path = tmp_path / f"{name}.csv"
        path.write_text("id;species\n" + "".join(f"{n};{name}\n" for n in range(5000)))
        words = ["publish", str(path), "--dataset", "trees", "--expected", "1", "--note", name]
        programs.append(subprocess.Popen([*CLI, *words], stderr=subprocess.PIPE, text=True))
    said = [program.communicate(timeout=60)[1] for program in programs]
    assert sorted(program.returncode for program in programs) == [0, 7]
    loser = next(text for program, text in zip(programs, said, strict=True) if program.returncode)
    assert "Somebody published version 2" in loser
    assert published(run) == [2, 1]
    kinds = {row["species"] for row in csv.DictReader(io.StringIO(run("export", "trees").out))}
    assert kinds in ({"ada"}, {"eva"})


@pytest.mark.slow
def test_many_who_do_not_care_which_number_they_get_all_get_one(run, home, tmp_path):
    programs = []
    for number in range(5):
        path = tmp_path / f"{number}.csv"
        path.write_text(f"id;species\n1;kind {number}\n")
        words = ["publish", str(path), "--dataset", "trees"]
        programs.append(subprocess.Popen([*CLI, *words], stdout=subprocess.DEVNULL))
    assert [program.wait(60) for program in programs] == [0] * 5
    assert published(run) == [6, 5, 4, 3, 2, 1]


@pytest.mark.slow
def test_killed_in_the_middle_of_a_publication(run, home, tmp_path):
    """`kill -9` after the lake file was written and before the database heard of it."""
    path = tmp_path / "new.csv"
    path.write_text("id;species\n3;Plane\n")
    code = (
        "import os, signal\n"
        "from citycommons.store import catalogue\n"
        "def die(*_): os.kill(os.getpid(), signal.SIGKILL)\n"
        "catalogue._set_latest = die\n"
        "from citycommons.cli.main import main\n"
        f"main(['publish', {str(path)!r}, '--dataset', 'trees'])\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert published(run) == [1]
    assert run("publish", path, "--dataset", "trees").code == 0
    assert published(run) == [2, 1]


def test_a_full_disk_while_the_lake_file_is_written(run, home, tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "new.csv"
    path.write_text("id;species\n3;Plane\n")
    with monkeypatch.context() as patch:
        patch.setattr(lake, "_sync_and_digest", full)
        refused = run("publish", path, "--dataset", "trees")
    assert refused.code == 8
    assert "is full: nothing was stored" in refused.err
    assert published(run) == [1]
    assert run("publish", path, "--dataset", "trees").code == 0


@pytest.mark.slow
def test_no_file_may_grow_any_more(run, home, tmp_path):
    """The limit of the system itself (RLIMIT_FSIZE) strikes wherever the writing happens to be."""
    path = tmp_path / "new.csv"
    path.write_text("id;species\n" + "".join(f"{n};{os.urandom(8).hex()}\n" for n in range(40_000)))

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that a write fails, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    words = [*CLI, "publish", str(path), "--dataset", "trees"]
    refused = subprocess.run(words, capture_output=True, text=True, preexec_fn=limit, check=False)
    assert refused.returncode == 8, refused
    assert "Traceback" not in refused.stderr
    assert published(run) == [1]
    assert run("publish", path, "--dataset", "trees").code == 0


@pytest.mark.slow
def test_a_disk_that_is_really_full(run, home, tmp_path):
    """A tiny file system of its own, where the account has the right to mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(disk)],
            capture_output=True,
            check=False,
        )
        if shutil.which("mount")
        else None
    )
    if mounted is None or mounted.returncode:
        pytest.skip("this account may not mount a file system")
    try:
        small = disk / "city"
        assert run("init", small, "--name", "Small").code == 0
        path = tmp_path / "new.csv"
        lines = (f"{n};{os.urandom(16).hex()}\n" for n in range(90_000))
        path.write_text("id;species\n" + "".join(lines))
        refused = run("publish", path, *NEW, "--home", small)
        assert refused.code == 8, refused
        assert "full" in refused.err or "No space" in refused.err
        assert json.loads(run("list", "--home", small, "--json").out) == []
        path.write_text("id;species\n1;Oak\n")
        assert run("publish", path, *NEW, "--home", small).code == 0
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_newer_schema_is_not_touched(run, home):
    db = sqlite3.connect(home / "city.db")
    with db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    try:
        for words in (["list"], ["upgrade"], ["doctor"]):
            refused = run(*words)
            assert refused.code in (1, 8)
            assert "newer than this program" in refused.err + refused.out
        assert not (home / "backups").exists()
    finally:
        with db:
            db.execute("UPDATE alembic_version SET version_num = ?", (LATEST,))
        db.close()


def test_a_database_without_a_schema_names_the_command_that_helps(run, tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "city.db").touch()
    refused = run("list", "--home", tmp_path / "old")
    assert refused.code == 8
    assert "citycommons upgrade" in refused.err
    assert run("upgrade", "--home", tmp_path / "old").code == 0
    assert run("list", "--home", tmp_path / "old").code == 0
    again = run("upgrade", "--home", tmp_path / "old")
    assert again.code == 0
    assert "Nothing to do" in again.out


@pytest.mark.slow
def test_an_older_schema_is_upgraded_after_a_backup_and_the_way_back_works(
    run, home, tmp_path, capfd
):
    newer = _newer_program(tmp_path)
    home_of_new = tmp_path / "upgraded"
    shutil.copytree(home, home_of_new)

    def new(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*newer, *words, "--home", str(home_of_new)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    refused = new("list")
    assert refused.returncode == 8
    assert "citycommons upgrade" in refused.stderr
    done = new("upgrade", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["before"], answer["after"]) == (LATEST, f"{int(LATEST) + 1:04d}")
    assert json.loads(new("list", "--json").stdout)[0]["version"] == 1
    # The older program leaves the newer data alone, and gets its own back from the backup.
    assert run("list", "--home", home_of_new).code == 8
    back = tmp_path / "back"
    assert run("restore", answer["backup"], back, "--lake-of", home_of_new).code == 0
    assert json.loads(run("list", "--home", back, "--json").out)[0]["version"] == 1


def _newer_program(tmp_path: Path) -> list[str]:
    import importlib.util

    spec = importlib.util.spec_from_file_location("kill_loop", ROOT / "benchmarks/kill_loop.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules["kill_loop"] = module
    try:
        spec.loader.exec_module(module)
        return list(module.newer_program(tmp_path / "migrations"))
    finally:
        del sys.modules["kill_loop"]


def test_a_database_that_cannot_be_written_says_so(run, home, tmp_path, monkeypatch):
    if os.geteuid() == 0:
        pytest.skip("nothing is read-only for this account")
    path = tmp_path / "new.csv"
    path.write_text("id;species\n3;Plane\n")
    (home / "city.db").chmod(0o400)
    try:
        refused = run("publish", path, "--dataset", "trees")
        assert refused.code == 8
        assert "rights" in refused.err
        assert run("doctor").code == 1
    finally:
        (home / "city.db").chmod(0o600)


def test_what_is_lost_is_found_by_the_doctor_and_comes_back_from_a_backup(run, home, tmp_path):
    assert run("backup", tmp_path / "b.tar").code == 0
    (file,) = (home / "lake").glob("??/*.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[:-10])
    assert run("doctor").code == 0
    found = run("doctor", "--deep", "--json")
    assert found.code == 1
    assert "trees@1 is damaged" in json.loads(found.out)["findings"][0]["what"]
    file.unlink()
    assert run("doctor").code == 1
    refused = run("export", "trees")
    assert refused.code == 4
    assert "Restore it from a backup" in refused.err
    lost = run("backup", tmp_path / "worse.tar")
    assert lost.code == 8
    assert "without 1 lake files" in lost.err
    with tarfile.open(tmp_path / "b.tar") as tar:
        tar.extract(f"lake/{file.parent.name}/{file.name}", home, filter="data")
    assert run("doctor", "--deep").code == 0
    assert file.read_bytes() == whole


@pytest.mark.slow
def test_six_kills_lose_nothing_that_was_acknowledged():
    """The short form of `benchmarks/kill_loop.py --kills 200`."""
    words = [str(ROOT / "benchmarks" / "kill_loop.py"), "--kills", "6", "--rows", "2000", "--json"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["wrong"] == []
    assert sum(result["kills"].values()) == 6
    assert result["acknowledged_versions"] >= 1
