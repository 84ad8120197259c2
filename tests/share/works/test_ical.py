"""The calendar: days, nights and clocks as calendar programs read them; no line is injected."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.share.works.works_given import BERLIN, delay, edition, example, works

from citycommons.core.works import Works
from citycommons.share.works import ical

icalendar = pytest.importorskip("icalendar", reason="reads what we write")


def _events(one: Works, **given: Any) -> list[Any]:
    data = ical.written([one], edition(**given), "Road works")
    return list(icalendar.Calendar.from_ical(data).walk("VEVENT"))


def test_phases_are_events_with_days_and_nights() -> None:
    one = example()
    first, second = _events(one, delays={one.id: delay()})
    assert first["dtstart"].dt == date(2026, 4, 7)
    assert first["dtend"].dt == date(2026, 5, 10)
    assert first["summary"] == "New sewer in Wolbecker Straße (Sewer)"
    assert "4 minutes longer" in first["description"]
    assert first["url"] == "https://city.example/roadworks/rw-1"
    assert second["dtstart"].dt == datetime(2026, 5, 11, 22, tzinfo=BERLIN)
    assert second["dtend"].dt == datetime(2026, 5, 12, 5, tzinfo=BERLIN)
    assert second["rrule"]["BYDAY"] == ["MO", "TU", "WE", "TH", "FR"]


def test_the_clock_changes_are_told() -> None:
    one = example()
    data = ical.written([one], edition(), "Road works").decode()
    assert data.count("BEGIN:DAYLIGHT") >= 1
    assert "DTSTART:20260329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200" in data


def test_nobody_adds_a_line_of_their_own() -> None:
    evil = "a\r\nATTENDEE:mailto:x@example.org\nEND:VEVENT\rBEGIN:VALARM"
    phase = replace(example().phases[1], name=evil, opens=time(20))
    one = example(title={"en": evil}, streets=(evil,), phases=(phase,))
    data = ical.written([one], edition(), evil).decode()
    assert all(len(line.encode()) <= 75 for line in data.split("\r\n"))
    unfolded = data.replace("\r\n ", "").split("\r\n")
    assert not any(line.startswith(("ATTENDEE", "BEGIN:VALARM")) for line in unfolded)
    assert unfolded.count("END:VEVENT") == 1
    assert "\n" not in data.replace("\r\n", "")


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=25)
@given(works())
def test_any_works_are_read_by_a_calendar_program(one: Works) -> None:
    found = _events(one)
    assert len(found) == len(one.phases)
    assert len({str(event["uid"]) for event in found}) == len(found)
