"""A matrix from counts: how near to links nobody counted, how near to the truth, at what cost.

python -m benchmarks.roadworks.calibration FOLDER                all networks found below it
python -m benchmarks.roadworks.calibration FOLDER --only Anaheim,ChicagoSketch --seeds 5

FOLDER holds TNTP networks (`X_net.tntp` beside `X_trips.tntp`). The true matrix's equilibrium is
counted on 30 % of the links; the prior is the truth with each pair multiplied by a log-normal
number of spread 0.5. Errors are root of summed squares over root of summed squared counts; CPU
seconds are of the whole calibration, compiled code.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from citycommons.act.assignment.types import Demand
from citycommons.act.demand.assigning import Bushes
from citycommons.act.demand.calibrate import Settings, calibrate
from citycommons.act.demand.fit import geh, relative_error
from citycommons.act.demand.types import Counter, Counts
from citycommons.act.network.tntp import read_network, read_trips
from citycommons.act.network.types import Floats, Network
from citycommons.core.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One calibration beside the truth."""

    before: float  # error on links nobody counted, with the prior
    after: float
    held_out: float  # on the fifth of the counters that decided when to stop
    geh_under_5: float  # of the links nobody counted
    distance_before: float  # sum |prior - truth| / sum truth
    distance_after: float
    steps: int
    cpu_seconds: float


def outcome(
    network: Network, truth: Floats, *, seed: int, counted: float = 0.3, noise: float = 0.5
) -> Outcome:
    """Count a share of the links, spoil the matrix, calibrate, and compare."""
    chance = np.random.default_rng(seed)
    assign = Bushes()
    base = assign.solve(network, (Demand(truth),), 1e-8, None)
    some = chance.choice(network.links, int(counted * network.links), replace=False)
    rest = np.setdiff1d(np.arange(network.links), some)
    prior = truth * chance.lognormal(0.0, noise, truth.shape)
    before = assign.solve(network, (Demand(prior),), 1e-6, None)
    counts = Counts(tuple(Counter(str(at), (int(at),)) for at in some), base.flow[some])
    began = time.process_time()
    found = calibrate(network, prior, counts, assign, settings=Settings())
    spent = time.process_time() - began
    flow = found.equilibrium.flow
    return Outcome(
        before=relative_error(before.flow[rest], base.flow[rest]),
        after=relative_error(flow[rest], base.flow[rest]),
        held_out=found.held_out_error,
        geh_under_5=float((geh(flow[rest], base.flow[rest]) < 5).mean()),
        distance_before=_distance(prior, truth),
        distance_after=_distance(found.trips, truth),
        steps=len(found.steps) - 1,
        cpu_seconds=spent,
    )


def _distance(one: Floats, truth: Floats) -> float:
    return float(np.abs(one - truth).sum() / truth.sum())


def networks(folder: Path, only: frozenset[str]) -> Iterator[tuple[str, Network, Floats]]:
    """Networks below the folder that have trips, by name; trips within a zone are left out."""
    for path in sorted(folder.rglob("*_net.tntp")):
        name = path.name.removesuffix("_net.tntp")
        trips = path.with_name(f"{name}_trips.tntp")
        if trips.is_file() and (not only or name in only):
            network, _ = read_network(path)
            truth = read_trips(trips, network.zones)
            np.fill_diagonal(truth, 0.0)
            yield name, network, truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="names of networks, with commas between")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    print(
        "network                    uncounted links   held out  GEH<5  L1 to truth    steps  CPU s"
    )
    shown = 0
    for name, network, truth in networks(args.folder, frozenset(args.only.split(",")) - {""}):
        for seed in range(1, args.seeds + 1):
            one = outcome(network, truth, seed=seed)
            shown += 1
            print(
                f"{name:22} #{seed}  {one.before:6.1%} -> {one.after:6.1%}   {one.held_out:6.1%}  "
                f"{one.geh_under_5:5.0%}  {one.distance_before:.3f} -> {one.distance_after:.3f}"
                f"  {one.steps:3}  {one.cpu_seconds:6.2f}",
                flush=True,
            )
    if not shown:
        raise NotFound(f"There is no TNTP network with trips below {args.folder}.")


if __name__ == "__main__":
    main()
