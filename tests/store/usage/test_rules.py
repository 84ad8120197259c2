"""COUNTER's rules: double clicks once and the last stays, sessions by the hour, robots apart."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.usage.oracle import FIREFOX, KINDS, Seen, expected

from citycommons.core.counting import Asker
from citycommons.core.types import Channel, DatasetId, Use
from citycommons.store.usage.arriving import hits_of
from citycommons.store.usage.batches import Counts, Sessions, pack, unpack
from citycommons.store.usage.rules import counted

DAY = datetime(2026, 3, 2, tzinfo=UTC)


def at(text: str) -> datetime:
    hour, minute, second = text.split(":")
    return DAY + timedelta(hours=int(hour), minutes=int(minute), seconds=float(second))


def by_rules(seen: list[Seen], parts: int = 1) -> tuple[Counts, Sessions]:
    """Counted from batches as several processes would write them."""
    bodies = []
    for part in range(parts):
        arrived = [
            (
                (one.moment, DatasetId(one.dataset), one.version, one.use, one.channel),
                one.format,
                Asker(one.user, one.agent),
            )
            for one in seen[part::parts]
        ]
        bodies.append(pack(hits_of(arrived, b"salt", frozenset())))
    return counted(unpack(bodies)).get(DAY.date(), ({}, {}))


def total(*seen: Seen) -> int:
    return sum(by_rules(list(seen))[0].values())


@pytest.mark.parametrize(("second", "count"), [("10:01:29", 1), ("10:01:30", 1), ("10:01:35", 2)])
def test_within_thirty_seconds_two_clicks_are_one(second: str, count: int) -> None:
    assert total(Seen(at("10:01:00")), Seen(at(second))) == count


@pytest.mark.parametrize(
    "other",
    [
        {"user": "10.0.0.2"},
        {"agent": "curl/8.5.0"},
        {"dataset": "counts"},
        {"version": 2},
        {"format": "geojson"},
        {"use": Use.INVESTIGATION},
    ],
)
def test_another_user_or_thing_is_no_double_click(other: dict[str, object]) -> None:
    assert total(Seen(at("10:01:00")), Seen(at("10:01:05"), **other)) == 2  # type: ignore[arg-type]


def test_pages_of_rows_one_after_the_other_are_one_use() -> None:
    rows = {"channel": Channel.API, "format": "json"}
    assert total(*(Seen(at(f"10:01:{n:02}"), **rows) for n in range(40))) == 1  # type: ignore[arg-type]


def test_the_last_of_a_chain_says_when_and_how() -> None:
    first = Seen(at("10:59:40"), channel=Channel.API, format="json")
    last = Seen(at("11:00:05"), channel=Channel.MAP, format="geojson")
    counts, sessions = by_rules([last, first, Seen(at("10:30:00"), channel=Channel.API)])
    assert counts[last.key] == 1
    assert first.key not in counts
    assert sessions["trees", 1, "request", "person"] == 2  # ten o'clock's first, and eleven's


def test_each_command_counts() -> None:
    moments = [at("10:00:00")] * 3
    arrived = [
        ((one, DatasetId("trees"), 1, Use.REQUEST, Channel.COMMAND), "", Asker(is_program=True))
        for one in moments
    ]
    counts, sessions = counted(hits_of(arrived, b"salt", frozenset()))[DAY.date()]
    assert sum(counts.values()) == 3
    assert sessions["trees", 0, "request", "machine"] == 3


def test_nothing_gives_nothing() -> None:
    assert counted(unpack([])) == {}


seen_uses = st.builds(
    Seen,
    moment=st.integers(0, 400).map(lambda n: DAY + timedelta(hours=9, minutes=57, seconds=n)),
    user=st.sampled_from(["a", "b"]),
    agent=st.sampled_from(sorted(KINDS)),
    dataset=st.sampled_from(["trees", "counts"]),
    version=st.integers(1, 2),
    use=st.sampled_from(Use),
    channel=st.sampled_from([Channel.API, Channel.FILE, Channel.PAGE]),
    format=st.sampled_from(["csv", "json"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(seen_uses, max_size=60), st.integers(1, 4))
def test_it_agrees_with_the_obvious_way(seen: list[Seen], parts: int) -> None:
    assert by_rules(seen, parts) == expected(seen)


@settings(max_examples=40, deadline=None)
@given(st.lists(seen_uses, max_size=40), st.randoms())
def test_the_order_of_batches_changes_nothing(seen: list[Seen], chance: object) -> None:
    mixed = list(seen)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert by_rules(mixed, 3) == by_rules(seen)


def test_unique_counts_are_never_more_than_total() -> None:
    seen = [
        Seen(DAY + timedelta(seconds=97 * n), user=f"{n % 7}", agent=FIREFOX) for n in range(500)
    ]
    counts, sessions = by_rules(seen)
    assert sessions["", 0, "request", "person"] <= sum(counts.values())
