"""On published networks: counts on 30 % of the links, a prior whose pairs are half wrong."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from benchmarks.roadworks.calibration import networks, outcome

from citycommons.act.network.types import Floats, Network


@pytest.fixture
def read(shared: Path, tmp_path: Path) -> dict[str, tuple[Network, Floats]]:
    archive = shared / "data/assignment_benchmarks/tntp_networks.zip"
    if not archive.is_file():
        pytest.skip("the shared benchmark networks are not here")
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as packed:
        packed.extractall(tmp_path)
    wanted = frozenset({"Anaheim", "ChicagoSketch"})
    return {name: (network, trips) for name, network, trips in networks(tmp_path, wanted)}


def test_links_nobody_counted_are_met_and_the_true_matrix_comes_nearer(
    read: dict[str, tuple[Network, Floats]],
) -> None:
    network, truth = read["Anaheim"]
    found = [outcome(network, truth, seed=seed) for seed in range(1, 6)]
    assert np.mean([one.before for one in found]) > 0.15
    assert np.mean([one.after for one in found]) <= 0.07
    assert np.mean([one.held_out for one in found]) <= 0.07
    assert all(one.distance_after < one.distance_before for one in found)


def test_chicago_is_calibrated_in_three_seconds(
    read: dict[str, tuple[Network, Floats]],
) -> None:
    network, truth = read["ChicagoSketch"]
    one = outcome(network, truth, seed=1)
    assert one.after < 0.6 * one.before
    assert one.distance_after < one.distance_before
    assert one.cpu_seconds <= 3.0
