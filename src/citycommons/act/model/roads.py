"""The city's network with its zones, from whatever it publishes of its streets."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from citycommons.act.model.areas import pieces
from citycommons.act.model.types import Zone
from citycommons.act.network.assemble import Stretch, assemble, streets_of
from citycommons.act.network.components import largest
from citycommons.act.network.junctions import from_junctions, nodes_of
from citycommons.act.network.lines import from_lines
from citycommons.act.network.types import Floats, Network
from citycommons.act.network.zones import gates, zones_from_areas
from citycommons.core.errors import Invalid

Roads = tuple[Network, tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Network, zones and what is known of them."""

    network: Network
    zones: tuple[Zone, ...]
    inhabitants: Floats  # (zones,), 0 for gates
    jobs: Floats | None  # (zones,), None where nobody says
    is_gate: np.ndarray[tuple[int], np.dtype[np.bool_]]
    node_of: dict[str, int]  # junction id as published → node
    link_of: dict[str, int]  # link id as published → link; empty where links have none
    notes: tuple[str, ...]


def ground(
    streets: pa.Table | None,
    junctions: pa.Table | None,
    areas: pa.Table,
    drawn: pa.Table | None = None,
    crossings: int = 6,
) -> Ground:
    """Put zones for the areas, and for the roads out of the city, on its streets.

    Streets between junctions run along `drawn` ones where those join them. An area with more than
    `crossings` street nodes is cut into several zones of its name.
    Raises `Invalid` if columns do not hold what they should.
    """
    network, ids = _network(streets, junctions, drawn)
    whole, kept = largest(network)
    ids = tuple(ids[at] for at in kept) if ids else ()
    doors = _gates(whole, areas)
    id = _first(areas, ("zone", "district_id", "area_id", "id", "name"))
    shared = tuple(one for one in ("inhabitants", "jobs") if one in areas.column_names)
    cut = pieces(areas, whole, id=id, geometry=_geometry(areas), shared=shared, most=crossings)
    zoned = zones_from_areas(
        whole,
        cut,
        id=id,
        name=_first(areas, ("name", "zone")),
        weight="inhabitants",
        geometry=_geometry(areas),
        gates=doors,
    )
    jobs = _numbers(cut, "jobs") if "jobs" in shared else None
    return Ground(
        network=zoned.network,
        zones=tuple(
            Zone(id, name, float(lon), float(lat))
            for id, name, lon, lat in zip(zoned.ids, zoned.names, zoned.lon, zoned.lat, strict=True)
        ),
        inhabitants=zoned.weight,
        jobs=None if jobs is None else np.concatenate([jobs, np.zeros(len(doors))]),
        is_gate=zoned.is_gate,
        node_of=nodes_of(zoned.network),
        link_of={id: at for at, id in enumerate(ids)},
        notes=_notes(network, whole, len(doors)),
    )


def _network(streets: pa.Table | None, junctions: pa.Table | None, drawn: pa.Table | None) -> Roads:
    if streets is not None and _is_directed(streets):
        return _from_streets(streets)
    if junctions is None:
        raise Invalid(
            "The streets say neither lanes nor capacity nor class, and there is no table of "
            "junctions: nothing tells what the streets can carry."
        )
    return from_junctions(junctions, streets, along=_drawn(drawn)), ()


def _drawn(streets: pa.Table | None) -> Network | None:
    """A network of drawn streets; None where the table holds none that cars may use."""
    if streets is None:
        return None
    try:
        return from_lines(streets)
    except Invalid:
        return None


def _is_directed(streets: pa.Table) -> bool:
    return bool({"lanes", "capacity_veh_h", "class"} & set(streets.column_names))


def _from_streets(streets: pa.Table) -> Roads:
    """Each row one direction, as published."""
    import shapely

    rows = streets.drop_columns([n for n in ("bbox",) if n in streets.column_names]).to_pylist()
    geometry = _geometry(streets)
    places: dict[str, tuple[float, float]] = {}
    stretches = []
    for row in sorted(rows, key=lambda one: str(one.get("link") or "")):
        tail, head = str(row["from_junction"]), str(row["to_junction"])
        shape = shapely.from_wkb(row[geometry])
        if shape is None or shape.is_empty:
            raise Invalid(f"The street from {tail} to {head} has no line.")
        line = tuple((float(x), float(y)) for x, y in shapely.get_coordinates(shape))
        places.setdefault(tail, line[0])
        places.setdefault(head, line[-1])
        stretches.append(_stretch(row, tail, head, line))
    ordered = {id: places[id] for id in sorted(places)}
    ids = tuple(one.source for one in stretches)
    return assemble(stretches, ordered), ids


def _stretch(
    row: dict[str, object], tail: str, head: str, line: tuple[tuple[float, float], ...]
) -> Stretch:
    def number(name: str) -> float | None:
        value = row.get(name)
        return None if value is None else float(str(value))

    return Stretch(
        tail=tail,
        head=head,
        line=line,
        kind=str(row.get("class") or "unclassified"),
        name=str(row.get("name") or ""),
        source=str(row.get("link") or f"{tail}-{head}"),
        length_m=number("length_m"),
        lanes=number("lanes"),
        speed_kmh=number("speed_kmh"),
        capacity=number("capacity_veh_h"),
    )


def _gates(network: Network, areas: pa.Table) -> tuple[int, ...]:
    """Dead ends outside all areas are where the world begins; else dead ends at the rim."""
    import shapely

    streets = streets_of(network)
    city = shapely.union_all(shapely.from_wkb(areas.column(_geometry(areas)).to_pylist()))
    out = ~shapely.contains_xy(city, streets.lon, streets.lat)
    ends = np.bincount(network.tail, minlength=network.nodes) == 1
    beyond = tuple(int(at) for at in np.flatnonzero(out & ends))
    return beyond or gates(network)


def _first(table: pa.Table, names: tuple[str, ...]) -> str:
    for name in names:
        if name in table.column_names:
            return name
    raise Invalid(f"The areas have none of the columns {', '.join(names)}.")


def _geometry(table: pa.Table) -> str:
    for name in ("geometry", "geom", "wkb_geometry"):
        if name in table.column_names:
            return name
    raise Invalid("The table has no column “geometry”.")


def _numbers(table: pa.Table, name: str) -> Floats:
    return np.array([float(v) if v is not None else 0.0 for v in table.column(name).to_pylist()])


def _notes(network: Network, whole: Network, doors: int) -> tuple[str, ...]:
    notes = []
    if lost := network.links - whole.links:
        notes.append(f"{lost} links hang on no other streets and are left out.")
    guessed = streets_of(whole).guessed
    links = max(whole.links, 1)
    for kind, count in sorted(guessed.items()):
        if count and kind != "connector":
            share = min(count / links, 1)
            notes.append(f"{kind} is a default or an assumption on {share:.0%} of links.")
    notes.append(
        f"{doors} roads lead out of the city; how much traffic comes in by each is assumed from "
        "its capacity and corrected by counts where some are near."
    )
    return tuple(notes)
