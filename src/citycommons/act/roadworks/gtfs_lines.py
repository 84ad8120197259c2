"""Bus lines along works, from the tables of a GTFS feed: shapes, trips and routes."""

from collections import defaultdict
from collections.abc import Iterator

import shapely

from citycommons.act.roadworks.ground import Ground
from citycommons.core.errors import NotFound, Unavailable
from citycommons.core.types import Dataset, Version
from citycommons.govern.access import Action, allows
from citycommons.share import open as door
from citycommons.store import catalogue
from citycommons.store.work import Work

_SHAPES = frozenset({"shape_id", "shape_pt_sequence", "shape_pt_lat", "shape_pt_lon"})
_TRIPS = frozenset({"trip_id", "route_id", "shape_id"})
_ROUTES = frozenset({"route_id", "route_type"})
_AROUND = 0.02  # degrees: two points of a shape are not farther apart in a city

Table = tuple[Dataset, Version]


def along(work: Work, ground: Ground) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names of lines whose shapes run along the works, each with the tables that said so.

    References
    ----------
    GTFS Schedule Reference: shapes.txt, trips.txt, routes.txt.
    """
    tables = _tables(work)
    for shapes in tables["shapes"]:
        try:
            ids = _shapes(work, shapes, ground)
            if not ids:
                continue
            trips, routes = (_beside(tables[name], shapes) for name in ("trips", "routes"))
            if trips is not None and routes is not None:
                by = tuple(_name(one) for one in (shapes, trips, routes))
                yield from ((name, by) for name in _lines(work, trips, routes, ids))
        except (NotFound, Unavailable):  # withdrawn meanwhile, or a file is lost: others remain
            continue


def _tables(work: Work) -> dict[str, list[Table]]:
    found: dict[str, list[Table]] = defaultdict(list)
    versions = catalogue.latest_versions(work.db)
    for dataset in catalogue.datasets(work.db, sorted(versions)):
        version = versions[dataset.id]
        names = {one.name for one in version.fields}
        for kind, needs in (("shapes", _SHAPES), ("trips", _TRIPS), ("routes", _ROUTES)):
            if needs <= names and allows(work.actor, Action.READ, dataset):
                found[kind].append((dataset, version))
    return found


def _beside(tables: list[Table], shapes: Table) -> Table | None:
    """The table of the same feed: of the same source, else of the same publisher."""

    def far(one: Table) -> tuple[bool, bool]:
        return one[0].source != shapes[0].source, one[0].publisher != shapes[0].publisher

    near = min(tables, key=far, default=None)
    return near if near is not None and not all(far(near)) else None


def _shapes(work: Work, shapes: Table, ground: Ground) -> list[str]:
    """Ids of the shapes that run along the works; their lines are drawn between their points."""
    west, south, east, north = ground.bounds
    rows = door.open(work, shapes[0].id).query(
        "SELECT shape_id, shape_pt_lon, shape_pt_lat FROM rows "
        "WHERE shape_pt_lon BETWEEN ? AND ? AND shape_pt_lat BETWEEN ? AND ? "
        "ORDER BY shape_id, shape_pt_sequence",
        (west - _AROUND, east + _AROUND, south - _AROUND, north + _AROUND),
    )
    lines: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows.to_pylist():
        lines[row["shape_id"]].append((row["shape_pt_lon"], row["shape_pt_lat"]))
    return [
        id for id, line in lines.items() if len(line) > 1 and ground.meets(shapely.LineString(line))
    ]


def _lines(work: Work, trips: Table, routes: Table, ids: list[str]) -> list[str]:
    marks = ", ".join("?" * len(ids))
    driven = door.open(work, trips[0].id).query(
        f"SELECT DISTINCT route_id FROM rows WHERE shape_id IN ({marks})", ids
    )
    wanted = driven.column("route_id").to_pylist()
    if not wanted:
        return []
    names = {one.name for one in routes[1].fields}
    label = next(one for one in ("route_short_name", "route_long_name", "route_id") if one in names)
    marks = ", ".join("?" * len(wanted))
    found = door.open(work, routes[0].id).query(
        f"SELECT DISTINCT coalesce({label}, route_id) AS name FROM rows "
        f"WHERE route_id IN ({marks})",
        wanted,
    )
    return [str(name) for name in found.column("name").to_pylist()]


def _name(one: Table) -> str:
    return f"{one[0].id}@{one[1].number}"
