"""Works of all kinds for property tests, and one everyday example."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from citycommons.core.types import LANGUAGES, ActorId, PublisherId
from citycommons.core.works import (
    Effect,
    Line,
    Measure,
    Party,
    Phase,
    Works,
    WorksId,
    WorksState,
    WorkType,
)
from citycommons.share.works.edition import Delay, Edition, Reader

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
STAYS = ("foot", "bicycle", "bus", "emergency", "residents")


def edition(**given: Any) -> Edition:
    made: dict[str, Any] = {
        "city": "Testville",
        "url": "https://city.example",
        "zone": BERLIN,
        "made": NOW,
        "country": "DE",
        "publishers": {PublisherId("roads"): "Office for Roads"},
        "contact": "roads@city.example",
    }
    return Edition(**(made | given))


def delay() -> Delay:
    words = {"en": "4 minutes longer, 90 % sure between 2 and 7."}
    return Delay(low=2.0, middle=4.0, high=7.0, made=NOW, words=words)


def reader(**given: Any) -> Reader:
    made: dict[str, Any] = {
        "owner": PublisherId("roads"),
        "by": ActorId("importer"),
        "zone": BERLIN,
        "now": NOW,
    }
    return Reader(**(made | given))


STREET: Line = ((7.6261, 51.9607), (7.62731, 51.96102), (7.6289, 51.96171))
DETOUR: Line = ((7.6261, 51.9607), (7.6265, 51.9622), (7.6285, 51.9625), (7.6289, 51.96171))


def example(**given: Any) -> Works:
    """A street closed in both directions for five weeks, then nightly lane closures."""
    closed = Measure(effect=Effect.CLOSED, line=STREET, both_directions=True, lanes_total=2)
    lanes = Measure(effect=Effect.LANES, line=STREET, lanes_total=2, lanes_open=1)
    slow = Measure(effect=Effect.SPEED, line=STREET, both_directions=True, speed_kmh=30.0)
    phases = (
        Phase(
            first_day=date(2026, 4, 7),
            last_day=date(2026, 5, 9),
            measures=(closed,),
            name="Sewer",
            is_certain=True,
        ),
        Phase(
            first_day=date(2026, 5, 11),
            last_day=date(2026, 5, 22),
            measures=(lanes, slow),
            weekdays=frozenset(range(5)),
            opens=time(22),
            closes=time(5),
            name="Asphalt",
        ),
    )
    made: dict[str, Any] = {
        "id": WorksId("rw-1"),
        "revision": 3,
        "title": {"en": "New sewer in Wolbecker Straße", "de": "Neuer Kanal"},
        "description": {"en": "The sewer of 1912 is replaced."},
        "streets": ("Wolbecker Straße", "Hansaring"),
        "state": WorksState.PERMITTED,
        "party": Party.UTILITY,
        "owner": PublisherId("roads"),
        "contractor": "Tiefbau & Söhne GmbH",
        "contact": "roads@city.example",
        "phases": phases,
        "stays_open_to": frozenset(("foot", "bicycle")),
        "detour": DETOUR,
        "detour_words": {"en": "Through Hansaring", "de": "Über den Hansaring"},
        "types": frozenset({WorkType.BELOW_ROAD}),
        "created": datetime(2026, 1, 5, 8, tzinfo=UTC),
        "updated": datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        "updated_by": ActorId("olga"),
    }
    return Works(**(made | given))


_CHARACTERS = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"), include_characters="\n\t"
)


def texts(most: int = 80) -> st.SearchStrategy[str]:
    """Anything people may write, with markup, quotes, line feeds and every script."""
    hostile = st.sampled_from(
        ["<script>alert(1)</script>", "]]>&amp;", "BEGIN:VEVENT", "a\nATTENDEE:mailto:x@y", "“„"]
    )
    return st.one_of(st.text(_CHARACTERS, min_size=1, max_size=most), hostile)


def names() -> st.SearchStrategy[str]:
    return texts(40).map(lambda text: " ".join(text.split())).filter(bool)


def spoken(most: int = 80) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(LANGUAGES), texts(most), max_size=4)


def positions() -> st.SearchStrategy[tuple[float, float]]:
    return st.tuples(
        st.floats(-180, 180, allow_nan=False, allow_subnormal=False),
        st.floats(-90, 90, allow_nan=False, allow_subnormal=False),
    )


def street_lines() -> st.SearchStrategy[Line]:
    return st.lists(positions(), min_size=2, max_size=6, unique=True).map(tuple)


def measures() -> st.SearchStrategy[Measure]:
    lanes = st.one_of(st.none(), st.integers(0, 6))
    return st.builds(
        Measure,
        effect=st.sampled_from(Effect),
        line=street_lines(),
        both_directions=st.booleans(),
        lanes_total=lanes,
        lanes_open=lanes,
        speed_kmh=st.one_of(st.none(), st.floats(1, 130, allow_nan=False)),
        parking_lost=st.integers(0, 500),
    )


@st.composite
def phases(draw: st.DrawFn) -> Phase:
    days = sorted(draw(st.lists(_DAYS, min_size=2, max_size=2)))
    weekdays = draw(st.frozensets(st.integers(0, 6), min_size=1))
    opens = draw(st.sampled_from([time(0), time(7), time(20, 30), time(22)]))
    closes = draw(st.sampled_from([None, time(5), time(12), time(23, 59)]))
    return Phase(
        first_day=days[0],
        last_day=days[1],
        measures=tuple(draw(st.lists(measures(), min_size=1, max_size=3))),
        weekdays=weekdays,
        opens=opens,
        closes=closes,
        name=draw(st.one_of(st.just(""), names())),
        is_certain=draw(st.booleans()),
    )


_DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
_MOMENTS = st.integers(0, 2**31).map(lambda second: datetime.fromtimestamp(second + 0.25, UTC))


@st.composite
def works(draw: st.DrawFn) -> Works:
    """Works with everything that may be said."""
    return Works(
        id=WorksId("rw-" + draw(st.text("abcdefghijklmnop0123456789", min_size=1, max_size=12))),
        revision=draw(st.integers(1, 500)),
        title=draw(spoken()),
        description=draw(spoken(2500)),
        streets=tuple(draw(st.lists(names(), max_size=3, unique=True))),
        state=draw(st.sampled_from(WorksState)),
        party=draw(st.sampled_from(Party)),
        owner=PublisherId(draw(st.sampled_from(["roads", "water", "telecom"]))),
        contractor=draw(st.one_of(st.just(""), texts())),
        contact=draw(st.one_of(st.just(""), texts())),
        phases=tuple(draw(st.lists(phases(), min_size=1, max_size=3))),
        stays_open_to=draw(st.frozensets(st.sampled_from(STAYS))),
        detour=draw(st.one_of(st.just(()), street_lines())),
        detour_words=draw(spoken(2500)),
        types=draw(st.frozensets(st.sampled_from(WorkType))),
        is_place_exact=draw(st.booleans()),
        created=draw(_MOMENTS),
        updated=draw(_MOMENTS),
        updated_by=ActorId("olga"),
    )
