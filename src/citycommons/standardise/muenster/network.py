"""Signal junctions, the main-road graph between them, and the streets of the centre."""

import pyarrow as pa

from citycommons.core.tables import Report
from citycommons.core.types import Parcel
from citycommons.standardise.muenster.rows import (
    Columns,
    Parcels,
    features_of,
    only,
    point,
    rows_of,
)

SOURCE = "signal-junctions"
_STREETS = ("StrA", "StrB", "StrC", "StrD")
_NEIGHBOURS = ("NbW", "NbX", "NbY", "NbZ")
_NEEDS = ("ID", *_STREETS, *_NEIGHBOURS, "Lat", "Long")


def junctions(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Each signal junction with its streets, neighbours and place."""
    columns = Columns(
        junction_id=pa.string(),
        name=pa.string(),
        streets=pa.string(),
        neighbours=pa.string(),
        control_group=pa.string(),
        maker=pa.string(),
        geometry=pa.binary(),
    )
    for line, row in rows_of(only(parcels, SOURCE), _NEEDS, columns.faults):
        streets = [row[name] for name in _STREETS if row[name] not in ("", "-")]
        lon = columns.parse(line, "Long", row["Long"], float)
        lat = columns.parse(line, "Lat", row["Lat"], float)
        columns.add(
            junction_id=row["ID"],
            name=_name(streets),
            streets=", ".join(streets),
            neighbours=" ".join(row[n] for n in _NEIGHBOURS if row[n] not in ("", "-")),
            control_group=row.get("Steuergruppe", "").replace("-", ""),
            maker=row.get("Technik", "").replace("-", ""),
            geometry=point(lon, lat),
        )
    return columns.table("position of the junction as published")


def main_roads(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Each pair of neighbouring junctions once, as a straight line between them."""
    import shapely

    columns = Columns(
        link_id=pa.string(),
        from_junction=pa.string(),
        to_junction=pa.string(),
        name=pa.string(),
        length_m=pa.float64(),
        said_by=pa.string(),
        geometry=pa.binary(),
    )
    rows = list(rows_of(only(parcels, SOURCE), _NEEDS, columns.faults))
    places = {row["ID"]: (float(row["Long"]), float(row["Lat"])) for _, row in rows}
    streets = {row["ID"]: [row[n] for n in _STREETS if row[n] not in ("", "-")] for _, row in rows}
    said: dict[tuple[str, str], int] = {}
    for line, row in rows:
        for column in _NEIGHBOURS:
            there = row[column]
            if there in ("", "-"):
                continue
            if there not in places:
                columns.faults.add(
                    "unknown-junction",
                    "The neighbour is no junction of this file; the link is left out.",
                    line=line,
                    column=column,
                    value=there,
                )
                continue
            if there == row["ID"]:
                columns.faults.add(
                    "own-neighbour",
                    "The junction names itself; the link is left out.",
                    line=line,
                    column=column,
                    value=there,
                )
                continue
            first, second = sorted((row["ID"], there))
            said[first, second] = said.get((first, second), 0) + 1
    for (first, second), times in sorted(said.items()):
        shared = [name for name in streets[first] if name in streets[second]]
        ends = (places[first], places[second])
        columns.add(
            link_id=f"{first}-{second}",
            from_junction=first,
            to_junction=second,
            name=shared[0] if shared else None,
            length_m=round(_metres(*ends), 1),
            said_by="both" if times > 1 else "one",
            geometry=bytes(shapely.LineString(ends).wkb),
        )
    return columns.table("undirected; straight lines, lengths along the great circle")


def centre_streets(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Street edges of the old town and the station quarter, as drawn in OpenStreetMap."""
    columns = Columns(
        edge_id=pa.int64(),
        from_node=pa.int64(),
        to_node=pa.int64(),
        highway=pa.string(),
        length_m=pa.float64(),
        geometry=pa.binary(),
    )
    for said, geometry in features_of(only(parcels, "centre-streets")):
        columns.add(
            edge_id=said["edge_id"],
            from_node=said["from"],
            to_node=said["to"],
            highway=said["highway"],
            length_m=float(said["length_m"]),
            geometry=geometry,
        )
    return columns.table()


def junction_points(parcels: Parcels) -> dict[str, tuple[str, bytes | None]]:
    """Name and place of each junction by its id."""
    parcel: Parcel = only(parcels, SOURCE)
    found = {}
    for _, row in rows_of(parcel, _NEEDS, Columns().faults):
        streets = [row[name] for name in _STREETS if row[name] not in ("", "-")]
        found[row["ID"]] = (_name(streets), point(float(row["Long"]), float(row["Lat"])))
    return found


def _name(streets: list[str]) -> str:
    return " / ".join(streets[:2])


def _metres(first: tuple[float, float], second: tuple[float, float]) -> float:
    import math

    (lon1, lat1), (lon2, lat2) = first, second
    a, b = math.radians(lat1), math.radians(lat2)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(half))
