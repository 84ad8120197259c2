"""Assign trips to a network (user equilibrium), and see what closing links would change.

NETWORK is a TNTP file, or GMNS tables (a folder or a zip with node.csv and link.csv). TRIPS is a
TNTP file, an OMX matrix, or CSV with the columns origin, destination, trips. Nodes are called as in
the file. FROM-TO means every link from one node to the other: parallel links are closed together.
"""

import csv
import io
import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citycommons.cli.place import wants_json
from citycommons.cli.present import note, print_columns, print_json
from citycommons.core.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from citycommons.act.assignment.types import Change, Demand, Equilibrium
    from citycommons.act.network.files import Loaded
    from citycommons.act.network.named_links import Named

EXAMPLES = """\
  citycommons assign SiouxFalls_net.tntp SiouxFalls_trips.tntp
  citycommons assign ./gmns ./gmns/demand.csv --gap 1e-6 --flows flows.csv --json
  citycommons assign net.tntp trips.omx --close 7-8,8-7 --flows changed.csv
  citycommons assign net.tntp trips.tntp --capacity 7-8=0.5 --accuracy 0.01
"""

_SHOWN = 10  # rows of a list on the screen; --json has all


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("network", metavar="NETWORK", type=Path)
    parser.add_argument("trips", metavar="TRIPS", type=Path)
    parser.add_argument(
        "--gap", type=float, default=1e-10, help="true relative gap to stop at (default: 1e-10)"
    )
    parser.add_argument("--close", metavar="FROM-TO,…", default="", help="links without traffic")
    parser.add_argument(
        "--capacity", metavar="FROM-TO=0.5,…", default="", help="factors on the capacity of links"
    )
    parser.add_argument(
        "--accuracy",
        type=float,
        default=0.02,
        help="error of the predicted change to stop at, as a share of it (default: 0.02)",
    )
    parser.add_argument("--flows", metavar="OUT.csv", type=Path, help="write from, to, flow, time")
    parser.add_argument("--matrix", metavar="NAME", help="which matrix of an OMX file")
    parser.add_argument("--toll-weight", metavar="W", type=float, help="time that 1 toll is worth")
    parser.add_argument("--distance-weight", metavar="W", type=float, help="… that 1 length is")
    parser.add_argument(
        "--method",
        choices=("bushes", "bfw"),
        default="bushes",
        help="bushes: exact and quick (default); bfw: Frank-Wolfe, little memory, takes no change",
    )


def run(args: Namespace) -> None:
    from citycommons.act.assignment.preload import first_answer

    _check(args)
    with first_answer():
        said = _answer(args)
    if wants_json(args):
        print_json(said)
    else:
        _print(said)


def _answer(args: Namespace) -> dict[str, Any]:
    from citycommons.act.network.files import load
    from citycommons.act.network.named_links import LinkNames, closed, factors

    loaded = load(
        args.network,
        args.trips,
        matrix=args.matrix,
        toll_weight=args.toll_weight,
        distance_weight=args.distance_weight,
    )
    names = LinkNames(loaded.network, loaded.names, loaded.rows)
    shut, slowed = closed(names, args.close), factors(names, args.capacity)
    if both := {one.name for one in shut} & {one.name for one, _ in slowed}:
        raise Invalid(f"{min(both)} cannot be closed and have a capacity: name it once.")
    base, after = _solved(args, loaded, shut, slowed)
    if args.flows:
        _write(args.flows, loaded, base, after)
    return _said(args, loaded, base, after, shut, slowed)


def _check(args: Namespace) -> None:
    if not 0 <= args.gap < 1:
        raise Invalid(f"--gap is {args.gap:g}; it is a share from 0 to below 1, such as 1e-10.")
    if not 0 < args.accuracy < 1:
        raise Invalid(f"--accuracy is {args.accuracy:g}; it is a share such as 0.02.")
    if args.method == "bfw" and (args.close or args.capacity):
        raise Invalid("A change is solved from routes, which bfw has none of. Leave --method out.")
    for name in ("toll_weight", "distance_weight"):
        value = getattr(args, name)
        if value is not None and not 0 <= value < float("inf"):
            raise Invalid(f"--{name.replace('_', '-')} is {value:g}; it must be from 0 up.")


def _solved(
    args: Namespace,
    loaded: "Loaded",
    shut: "list[Named]",
    slowed: "list[tuple[Named, float]]",
) -> "tuple[Equilibrium, Equilibrium | None]":
    from citycommons.act.assignment.invariants import require_sound
    from citycommons.act.assignment.types import Change, Demand

    demand = Demand(trips=loaded.trips, name="trips")
    base = _base(args, loaded, demand)
    require_sound(base)
    if not shut and not slowed:
        return base, None
    wanted = Change(
        closed=frozenset(link for one in shut for link in one.links),
        capacity={link: factor for one, factor in slowed for link in one.links},
    )
    after = _changed(args, base, wanted)
    require_sound(after, wanted.closed)
    return base, after


def _base(args: Namespace, loaded: "Loaded", demand: "Demand") -> "Equilibrium":
    from citycommons.act.assignment import solve

    return solve(loaded.network, [demand], gap=args.gap, method=args.method)


