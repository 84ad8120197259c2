"""SensorThings over series of days, or of stations that several columns name, keyed or not."""

from typing import Any

import pytest
from tests.web.faces.test_sensorthings import ask, values
from tests.web.sensing import add_odd_series
from tests.web.web_portal import Client, open_portal

from citycommons.core.settings import Settings
from citycommons.store.work import City


@pytest.fixture(scope="module", params=[True, False], ids=["keyed", "keyless"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("odd") / "home"
    city = City.create(Settings(home=home, requests_per_minute=1_000_000))
    made = open_portal(city)
    add_odd_series(made, is_keyed=request.param)
    yield made.client(accept="application/json")
    city.close()


def test_a_series_of_days_has_one_thing_and_no_observation_without_a_time(client: Client) -> None:
    stream = ask(client, "Datastreams('visits@visits')")
    assert stream["phenomenonTime"] == "2026-01-01T00:00:00Z/2026-01-10T00:00:00Z"
    assert stream["properties"]["resolution"] == "P1D"
    told = ask(client, "Datastreams('visits@visits')/Observations", count="true")
    assert told["@iot.count"] == 8
    assert [one["result"] for one in told["value"]] == [0, 10, 20, 40, 50, 60, 80, 90]
    at_noon = ask(client, "Observations", filter="hour(phenomenonTime) eq 0", count="true")
    assert at_noon["@iot.count"] >= 8


def test_ids_lead_back_whatever_tells_rows_apart(client: Client) -> None:
    found = values(client, "Observations", top="1000")
    assert len({one["@iot.id"] for one in found}) == len(found) or "@2026" in found[0]["@iot.id"]
    for one in found:
        again = client.get(one["@iot.selfLink"])
        assert again.status_code == 200, one["@iot.selfLink"]
        assert again.json()["phenomenonTime"] == one["phenomenonTime"]
    first = found[0]["@iot.id"]
    named = values(client, "Observations", filter=f"id eq '{first}'")
    assert named[0] == found[0]


def test_stations_may_be_told_apart_by_several_columns_or_lack_a_value(client: Client) -> None:
    things = values(client, "Things", filter="properties/dataset eq 'levels'")
    streams = values(
        client,
        "Datastreams",
        filter="properties/dataset eq 'levels'",
        expand="Observations($count=true;$filter=result ge 0)",
    )
    assert sum(one["Observations@iot.count"] for one in streams) == 10
    assert sum(len(one["Observations"]) for one in streams) == 10
    assert len(things) == len(streams) == (5 if "~" in things[0]["@iot.id"] else 3)
    for thing in things:
        assert client.get(thing["@iot.selfLink"]).json() == thing
    for stream in streams:
        plain = client.get(stream["@iot.selfLink"] + "/Observations").json()["value"]
        assert plain == stream["Observations"]
