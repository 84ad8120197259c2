"""`citycommons goals`: a story from a template to a baseline that was changed afterwards."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run


@pytest.fixture
def made(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A city with counts of cars, published by its own command."""
    home = tmp_path / "home"
    assert run("init", home, "--name", "Testville").code == 0
    monkeypatch.setenv("CITYCOMMONS_HOME", str(home))
    assert run("publisher", "add", "Office for Roads", "--id", "roads").code == 0
    table = tmp_path / "counts.csv"
    rows = [f"2025-{month:02}-01,{100 + month % 3}" for month in range(1, 13)]
    table.write_text("day,cars\n" + "\n".join([*rows, "2026-06-01,70"]) + "\n", "utf-8")
    done = run(
        *("publish", table, "--dataset", "counts", "--title", "Counts"),
        *("--publisher", "roads", "--license", "CC0-1.0"),
    )
    assert done.code == 0, done.err
    return home


def test_templates_are_listed_and_shown_without_a_city(run: Run) -> None:
    assert "leeds-bins" in run("goals", "templates").out
    assert "5 to 28 are without a figure" in run("goals", "templates", "tfl-open-data").out
    (one,) = run("goals", "templates", "tfl-open-data", "--json").json
    assert (one["shortfall"]["low"], one["shortfall"]["high"]) == (5.0, 28.0)
    assert run("goals", "templates", "oslo").code == 4


def test_an_empty_ledger_invites(run: Run, made: Path) -> None:
    assert "Begin with a template" in run("goals").out
    assert run("goals", "--json").json == []


def test_a_baseline_changed_afterwards_leaves_a_mark_in_the_command_line(
    run: Run, made: Path, tmp_path: Path
) -> None:
    started = run("goals", "start", "leeds-bins", "--publisher", "roads", "--json")
    assert started.code == 0, started.err
    goal = started.json["goal"]["id"]
    assert goal == "fewer-calls-about-missed-bins"
    said = ("--baseline", "900", "--baseline-day", "2024-12-01", "--baseline-source", "call log")
    done = run(
        *("goals", "set", goal, "--owner", "Call centre", "--target", "500", *said),
        *("--step", "The app", "--why", "agreed"),
    )
    assert done.code == 0, done.err
    assert "!" not in done.out
    number = ("--value", "600", "--day", "2025-06-30")
    assert run("goals", "measure", goal, *number).code == 5
    assert run("goals", "measure", goal, *number, "--source", "call log").code == 0
    better = run(
        *("goals", "set", goal, "--baseline", "1200", "--baseline-day", "2024-12-01"),
        *("--baseline-source", "call log", "--why", "there were more"),
    )
    assert "! baseline changed" in better.out
    shown = run("goals", "show", goal)
    assert "900 on 2024-12-01 → 1200 on 2024-12-01. Why: there were more" in shown.out
    assert "claimed, grade D" in shown.out
    (mark,) = run("goals", "show", goal, "--json").json["changes"]
    assert (mark["what"], mark["after"], mark["old"]["value"]) == (
        "baseline",
        "measurement",
        900.0,
    )
    assert "1 changed afterwards" in run("goals").out


def test_a_ledger_is_exported_imported_and_computed_again(
    run: Run, made: Path, tmp_path: Path
) -> None:
    goal = json.loads((run("goals", "start", "roadworks", "--publisher", "roads", "--json")).out)
    file = tmp_path / "ledger.json"
    assert run("goals", "export", file).code == 0
    ledger = json.loads(file.read_text("utf-8"))
    (entry,) = [one for one in ledger["entries"] if one["kind"] == "goal"]
    body = entry["revisions"][0]["body"]
    body["indicator"] |= {
        "sql": "select avg(cars) from counts where day <= $day",
        "datasets": ["counts"],
    }
    body["id"] = "slower"
    file.write_text(
        json.dumps(
            {
                **ledger,
                "entries": [
                    *[one for one in ledger["entries"] if one["kind"] in ("problem", "unit-value")],
                    entry,
                ],
            }
        ),
        "utf-8",
    )
    taken = run("goals", "import", file, "--json")
    assert taken.code == 0, taken.err
    assert taken.json["entries"] == 1
    asked = run("goals", "measure", "slower", "--day", "2025-12-31", "--baseline", "--json")
    assert asked.code == 0, asked.err
    assert asked.json["value"] == pytest.approx(101.0)
    (again,) = run("goals", "recompute", "slower", "--json").json
    assert (again["is_same"], again["value"]) == (True, asked.json["value"])
    assert "the same to the last bit" in run("goals", "recompute", "slower").out
    assert run("goals", "show", goal["goal"]["id"]).code == 0
    assert run("goals", "values", "--load").code == 0
    assert len(run("goals", "values", "--json").json) >= 10
    assert run("goals", "show", "none").code == 4
    assert run("goals", "import", tmp_path / "none.json").code == 5
