"""Charging points, glass containers, stops, park and ride, solar plants."""

import re

import pyarrow as pa

from citycommons.core.tables import Report
from citycommons.standardise.muenster.rows import (
    Columns,
    Parcels,
    day,
    decimal,
    features_of,
    only,
    point,
    rows_of,
    whole,
    yes_no,
)


def charging_points(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Public charging points with operator, address, power and plugs."""
    columns = Columns(
        operator=pa.string(),
        street=pa.string(),
        house_number=pa.string(),
        address_note=pa.string(),
        postcode=pa.string(),
        place=pa.string(),
        in_service_since=pa.date32(),
        power_kw=pa.float64(),
        kind=pa.string(),
        points=pa.int64(),
        plugs=pa.string(),
        geometry=pa.binary(),
    )
    kinds = {"Normalladeeinrichtung": "normal", "Schnellladeeinrichtung": "fast"}
    needs = ("Betreiber", "Straße", "Breitengrad", "Längengrad", "Anzahl Ladepunkte")
    for line, row in rows_of(
        only(parcels, "charging-points"), needs, columns.faults, delimiter=";"
    ):
        plugs = [row.get(f"Steckertypen{n}", "") for n in range(1, 5)]
        columns.add(
            operator=row["Betreiber"],
            street=row["Straße"],
            house_number=row["Hausnummer"] or None,
            address_note=row["Adresszusatz"] or None,
            postcode=row["Postleitzahl"],
            place=row["Ort"],
            in_service_since=columns.parse(
                line, "in_service_since", row["Inbetriebnahmedatum"], day
            ),
            power_kw=columns.parse(
                line, "power_kw", row["Nennleistung Ladeeinrichtung [kW]"], decimal
            ),
            kind=kinds.get(row["Art der Ladeeinrichung"], row["Art der Ladeeinrichung"]),
            points=columns.parse(line, "points", row["Anzahl Ladepunkte"], whole),
            plugs=" | ".join(plug for plug in plugs if plug),
            geometry=point(
                columns.parse(line, "Längengrad", row["Längengrad"], decimal),
                columns.parse(line, "Breitengrad", row["Breitengrad"], decimal),
            ),
        )
    return columns.table("decimal commas, days as 31.12.2020")


def glass_containers(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Where glass can be brought, as of the end of 2024."""
    columns = Columns(
        site=pa.string(),
        postcode=pa.string(),
        district=pa.string(),
        is_public=pa.bool_(),
        at_recycling_centre=pa.bool_(),
        is_underground=pa.bool_(),
        glass=pa.string(),
        geometry=pa.binary(),
    )
    needs = ("Standort", "Stadtteil", "öffentlich", "Sorten", "Latitude", "Longitude")
    for line, row in rows_of(only(parcels, "glass-containers"), needs, columns.faults):
        area = re.match(r"(\d{5}) Münster - (.+)", row["Stadtteil"])
        columns.add(
            site=row["Standort"],
            postcode=area[1] if area else None,
            district=area[2] if area else row["Stadtteil"] or None,
            is_public=columns.parse(line, "öffentlich", row["öffentlich"], yes_no),
            at_recycling_centre=columns.parse(line, "Wertstoffhof", row["Wertstoffhof"], yes_no),
            is_underground=columns.parse(
                line, "Unterflurstandort", row["Unterflurstandort"], yes_no
            ),
            glass=row["Sorten"] or None,
            geometry=point(
                columns.parse(line, "Longitude", row["Longitude"], float),
                columns.parse(line, "Latitude", row["Latitude"], float),
            ),
        )
    return columns.table("a note of the day at the end is no site and was left out")


def glass_containers_2017(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Where glass could be brought in 2017."""
    columns = Columns(
        site_id=pa.int64(),
        street=pa.string(),
        site=pa.string(),
        containers=pa.int64(),
        geometry=pa.binary(),
    )
    for said, geometry in features_of(only(parcels, "glass-containers-2017")):
        columns.add(
            site_id=said["id"],
            street=said["strasse"],
            site=said["standpunkt"],
            containers=said["anzahl"],
            geometry=geometry,
        )
    return columns.table("position as published in CRS84; the UTM coordinates left out")


def stops(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Stops of buses and trains in and around Münster."""
    columns = Columns(
        stop_id=pa.string(), name=pa.string(), is_station=pa.bool_(), geometry=pa.binary()
    )
    for said, geometry in features_of(only(parcels, "stops")):
        columns.add(
            stop_id=str(said.get("stop_id", "")),
            name=said.get("stop_name"),
            is_station=said.get("location_type") == "1",
            geometry=geometry,
        )
    return columns.table()


def park_and_ride(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Places to leave the car and go on by bus or train."""
    columns = Columns(
        site_id=pa.int64(),
        name=pa.string(),
        spaces=pa.int64(),
        is_free_of_charge=pa.bool_(),
        information=pa.string(),
        geometry=pa.binary(),
    )
    needs = ("ID", "Title", "Latitude", "Longitude", "Info")
    for line, row in rows_of(only(parcels, "park-and-ride"), needs, columns.faults, delimiter=";"):
        spaces = re.search(r"^Parkplätze-Anzahl:?\s*(\d+)", row["Info"], re.MULTILINE)
        cost = re.search(r"Kosten:\s*(\w+)", row["Info"])
        columns.add(
            site_id=columns.parse(line, "ID", row["ID"], int),
            name=row["Title"],
            spaces=int(spaces[1]) if spaces else None,
            is_free_of_charge=cost[1] == "kostenlos" if cost else None,
            information=re.sub(r"\s*\n\s*", "; ", row["Info"].strip()).replace(":; ", ": "),
            geometry=point(
                columns.parse(line, "Longitude", row["Longitude"], float),
                columns.parse(line, "Latitude", row["Latitude"], float),
            ),
        )
    return columns.table("spaces and cost read from the text")


def solar_plants(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Solar plants of the city: number and power in sum by year, and plant by plant."""
    columns = Columns(
        plant=pa.string(),
        in_service_since=pa.date32(),
        indicator=pa.string(),
        year=pa.int64(),
        value=pa.float64(),
        unit=pa.string(),
        source=pa.string(),
    )
    needs = ("RAUM", "QUELLE_INSTITUTION", "MERKMAL", "ZEIT", "WERT", "WERTEEINHEIT")
    for line, row in rows_of(only(parcels, "solar-plants"), needs, columns.faults, delimiter=";"):
        plant = re.match(
            r"Stadt Münster - PV Anlage (.+?),? Inbetriebnahme: ([\d.-]+)$", row["RAUM"]
        )
        columns.add(
            plant=plant[1] if plant else None,
            in_service_since=columns.parse(line, "RAUM", plant[2], day) if plant else None,
            indicator=row["MERKMAL"],
            year=columns.parse(line, "ZEIT", row["ZEIT"], int),
            value=columns.parse(line, "WERT", row["WERT"], decimal),
            unit=row["WERTEEINHEIT"],
            source=row["QUELLE_INSTITUTION"],
        )
    return columns.table("name of the plant and day of service taken apart")
