"""`citycommons roadworks publish`: files that others take, and rules that are broken."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.share.works.works_given import STREET, example, reader

from citycommons.act.roadworks import register
from citycommons.cli.main import main
from citycommons.core.types import SYSTEM
from citycommons.core.works import Effect, Measure, Works, WorksState
from citycommons.share.works import datex2
from citycommons.store.work import City


@pytest.fixture
def good(city: City) -> Works:
    return put(city, example())


def put(city: City, one: Works) -> Works:
    days = one.last_day - one.first_day
    with city.work(SYSTEM) as work:
        today = work.now.date()
        phase = replace(one.phases[0], first_day=today, last_day=today + days)
        made = register.propose(work, replace(one, phases=(phase,)))
        for state in (WorksState.COORDINATED, WorksState.PERMITTED):
            made = register.advance(work, made.id, state)
    return made


def home(city: City) -> list[str]:
    return ["--home", str(city.settings.home)]


def test_all_feeds_are_written(
    city: City, good: Works, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "feeds"
    assert main(["roadworks", "publish", "--out", str(out), "--json", *home(city)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["works"] == 1
    assert told["violations"] == []
    assert {Path(one["file"]).name for one in told["files"]} == {p.name for p in out.iterdir()}
    assert len(told["files"]) == 10
    found = datex2.read((out / "datex2.xml").read_bytes(), reader()).works
    assert found[0].id == good.id


def test_one_format_is_written_alone(city: City, good: Works, tmp_path: Path) -> None:
    assert (
        main(
            ["roadworks", "publish", "--format", "cifs", "--out", str(tmp_path / "f"), *home(city)]
        )
        == 0
    )
    assert sorted(path.name for path in (tmp_path / "f").iterdir()) == ["waze.json", "waze.xml"]


def test_check_names_the_works_and_what_to_do(
    city: City, good: Works, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["roadworks", "publish", "--check", *home(city)]) == 0
    short = Measure(effect=Effect.CLOSED, line=STREET[:2])
    one = example()
    bad = put(city, replace(one, phases=(replace(one.phases[0], measures=(short,)),)))
    assert main(["roadworks", "publish", "--check", *home(city)]) == 5
    told = capsys.readouterr().err
    assert bad.id in told
    assert "snap it to the road network" in told
    assert good.id not in told.replace(bad.id, "")


def test_a_folder_that_cannot_be_written_is_told(
    city: City, good: Works, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["roadworks", "publish", "--out", str(tmp_path / "file"), *home(city)]) == 8
    assert "Cannot write into" in capsys.readouterr().err
