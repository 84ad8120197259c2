"""The statement: the same data give the same one, each figure says how it is known."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycommons.core.errors import Forbidden, Invalid, NotFound
from citycommons.core.types import (
    ANYONE,
    SYSTEM,
    Actor,
    ActorId,
    Dataset,
    DatasetId,
    Grant,
    PublisherId,
    Role,
)
from citycommons.measure.impact.period import Period, month_before, parse, quarter_of
from citycommons.measure.impact.scope import Audience, Scope
from citycommons.measure.impact.statement import Statement, body, canonical, digest, statement
from citycommons.share import publish as publishing
from citycommons.store.usage import add_counts
from citycommons.store.work import City

Q3 = parse("2026-Q3")
TODAY = datetime(2026, 11, 30, 12, tzinfo=UTC)


def stated(city: City, actor: Actor = SYSTEM, **scope: object) -> Statement:
    wanted = Scope(**({"period": Q3} | scope))  # type: ignore[arg-type]
    city.clock = lambda: TODAY
    with city.work(actor, may_write=False) as work:
        return statement(work, wanted, city.settings)


def described(city: City, *ids: str, publisher: str = "roads") -> None:
    with city.work(SYSTEM) as work:
        for id in ids:
            one = Dataset(
                id=DatasetId(id),
                title={"en": id.title(), "de": f"{id} auf Deutsch"},
                publisher=PublisherId(publisher),
                license="CC0-1.0",
                created=datetime(2025, 1, 1, tzinfo=UTC),
            )
            publishing.describe(work, replace(one))


def counted(city: City, rows: dict[tuple[str, str, str, date], int]) -> None:
    """Uses: (dataset, use, client, day) → how many."""
    with city.work(SYSTEM) as work:
        counts = Counter(
            {
                (dataset, 1, use, "file", client, day): count
                for (dataset, use, client, day), count in rows.items()
            }
        )
        add_counts(work.db, counts)  # type: ignore[arg-type]


USES = {
    ("trees", "request", "person", date(2026, 7, 1)): 10,
    ("trees", "request", "machine", date(2026, 9, 30)): 5,
    ("trees", "request", "robot", date(2026, 8, 1)): 900,
    ("trees", "investigation", "person", date(2026, 8, 1)): 40,
    ("lamps", "request", "person", date(2026, 8, 15)): 7,
    ("lamps", "request", "person", date(2026, 10, 1)): 100,  # the next quarter
    ("trees", "request", "person", date(2026, 6, 30)): 11,  # the one before
    ("trees", "request", "person", date(2026, 4, 1)): 11,
    ("trees", "request", "person", date(2025, 7, 1)): 44,  # a year before
}


def test_requests_of_people_and_programs_are_summed_and_robots_stand_apart(any_city: City) -> None:
    described(any_city, "trees", "lamps")
    counted(any_city, USES)
    found = stated(any_city)
    values = {one.id: one for one in found.figures}
    assert values["use.here.requests"].value == 22
    assert values["use.here.people"].value == 17
    assert values["use.here.programs"].value == 5
    assert values["use.here.robots"].value == 900
    assert values["use.here.investigations"].value == 62  # requests are among them
    assert values["use.here.requests"].before == 22
    assert values["use.here.requests"].year_before == 44
    assert values["use.here.requests"].series[-4:] == (11.0, 10.0, 7.0, 5.0)
    assert [(one.id, one.here) for one in found.datasets] == [("trees", 15), ("lamps", 7)]


def test_what_was_not_counted_from_the_first_day_is_no_comparison(any_city: City) -> None:
    described(any_city, "trees")
    counted(any_city, {("trees", "request", "person", date(2026, 5, 1)): 3})
    asked = stated(any_city).figure("use.here.requests")
    assert asked is not None
    assert (asked.before, asked.year_before) == (None, None)


def test_the_same_data_give_the_same_statement_whoever_reads_it_and_when(any_city: City) -> None:
    described(any_city, "trees", "lamps")
    counted(any_city, USES)
    council = Actor(id=ActorId("c"), name="C", grants=(Grant(role=Role.COUNCIL),))
    first = digest(stated(any_city))
    any_city.clock = lambda: TODAY + timedelta(days=200)
    with any_city.work(council, may_write=False) as work:
        again = statement(work, Scope(period=Q3), any_city.settings)
    assert digest(again) == first
    counted(any_city, {("trees", "request", "person", date(2026, 7, 2)): 1})
    assert digest(stated(any_city)) != first


def test_an_auditor_computes_the_digest_again_without_us(city: City) -> None:
    described(city, "trees")
    counted(city, USES)
    found = stated(city)
    program = (
        "import json,sys,hashlib; s=json.load(sys.stdin)['statement']; print(hashlib.sha256("
        "json.dumps(s,sort_keys=True,separators=(',',':'),ensure_ascii=False).encode())"
        ".hexdigest())"
    )
    sent = json.dumps({"digest": digest(found), "statement": body(found)})
    done = subprocess.run(
        [sys.executable, "-c", program], input=sent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == digest(found)
    assert sha256(canonical(json.loads(sent)["statement"])).hexdigest() == digest(found)


def test_every_figure_carries_rule_certainty_day_query_and_address(city: City) -> None:
    described(city, "trees")
    for one in body(stated(city))["figures"]:
        assert one["as_of"] == "2026-09-30"
        assert one["rule"]
        assert one["sureness"]
        assert one["address"] == f"/council/how/{one['id']}?period=2026-Q3"
        assert one["query"] if one["value"] is not None else one["why"]


def test_only_who_may_read_the_ledger_gets_the_councils_statement(any_city: City) -> None:
    officer = Actor(
        id=ActorId("o"),
        name="O",
        grants=(Grant(role=Role.DATA_OFFICER, publisher=PublisherId("roads")),),
    )
    for actor in (ANYONE, officer):
        with pytest.raises(Forbidden):
            stated(any_city, actor)
    assert stated(any_city, officer, publisher=PublisherId("roads")).publisher_name
    with pytest.raises(NotFound):
        stated(any_city, publisher=PublisherId("none"))
    assert stated(any_city, ANYONE, audience=Audience.PUBLIC).figures


def test_a_publishers_statement_counts_its_own_data_only(any_city: City) -> None:
    described(any_city, "trees")
    counted(any_city, USES)  # lamps are nobody's here
    own = stated(any_city, publisher=PublisherId("roads")).figure("use.here.requests")
    assert own is not None
    assert own.value == 15


def test_the_public_is_not_told_of_datasets_that_hardly_anybody_used(city: City) -> None:
    described(city, "trees", "lamps")
    counted(city, {("trees", "request", "person", date(2026, 7, 1)): 4})
    assert stated(city, ANYONE, audience=Audience.PUBLIC).datasets == ()
    assert len(stated(city).datasets) == 1


@pytest.mark.parametrize(
    "name", ["", "2026-Q5", "26-Q1", "2026-q", "2026-13", "x" * 500, "2026-Q٣"]
)
def test_what_is_no_period_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(Invalid, match="2026-Q3"):
        parse(name)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_quarters_follow_one_another_without_gap(day: date) -> None:
    one = quarter_of(day)
    assert one.first_day <= day <= one.last_day
    assert one.following.before == one == parse(one.name)
    assert one.last_day + timedelta(days=1) == one.following.first_day
    assert Period(year=one.year).first_day <= day <= Period(year=one.year).last_day
    assert month_before(day, 12) == day.replace(year=day.year - 1, day=1)
