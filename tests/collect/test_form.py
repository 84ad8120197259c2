"""Answers of a form: nothing is lost, nothing comes twice, half a line waits."""

import json
import threading
from pathlib import Path

import pytest

from citycommons.collect.check import check_connector
from citycommons.collect.form import ANSWERS, Form, submit
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, TooMuch


def form(home: Path, tmp_path: Path, since: str = "") -> Form:
    return Form(home=home, since=since, client=Polite(cache=tmp_path / "cache"))


def rows(found: Form) -> tuple[list[dict[str, object]], str]:
    parcels = list(found.fetch())
    lines = [line for one in parcels for line in one.path.read_text("utf-8").splitlines()]
    return [json.loads(line) for line in lines], parcels[-1].cursor if parcels else ""


def test_answers_come_once_and_only_the_new_ones_next_time(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert rows(form(home, tmp_path)) == ([], "")
    submit(home, {"name": "Ünal", "n": 1})
    submit(home, {"name": "Zoë\nsecond line", "n": 2})
    first, cursor = rows(form(home, tmp_path))
    assert first == [{"name": "Ünal", "n": 1}, {"name": "Zoë\nsecond line", "n": 2}]
    assert rows(form(home, tmp_path, cursor)) == ([], "")
    submit(home, {"name": "Ada", "n": 3})
    assert rows(form(home, tmp_path, cursor))[0] == [{"name": "Ada", "n": 3}]


def test_a_line_that_was_cut_off_waits(tmp_path: Path) -> None:
    submit(tmp_path / "home", {"n": 1})
    with (tmp_path / "home" / ANSWERS).open("ab") as file:
        file.write(b'{"n":')
    assert rows(form(tmp_path / "home", tmp_path))[0] == [{"n": 1}]


def test_many_who_answer_at_once_each_get_a_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    threads = [
        threading.Thread(target=lambda n=n: [submit(home, {"n": n * 20 + k}) for k in range(20)])  # type: ignore[misc]
        for n in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    found, _ = rows(form(home, tmp_path))
    assert sorted(row["n"] for row in found) == list(range(160))  # type: ignore[type-var]


def test_an_endless_answer_and_a_full_form_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TooMuch, match="too long"):
        submit(tmp_path / "home", {"words": "x" * 300_000})
    monkeypatch.setattr("citycommons.collect.form.MOST_BYTES", 10)
    with pytest.raises(TooMuch, match="no more"):
        submit(tmp_path / "home", {"words": "a few words"})
    assert rows(form(tmp_path / "home", tmp_path)) == ([], "")


def test_the_form_is_a_connector(tmp_path: Path) -> None:
    submit(tmp_path / "home", {"n": 1})
    check_connector(form(tmp_path / "home", tmp_path))
    with pytest.raises(Invalid, match="signed-in or anyone"):
        list(Form(who="me", home=tmp_path / "home").fetch())
