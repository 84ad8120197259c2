"""User equilibrium and closures beside AequilibraE 1.7.2 `bfw`, in the same run, in CPU seconds.

`python -m benchmarks.roadworks.assignment FOLDER [--only NAME] [--closures N] [--json OUT]`, where
FOLDER holds TNTP networks (as files or in a zip). AequilibraE has two threads and waits passively;
we have one. Compilation and reading are not counted, each solver runs in a process of its own.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from citycommons.act.network.tntp import read_network, read_trips
from citycommons.act.network.types import Floats, Network

COLD = (
    ("SiouxFalls", 1e-6),
    ("Anaheim", 1e-6),
    ("Winnipeg", 1e-6),
    ("ChicagoSketch", 1e-6),
    ("berlin-center", 1e-5),
)
CLOSED = "ChicagoSketch"
ACCURACY = 0.02
LEAST_FLOW = 300.0


def main(arguments: list[str] | None = None) -> int:
    """Prints a table and, if asked, writes the numbers; fails where a budget is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.roadworks.assignment")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append", help="networks to run, by name")
    parser.add_argument("--closures", type=int, default=100)
    parser.add_argument("--peer-closures", type=int, default=2, help="AequilibraE's, from nothing")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.child:
        print(json.dumps(_child(given.folder, *given.child, given.closures)))
        return 0
    with tempfile.TemporaryDirectory() as unpacked:
        folder = _unpacked(given.folder, Path(unpacked))
        rows = [
            _cold(folder, name, gap) for name, gap in COLD if not given.only or name in given.only
        ]
        if given.closures and (not given.only or CLOSED in given.only):
            rows.append(_closures(folder, given.closures, given.peer_closures))
            rows.append(_calendar(folder, given.closures))
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    _print(machine, rows)
    if given.json:
        given.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1))
    return 0 if all(row["met"] for row in rows) else 1


def _cold(folder: Path, name: str, gap: float) -> dict[str, Any]:
    ours = _run(folder, "ours", name, str(gap))
    peer = _run(folder, "peer", name, str(gap))
    ratio = peer["cpu_seconds"] / ours["cpu_seconds"]
    least = {"ChicagoSketch": 45.0, "berlin-center": 5.0}.get(name, 1.0)
    met = ratio >= least and (name != "berlin-center" or ours["rss_mb"] <= 300)
    return {"what": f"{name} to {gap:g}", "ours": ours, "peer": peer, "ratio": ratio, "met": met}


def _closures(folder: Path, count: int, peers: int) -> dict[str, Any]:
    ours = _run(folder, "closures", CLOSED, str(count), count)
    links = ours["links"][:peers]
    peer = [_run(folder, "peer-closed", CLOSED, str(link)) for link in links]
    spent = statistics.median(one["cpu_seconds"] for one in peer) if peer else float("nan")
    ratio = spent / ours["cpu_seconds"]
    met = ours["cpu_seconds"] <= 0.1 and ours["error_p95"] <= ACCURACY and not ratio < 250
    found = {"cpu_seconds": spent, "rss_mb": peer[0]["rss_mb"] if peer else 0.0}
    return {"what": f"{CLOSED}, a closure", "ours": ours, "peer": found, "ratio": ratio, "met": met}


def _calendar(folder: Path, count: int) -> dict[str, Any]:
    """All closures, shared by two processes; wall time without their start and base."""
    halves = [_start(folder, "calendar", CLOSED, part, count) for part in ("0", "1")]
    wall = max(json.loads(half.communicate()[0])["wall_seconds"] for half in halves)
    ours = {"cpu_seconds": wall, "rss_mb": 0.0}
    return {
        "what": f"{count} closures on two processes (wall)",
        "ours": ours,
        "peer": None,
        "ratio": None,
        "met": wall <= 5.0,
    }


def _print(machine: str, rows: list[dict[str, Any]]) -> None:
    print(machine)
    print(f"{'':44}{'ours s':>9}{'MB':>6}{'AequilibraE s':>15}{'ratio':>8}")
    for row in rows:
        peer = f"{row['peer']['cpu_seconds']:15.3f}{row['ratio']:8.1f}" if row["peer"] else " " * 23
        ours = row["ours"]
        verdict = "met" if row["met"] else "MISSED"
        print(f"{row['what']:44}{ours['cpu_seconds']:9.4f}{ours['rss_mb']:6.0f}{peer}  {verdict}")
        if "error_p95" in ours:
            words = ", ".join(
                f"{k} {ours[k]:.4f}" for k in ("error_median", "error_p95", "error_max")
            )
            print(f"{'':4}error of the predicted change: {words}")


def _run(folder: Path, *what: Any) -> dict[str, Any]:
    process = _start(folder, *what)
    said, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{what} failed.")
    return dict(json.loads(said.strip().splitlines()[-1]))


def _start(
    folder: Path, what: str, name: str, value: str, closures: int = 0
) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.roadworks.assignment", str(folder)]
    command += ["--closures", str(closures), "--child", what, name, value]
    quiet = {**os.environ, "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "2"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=quiet
    )


