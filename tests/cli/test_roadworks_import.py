"""`citycommons roadworks import`: a partner's file, told row by row, twice the same."""

import json
from pathlib import Path

import pytest
from tests.act.roadworks.digs import settle

from citycommons.cli.main import main
from citycommons.core.settings import Settings
from citycommons.store.work import City

CSV = """id,street,start,end,effect,line
1,Harbour Street,2027-05-04,2027-05-17,full closure,"LINESTRING (7.63 51.95, 7.634 51.952)"
2,Harbour Street,soon,,,"LINESTRING (7.63 51.95, 7.634 51.952)"
"""


@pytest.fixture
def home(settings: Settings, city: City) -> Path:
    settle(city)
    return settings.home


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "digs.csv"
    found.write_text(CSV, encoding="utf-8")
    return found


def bring(home: Path, *more: str) -> int:
    return main(["roadworks", "import", "--home", str(home), *more])


def test_a_file_comes_in_once(home: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for expected in ("1 new, 0 changed, 0 as before", "0 new, 0 changed, 1 as before"):
        assert bring(home, str(file), "--owner", "water") == 0
        told = capsys.readouterr()
        assert expected in told.out
        assert "not taken: 2: “soon” is no day" in told.err


def test_programs_get_json(home: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bring(home, str(file), "--owner", "water", "--json") == 0
    body = json.loads(capsys.readouterr().out)
    assert body["format"] == "table"
    assert len(body["received"]["added"]) == 1
    assert body["received"]["faults"][0]["column"] == "start"


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ((), 5, "Name a FILE"),
        (("nowhere.csv",), 4, "There is no file"),
        (("FILE",), 5, "Say whose works these are"),
        (("FILE", "--owner", "water", "--format", "wzdx"), 5, "digs.csv"),
        (("--dataset", "nothing"), 4, "There is no dataset"),
    ],
)
def test_what_is_wrong_is_said(
    home: Path,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    given: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    assert bring(home, *(str(file) if one == "FILE" else one for one in given)) == code
    assert says in capsys.readouterr().err
