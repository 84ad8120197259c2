"""`citycommons init`: a new city, or one sentence that says why not."""

import json

import pytest

from citycommons.core.settings import read_settings


def test_a_city_is_made_from_flags_alone(run, tmp_path):
    home = tmp_path / "lecce"
    box = "18.05,40.28,18.30,40.45"
    made = run("init", home, "--name", "Lecce “bella”", "--language", "it", "--boundary", box)
    assert made.code == 0, made.err
    settings = read_settings(home)
    assert settings.name == "Lecce “bella”"
    assert settings.language == "it"
    assert settings.boundary == (18.05, 40.28, 18.30, 40.45)
    assert run("list", "--home", home, "--json").json == []
    assert (home / "city.toml").stat().st_mode & 0o077 == 0


def test_the_boundary_may_be_a_geojson_file(run, tmp_path):
    ring = [[18.0, 40.0], [18.5, 40.0], [18.5, 40.5], [18.0, 40.5], [18.0, 40.0]]
    file = tmp_path / "b.geojson"
    geometry = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {}, "geometry": geometry}
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert run("init", tmp_path / "c", "--boundary", file).code == 0
    assert read_settings(tmp_path / "c").boundary == (18.0, 40.0, 18.5, 40.5)


def test_a_folder_with_other_things_is_left_alone(run, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "love.txt").write_text("dear")
    refused = run("init", tmp_path / "letters")
    assert refused.code == 7
    assert "is not empty" in refused.err
    assert [p.name for p in (tmp_path / "letters").iterdir()] == ["love.txt"]


def test_a_second_init_leaves_the_first_city_as_it_is(run, home):
    before = (home / "city.toml").read_bytes()
    again = run("init", home, "--name", "Other")
    assert again.code == 7
    assert "There is a city" in again.err
    assert (home / "city.toml").read_bytes() == before


def test_what_a_killed_init_left_is_taken_up_again(run, home):
    (home / "city.toml").unlink()
    assert run("init", home, "--name", "Lecce").code == 0
    assert run("publisher", "list", "--json").json[0]["publisher"]["id"] == "lecce"


@pytest.mark.parametrize(
    ("flags", "code", "says"),
    [
        (["--boundary", "1,2,3"], 5, "west,south,east,north"),
        (["--accent", "blue"], 5, "“blue” is no colour"),
        (["--database", "mysql://x"], 5, "mysql"),
        (["--language", "xx"], 2, "invalid choice"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_made(run, tmp_path, flags, code, says):
    refused = run("init", tmp_path / "c", *flags)
    assert refused.code == code
    assert says in refused.err
    assert not (tmp_path / "c" / "city.toml").exists()


@pytest.mark.slow
def test_a_person_is_asked_and_asked_again(tmp_path):
    """On a terminal: the first boundary is wrong, the passwords differ once."""
    import os
    import pty
    import subprocess
    import sys

    home = tmp_path / "bari"
    secret = "seven cats on a mat"
    answers = ["Bari", "it", "1,2", "16.7,41.0,17.0,41.2", "eva@example.org"]
    answers += [secret, "another", secret, secret]
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "citycommons.cli.main", "init", str(home)]
    with subprocess.Popen(
        command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, start_new_session=True,
        preexec_fn=_controlling_terminal,
    ) as program:  # fmt: skip
        os.close(theirs)
        seen = b""
        for answer in answers:
            while not seen.rstrip().endswith((b"]:", b":")):
                seen += os.read(ours, 1024)
            seen = b""
            os.write(ours, answer.encode() + b"\n")
            while b"\n" not in seen:  # the echo, or what a password's prompt gives for it
                seen += os.read(ours, 1024)
            seen = seen.rpartition(b"\n")[2]
        assert program.wait(30) == 0
    os.close(ours)
    settings = read_settings(home)
    assert (settings.name, settings.language) == ("Bari", "it")
    assert settings.boundary == (16.7, 41.0, 17.0, 41.2)


def _controlling_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
