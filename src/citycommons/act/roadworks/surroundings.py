"""Bus lines, cycle routes and stops along works, from what the city has published.

Lines are found by their columns (GTFS) or by the words of their dataset; a line counts as touched
where it runs within a lane's width of a measure that takes the street from it.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import shapely

from citycommons.act.roadworks import gtfs_lines
from citycommons.act.roadworks.ground import Ground, quoted
from citycommons.core.errors import NotFound, Unavailable
from citycommons.core.types import Bbox, Dataset, DatasetId, FieldType, Version
from citycommons.core.works import Effect, Line, Measure
from citycommons.govern.access import Action, allows
from citycommons.share import open as door
from citycommons.store import catalogue
from citycommons.store.work import Work

_MOST = 20_000  # rows of one dataset within the works' bounds
_TAKES = (Effect.CLOSED, Effect.LANES, Effect.ONE_WAY, Effect.TURN_BAN)
_BUS = re.compile(
    r"\b(bus|buses|tram|transit|public transport|öpnv|buslinien?|nahverkehr|linee|autobus|"
    r"trasporto pubblico|lignes?|transports? (en commun|publics?))\b"
)
_CYCLE = re.compile(
    r"(\bcycl\w*|\bbicycl\w*|\bbike\b|radweg\w*|radroute\w*|radverkehrsnetz|velo\w*|vélo\w*|"
    r"cicla\w*|piste? ciclabil\w*|cyclable)"
)
_STOPS = re.compile(r"\b(stops?|haltestellen?|fermat[ae]|arrêts?)\b")
_NAMES = (
    *("route_short_name", "line", "linie", "linea", "ligne", "route", "ref"),
    *("name", "street", "route_id", "title", "bezeichnung"),
)
_STOP_NAMES = ("stop_name", "name", "stop", "bezeichnung", "stop_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What else runs where works are, and which datasets said so."""

    bus_lines: tuple[str, ...] = ()
    cycle_routes: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()  # dataset@version

    @property
    def notes(self) -> tuple[str, ...]:
        """What a forecast says of them beside its lists."""
        told = []
        if self.stops:
            told.append(f"Public-transport stops at the works: {', '.join(self.stops)}.")
        if self.sources:
            told.append(f"Lines and stops are from {', '.join(self.sources)}.")
        return tuple(told)


def touched(work: Work, measures: Iterable[Measure]) -> Touched:
    """What the published data know along these measures, as far as the actor may read them."""
    lines = [one.line for one in measures if one.effect in _TAKES]
    if not lines:
        return Touched()
    return along(work, lines)


def along(work: Work, lines: Iterable[Line]) -> Touched:
    """The same along lines."""
    ground = Ground(lines)
    found: dict[str, set[str]] = {"bus": set(), "cycle": set(), "stops": set()}
    sources = []
    for dataset, version, kind in _datasets(work):
        try:
            names = _near(work, dataset.id, version, ground, kind)
        except (NotFound, Unavailable):  # withdrawn meanwhile, or its file is lost: others remain
            continue
        if names:
            found[kind] |= names
            sources.append(f"{dataset.id}@{version.number}")
    for name, by in gtfs_lines.along(work, ground):
        found["bus"].add(name)
        sources += [one for one in by if one not in sources]
    return Touched(
        bus_lines=_sorted(found["bus"]),
        cycle_routes=_sorted(found["cycle"]),
        stops=_sorted(found["stops"]),
        sources=tuple(sources),
    )


def _datasets(work: Work) -> Iterable[tuple[Dataset, Version, str]]:
    versions = catalogue.latest_versions(work.db)
    for dataset in catalogue.datasets(work.db, sorted(versions)):
        version = versions[dataset.id]
        has_place = any(one.type is FieldType.GEOMETRY for one in version.fields)
        if has_place and (kind := _kind(dataset)) and allows(work.actor, Action.READ, dataset):
            yield dataset, version, kind


def _kind(dataset: Dataset) -> str:
    """“bus”, “cycle”, “stops”, or nothing, by title, keywords and id."""
    words = " ".join([dataset.id.replace("-", " "), *dataset.title.values(), *dataset.keywords])
    words = words.casefold()
    if _STOPS.search(words):
        return "stops"
    if _CYCLE.search(words):
        return "cycle"
    return "bus" if _BUS.search(words) else ""


def _near(work: Work, id: DatasetId, version: Version, ground: Ground, kind: str) -> set[str]:
    """Names of the rows that run along the works."""
    geometry = str(version.geometry)
    columns = {one.name.casefold(): one.name for one in version.fields}
    wanted = _STOP_NAMES if kind == "stops" else _NAMES
    label = next((columns[name] for name in wanted if name in columns), None)
    if label is None or _is_apart(version.bounds, ground.bounds):
        return set()
    opened = door.open(work, id)
    rows = opened.query(
        f"SELECT {quoted(label)} AS name, ST_AsWKB({quoted(geometry)}) AS shape FROM rows "
        f"WHERE ST_Intersects({quoted(geometry)}, ST_MakeEnvelope(?, ?, ?, ?)) LIMIT {_MOST}",
        ground.bounds,
    )
    shapes = shapely.from_wkb(rows.column("shape").to_pylist())
    names = rows.column("name").to_pylist()
    return {
        str(name).strip()
        for name, shape in zip(names, shapes, strict=True)
        if shape is not None and name is not None and ground.meets(shape)
    } - {""}


def _is_apart(a: Bbox | None, b: Bbox) -> bool:
    return a is not None and (a[0] > b[2] or a[2] < b[0] or a[1] > b[3] or a[3] < b[1])


def _sorted(names: set[str]) -> tuple[str, ...]:
    """By number where there is one: 2 before 10."""
    return tuple(sorted(names, key=_order()))


@cache
def _order() -> Callable[[str], tuple[int, str]]:
    digits = re.compile(r"\d+")

    def key(name: str) -> tuple[int, str]:
        found = digits.search(name)
        return (int(found[0]) if found else 10**9, name)

    return key
