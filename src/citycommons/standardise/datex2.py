"""DATEX II, versions 2 and 3: situations, measured data, parking, regulations, charging sites.

Element names after the DATEX II 3.7 schemas (Situation, RoadTrafficData, Parking, Facilities,
LocationReferencing). Names are compared without their namespace, so that profiles and extensions
of nations are read too. What has no column of its own stands in `other`, by its path.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import orjson

from citycommons.core.errors import Invalid, NotFound
from citycommons.standardise import objects
from citycommons.standardise.datex2_places import is_place, place
from citycommons.standardise.formats import Draft, Source

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_LAYERS = {
    "situationRecord": "situations",
    "siteMeasurements": "measurements",
    "measurementSite": "measurement_sites",
    "measurementSiteRecord": "measurement_sites",
    "hierarchyElementGeneral": "parking_sites",
    "parkingFacility": "parking_sites",
    "parkingRecord": "parking_sites",
    "parkingStatusInformation": "parking_status",
    "parkingFacilityStatus": "parking_status",
    "parkingRecordStatus": "parking_status",
    "trafficRegulationOrder": "regulations",
    "energyInfrastructureSite": "charging_sites",
}
_COLUMNS: dict[str, dict[str, str]] = {  # the end of a path → column
    "situations": {
        "situationRecordCreationTime": "created",
        "situationRecordVersionTime": "version_time",
        "probabilityOfOccurrence": "probability",
        "validity/validityStatus": "validity_status",
        "validityTimeSpecification/overallStartTime": "start",
        "validityTimeSpecification/overallEndTime": "end",
        "cause/causeType": "cause",
        "comment": "comment",
        "impact/numberOfLanesRestricted": "lanes_restricted",
        "impact/capacityRemaining": "capacity_remaining",
        "temporarySpeedLimit": "speed_limit",
        "roadInformation/roadNumber": "road_number",
        "roadInformation/roadName": "road_name",
        "sourceName": "source",
    },
    "measurement_sites": {
        "measurementSiteName": "name",
        "measurementSiteIdentification": "code",
        "measurementSiteNumberOfLanes": "lanes",
        "measurementSiteRecordVersionTime": "version_time",
    },
    "parking_sites": {
        "name": "name",
        "parkingName": "name",
        "parkingFacilityName": "name",
        "parkingNumberOfSpaces": "capacity",
        "numberOfSpaces": "capacity",
        "totalParkingCapacity": "capacity",
    },
    "parking_status": {
        "parkingRecordReference@id": "site",
        "parkingFacilityReference@id": "site",
        "reference@id": "site",
        "numberOfVacantSpaces": "vacant",
        "parkingNumberOfVacantSpaces": "vacant",
        "numberOfOccupiedSpaces": "occupied",
        "parkingNumberOfOccupiedSpaces": "occupied",
        "numberOfSpacesOverride": "capacity",
        "occupancy/occupancy": "occupancy",
        "parkingFacilityOccupancy": "occupancy",
        "occupancyTrend": "trend",
        "openingStatus": "opening_status",
        "operationStatus": "operation_status",
        "statusTime": "time",
        "lastUpdated": "time",
        "parkingStatusOriginTime": "time",
    },
    "regulations": {
        "description": "description",
        "issuingAuthority": "authority",
        "regulationId": "regulation_id",
        "status": "status",
        "validityByOrder/validityTimeSpecification/overallStartTime": "start",
        "validityByOrder/validityTimeSpecification/overallEndTime": "end",
    },
    "charging_sites": {"name": "name", "operator/name": "operator"},
}
_NUMBERS = frozenset(("lanes_restricted", "lanes", "capacity", "vacant", "occupied", "occupancy"))
_NUMBERS_ALSO = frozenset(("speed_limit", "capacity_remaining"))
_TIMES = frozenset(("created", "version_time", "situation_time", "start", "end", "time"))
_UNITS = {  # UCUM, of the leaf that holds a measured value
    "speed": "km/h",
    "vehicleFlowRate": "{vehicle}/h",
    "pcuFlowRate": "{pcu}/h",
    "axleFlowRate": "{axle}/h",
    "percentage": "%",
    "temperature": "Cel",
    "duration": "s",
    "timeHeadway": "s",
    "windSpeed": "km/h",
    "millimetresPerHourIntensity": "mm/h",
    "concentrationOfVehicles": "{vehicle}/km",
}


class Datex2:
    """One publication; `sheet` names what is read of it."""

    def recognises(self, source: Source) -> float:
        head = source.head[:8192]
        if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            return 0.0
        return 0.99 if b"datex2.eu/schema/" in head or b"d2LogicalModel" in head else 0.0

    def read(self, source: Source) -> Draft:
        kinds = _read(source)
        if not any(kinds.values()):
            raise Invalid(
                f"{source.name} is a DATEX II publication without situations, measurements, "
                "parking, regulations or charging sites at this moment."
            )
        sheet = source.sheet or max(kinds, key=lambda name: len(kinds[name]))
        if sheet not in kinds:
            raise NotFound(f"{source.name} has no “{sheet}”; it has {', '.join(kinds)}.")
        steps = ["format DATEX II", f"layer {sheet}"]
        if others := [name for name, rows in kinds.items() if rows and name != sheet]:
            steps.append(f"other layers not read: {', '.join(others)}")
        records = kinds[sheet]
        if not records:
            raise Invalid(f"{source.name} holds no {sheet.replace('_', ' ')} at this moment.")
        shapes = [record.pop("geometry", None) for record in records]
        return objects.draft(records, steps=steps, times=_TIMES, shapes=shapes)


@dataclass(slots=True)
class _Situation:
    """What the records of a situation share."""

    values: dict[str, Any] = field(default_factory=dict)


def _read(source: Source) -> dict[str, list[dict[str, Any]]]:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    kinds: dict[str, list[dict[str, Any]]] = {name: [] for name in dict.fromkeys(_LAYERS.values())}
    situation = _Situation()
    depth = 0  # of rows inside rows: a parking site may hold parking sites
    try:
        for event, element in iterparse(source.path, events=("start", "end")):
            name = _local(element.tag)
            if event == "start":
                depth += name in _LAYERS
                if name == "situation":
                    situation = _Situation({"situation_id": element.get("id")})
                continue
            if name in _LAYERS:
                depth -= 1
                layer = _LAYERS[name]
                kinds[layer] += _ROWS.get(layer, _row)(element, layer, situation)
            elif name == "overallSeverity":
                situation.values["severity"] = _text(element)
            elif name == "situationVersionTime":
                situation.values["situation_time"] = _text(element)
            if depth == 0 and name not in ("overallSeverity", "situationVersionTime"):
                element.clear()
    except (ParseError, DefusedXmlException, ValueError) as cause:
        raise Invalid(
            f"{source.name} is broken or unsafe XML: {cause}. Ask for it again at its source."
        ) from cause
    return kinds


def _row(element: Element, layer: str, situation: _Situation) -> list[dict[str, Any]]:
    columns = _COLUMNS[layer]
    row: dict[str, Any] = {"id": element.get("id"), "version": element.get("version")}
    row["type"] = _local(element.get(_TYPE, "")) or None
    row |= situation.values if layer == "situations" else {}
    row |= dict.fromkeys(columns.values())
    other: dict[str, list[str]] = {}
    for path, value in _leaves(element, ""):
        column = next((columns[end] for end in columns if _ends(path, end)), None)
        if column is not None and row[column] is None:
            row[column] = _number(value) if column in _NUMBERS | _NUMBERS_ALSO else value
        else:
            other.setdefault(path, []).append(value)
    if layer == "situations":
        row["severity"] = other.pop("severity", [row.get("severity")])[0]
    kept = {path: values[0] if len(values) == 1 else values for path, values in other.items()}
    row["other"] = orjson.dumps(kept).decode() if kept else None
    row["geometry"] = place(element)
    return [row]


def _measurements(element: Element, _layer: str, _s: _Situation) -> list[dict[str, Any]]:
    """One row for each measured value of a site."""
    site = next((e for e in element if _local(e.tag) == "measurementSiteReference"), None)
    time = next((e for e in element if _local(e.tag) == "measurementTimeDefault"), None)
    shared = {
        "site": site.get("id") if site is not None else None,
        "time": _deep_text(time) if time is not None else None,
    }
    rows = []
    for quantity in element:
        if _local(quantity.tag) not in ("physicalQuantity", "measuredValue"):
            continue
        for data in quantity.iter():
            if _local(data.tag) == "basicData":
                rows += [
                    shared | {"index": _number(quantity.get("index", ""))} | value
                    for value in _values(data)
                ]
    return rows


def _values(data: Element) -> Iterator[dict[str, Any]]:
    kind = _local(data.get(_TYPE, "")) or None
    for quantity in data:
        leaves = list(_leaves(quantity, ""))
        found = [(path, value) for path, value in leaves if path.rpartition("/")[2] in _UNITS]
        told = dict(leaves)
        for path, value in found or [(p, v) for p, v in leaves if _number(v) is not None][:1]:
            leaf = path.rpartition("/")[2] or _local(quantity.tag)
            inputs = quantity.get("numberOfInputValuesUsed", "")
            yield {
                "type": kind,
                "quantity": _local(quantity.tag),
                "value": _number(value),
                "unit": _UNITS.get(leaf),
                "inputs": _number(inputs),
                "standard_deviation": _number(quantity.get("standardDeviation", "")),
                "is_error": told.get("dataError") == "true",
            }


_ROWS: dict[str, Callable[[Element, str, _Situation], list[dict[str, Any]]]] = {
    "measurements": _measurements
}


def _leaves(element: Element, path: str) -> Iterator[tuple[str, str]]:
    """Paths and texts below an element; texts in languages as one, places left to `place`."""
    for child in element:
        name = _local(child.tag)
        inner = f"{path}/{name}" if path else name
        if is_place(name) or name in _LAYERS:
            continue
        if (spoken := _spoken(child)) is not None:
            yield inner, spoken
        elif len(child):
            yield from _leaves(child, inner)
        elif text := _text(child):
            yield inner, text
        if child.get("id") and not len(child):
            yield f"{inner}@id", str(child.get("id"))
    if not len(element) and path == "" and (text := _text(element)):
        yield "", text


def _spoken(element: Element) -> str | None:
    """A MultilingualString: its first text, the others after a bar."""
    values = [e for e in element if _local(e.tag) == "values"]
    if not values:
        return None
    texts = [_text(value) for value in values[0] if _local(value.tag) == "value"]
    return " | ".join(text for text in texts if text) or None


def _ends(path: str, end: str) -> bool:
    return path == end or path.endswith(f"/{end}")


def _local(name: str) -> str:
    return name.rpartition("}")[2].rpartition(":")[2]


def _text(element: Element) -> str:
    return " ".join((element.text or "").split())


def _deep_text(element: Element) -> str | None:
    return next((text for e in element.iter() if (text := _text(e))), None)


def _number(text: str) -> int | float | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None
