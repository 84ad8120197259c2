"""Equilibria as files: a later process starts from their routes instead of seeking them again."""

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from citycommons.act.assignment.equilibrium import State, begin, result, run, warm_up
from citycommons.act.assignment.kernels import Bushes
from citycommons.act.assignment.problem import Problem, close, prepare
from citycommons.act.assignment.types import Demand, Equilibrium
from citycommons.act.network.types import Network
from citycommons.core.errors import Conflict, Invalid, NotFound

_FORM = 1


def save(equilibrium: Equilibrium, path: Path) -> None:
    """Write the routes as a NumPy archive; network and demands are not in it."""
    state = equilibrium.state
    if not isinstance(state, State):
        raise Invalid("This equilibrium holds no routes; solve it by bushes.")
    bushes = state.bushes
    used = np.arange(bushes.link.shape[1]) < bushes.size[:, None]
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            form=_FORM,
            of=_digest(state.problem.network, state.problem.demands),
            closed=np.array(sorted(state.problem.closed), dtype=np.int64),
            root=bushes.root,
            group=bushes.group,
            size=bushes.size,
            link=bushes.link[used],
            flow=bushes.flow[used],
            iterations=equilibrium.iterations,
        )


def load(path: Path, network: Network, demands: Sequence[Demand]) -> Equilibrium:
    """Read what `save` wrote, for the same network and demands.

    Raises `NotFound` for no such file, `Invalid` for another kind of file, and `Conflict` if it
    belongs to another network or other demands.
    """
    warm_up()
    try:
        with np.load(path, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
    except OSError as cause:
        raise NotFound(f"Cannot read {path}: {cause.strerror or cause}.") from cause
    except (ValueError, EOFError, zipfile.BadZipFile) as cause:
        raise Invalid(f"{path} is no equilibrium that was saved here.") from cause
    if int(stored.get("form", -1)) != _FORM:
        raise Invalid(f"{path} is no equilibrium that was saved here.")
    if str(stored["of"]) != _digest(network, demands):
        raise Conflict(f"{path} belongs to another network or other demands; solve it anew.")
    problem = prepare(network, demands)
    closed = frozenset(stored["closed"].tolist())
    if closed:
        problem = close(problem, closed)
        problem.extra[:, problem.small_closed] = np.inf
    state = begin(problem, _stored(problem, stored))
    run(state, np.inf, 1)
    return result(state, int(stored["iterations"]), 0.0)


def _stored(problem: Problem, stored: dict[str, np.ndarray]) -> State:
    size = stored["size"].astype(np.int32)
    room = max(int(size.max(initial=0)), 1)
    room = min(max(len(problem.small.tail), 1), room + room // 8 + 16)
    used = np.arange(room) < size[:, None]
    link, flow = np.zeros((len(size), room), dtype=np.int32), np.zeros((len(size), room))
    link[used], flow[used] = stored["link"], stored["flow"]
    nothing = np.empty(0)
    bushes = Bushes(
        root=stored["root"],
        group=stored["group"],
        size=size,
        link=link,
        flow=flow,
        first_end=np.zeros(1, dtype=np.int32),
        end=np.empty(0, dtype=np.int32),
        trips=nothing,
    )
    volume = np.zeros(len(problem.small.tail))
    np.add.at(volume, stored["link"], stored["flow"])
    return State.of(problem, bushes, volume)


def _digest(network: Network, demands: Sequence[Demand]) -> str:
    """Of all that decides the flows."""
    found = hashlib.sha256(f"{network.zones} {network.first_through}".encode())
    parts: list[np.ndarray] = [network.tail, network.head, network.capacity]
    parts += [network.free_time, network.fixed]
    parts += [network.b, network.power, network.delay, network.banned_turns]
    for demand in demands:
        parts += [demand.trips, np.array(demand.pce)]
        parts += [part for part in (demand.extra, demand.banned) if part is not None]
    for part in parts:
        found.update(f"{part.dtype}{part.shape}".encode())
        found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()
