"""What is kept in a file comes back the same, as the same bytes, and a file is never code."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from citycommons.act.model import arrays
from citycommons.act.model.types import DayType, Fit, Zone
from citycommons.core.errors import Invalid

LINES = (((7.1, 51.2), (7.3, 51.4)), ((1.0, 2.0), (3.0, 4.0), (5.0, 6.0)))
FIT = Fit(5, 1, 0.1, float("nan"), 0.85, ("A: silent",), 0.3)


def back(tmp_path: Path, value: object) -> object:
    arrays.write(tmp_path / "a.npz", value)
    return arrays.read(tmp_path / "a.npz")


def test_nested_values_come_back_the_same(tmp_path: Path) -> None:
    flow = np.random.default_rng(1).random(7)
    value = {"lines": LINES, "day": DayType.SATURDAY, "x": [1, 0.1, None, "ü"], ("a", 1): flow}
    found = back(tmp_path, value)
    assert isinstance(found, dict)
    assert found["lines"] == LINES
    assert found["day"] is DayType.SATURDAY
    assert found["x"] == [1, 0.1, None, "ü"]
    np.testing.assert_array_equal(found["a", 1], flow)
    time = datetime(2026, 1, 2, tzinfo=UTC)
    assert back(tmp_path, (time, ())) == (time, ())


def test_an_object_in_two_places_is_one_again(tmp_path: Path) -> None:
    zone, flow = Zone("1", "Dom", 7.6, 51.9), np.arange(3)
    first, second, a, b, _ = back(tmp_path, (zone, zone, flow, flow, FIT))  # type: ignore[misc]
    assert first is second
    assert a is b
    assert first.name == "Dom"


def test_the_same_value_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        arrays.write(tmp_path / name, (FIT, LINES, np.arange(9.0)))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "shape",
    [
        {"c": "subprocess:Popen", "v": {"args": "true"}},
        {"c": "citycommons.act.model.arrays:Path", "v": {}},
        {"c": "citycommons.act.model.types:Fit", "v": {"nothing": 1}},
        {"a": 5},
        {"z": 1},
        {"__class__": 1},
        {"r": 3},
    ],
)
def test_a_file_from_elsewhere_is_refused(tmp_path: Path, shape: object) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("shape.json", json.dumps(shape))
    with pytest.raises(Invalid, match="another edition"):
        arrays.read(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes(b"nothing")
    with pytest.raises(Invalid, match="damaged"):
        arrays.read(tmp_path / "b.npz")


def test_what_is_no_value_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="cannot be kept"):
        arrays.write(tmp_path / "a.npz", {1, 2})
    with pytest.raises(TypeError, match="none of our classes"):
        arrays.write(tmp_path / "a.npz", _foreign())


def _foreign() -> object:
    from dataclasses import make_dataclass

    return make_dataclass("Foreign", ["x"])(1)


def test_what_an_object_makes_of_itself_is_made_again(tmp_path: Path) -> None:
    from tests.act.demand.msa import grid

    from citycommons.act.assignment import Demand, solve

    network = grid(3, 3)
    base = solve(network, [Demand(np.ones((3, 3)))], gap=1e-8)
    found = back(tmp_path, base)
    again = solve(network, base.demands, gap=1e-8, start=found)  # type: ignore[arg-type]
    np.testing.assert_allclose(again.flow, base.flow, atol=1e-9)
