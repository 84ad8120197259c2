import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.act.assignment.networks import network

from citycommons.act.assignment import Demand
from citycommons.act.network.tntp import read_network, read_trips
from citycommons.act.network.types import Network


@pytest.fixture
def braess() -> tuple[Network, list[Demand]]:
    """Braess 1968: 6 vehicles; times are 10 v, 50 + v and, on the bridge, 10 + v."""
    steep, flat = (1.0, 1e-8, 1e9, 1.0), (1.0, 50.0, 1 / 50, 1.0)
    links = [
        (0, 2, *steep),
        (0, 3, *flat),
        (2, 1, *flat),
        (3, 1, *steep),
        (2, 3, 1.0, 10.0, 0.1, 1.0),
    ]
    trips = np.array([[0.0, 6.0], [0.0, 0.0]])
    return network(2, 4, links), [Demand(trips)]


@pytest.fixture
def published(shared: Path, tmp_path: Path) -> Callable[[str], tuple[Network, list[Demand]]]:
    """Networks for research, by the beginning of their files' names; they are never shipped."""
    archive = shared / "data/assignment_benchmarks/tntp_networks.zip"
    if not archive.is_file():
        pytest.skip("the shared benchmark networks are not here")
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as packed:
        packed.extractall(tmp_path)

    def read(name: str) -> tuple[Network, list[Demand]]:
        (path,) = tmp_path.rglob(f"{name}_net.tntp")
        city, _ = read_network(path)
        return city, [Demand(read_trips(path.with_name(f"{name}_trips.tntp"), city.zones))]

    return read
