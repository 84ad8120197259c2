"""Boundaries of the city in three levels, and who lives in them."""

import pyarrow as pa

from citycommons.core.tables import Report
from citycommons.standardise.muenster.rows import (
    Columns,
    Parcels,
    day,
    features_of,
    only,
    rows_of,
    whole,
)


def boroughs(parcels: Parcels) -> tuple[pa.Table, Report]:
    """The nine Stadtbezirke."""
    columns = Columns(borough_id=pa.int64(), name=pa.string(), geometry=pa.binary())
    for said, geometry in features_of(only(parcels, "boroughs")):
        columns.add(borough_id=int(said["Nr"]), name=said["Name"], geometry=geometry)
    return columns.table()


def districts(parcels: Parcels) -> tuple[pa.Table, Report]:
    """The 45 Stadtteile with inhabitants and inhabitants per square kilometre."""
    columns = Columns(
        district_id=pa.int64(),
        name=pa.string(),
        inhabitants=pa.int64(),
        area_km2=pa.float64(),
        inhabitants_per_km2=pa.float64(),
        geometry=pa.binary(),
    )
    people, _ = population(parcels)
    living = dict(
        zip(people["district_id"].to_pylist(), people["inhabitants"].to_pylist(), strict=True)
    )
    for said, geometry in features_of(only(parcels, "districts")):
        number = int(said["Nr"])
        inhabitants = living.get(number)
        if inhabitants is None:
            columns.faults.add(
                "no-population", "No inhabitants are given for the district.", value=said["Name"]
            )
        area = _area_km2(geometry)
        columns.add(
            district_id=number,
            name=said["Name"],
            inhabitants=inhabitants,
            area_km2=round(area, 4),
            inhabitants_per_km2=round(inhabitants / area, 1) if inhabitants else None,
            geometry=geometry,
        )
    return columns.table("inhabitants of 2022-12-31 joined by the district's number")


def cells(parcels: Parcels) -> tuple[pa.Table, Report]:
    """The 174 Stadtzellen, whose number begins with that of their Stadtteil."""
    columns = Columns(
        cell_id=pa.int64(), district_id=pa.int64(), name=pa.string(), geometry=pa.binary()
    )
    for said, geometry in features_of(only(parcels, "cells")):
        number = int(said["Nr"])
        columns.add(cell_id=number, district_id=number // 10, name=said["Name"], geometry=geometry)
    return columns.table()


def population(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Inhabitants of each Stadtteil."""
    columns = Columns(
        day=pa.date32(), district_id=pa.int64(), district=pa.string(), inhabitants=pa.int64()
    )
    needs = ("Time", "District", "Population")
    for line, row in rows_of(only(parcels, "population"), needs, columns.faults, delimiter=";"):
        number, _, name = row["District"].partition(" ")
        columns.add(
            day=columns.parse(line, "Time", row["Time"], day),
            district_id=columns.parse(line, "District", number, int),
            district=name,
            inhabitants=columns.parse(line, "Population", row["Population"], whole),
        )
    return columns.table("number and name of the district taken apart")


def _area_km2(geometry: bytes | None) -> float:
    """Area on a sphere of a polygon in degrees, by Chamberlain and Duquette's sum.

    References
    ----------
    Chamberlain, R., Duquette, W.: Some algorithms for polygons on a sphere. JPL 07-03, 2007.
    """
    import numpy as np
    import shapely

    total = 0.0
    if geometry is None:
        return total
    for polygon in shapely.get_parts(shapely.from_wkb(geometry)):
        for sign, rings in ((1, [polygon.exterior]), (-1, polygon.interiors)):
            for ring in rings:
                lon, lat = np.radians(np.asarray(ring.coords)).T[:2]
                ahead = np.roll(lon[:-1], -1) - np.roll(lon[:-1], 1)
                total += sign * abs(float((ahead * np.sin(lat[:-1])).sum()))
    return total * 6371.0088**2 / 2
