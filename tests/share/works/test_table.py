"""Works from tables as utilities and departments send them: names, days, places, words."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from citycommons.core.errors import Invalid
from citycommons.core.types import ActorId, PublisherId
from citycommons.core.works import Effect, Line, WorksState, WorkType
from citycommons.share.works.edition import Reader
from citycommons.share.works.lines import line_in
from citycommons.share.works.table import FromTable, day_in, known_columns, read

READER = Reader(
    owner=PublisherId("water"),
    by=ActorId("wim"),
    zone=ZoneInfo("Europe/Berlin"),
    now=datetime(2026, 3, 31, 12, tzinfo=UTC),
)
LINE = "LINESTRING (7.63 51.95, 7.634 51.952)"


def one(**row: Any) -> FromTable:
    return read([{"street": "Hafenstraße", "start": "2026-05-04", "line": LINE, **row}], READER)


def located(name: str, meeting: Any) -> tuple[Line, str] | None:
    found: Line = ((7.6, 51.9), (7.61, 51.9))
    return (found, "the longest piece of the street") if name == "Hafenstraße" else None


def test_columns_are_known_in_four_languages() -> None:
    german = ["Vorgang", "Straße", "Beginn", "Ende", "Umleitung", "Bauherr"]
    assert known_columns(german) == {
        "id": "Vorgang",
        "street": "Straße",
        "start": "Beginn",
        "end": "Ende",
        "detour": "Umleitung",
        "owner": "Bauherr",
    }
    assert {"street", "start", "end"} <= known_columns(["via", "inizio", "fine"]).keys()
    assert {"street", "start", "end"} <= known_columns(["rue", "début", "fin"]).keys()


@pytest.mark.parametrize(
    "text",
    ["2026-04-03", "3.4.2026", "03.04.26", "3/4/2026", "20260403", "3. April 2026", "3 aprile 2026",
     "3 avril 2026", "April 3, 2026", "ab 3.4.2026", "2026-04-03T07:00:00Z"],
)  # fmt: skip
def test_a_day_is_read_however_it_is_spelled(text: str) -> None:
    assert day_in(text) == date(2026, 4, 3)


@pytest.mark.parametrize("text", ["soon", "31.2.2026", "KW 14", "99.99.2026"])
def test_what_is_no_day_is_said(text: str) -> None:
    with pytest.raises(Invalid, match="is no day"):
        day_in(text)


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_days_come_back_from_each_spelling(day: date) -> None:
    assert day_in(day.isoformat()) == day
    assert day_in(f"{day.day}.{day.month}.{day.year}") == day
    assert day_in(f"{day.month}/{day.day}/{day.year}", is_month_first=True) == day


def test_a_column_that_cannot_be_day_first_is_month_first() -> None:
    rows = [
        {"street": "A", "start": "4/3/2026", "end": "4/25/2026", "line": LINE},
        {"street": "B", "start": "5/4/2026", "end": "5/30/2026", "line": LINE},
    ]
    found = read(rows, READER).works
    assert [w.first_day for w in found] == [date(2026, 4, 3), date(2026, 5, 4)]


def test_a_row_becomes_works() -> None:
    found = one(
        id="7",
        titel="Wasserleitung",
        end="17.05.2026",
        is_certain="ja",
        sperrung="Vollsperrung, frei für Rad und Fuß",
        art="neue Leitung",
        umleitung="über den Ring",
        status="genehmigt",
    )
    (works,) = found.works
    (phase,) = works.phases
    (measure,) = phase.measures
    assert (works.source_id, works.state, works.owner) == ("7", WorksState.PERMITTED, "water")
    assert works.title == {"en": "Wasserleitung"}
    assert works.types == {WorkType.BELOW_ROAD}
    assert works.detour_words == {"en": "über den Ring"}
    assert works.stays_open_to == {"foot", "bicycle"}
    assert works.is_place_exact
    assert phase.is_certain
    assert (measure.effect, len(measure.line)) == (Effect.CLOSED, 2)
    assert found.faults == ()


def test_what_is_guessed_is_said() -> None:
    found = read([{"street": "Hafenstraße", "start": "2026-05-04"}], READER, locate=located)
    (works,) = found.works
    assert not works.is_place_exact
    assert works.phases[0].last_day == works.phases[0].first_day
    assert not works.phases[0].is_certain
    assert [remark.partition(": ")[2] for remark in found.remarks] == [
        "its end is not known; one day is written, as an estimate",
        "its place is approximate: the longest piece of the street",
        "what happens to traffic is not said; taken as narrowed",
    ]


def test_a_row_that_cannot_be_used_is_kept_aside_and_stops_no_other() -> None:
    rows = [
        {"street": "Nowhere", "start": "2026-05-04"},
        {"street": "Hafenstraße", "start": "soon"},
        {"street": "Hafenstraße", "start": None},
        {"street": "Hafenstraße", "start": "2026-05-04"},
    ]
    found = read(rows, READER, locate=located)
    assert len(found.works) == 1
    assert [(f.line, f.column) for f in found.faults] == [(1, "line"), (2, "start"), (3, "start")]


def test_a_position_alone_is_a_place_that_is_approximate() -> None:
    (works,) = one(line="", lon="7,63", lat="51,95").works
    assert not works.is_place_exact
    assert works.bounds[1] == works.bounds[3] == 51.95
    wkb = shapely.to_wkb(shapely.LineString([(7.63, 51.95), (7.64, 51.95)]))
    (exact,) = one(line=wkb).works
    assert exact.is_place_exact


def test_a_state_is_by_the_days_where_nobody_says_it() -> None:
    assert one(end="2026-05-17").works[0].state is WorksState.PERMITTED
    assert one(start="2025-05-01", end="2025-05-17").works[0].state is WorksState.CLOSED


def test_a_table_of_something_else_is_refused() -> None:
    with pytest.raises(Invalid, match="needs a column of first days"):
        read([{"species": "Tilia", "height": 12}], READER)
    assert read([], READER).works == ()


@pytest.mark.parametrize(
    "text",
    [
        "7.62 51.96; 7.63 51.97",
        "7.62, 51.96\n7.63, 51.97",
        "7.62 51.96, 7.63 51.97",
        "linestring(7.62 51.96, 7.63 51.97)",
        '{"type": "LineString", "coordinates": [[7.62, 51.96], [7.63, 51.97]]}',
        '{"type": "Feature", "geometry": {"type": "LineString", "coordinates": '
        "[[7.62, 51.96], [7.63, 51.97]]}}",
        "[[7.62, 51.96, 60], [7.63, 51.97, 61]]",
    ],
)
def test_a_line_is_read_however_it_is_pasted(text: str) -> None:
    assert line_in(text) == ((7.62, 51.96), (7.63, 51.97))


@pytest.mark.parametrize(
    "text",
    ["here", "7.62 51.96", "7.62;51.96;3", "LINESTRING EMPTY", "{", "[1, 2]", '{"type": "Point"}',
     "POLYGON ((1 1, 2 2, 3 3, 1 1))", "[" * 5000, '{"features": []}'],
)  # fmt: skip
def test_what_is_no_line_is_said(text: str) -> None:
    with pytest.raises(Invalid):
        line_in(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    for given_ in ({"start": text}, {"line": text}, {"street": text}, {"sperrung": text}):
        found = one(**given_)
        assert len(found.works) + len(found.faults) == 1


def test_moments_are_days_of_the_citys_clock() -> None:
    """A feed's table says them in UTC; what ends at midnight ends with the day before."""
    first = datetime(2026, 5, 3, 22, tzinfo=UTC)
    last = datetime(2026, 5, 17, 22, tzinfo=UTC)
    (works,) = one(start=first, end=last).works
    assert (works.first_day, works.last_day) == (date(2026, 5, 4), date(2026, 5, 17))
    (listed,) = one(
        street='["Hafenstraße", "Kai"]', types_of_work='[{"type_name":"painting"}]'
    ).works
    assert listed.streets == ("Hafenstraße", "Kai")
    assert listed.types == {WorkType.PAINTING}
