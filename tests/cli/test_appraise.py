"""`citycommons appraise`: from a template to a result that is computed again and compared."""

from pathlib import Path

import pytest
from tests.cli.conftest import Run

TFL = "travellers-know-before-they-set-out"


@pytest.fixture
def made(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    assert run("init", home, "--name", "Testville").code == 0
    monkeypatch.setenv("CITYCOMMONS_HOME", str(home))
    assert run("publisher", "add", "Office for Roads", "--id", "roads").code == 0
    started = run("goals", "start", "tfl-open-data", "--publisher", "roads", "--json")
    assert started.json["goal"]["id"] == TFL
    return home


def test_schedules_are_listed_without_a_city(run: Run) -> None:
    assert "uk-green-book" in run("appraise", "schedules").out
    (green,) = [
        one for one in run("appraise", "schedules", "--json").json if one["id"] == "uk-green-book"
    ]
    assert green["steps"][0] == {"rate": 0.035, "last_year": 30}


def test_claims_are_told_apart_and_the_result_comes_again(run: Run, made: Path) -> None:
    done = run("appraise", "goal", TFL, "--schedule", "uk-green-book", "--horizon", "0", "--json")
    assert done.code == 0, done.err
    results = done.json["results"]
    assert results["proven"]["benefits"]["high"] == 0  # nobody measured them
    low = sum(part["value"]["low"] for part in results["with_claims"]["parts"])
    high = sum(part["value"]["high"] for part in results["with_claims"]["parts"])
    assert 102e6 <= low <= high <= 125e6
    again = run("appraise", "recompute", done.json["id"])
    assert again.code == 0
    assert "the same to the last bit" in again.out
    shown = run("appraise", "show", done.json["id"]).out
    assert "with claims" in shown
    assert "! No costs are entered" in shown
    assert run("appraise", "compare", done.json["id"]).code == 0


def test_another_currency_needs_a_stated_rate(run: Run, made: Path) -> None:
    asked = ("appraise", "goal", TFL, "--currency", "EUR")
    refused = run(*asked)
    assert refused.code == 5
    assert "State a rate from GBP to EUR" in refused.err
    assert run(*asked, "--rate", "GBP=EUR:1.17").code == 5
    assert run(*asked, "--rate", "GBP=EUR:1.17::2024").code == 5
    assert run(*asked, "--rate", "GBP=EUR:1.17:ECB, annual average:2024").code == 0


def test_what_is_not_there_says_so(run: Run, made: Path) -> None:
    assert run("appraise", "goal", "none").code == 4
    assert run("appraise", "show", "none").code == 4
    assert run("appraise", "goal", TFL, "--schedule", "mars").code == 4
    assert run("appraise", "goal", TFL, "--horizon", "-1").code == 5
