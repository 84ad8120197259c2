"""The command that measures works: its answer, and its errors."""

import json
import shutil

import pytest

from citycommons.cli.main import main


@pytest.fixture(scope="module")
def home(ideal_home, tmp_path_factory):
    home = tmp_path_factory.mktemp("measured") / "home"
    shutil.copytree(ideal_home, home)
    return home


def test_a_break_is_measured_at_a_detector(home, capsys):
    asked = ["--sensors", "D01", "--from", "2025-05-12", "--to", "2025-07-06"]
    assert main(["roadworks", "evaluate", "--home", str(home), *asked]) == 0
    text = capsys.readouterr().out
    assert "-98" in text
    assert "traffic" in text
    assert main(["roadworks", "evaluate", "--home", str(home), *asked, "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    (one,) = body["counters"]
    assert one["change"]["middle"] == pytest.approx(-0.98, abs=0.02)
    assert one["claim"] == "associational"  # the days were looked up in the counts
    assert set(one["others"]) == {
        "difference-in-differences",
        "synthetic control",
        "structural time series",
    }


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ([], 5, "Say what"),
        (["--sensors", "D01", "--from", "2025-05-12"], 5, "Say what"),
        (["--sensors", "D01", "--from", "May", "--to", "2025-07-06"], 5, "is no day"),
        (["--sensors", "D77", "--from", "2025-05-12", "--to", "2025-07-06"], 4, "no detector"),
        (["--works", "w-0"], 4, "no works"),
    ],
)
def test_a_wrong_question_says_what_helps(home, capsys, asked, code, words):
    assert main(["roadworks", "evaluate", "--home", str(home), *asked]) == code
    assert words in capsys.readouterr().err
