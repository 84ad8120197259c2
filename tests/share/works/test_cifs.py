"""CIFS: what is sent keeps Waze's rules, and what breaks one is refused in a sentence."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from tests.share.works.works_given import NOW, STREET, edition, example, works

from citycommons.core.errors import Invalid
from citycommons.core.works import Effect, Measure, Works, WorksState
from citycommons.share.works import cifs


def _with(measure: Measure, **given: Any) -> Works:
    one = example(**given)
    return replace(one, phases=(replace(one.phases[0], measures=(measure,)),))


def _rules(one: Works) -> list[str]:
    return [violation.rule for violation in cifs.check(one, edition())]


def test_a_full_closure_is_a_road_closure_in_driving_order() -> None:
    root = ET.fromstring(cifs.xml([example()], edition()))
    incident = root[0]
    assert incident.get("id") == "rw-1.0.0"
    assert incident.findtext("type") == "ROAD_CLOSED"
    assert incident.findtext("direction") == "BOTH_DIRECTIONS"
    assert incident.findtext("street") == "Wolbecker Straße"
    assert incident.findtext("source/name") == "Office for Roads"
    assert incident.findtext("source/url") == "https://city.example/roadworks/rw-1"
    assert incident.findtext("starttime") == "2026-04-07T00:00:00+02:00"
    assert incident.findtext("endtime") == "2026-05-10T00:00:00+02:00"
    numbers = (incident.findtext("polyline") or "").split()
    assert numbers[:2] == ["51.960700", "7.626100"]
    assert len(numbers) == 2 * len(STREET)


def test_lost_lanes_are_an_incident_with_their_number_and_never_a_closure() -> None:
    found = orjson.loads(cifs.json([example()], edition()))["incidents"]
    lanes = next(i["incident"] for i in found if i["incident"]["id"] == "rw-1.1.0")
    assert lanes["type"] == "HAZARD"
    assert lanes["lane_impact"] == {"total_closed_lanes": 1, "roadside": "RIGHT"}
    assert lanes["schedule"]["monday"] == "22:00-23:59"
    assert lanes["schedule"]["tuesday"] == "00:00-05:00,22:00-23:59"
    assert lanes["schedule"]["saturday"] == "00:00-05:00"
    assert "sunday" not in lanes["schedule"]


def test_a_one_way_street_is_closed_against_the_line() -> None:
    one = _with(Measure(effect=Effect.ONE_WAY, line=STREET))
    (found,) = orjson.loads(cifs.json([one], edition()))["incidents"]
    assert found["incident"]["type"] == "ROAD_CLOSED"
    assert found["incident"]["direction"] == "ONE_DIRECTION"
    assert found["incident"]["polyline"].startswith("51.961710 7.628900")


@pytest.mark.parametrize(
    ("one", "rule"),
    [
        (example(state=WorksState.PROPOSED), "state"),
        (example(streets=()), "street"),
        (example(is_place_exact=False), "place"),
        (example(vanished=NOW), "source"),
        (_with(Measure(effect=Effect.CLOSED, line=STREET[:2])), "points"),
        (_with(Measure(effect=Effect.CLOSED, line=(*STREET, (8.6, 51.9)))), "points"),
        (_with(Measure(effect=Effect.CLOSED, line=STREET, lanes_open=1)), "closed"),
        (_with(Measure(effect=Effect.CLOSED, line=(*STREET, STREET[0]))), "direction"),
        (_with(Measure(effect=Effect.PARKING, line=STREET, parking_lost=3)), "effect"),
    ],
)
def test_each_rule_is_checked_and_what_breaks_it_is_not_sent(one: Works, rule: str) -> None:
    assert rule in _rules(one)
    with pytest.raises(Invalid, match="cannot be sent to Waze"):
        cifs.xml([one], edition())
    with pytest.raises(Invalid, match="cannot be sent to Waze"):
        cifs.json([one], edition())


def test_good_works_break_no_rule() -> None:
    assert _rules(example()) == []


def test_ids_stay_while_days_lines_and_words_change() -> None:
    def ids(one: Works) -> list[str]:
        found = orjson.loads(cifs.json([one], edition()))["incidents"]
        return [incident["incident"]["id"] for incident in found]

    one = example()
    moved = replace(one.phases[0], last_day=one.phases[0].last_day.replace(day=10))
    assert ids(one) == ids(
        replace(one, revision=9, phases=(moved, one.phases[1]), state=WorksState.ACTIVE)
    )


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=30)
@given(works())
def test_whatever_is_sent_keeps_the_rules(one: Works) -> None:
    if cifs.check(one, edition()):
        return
    root = ET.fromstring(cifs.xml([one], edition()))
    ids = [incident.get("id") for incident in root]
    assert len(set(ids)) == len(ids)
    for incident in root:
        numbers = (incident.findtext("polyline") or "").split()
        assert len(numbers) > 4
        assert all(re.fullmatch(r"-?\d+\.\d{6,}", number) for number in numbers)
        assert incident.findtext("street")
        assert incident.findtext("direction") in ("ONE_DIRECTION", "BOTH_DIRECTIONS")
        for name in ("starttime", "endtime", "creationtime", "updatetime"):
            assert datetime.fromisoformat(incident.findtext(name) or "").tzinfo is not None
        assert len(incident.findtext("description") or "") <= 40
