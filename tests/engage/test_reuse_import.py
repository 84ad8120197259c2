"""Reuses of a portal that is left behind come over once, with the data that are here."""

import json
from pathlib import Path

import pytest
from tests.engage.impact_given import STEWARD, with_data

from citycommons.cli.main import main
from citycommons.core.errors import Forbidden, Invalid
from citycommons.core.reuses import ReuseKind, ReuseState
from citycommons.core.types import SYSTEM
from citycommons.engage import reuse_import

UDATA = {  # as `/api/1/reuses/` of udata answers, shortened
    "data": [
        {
            "id": "5f0",
            "title": "Velo map",
            "slug": "velo-map",
            "type": "application",
            "url": "https://velo.example/map",
            "description": "Shows **cyclists**.",
            "organization": {"name": "Velo Club", "id": "1"},
            "datasets": [
                {"id": "53699", "page": "https://old.example/fr/datasets/bikes/", "title": "B"}
            ],
        },
        {
            "id": "5f1",
            "title": "Elsewhere",
            "type": "paper",
            "url": "https://paper.example/",
            "owner": {"first_name": "Ada", "last_name": "L"},
            "datasets": [{"id": "unknown"}],
        },
        {
            "id": "5f2",
            "title": "Bad",
            "type": "post",
            "url": "javascript:alert(1)",
            "datasets": [{"id": "trees"}],
        },
    ]
}
SHOWCASES = {
    "result": [
        {"title": "Tree story", "notes": "N", "url": "https://t.example", "datasets": ["trees"]}
    ]
}


def test_udata_and_ckan_come_over_once(any_city):
    with_data(any_city)
    with any_city.work(SYSTEM) as work:
        done = reuse_import.take(work, UDATA["data"])
        assert [(one.title, one.kind, one.maker) for one in done.added] == [
            ("Velo map", ReuseKind.APP, "Velo Club")
        ]
        assert (done.without_data, len(done.faults)) == (1, 1)
        again = reuse_import.take(work, UDATA["data"])
        assert (again.added, again.known) == ((), 1)
        shown = reuse_import.take(work, SHOWCASES["result"], confirms=True)
        assert shown.added[0].state is ReuseState.CONFIRMED


def test_hostile_records_are_faults_and_stop_nothing(any_city):
    with_data(any_city)
    wild = [
        {"title": ["x"], "url": 3, "datasets": ["trees"], "type": {}, "owner": "o"},
        {"title": "x" * 9999, "url": "http://[::1", "datasets": ["trees", {"page": "http://["}]},
        {"datasets": "trees"},
        {
            "title": "<script>",
            "url": "https://fine.example",
            "datasets": [None, {"id": 1}, "trees"],
        },
    ]
    with any_city.work(SYSTEM) as work:
        done = reuse_import.take(work, wild)
        assert [one.title for one in done.added] == ["<script>"]
        assert (done.without_data, len(done.faults)) == (1, 2)


def test_only_who_runs_the_city_imports(any_city):
    with_data(any_city)
    with any_city.work(STEWARD) as work, pytest.raises(Forbidden):
        reuse_import.take(work, [])


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"data": 3}', "null", '{"data": [[]]}'])
def test_what_is_no_list_of_reuses_is_said(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(Invalid):
        reuse_import.read(path)


def test_the_command_imports_and_lists(city, tmp_path: Path, capsys):
    with_data(city)
    path = tmp_path / "reuses.json"
    path.write_text(json.dumps(UDATA))
    home = ["--home", str(city.settings.home)]
    assert main(["reuses", "import", str(path), "--confirm", *home]) == 0
    assert "1 listed, 0 known before, 1 of data" in capsys.readouterr().out
    assert main(["reuses", "list", "--json", *home]) == 0
    assert json.loads(capsys.readouterr().out)[0]["title"] == "Velo map"
    assert main(["reuses", "import", str(tmp_path / "no.json"), *home]) == 4
