"""The command line called in this process, and a city made by it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from citycommons.cli.main import main


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Answer]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("list", "--json")` in the city of CITYCOMMONS_HOME."""
    monkeypatch.delenv("CITYCOMMONS_DEBUG", raising=False)

    def run(*words: object) -> Answer:
        capfd.readouterr()
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Answer(code, out, err)

    return run


@pytest.fixture
def home(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A city made by `init`, where every command works."""
    home = tmp_path / "lecce"
    assert run("init", home, "--name", "Lecce").code == 0
    monkeypatch.setenv("CITYCOMMONS_HOME", str(home))
    return home


@pytest.fixture
def trees(tmp_path: Path) -> Path:
    path = tmp_path / "trees.csv"
    path.write_text("id;species;height_m\n1;Oak;12,5\n2;Lime;9,0\n3;Plane;20,25\n", "utf-8")
    return path
