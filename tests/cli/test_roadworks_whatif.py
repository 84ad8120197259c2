"""`citycommons roadworks whatif` and `calendar` on a small city with a model and works."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.act.roadworks import grid

from citycommons.act.model import kept as models
from citycommons.act.roadworks import kept, register
from citycommons.act.roadworks.own_solver import Own
from citycommons.cli.main import main
from citycommons.core.types import ActorId, Digest, PublisherId
from citycommons.core.works import Effect, Measure, Party, Phase, Works, WorksId, WorksState
from citycommons.store import models as model_rows
from citycommons.store.models import ModelRow

EAST = ((7.6002, 51.955), (7.6098, 51.955))
NORTH = ((7.605, 51.9502), (7.605, 51.9598))
SOON = date.today() + timedelta(days=40)  # noqa: DTZ011  (commands live on the clock)


@pytest.fixture
def home(city, admin, monkeypatch):
    """A city whose newest traffic model is the grid, with two proposed works."""
    model = grid.model(solver=Own())
    monkeypatch.setattr(models, "latest", lambda work: model)
    with city.work(admin) as work:
        row = ModelRow(
            id=model.id, created=work.now, by=admin.id, file=Digest("0" * 64), summary={}
        )
        model_rows.add(work.db, row)
        for name, line in (("water", EAST), ("heat", NORTH)):
            register.propose(work, works(name, line))
    return city.settings.home


def works(name: str, line) -> Works:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    measure = Measure(effect=Effect.CLOSED, line=line, both_directions=True)
    phase = Phase(first_day=SOON, last_day=SOON + timedelta(days=6), measures=(measure,))
    return Works(
        id=WorksId(name), title={"en": name}, description={}, streets=("East 1",),
        state=WorksState.PROPOSED, party=Party.UTILITY, owner=PublisherId("roads"),
        phases=(phase,), detour_words={}, created=now, updated=now, updated_by=ActorId("admin"),
    )  # fmt: skip


def answer(capsys, *words):
    assert main(["roadworks", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_closing_a_street_says_what_it_does(home, capsys):
    found = answer(capsys, "whatif", "--home", home, "--close", "East 1", "--runs", 2)
    (hour,) = found["hours"]
    assert (hour["day"], hour["hour"]) == ("workday", 8)
    assert hour["delay"]["low"] <= hour["delay"]["middle"] <= hour["delay"]["high"]
    assert all(one["after"]["high"] == 0 for one in hour["streets"] if one["street"] == "East 1")
    assert (
        main(["roadworks", "whatif", "--home", str(home), "--close", "East 1", "--runs", "2"]) == 0
    )
    assert "vehicle-hours more" in capsys.readouterr().out


def test_works_are_kept_and_reported(home, tmp_path, capsys, city, admin):
    ids = {one.title["en"]: one.id for one in everyone(city, admin)}
    page, table = tmp_path / "report.html", tmp_path / "report.csv"
    words = ("whatif", "--home", home, "--works", ids["water"], "--runs", 2)
    found = answer(capsys, *words, "--keep", "--report", page)
    answer(capsys, *words, "--report", table)
    assert "What this stands on" in page.read_text("utf-8")
    assert table.read_text("utf-8").startswith("phase,day,hour,link,street")
    with city.work(admin) as work:
        assert kept.latest(work, ids["water"]).forecast.id == found["id"]


def test_a_drawing_is_forecast(home, tmp_path, capsys):
    drawing = tmp_path / "works.geojson"
    shape = {"type": "LineString", "coordinates": EAST}
    feature = {
        "type": "Feature",
        "geometry": shape,
        "properties": {"effect": "lanes", "lanes_open": 1},
    }
    drawing.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    found = answer(
        capsys, "whatif", "--home", home, "--file", drawing, "--runs", 2, "--day", "saturday"
    )
    assert found["hours"][0]["day"] == "saturday"


def test_dates_are_proposed_for_works_that_are_planned_together(home, capsys):
    first, last = SOON - timedelta(days=30), SOON + timedelta(days=60)
    found = answer(capsys, "calendar", "--home", home, "--from", first, "--to", last)
    proposal = found["proposal"]
    assert len(proposal["planned"]["first_days"]) == 2
    assert proposal["better"]["delay"] <= proposal["planned"]["delay"]
    assert proposal["planned"]["together"][0]["days"] == 7
    assert (
        main(
            ["roadworks", "calendar", "--home", str(home), "--from", str(first), "--to", str(last)]
        )
        == 0
    )
    assert "than apart" in capsys.readouterr().out


def test_what_cannot_be_asked_is_said_with_its_code(home, tmp_path, capsys):
    def said(code, *words):
        assert main(["roadworks", *map(str, words), "--home", str(home)]) == code
        return capsys.readouterr().err

    assert "Did you mean" in said(4, "whatif", "--close", "Eest 1")
    assert "No link leads" in said(4, "whatif", "--close", "1-1")
    assert "no works" in said(4, "whatif", "--works", "nothing")
    assert "Cannot read" in said(4, "whatif", "--file", tmp_path / "none.geojson")
    assert "0 to 23" in said(5, "whatif", "--close", "East 1", "--hour", 24)
    assert "1 to 1000 runs" in said(9, "whatif", "--close", "East 1", "--runs", 0)
    assert ".html or .csv" in said(
        5, "whatif", "--close", "East 1", "--runs", 1, "--report", tmp_path / "x.pdf"
    )
    assert "Which works?" in said(5, "calendar")


def everyone(city, admin):
    with city.work(admin, may_write=False) as work:
        return register.every(work, register.Asked())
