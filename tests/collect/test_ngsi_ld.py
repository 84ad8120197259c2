"""Fixtures after ETSI GS CIM 009 V1.8.1: query (6.4.3.2), count (6.3.13), context (6.3.5)."""

from dataclasses import replace

import orjson
import pytest
from tests.collect.services import asked, give, polite

from citycommons.collect.check import check_connector
from citycommons.collect.ngsi_ld import NgsiLd
from citycommons.core.errors import Invalid, TooMuch, Unavailable


def entity(number: int, form: str) -> dict:
    free = number if form == "keyValues" else {"type": "Property", "value": number}
    name = f"urn:ngsi-ld:OffStreetParking:{number}"
    return {"id": name, "type": "OffStreetParking", "availableSpotNumber": free}


class Broker:
    def __init__(self, origin) -> None:
        self.origin, self.there, self.counted = origin, 25, "25"
        origin.answer = self.answer

    def answer(self, request, _) -> None:
        path, query = asked(request)
        assert path == "/ngsi-ld/v1/entities"
        start = int(query["offset"])
        end = min(self.there, start + min(10, int(query["limit"])))
        form = query.get("options", "normalized")
        said = {"NGSILD_Results_Count": self.counted} if self.counted else {}
        give(request, [entity(n, form) for n in range(start, end)], **said)


@pytest.fixture
def broker(origin) -> Broker:
    return Broker(origin)


@pytest.fixture
def parking(broker, tmp_path) -> NgsiLd:
    return NgsiLd(url=broker.origin.url("/"), type="OffStreetParking", client=polite(tmp_path))


def entities(parcels) -> list[dict]:
    return [one for parcel in parcels for one in orjson.loads(parcel.path.read_bytes())]


@pytest.mark.parametrize("form", ["keyValues", "normalized"])
@pytest.mark.parametrize("path", ["", "/ngsi-ld/v1", "/ngsi-ld/v1/entities"])
def test_all_entities_come(parking, broker, form, path):
    source = replace(parking, url=broker.origin.url(path), form=form)
    parcels = check_connector(source)
    assert entities(parcels) == [entity(n, form) for n in range(25)]
    assert [p.name for p in parcels] == [f"OffStreetParking-0000{n}.json" for n in (1, 2, 3)]
    assert {p.profile for p in parcels} == {f"ngsi-ld {form}"}


def test_context_tenant_and_filter_reach_the_broker(parking, broker):
    source = replace(
        parking,
        context="https://context.example/parking.jsonld",
        tenant="town",
        query="availableSpotNumber>10",
        token="t0ken",
    )
    list(source.fetch())
    request = broker.origin.asked[-1]
    assert request["link"] == (
        "<https://context.example/parking.jsonld>; "
        'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    )
    assert (request["ngsild-tenant"], request["authorization"]) == ("town", "Bearer t0ken")
    assert "q=availableSpotNumber%3E10" in request["path"]
    assert "count=true" in request["path"]


def test_fewer_than_counted_is_an_error(parking, broker):
    broker.counted = "26"
    with pytest.raises(Unavailable, match="promises 26 rows, and 25 came"):
        list(parking.fetch())


def test_a_broker_that_counts_nothing_is_asked_until_it_is_empty(parking, broker):
    broker.counted = ""
    assert len(entities(parking.fetch())) == 25
    assert len(broker.origin.asked) == 4


def test_bounds_hold(parking):
    with pytest.raises(TooMuch, match="more than 15 rows"):
        list(replace(parking, most_rows=15).fetch())


def test_what_is_no_broker_says_so(parking, broker):
    broker.origin.answer = lambda request, _: give(request, {"hello": "there"})
    with pytest.raises(Invalid, match="no list of entities"):
        list(parking.fetch())
