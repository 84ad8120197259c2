"""The command line itself: help, wrong usage, exit codes, one sentence and never a traceback."""

import subprocess
import sys
import time

import pytest

from citycommons.cli import main as cli
from citycommons.core import errors


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_each_command_explains_itself_with_examples(run, command):
    answer = run(command, "--help")
    assert answer.code == 0
    assert "examples:" in answer.out
    assert f"citycommons {command}" in answer.out
    assert "exit codes:" in answer.out
    assert "--home" in answer.out
    assert "--json" in answer.out


def test_help_names_every_command(run):
    answer = run("--help")
    assert answer.code == 0
    said = " ".join(answer.out.split())  # lines break at other places in each Python
    assert all(help in said for help in cli.COMMANDS.values())


@pytest.mark.parametrize("words", [[], ["dance"], ["publish"], ["list", "--bogus"], ["user"]])
def test_wrong_usage_is_2(run, words):
    answer = run(*words)
    assert answer.code == 2
    assert "usage: citycommons" in answer.err


def test_without_a_city_one_sentence_says_how_to_name_it(run, tmp_path, monkeypatch):
    monkeypatch.delenv("CITYCOMMONS_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    answer = run("list")
    assert answer.code == 5
    assert answer.err.startswith("citycommons: Which city? Name its folder with --home DIR")
    assert answer.err.count("\n") == 1


def test_a_missing_home_is_unavailable_and_names_init(run, tmp_path):
    answer = run("list", "--home", tmp_path / "none")
    assert answer.code == 8
    assert "There is no city in" in answer.err
    assert "citycommons init" in answer.err
    assert not (tmp_path / "none").exists()


def test_the_home_may_stand_before_the_command(run, home, monkeypatch):
    monkeypatch.delenv("CITYCOMMONS_HOME")
    assert run("--home", home, "list").code == 0


def test_the_present_folder_is_the_city_when_it_holds_one(run, home, monkeypatch):
    monkeypatch.delenv("CITYCOMMONS_HOME")
    monkeypatch.chdir(home)
    assert run("list").code == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "is no TOML"),
        ("port = 'eighty'", "port: "),
        ("colour = 'red'", "colour: Extra inputs"),
        ("language = 'xx'", "language: "),
    ],
)
def test_a_broken_city_toml_is_named_with_its_fault(run, home, text, says):
    (home / "city.toml").write_text(text)
    answer = run("list")
    assert answer.code == 5
    assert says in answer.err
    assert "city.toml" in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.NotFound, 4),
        (errors.Invalid, 5),
        (errors.Forbidden, 6),
        (errors.Conflict, 7),
        (errors.Unavailable, 8),
        (errors.TooMuch, 9),
        (KeyboardInterrupt, 130),
        (MemoryError, 9),
        (PermissionError, 8),
        (ZeroDivisionError, 1),
    ],
)
def test_each_kind_of_error_has_its_exit_code(run, home, monkeypatch, kind, code):
    from citycommons.cli.commands import list as command

    def fail(args: object) -> None:
        raise kind("It rains.")

    monkeypatch.setattr(command, "run", fail)
    answer = run("list")
    assert answer.code == code
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err


def test_an_error_is_an_object_for_programs(run, home):
    answer = run("show", "nothing", "--json")
    assert answer.code == 4
    assert answer.json["error"]["title"] == "Not found"
    assert answer.json["error"]["exit_code"] == 4
    assert "nothing" in answer.json["error"]["detail"]


def test_debug_shows_where(run, home, monkeypatch):
    monkeypatch.setenv("CITYCOMMONS_DEBUG", "1")
    with pytest.raises(errors.NotFound):
        cli.main(["show", "nothing"])


def test_help_loads_nothing_heavy():
    """Neither the whole help nor that of any command."""
    code = (
        "import sys\n"
        "from citycommons.cli.main import COMMANDS, main\n"
        "main(['--help'])\n"
        "light = set(sys.modules)\n"
        "for command in COMMANDS: assert main([command, '--help']) == 0\n"
        "heavy = {'duckdb', 'pyarrow', 'shapely', 'sqlalchemy', 'pydantic', 'litestar', 'rich',"
        " 'httpx', 'numpy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert 'msgspec' not in light\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.slow
def test_help_takes_at_most_five_times_an_empty_python():
    def best(*words: str) -> float:
        times = []
        for _ in range(7):
            start = time.perf_counter()
            subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - start)
        return min(times)

    assert best("-m", "citycommons.cli.main", "--help") <= 5 * best("-c", "")
