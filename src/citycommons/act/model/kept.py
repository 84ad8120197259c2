"""Traffic models that are kept: a row that says what each is, and a file with its numbers."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from citycommons.act.model import arrays
from citycommons.act.model.types import TrafficModel
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import Digest
from citycommons.govern import audit
from citycommons.govern.access import Action, require
from citycommons.store import models as rows
from citycommons.store.lake import Lake
from citycommons.store.work import Work

_SUFFIX = ".npz"
_IN_MEMORY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a list of models shows."""

    id: str
    created: datetime
    by: str
    said: dict[str, Any]  # zones, links, periods with their fit, inputs, limits


def keep(work: Work, model: TrafficModel) -> Summary:
    """Keep a model for everybody; the newest one is what forecasts use.

    Same inputs, same id: keeping it again changes nothing but its time. `Forbidden` for those who
    may not manage the city.
    """
    require(work, Action.MANAGE_CITY)
    stored = _folder(work).put(lambda path: arrays.write(path, _timeless(model)), _SUFFIX)
    row = rows.ModelRow(
        id=model.id,
        created=model.created,
        by=work.actor.id,
        file=stored.digest,
        summary=summary(model),
    )
    rows.add(work.db, row)
    audit.record(work, "traffic-model.keep", model.id, file=stored.digest, inputs=len(model.inputs))
    return _said(row)


def get(work: Work, id: str) -> TrafficModel:
    """A kept model by its id, or by the beginning of it (8 letters or more).

    Anybody who works with the city may use it: it holds areas and streets, no rows of its inputs.
    Raises `NotFound` if there is none, or if its file is gone or from another edition.
    """
    row = rows.get(work.db, id) or _beginning(work, id)
    if row is None:
        raise NotFound(
            f"There is no traffic model “{id}”. See: citycommons roadworks model show.", model=id
        )
    return replace(_read(_folder(work), row.id, row.file), created=row.created)


def latest(work: Work) -> TrafficModel | None:
    """The newest model, None where none was kept."""
    found = rows.newest(work.db, 1)
    return get(work, found[0].id) if found else None


def latest_id(work: Work) -> str | None:
    """The id of the newest model; no file is read."""
    found = rows.newest(work.db, 1)
    return found[0].id if found else None


def summaries(work: Work, limit: int = 20) -> list[Summary]:
    """Kept models, newest first."""
    return [_said(one) for one in rows.newest(work.db, limit)]


def shown(work: Work, id: str | None = None) -> Summary:
    """What one model is, or the newest; `NotFound` says how to build one."""
    row = (rows.get(work.db, id) or _beginning(work, id)) if id else None
    newest = rows.newest(work.db, 1)
    if id is None and newest:
        row = newest[0]
    if row is None:
        if id:
            raise NotFound(
                f"There is no traffic model “{id}”. Build one: citycommons roadworks model build"
            )
        raise NotFound(
            "There is no traffic model yet. Build one: citycommons roadworks model build"
        )
    return _said(row)


def summary(model: TrafficModel) -> dict[str, Any]:
    """What is worth saying of a model without its arrays."""
    return {
        "zones": model.network.zones,
        "nodes": model.network.nodes,
        "links": model.network.links,
        "periods": [
            {
                "day": one.day.value,
                "hour": one.hour,
                "trips": round(float(sum(d.trips.sum() for d in one.base.demands)), 1),
                "vehicle_hours": round(one.base.total_time / 60, 1),
                "gap": one.base.gap,
                "fit": None
                if one.fit is None
                else {
                    "counters": one.fit.counters,
                    "held_out": one.fit.held_out,
                    "error": _rounded(one.fit.error),
                    "held_out_error": _rounded(one.fit.held_out_error),
                    "geh_under_5": _rounded(one.fit.geh_under_5),
                    "prior_distance": _rounded(one.fit.prior_distance),
                    "left_out": len(one.fit.left_out),
                },
            }
            for one in model.periods
        ],
        "inputs": list(model.inputs),
        "limits": list(model.limits),
    }


def _said(row: rows.ModelRow) -> Summary:
    return Summary(id=row.id, created=row.created, by=row.by, said=row.summary)


def _rounded(value: float) -> float | None:
    return None if value != value else round(value, 4)


def _timeless(model: TrafficModel) -> TrafficModel:
    """Without what differs between two runs on the same inputs: the clock."""
    return replace(
        model,
        created=datetime.min.replace(tzinfo=UTC),
        periods=tuple(
            replace(one, base=replace(one.base, network=model.network, cpu_seconds=0.0))
            for one in model.periods
        ),
    )


def _folder(work: Work) -> Lake:
    return Lake(work.lake.root.parent / "models")


def _beginning(work: Work, id: str) -> rows.ModelRow | None:
    if len(id) < 8:
        return None
    found = [one for one in rows.newest(work.db, 1000) if one.id.startswith(id)]
    return found[0] if len(found) == 1 else None


_recent: OrderedDict[Digest, TrafficModel] = OrderedDict()
_lock = Lock()


def _read(folder: Lake, id: str, file: Digest) -> TrafficModel:
    """The file's model; the last few stay in memory, as files never change."""
    with _lock:
        if file in _recent:
            _recent.move_to_end(file)
            return _recent[file]
    path = folder.path(file, _SUFFIX)
    if not path.exists():
        raise NotFound(
            f"The numbers of the traffic model {id} are not in {folder.root}. Build it again: "
            "citycommons roadworks model build",
            model=id,
        )
    try:
        found = arrays.read(Path(path))
    except Invalid as cause:
        raise NotFound(
            f"{cause.message} Build the model again: citycommons roadworks model build", model=id
        ) from cause
    with _lock:
        _recent[file] = found
        while len(_recent) > _IN_MEMORY:
            _recent.popitem(last=False)
    return found  # type: ignore[no-any-return]
