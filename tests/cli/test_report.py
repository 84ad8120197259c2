"""`citycommons report`: kept once, written elsewhere as known now, all tables as a package."""

import json
import shutil
from pathlib import Path

import pytest
from tests.measure.impact.whole import filled

from citycommons.cli.main import main
from citycommons.store.work import City


def run(capsys: pytest.CaptureFixture[str], city: City, *words: str) -> tuple[int, str]:
    code = main(["report", "--home", str(city.settings.home), *words])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_a_quarter_is_kept_once_and_listed(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    filled(city)
    for _ in range(2):
        code, told = run(capsys, city, "--quarter", "2026-Q1", "--json")
        assert code == 0
        (one,) = json.loads(told)["reports"]
        assert one["revision"] == 1
        assert Path(one["file"]).exists()
    code, told = run(capsys, city, "--list")
    assert code == 0
    assert one["digest"] in told


def test_it_is_written_elsewhere_in_one_form_or_as_all_tables(
    city: City, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    filled(city)
    place = tmp_path / "out"
    words = ("--quarter", "2026", "-o", str(place), "--language", "de")
    assert run(capsys, city, *words, "--format", "pdf")[0] == 0
    assert [path.name for path in place.iterdir()] == ["2026.pdf"]
    assert run(capsys, city, *words, "--export")[0] == 0
    first = (place / "value-2026.zip").read_bytes()
    shutil.rmtree(place)
    assert run(capsys, city, *words, "--export")[0] == 0
    assert (place / "value-2026.zip").read_bytes() == first


@pytest.mark.parametrize(
    "words",
    [(), ("--quarter", "soon"), ("--quarter", "2026-Q1", "--export"), ("--quarter", "2099-Q1")],
)
def test_what_cannot_be_is_told(
    city: City, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    code, told = run(capsys, city, *words)
    assert code == 5
    assert "Traceback" not in told
