"""The house holds: rooms, their sentences, and which room may import which."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import citycommons
from citycommons.store.migrate import LATEST

ROOT = Path(__file__).parents[1]
SOURCE = Path(citycommons.__file__).parent
ROOMS = ("core", "store", "govern", "collect", "standardise", "share", "engage", "understand")
ROOMS += ("act", "measure", "web", "cli", "jobs")


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_says_what_it_is_in_one_sentence(room):
    tree = ast.parse((SOURCE / room / "__init__.py").read_text(encoding="utf-8"))
    sentence = ast.get_docstring(tree)
    assert sentence
    assert sentence.splitlines()[0].endswith(".")


def test_a_room_imports_only_rooms_to_its_left():
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_program_expects_the_newest_migration():
    files = sorted((SOURCE / "store" / "migrations" / "versions").glob("[0-9]*.py"))
    assert files[-1].name.startswith(LATEST)


def test_only_the_readers_door_and_publishing_touch_lake_paths():
    """Whatever reads data goes through `share.open`, which asks `govern` and counts."""
    may = {
        "store/lake.py",
        "share/open.py",
        "share/publish.py",
        "share/packed.py",  # the features of an opened version, in two files beside it
        "share/kept.py",  # files derived from an opened version, beside it
        "share/diff.py",  # two files that `open` or the desk has let in
        "share/rejects.py",  # rows kept aside, for who may publish
        "share/drafts/ready.py",  # a prepared file that nobody can read yet, before publishing
    }
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        if name in may or name.split("/")[0] in {"cli", "jobs", "store"}:
            continue  # doors for the operator: backup, doctor, sweeping
        assert not re.search(
            r"(?<!opened\.)\blake\.(path|existing|query|cursor)\(", path.read_text("utf-8")
        ), name
