"""Which time series somebody may read, and their entities: looked up once, kept while they hold."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, TypeVar

from citycommons.core.errors import Forbidden, NotFound
from citycommons.core.types import Category, Dataset, DatasetId, FieldRole, FieldType, Version
from citycommons.govern import privacy
from citycommons.govern.access import Action, allows
from citycommons.share.open import look
from citycommons.share.query import MOST_ROWS, Query
from citycommons.share.rows import rows
from citycommons.share.sensorthings.entities import Manner, Model, Place, Places, model_of
from citycommons.share.sensorthings.series import Series, series_of, statistics_of
from citycommons.share.sensorthings.stations import TooManyStations, stations_of, text_of
from citycommons.store import catalogue
from citycommons.store.work import Work

_CITIES = 4  # in one process: one, but for tests
_MOST_ENTITIES = 80_000  # 150 MB
_MOST_CANDIDATES = 3

State = tuple[DatasetId, int, datetime, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A dataset as it was in one state of the catalogue."""

    state: State
    dataset: Dataset
    version: Version
    series: Series | None


_guard = threading.Lock()
_cities: OrderedDict[str, dict[DatasetId, Known]] = OrderedDict()
_models: OrderedDict[Any, Model] = OrderedDict()
_places: OrderedDict[Any, Places] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Readable:
    """Every dataset with data that somebody may read, by id; equal signatures, equal answers."""

    of: dict[DatasetId, Known]
    signature: str


def known(work: Work) -> Readable:
    """What the actor may read, looked up again when anybody has written to the catalogue."""
    return work.known(("sensorthings", work.actor), lambda: _readable(work))


def _readable(work: Work) -> Readable:
    found = {id: one for id, one in _current(work).items() if _may_read(work, one.dataset)}
    states = repr([(str(work.lake.root), *(one.state for one in found.values()))])
    return Readable(found, blake2b(states.encode(), digest_size=16).hexdigest())


def _may_read(work: Work, dataset: Dataset) -> bool:
    if not allows(work.actor, Action.READ, dataset):
        return False
    if dataset.category is not Category.PERSONAL:
        return True
    try:
        privacy.require_release(work, dataset)
    except Forbidden:
        return False
    return True


def _current(work: Work) -> dict[DatasetId, Known]:
    """What the catalogue holds now; only what changed is read again."""
    key = f"{work.lake.root}"
    states = {state[0]: state for state in catalogue.latest_states(work.db)}
    before = _cities.get(key, {})
    kept = {id: one for id, one in before.items() if states.get(id) == one.state}
    stale = [id for id in states if id not in kept]
    if not stale and len(kept) == len(before) and before:
        return before
    versions = catalogue.latest_versions(work.db, stale)
    for dataset in catalogue.datasets(work.db, stale):
        if version := versions.get(dataset.id):
            state, found = states[dataset.id], series_of(dataset, version)
            kept[dataset.id] = Known(state=state, dataset=dataset, version=version, series=found)
    ordered = {id: kept[id] for id in sorted(kept)}
    _keep(_cities, key, ordered, _CITIES)
    return ordered


def _keep(where: "OrderedDict[Any, T]", key: Any, value: T, most: int) -> None:
    with _guard:
        where[key] = value
        where.move_to_end(key)
        while len(where) > most:
            where.popitem(last=False)


def model(work: Work, one: Known, readable: Readable, manner: Manner) -> Model | None:
    """The entities of one series; None if its file cannot be read now."""
    if one.series is None:
        return None
    candidates = _candidates(one, readable)
    key = (str(work.lake.root), one.state, manner, tuple(c.state for c in candidates))
    if (found := _models.get(key)) is not None:
        with _guard:
            if key in _models:
                _models.move_to_end(key)
        return found
    try:
        stations = stations_of(look(work, one.dataset.id, one.version.number), one.series)
    except (NotFound, TooManyStations):
        return None
    keys = {text_of(station.key) for station in stations}
    made = model_of(one.series, stations, _placed(work, candidates, keys), manner)
    _keep(_models, key, made, 10_000)
    with _guard:
        size = sum(each.size for each in _models.values())
        while size > _MOST_ENTITIES and len(_models) > 1:
            size -= _models.popitem(last=False)[1].size
    return made


def _candidates(one: Known, readable: Readable) -> tuple[Known, ...]:
    """Datasets that may say where the stations are: with places, and with the same key."""
    series = one.series
    if series is None or series.geometry or len(series.stations) != 1:
        return ()
    column = series.stations[0].name
    found = [
        each
        for each in readable.of.values()
        if each.dataset.key == (column,) and each.version.geometry and each is not one
    ]
    found.sort(key=lambda each: (each.dataset.publisher != one.dataset.publisher, each.dataset.id))
    return tuple(found[:_MOST_CANDIDATES])


def _placed(work: Work, candidates: tuple[Known, ...], keys: set[str]) -> Places | None:
    """The first candidate that knows at least half of the stations."""
    for one in candidates:
        places = _places_of(work, one)
        if places and 2 * len(keys & places.of.keys()) >= len(keys):
            return places
    return None


def _places_of(work: Work, one: Known) -> Places | None:
    if (found := _places.get(one.state)) is not None:
        return found
    key, geometry = one.dataset.key[0], one.version.geometry
    words = [
        f
        for f in one.version.fields
        if f.role in (FieldRole.TEXT, FieldRole.CATEGORY, FieldRole.IDENTIFIER)
        and f.type is not FieldType.GEOMETRY
        and f.name != key
    ]
    told = statistics_of(one.version)
    named = next(
        (
            f.name
            for f in words
            if f.type is FieldType.STRING
            and f.role is not FieldRole.IDENTIFIER
            and f.name in told
            and told[f.name].distinct >= one.version.rows - told[f.name].nulls
        ),
        "",
    )
    columns = (key, str(geometry), *(f.name for f in words))
    try:
        opened = look(work, one.dataset.id, one.version.number)
        page = rows(opened, Query(columns=columns, limit=MOST_ROWS), total=0)
    except NotFound:
        return None
    made = Places(
        dataset=one.dataset.id,
        of={
            text_of((row[key],)): Place(
                wkb=row[str(geometry)],
                name=str(row.get(named) or ""),
                properties={f.name: row[f.name] for f in words if row[f.name] is not None},
            )
            for row in page.table.to_pylist()
        },
    )
    _keep(_places, one.state, made, 64)
    return made