def _child(folder: Path, what: str, name: str, value: str, closures: int) -> dict[str, Any]:
    network, trips = _read(folder, name)
    found: dict[str, Any]
    if what == "ours":
        found = _ours(network, trips, float(value))
    elif what == "peer":
        found = _peer(network, trips, float(value), None)
    elif what == "peer-closed":
        found = _peer(network, trips, 1e-6, int(value))
    elif what == "closures":
        found = _our_closures(network, trips, closures)
    else:
        found = _our_calendar(network, trips, closures, int(value))
    found["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def _unpacked(folder: Path, target: Path) -> Path:
    for archive in folder.rglob("*.zip"):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(target)
    # Weights of costs stand in the README beside a network, so folders stay as they are.
    for file in (*folder.rglob("*.tntp"), *folder.rglob("README.md")):
        (place := target / file.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.read_bytes())
    return target


def _read(folder: Path, name: str) -> tuple[Network, Floats]:
    path = next(folder.rglob(f"{name}_net.tntp"))
    network, _ = read_network(path)
    return network, read_trips(path.with_name(f"{name}_trips.tntp"), network.zones)


def _ours(network: Network, trips: Floats, gap: float) -> dict[str, Any]:
    from citycommons.act.assignment import Demand, solve
    from citycommons.act.assignment.equilibrium import warm_up

    before = time.process_time()
    warm_up()
    compiled = time.process_time() - before
    runs = 1 if network.links > 10_000 else 3
    found = [solve(network, [Demand(trips)], gap=gap) for _ in range(runs)]
    return {
        "cpu_seconds": statistics.median(one.cpu_seconds for one in found),
        "gap": found[-1].gap,
        "objective": found[-1].objective,
        "iterations": found[-1].iterations,
        "loading_seconds": compiled,
    }


def _closable(network: Network, flow: Floats, count: int) -> list[int]:
    """Streets that are driven and are no zone's only way, at random but always the same."""
    ways = np.bincount(network.tail, minlength=network.nodes) > 1
    comes = np.bincount(network.head, minlength=network.nodes) > 1
    open_ends = ways[network.tail] & comes[network.head]
    (links,) = np.nonzero((flow > LEAST_FLOW) & (network.b > 0) & open_ends)
    chosen = np.random.default_rng(20).choice(links, min(count, len(links)), replace=False)
    return [int(link) for link in chosen]


def _our_closures(network: Network, trips: Floats, count: int) -> dict[str, Any]:
    from citycommons.act.assignment import Change, Demand, change, solve

    base = solve(network, [Demand(trips)], gap=1e-9)
    links = _closable(network, base.flow, count)
    change(base, Change(closed=frozenset({links[0]})))  # loads what is compiled
    seconds, errors = [], []
    for link in links:
        closed = Change(closed=frozenset({link}))
        after = change(base, closed, accuracy=ACCURACY)
        converged = change(base, closed, gap=1e-9)
        wrong = np.abs(after.flow - converged.flow).sum()
        errors.append(float(wrong / max(np.abs(converged.flow - base.flow).sum(), 1e-9)))
        seconds.append(after.cpu_seconds)
    return {
        "cpu_seconds": statistics.median(seconds),
        "cpu_max": max(seconds),
        "error_median": statistics.median(errors),
        "error_p95": float(np.quantile(errors, 0.95)),
        "error_max": max(errors),
        "links": links,
    }


def _our_calendar(network: Network, trips: Floats, count: int, part: int) -> dict[str, Any]:
    from citycommons.act.assignment import Change, Demand, change, solve

    base = solve(network, [Demand(trips)], gap=1e-9)
    links = _closable(network, base.flow, count)
    change(base, Change(closed=frozenset({links[0]})))
    began = time.perf_counter()
    for link in links[part::2]:
        change(base, Change(closed=frozenset({link})), accuracy=ACCURACY)
    return {"wall_seconds": time.perf_counter() - began}


def _peer(network: Network, trips: Floats, gap: float, closed: int | None) -> dict[str, Any]:
    """AequilibraE, which refuses times of 0 and powers below 1: both are patched for it."""
    import pandas as pd
    from aequilibrae.matrix import AequilibraeMatrix
    from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass

    time_of = network.free_time + network.fixed
    table = pd.DataFrame(
        {
            "link_id": np.arange(1, network.links + 1),
            "a_node": network.tail + 1,
            "b_node": network.head + 1,
            "direction": 1,
            "capacity": np.where(network.b > 0, network.capacity, 999999.0),
            "free_flow_time": np.maximum(time_of, 1e-6),
            "b": np.where(
                time_of > 0, network.b * network.free_time / np.maximum(time_of, 1e-6), 0
            ),
            "power": np.maximum(network.power, 1.0),
        }
    )
    if closed is not None:
        table = table.drop(index=closed)
    zones = np.arange(1, network.zones + 1)
    graph = Graph()
    graph.network = table
    graph.mode = "c"
    graph.network_ok, graph.status = True, "OK"
    graph.prepare_graph(zones)
    graph.set_graph("free_flow_time")
    graph.set_blocked_centroid_flows(network.first_through >= network.zones)
    matrix = AequilibraeMatrix()
    matrix.create_empty(zones=network.zones, matrix_names=["cars"], memory_only=True)
    matrix.index[:] = zones
    matrix.matrix["cars"][:, :] = trips * (1 - np.eye(network.zones))
    matrix.computational_view(["cars"])
    assignment = TrafficAssignment()
    assignment.set_classes([TrafficClass("car", graph, matrix)])
    assignment.set_vdf("BPR")
    assignment.set_vdf_parameters({"alpha": "b", "beta": "power"})
    assignment.set_capacity_field("capacity")
    assignment.set_time_field("free_flow_time")
    assignment.max_iter, assignment.rgap_target = 5000, gap
    assignment.set_algorithm("bfw")
    assignment.set_cores(2)
    before = time.process_time()
    assignment.execute()
    return {
        "cpu_seconds": time.process_time() - before,
        "reported_gap": float(assignment.assignment.rgap),
        "iterations": int(assignment.assignment.iter),
    }


if __name__ == "__main__":
    sys.exit(main())
