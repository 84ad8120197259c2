"""Stops and lines of public transport that works touch, from published GTFS tables.

`stops.txt` gives the places; where `stop_times.txt` and `trips.txt` of the same publisher are
published too, the lines that call there are known as well. All rows are read through the reader's
door, so that these uses count.
"""

from collections.abc import Iterable
from dataclasses import replace

from citycommons.core.errors import CityError
from citycommons.core.types import DatasetId, FieldType
from citycommons.core.works import Position, Works, WorksId
from citycommons.govern.access import Action, allows
from citycommons.share import open as reader
from citycommons.share.works.gtfs_rt import Touched, stops_near
from citycommons.store import catalogue
from citycommons.store.work import Work

_STOP_TIMES, _TRIPS = frozenset({"trip_id", "stop_id", "stop_sequence"}), {"trip_id", "route_id"}


def touched(work: Work, works: Iterable[Works], stops: str) -> dict[WorksId, Touched]:
    """What lies in streets where something is closed or narrowed; nothing without a dataset."""
    if not stops:
        return {}
    try:
        found = stops_near(works, _positions(work, DatasetId(stops)))
    except CityError:  # not there, withdrawn or closed to the public: alerts are none
        return {}
    every = sorted({stop for one in found.values() for stop in one.stops})
    routes = _routes(work, DatasetId(stops), every) if every else {}
    return {id: replace(one, routes=_of(routes, one.stops)) for id, one in found.items()}


def _of(routes: dict[str, set[str]], stops: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({route for stop in stops for route in routes.get(stop, ())}))


def _positions(work: Work, id: DatasetId) -> dict[str, Position]:
    opened = reader.open(work, id)
    names = {field.name for field in opened.version.fields}
    shapes = [f.name for f in opened.version.fields if f.type is FieldType.GEOMETRY]
    if "stop_id" not in names or not shapes:
        return {}
    column = shapes[0].replace('"', '""')
    table = opened.query(
        f'SELECT stop_id::varchar AS id, st_x(st_centroid("{column}")) AS lon, '
        f'st_y(st_centroid("{column}")) AS lat FROM rows WHERE "{column}" IS NOT NULL'
    )
    return {row["id"]: (row["lon"], row["lat"]) for row in table.to_pylist() if row["id"]}


def _routes(work: Work, stops: DatasetId, near: list[str]) -> dict[str, set[str]]:
    """Stop → routes that call there; empty where the timetable is not published."""
    calls, trips = _timetable(work, stops)
    if calls is None or trips is None:
        return {}
    called = reader.open(work, calls).query(
        "SELECT DISTINCT stop_id::varchar AS stop, trip_id::varchar AS trip FROM rows "
        "WHERE stop_id::varchar IN (SELECT unnest(?::varchar[]))",
        [near],
    )
    pairs = called.to_pylist()
    wanted = sorted({row["trip"] for row in pairs})
    known = reader.open(work, trips).query(
        "SELECT DISTINCT trip_id::varchar AS trip, route_id::varchar AS route FROM rows "
        "WHERE trip_id::varchar IN (SELECT unnest(?::varchar[]))",
        [wanted],
    )
    route_of = {row["trip"]: row["route"] for row in known.to_pylist()}
    found: dict[str, set[str]] = {}
    for row in pairs:
        if route := route_of.get(row["trip"]):
            found.setdefault(row["stop"], set()).add(route)
    return found


def _timetable(work: Work, stops: DatasetId) -> tuple[DatasetId | None, DatasetId | None]:
    """The publisher's tables of calls and of trips, by their columns."""
    whose = catalogue.dataset(work.db, stops)
    versions = catalogue.latest_versions(work.db)
    calls = trips = None
    for one in catalogue.datasets(work.db, sorted(versions)):
        if whose is None or one.publisher != whose.publisher:
            continue
        if not allows(work.actor, Action.READ, one):
            continue
        names = {field.name for field in versions[one.id].fields}
        if names >= _STOP_TIMES:
            calls = one.id
        elif names >= _TRIPS:
            trips = one.id
    return calls, trips
