"""Works as NGSI-LD entities of the Smart Data Model `CityWork`.

References
----------
ETSI GS CIM 009 (NGSI-LD), clause 5.2. Smart Data Models, dataModel.Transportation, CityWork 0.4.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from citycommons.core.works import Effect, Works, WorksState
from citycommons.share.works.calendar import utc, whole
from citycommons.share.works.edition import Edition, lines, said

MEDIA = "application/ld+json"
CONTEXT = (
    "https://raw.githubusercontent.com/smart-data-models/dataModel.Transportation/master/"
    "context.jsonld",
    "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld",
)
_STATES = {
    WorksState.PROPOSED: "planned",
    WorksState.COORDINATED: "validatedInPlanning",
    WorksState.PERMITTED: "authorized",
    WorksState.ACTIVE: "open",
    WorksState.CLOSED: "completed",
    WorksState.CANCELLED: "canceled",
}
_DISPOSITIONS = {
    Effect.CLOSED: "roadClosed",
    Effect.LANES: "laneReduction",
    Effect.SPEED: "speedReduction",
    Effect.ONE_WAY: "oneWay",
    Effect.TURN_BAN: "turnBan",
    Effect.NEW_LINK: "temporaryRoad",
    Effect.PARKING: "parkingProhibited",
}
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def written(works: Sequence[Works], edition: Edition) -> bytes:
    """A list of entities, each with its context, as a context broker answers."""
    return orjson.dumps([entity(one, edition) for one in works])


def entity(one: Works, edition: Edition) -> dict[str, Any]:
    """One entity in the normalised form."""
    spans = [whole(phase, edition.zone) for phase in one.phases]
    drawn = [line if len(line) > 1 else line * 2 for line in lines(one)]
    found: dict[str, Any] = {
        "id": f"urn:ngsi-ld:CityWork:{one.id}",
        "type": "CityWork",
        "name": _property(said(one.title, edition.language)),
        "description": _property(said(one.description, edition.language)),
        "workNumber": _property(one.id),
        "workState": _property(_STATES[one.state]),
        "startDate": _time(utc(min(begins for begins, _ in spans))),
        "endDate": _time(utc(max(ends for _, ends in spans))),
        "workLastDateUpdate": _time(utc(one.updated)),
        "contractingAuthority": _property(edition.owner(one)),
        "mainContractingCompany": _property(one.contractor),
        "contactPoint": _property({"contactType": "office", "name": one.contact}),
        "areaServed": _property(", ".join(one.streets)),
        "dataProvider": _property(edition.city),
        "source": _property(edition.page(one)),
        "workDisposition": _property(_dispositions(one, edition)),
        "@context": list(CONTEXT),
    }
    if not one.contact:
        del found["contactPoint"]
    if drawn:
        shape: dict[str, Any] = {"type": "MultiLineString", "coordinates": drawn}
        if len(drawn) == 1:
            shape = {"type": "LineString", "coordinates": drawn[0]}
        found["location"] = {"type": "GeoProperty", "value": shape}
    # An empty value is none (NGSI-LD knows no empty Property).
    return {
        key: value
        for key, value in found.items()
        if not (isinstance(value, dict) and value.get("value") in ("", [], None))
    }


def _dispositions(one: Works, edition: Edition) -> list[dict[str, Any]]:
    found = []
    for phase in one.phases:
        begins, ends = whole(phase, edition.zone)
        for measure in phase.measures:
            found.append(
                {
                    "disposition": _DISPOSITIONS[measure.effect],
                    "startDate": utc(begins),
                    "endDate": utc(ends),
                    "dayOfWeek": [_WEEK[day] for day in sorted(phase.weekdays)],
                    "comment": phase.name,
                }
            )
    return found


def _property(value: Any) -> dict[str, Any]:
    return {"type": "Property", "value": value}


def _time(text: str) -> dict[str, Any]:
    return _property({"@type": "DateTime", "@value": text})