def _changed(args: Namespace, base: "Equilibrium", wanted: "Change") -> "Equilibrium":
    from citycommons.act.assignment import change

    return change(base, wanted, accuracy=args.accuracy)


def _write(path: Path, loaded: "Loaded", base: "Equilibrium", after: "Equilibrium | None") -> None:
    """One row for each link of the file; written aside and renamed, so that it is never half."""
    shown, network = after or base, loaded.network
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["from", "to", "flow", "time", *(["base_flow"] if after else [])])
    columns = [
        [loaded.names[k] for k in network.tail[: loaded.rows].tolist()],
        [loaded.names[k] for k in network.head[: loaded.rows].tolist()],
        shown.flow.tolist(),
        shown.time.tolist(),
        *([base.flow.tolist()] if after else []),
    ]
    rows.writerows(zip(*columns, strict=False))  # flows also have the joins of zones, at the end
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text.getvalue(), "utf-8")
        os.replace(part, path)
    except OSError as cause:
        raise Unavailable(f"{path} cannot be written: {cause.strerror or cause}.") from cause
    finally:
        part.unlink(missing_ok=True)


def _said(
    args: Namespace,
    loaded: "Loaded",
    base: "Equilibrium",
    after: "Equilibrium | None",
    shut: "list[Named]",
    slowed: "list[tuple[Named, float]]",
) -> dict[str, Any]:
    """The answer: figures of what the flows show, then those of the base and of the change."""
    first = _figures(loaded, base)
    shown = first if after is None else _figures(loaded, after)
    said = {
        **{key: value for key, value in shown.items() if key != "cpu_seconds"},
        "cpu_seconds_base": first["cpu_seconds"],
        "cpu_seconds_change": None if after is None else shown["cpu_seconds"],
        "base": first,
    }
    if after is not None:
        closed = [{"link": one.name, "links": len(one.links)} for one in shut]
        capacity = [
            {"link": one.name, "links": len(one.links), "factor": factor} for one, factor in slowed
        ]
        said["change"] = {**shown, "closed": closed, "capacity": capacity}
        said["accuracy"] = args.accuracy
    return said | {
        "network": str(args.network),
        "format": loaded.format,
        "zones": loaded.network.zones,
        "nodes": sum(map(bool, loaded.names)),
        "links": loaded.rows,
        "trips": float(loaded.trips.sum() - loaded.trips.trace()),
        "method": args.method,
        "gap_asked": args.gap,
        "gap_reached": base.gap <= args.gap,
        "units": loaded.units,
        "weights": {
            "toll": loaded.weights.toll,
            "distance": loaded.weights.distance,
            "said_by": loaded.weights.said_by,
        },
        "notes": list(loaded.notes),
        "flows": str(args.flows) if args.flows else None,
    }


def _figures(loaded: "Loaded", found: "Equilibrium") -> dict[str, Any]:
    zone = {int(number): k for k, number in enumerate(loaded.network.node[: len(loaded.zones)])}
    pairs = [
        {
            "origin": loaded.zones[zone[pair.origin]],
            "destination": loaded.zones[zone[pair.destination]],
            "trips": pair.trips,
        }
        for pair in found.unserved
    ]
    return {
        "objective": found.objective,
        "total_travel_time": found.total_time,
        "relative_gap": found.gap,
        "iterations": found.iterations,
        "cpu_seconds": found.cpu_seconds,
        "unserved_demand": sum(pair["trips"] for pair in pairs),
        "unserved_pairs": pairs,
    }


_LABELS = {
    "objective": "objective",
    "total_travel_time": "total travel time",
    "relative_gap": "relative gap",
    "iterations": "iterations",
    "cpu_seconds": "CPU seconds",
    "unserved_demand": "unserved demand",
}


def _print(said: dict[str, Any]) -> None:
    columns = ("base", "change") if "change" in said else ("base",)
    heading = ("", "base", "with the change") if "change" in said else ("", "base")
    print_columns(
        heading,
        ((label, *(repr(said[c][key]) for c in columns)) for key, label in _LABELS.items()),
    )
    for kind in ("closed", "capacity"):
        for one in said.get("change", {}).get(kind, ()):
            factor = f" times {one['factor']:g}" if kind == "capacity" else ""
            many = f", {one['links']} parallel links together" if one["links"] > 1 else ""
            print(f"{kind}: {one['link']}{factor}{many}")
    _print_unserved(said["unserved_pairs"])
    weights = said["weights"]
    note(
        f"{said['format']}: {said['zones']} zones, {said['nodes']} nodes, {said['links']} links, "
        f"{said['trips']:.10g} trips; {said['units']}. Weight of toll {weights['toll']:g}, of "
        f"distance {weights['distance']:g} (said by {weights['said_by']})."
    )
    for line in said["notes"]:
        note(line)
    if not said["gap_reached"]:
        note(f"The gap of {said['gap_asked']:g} was not reached.")


def _print_unserved(pairs: list[dict[str, Any]]) -> None:
    for pair in pairs[:_SHOWN]:
        print(f"no route: {pair['origin']} to {pair['destination']}, {pair['trips']:.10g} trips")
    if len(pairs) > _SHOWN:
        print(f"no route: {len(pairs) - _SHOWN} more pairs; --json lists all")
