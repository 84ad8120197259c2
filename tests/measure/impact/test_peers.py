"""Comparison with cities that consent: read strictly, forgotten when they stop."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.measure.impact.whole import LATER, filled

from citycommons.core.errors import (
    CityError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooMuch,
    Unavailable,
)
from citycommons.core.types import ANYONE, SYSTEM
from citycommons.measure.impact import peers
from citycommons.measure.impact.period import parse
from citycommons.measure.impact.scope import Audience, Scope
from citycommons.measure.impact.shared import FORMAT, read, shared
from citycommons.measure.impact.statement import statement
from citycommons.store import audit
from citycommons.store.work import City

URL = "https://data.bologna.example"


def said(**changed: Any) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "city": "Bologna",
        "url": URL,
        "period": "2026-Q1",
        "as_of": "2026-03-31",
        "inhabitants": 390_000,
        "figures": {
            "use.here.requests": {"value": 39_000, "unit": "{use}", "sureness": "measured"},
            "use.elsewhere.reported": {"value": 13_000, "unit": "{use}", "sureness": "reported"},
            "reuse.confirmed": {"value": 39, "unit": "{reuse}", "sureness": "recorded"},
        },
        "goals": [
            {"title": "Fewer cars", "progress": 0.5, "claim": "measured", "grade": "B"},
            {"title": "Cleaner air", "progress": None, "claim": None, "grade": None},
        ],
        "digest": "0" * 64,
    } | changed


def answering(**changed: Any) -> Any:
    return lambda _url: json.dumps(said(**changed)).encode()


def added(city: City) -> None:
    with city.work(SYSTEM) as work:
        peers.add(work, f" {URL}/value ")


def seen(city: City) -> tuple[peers.Compared, ...]:
    with city.work(ANYONE, may_write=False) as work:
        return peers.compare(peers.consenting(work))


def test_what_a_city_tells_others_is_what_others_read(any_city: City) -> None:
    filled(any_city)
    scope = Scope(period=parse("2026-Q1"), audience=Audience.PUBLIC)
    with any_city.work(ANYONE, may_write=False) as work:
        one = statement(work, scope, any_city.settings)
    told = shared(one, url="https://testville.example", inhabitants=1000)
    import msgspec

    assert read(msgspec.json.encode(told)) == told
    assert not any(id.startswith(("money", "demand")) for id in told.figures)
    assert told.per_thousand("use.here.requests") == 1300


def test_a_city_is_added_asked_and_shown_by_its_own_count(any_city: City) -> None:
    any_city.clock = lambda: LATER
    added(any_city)
    assert seen(any_city) == ()
    assert peers.fetch_due(any_city, answering()) == 1
    assert peers.fetch_due(any_city, answering()) == 0
    (one,) = seen(any_city)
    assert (one.city, one.url, one.uses, one.elsewhere) == ("Bologna", URL, 100.0, 0.25)
    assert (one.reuses, one.goals, one.proven) == (0.1, 2, 1)


def test_a_city_that_says_no_more_is_gone_at_the_next_fetch(any_city: City) -> None:
    any_city.clock = lambda: LATER
    added(any_city)
    peers.fetch_due(any_city, answering())
    any_city.clock = lambda: LATER + timedelta(days=1, minutes=1)

    def stops(url: str) -> bytes:
        raise Unavailable(f"{url} answers 404 Not Found.", status=404)

    assert peers.fetch_due(any_city, stops) == 1
    assert seen(any_city) == ()
    with any_city.work(SYSTEM, may_write=False) as work:
        (one,) = peers.listed(work)
    assert dict(one.body) == {}


def test_a_city_that_is_only_down_is_shown_for_a_week(any_city: City) -> None:
    any_city.clock = lambda: LATER
    added(any_city)
    peers.fetch_due(any_city, answering())

    def down(url: str) -> bytes:
        raise Unavailable(f"{url} does not answer.")

    any_city.clock = lambda: LATER + timedelta(days=2)
    peers.fetch_due(any_city, down)
    assert len(seen(any_city)) == 1
    any_city.clock = lambda: LATER + timedelta(days=8)
    peers.fetch_due(any_city, down)
    assert seen(any_city) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"format": "citycommons-value/2"},
        {"city": ""},
        {"city": "x" * 500},
        {"period": "2026-Q7"},
        {"as_of": "yesterday"},
        {"inhabitants": -1},
        {"inhabitants": 10**12},
        {"inhabitants": True},
        {"goals": [{"title": "x", "progress": 1e300, "claim": None, "grade": None}]},
        {"goals": [{"title": "x", "progress": 0, "claim": None, "grade": None}] * 51},
        {"goals": [{"title": "x", "progress": 0, "claim": "proven!", "grade": None}]},
        {"figures": {"use.here.requests": {"value": -1, "unit": "", "sureness": "measured"}}},
        {"figures": {"use.here.requests": {"value": 1e40, "unit": "", "sureness": "measured"}}},
        {"figures": {"use.here.requests": {"value": "<b>", "unit": "", "sureness": "measured"}}},
        {"figures": []},
    ],
)
def test_hostile_values_are_refused_and_nothing_of_them_is_shown(
    city: City, changed: dict[str, Any]
) -> None:
    city.clock = lambda: LATER
    added(city)
    peers.fetch_due(city, answering(**changed))
    assert seen(city) == ()
    with city.work(SYSTEM, may_write=False) as work:
        assert peers.listed(work)[0].failure


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).map(str.encode)))
def test_whatever_is_sent_is_read_or_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read(content)


def test_signs_that_nobody_sees_are_taken_out_and_unknown_numbers_passed_over() -> None:
    figures = said()["figures"] | {"use.secret": {"value": 1, "unit": "", "sureness": "measured"}}
    found = read(json.dumps(said(city="Bo\u202elo\u0000gna\n", figures=figures)).encode())
    assert found.city == "Bo lo gna"
    assert "use.secret" not in found.figures


def test_adding_is_for_administrators_audited_and_bounded(city: City) -> None:
    with city.work(ANYONE) as work, pytest.raises(Forbidden):
        peers.add(work, URL)
    added(city)
    with city.work(SYSTEM) as work:
        with pytest.raises(Conflict):
            peers.add(work, URL + "/")
        (one,) = peers.listed(work)
        assert [entry.action for entry in audit.entries(work.db, limit=1)] == ["add-peer"]
        peers.remove(work, one.id)
        with pytest.raises(NotFound):
            peers.remove(work, one.id)
        for number in range(peers.MOST):
            peers.add(work, f"https://c{number}.example")
        with pytest.raises(TooMuch):
            peers.add(work, "https://more.example")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x.example",
        "https://a:b@x.example",
        "https://x.example/?q=1",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://" + "x" * 600,
    ],
)
def test_what_is_no_address_is_refused(city: City, url: str) -> None:
    with city.work(SYSTEM) as work, pytest.raises(CityError):
        peers.add(work, url)


def test_a_peer_inside_the_network_is_not_asked(city: City) -> None:
    city.clock = lambda: LATER
    with city.work(SYSTEM) as work:
        try:
            peers.add(work, "http://127.0.0.1:1")
        except CityError:
            return
    peers.fetch_due(city)
    with city.work(SYSTEM, may_write=False) as work:
        assert peers.listed(work)[0].failure
