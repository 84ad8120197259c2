"""Measuring: one number from pinned versions, the same again for ever; nothing else is read."""

import contextlib
import math
import random
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.measure.goals.given import (
    ADMIN,
    COUNTS,
    GOAL,
    KEEPER,
    PROBLEM,
    READER,
    at,
    begun,
    changed,
    kept,
    measured,
    published,
)

from citycommons.core.errors import CityError, Forbidden, Invalid, NotFound, TooMuch
from citycommons.core.goals import Better, Goal, Indicator, MeasurementId
from citycommons.core.types import ANYONE, SYSTEM, Access, DatasetId
from citycommons.jobs.reactions import REACTIONS, measure_goals
from citycommons.measure.goals import indicators, ledger, question
from citycommons.share.publish import withdraw
from citycommons.store import catalogue, sandbox
from citycommons.store import usage as uses
from citycommons.store.outbox import DatasetPublished
from citycommons.store.work import City


def asked(sql: str, *datasets: str) -> Indicator:
    ids = tuple(DatasetId(one) for one in datasets or ("counts",))
    return Indicator(name={"en": "n"}, unit="1", better=Better.LOWER, datasets=ids, sql=sql)


def again(city: City, id: MeasurementId) -> indicators.Again:
    with city.work(ANYONE, may_write=False) as work:
        return ledger.recompute(work, id)


def test_a_measurement_pins_versions_text_day_and_engine(any_city: City) -> None:
    goal = begun(any_city)
    one = measured(any_city, goal)
    with any_city.work(ADMIN, may_write=False) as work:
        version = catalogue.version(work.db, COUNTS)
        assert ledger.measurements(work, goal.id) == {goal.id: (one,)}
    assert version is not None
    assert one.value == 95.0
    assert one.inputs == (f"counts@{version.digest}",)
    assert (one.sql, one.day, one.engine) == (
        GOAL.indicator.sql,
        date(2026, 1, 10),
        sandbox.ENGINE,
    )


def test_asked_twice_it_is_one_measurement(any_city: City) -> None:
    goal = begun(any_city)
    first = measured(any_city, goal)
    at(any_city, "2026-01-20")
    assert measured(any_city, goal, by=KEEPER) == first


def test_the_house_does_not_count_itself_as_a_user(city: City) -> None:
    goal = begun(city)
    measured(city, goal)
    city.usage.flush()
    with city.work(ADMIN, may_write=False) as work:
        assert list(uses.totals(work.db, "dataset")) == []


def test_who_may_not_keep_the_ledger_does_not_measure(city: City) -> None:
    goal = begun(city)
    with pytest.raises(Forbidden):
        measured(city, goal, by=READER)


def test_rows_past_one_thread_and_one_block_give_the_same_bits(city: City) -> None:
    # A sum of floats depends on its order: 300 000 of them in several row groups and vectors.
    numbers = random.Random(6)
    values = [numbers.uniform(-1e12, 1e12) * 10 ** numbers.randint(-9, 9) for _ in range(300_000)]
    at(city, "2026-01-10")
    published(city, values)
    sql = "select sum(cars) * 1e-3 + stddev(cars) + corr(cars, cars * cars) from counts"
    goal = kept(city, PROBLEM, replace(GOAL, indicator=asked(sql)))
    one = measured(city, goal)
    published(city, [*values[::-1], 7.0])
    for _ in range(3):
        found = again(city, one.id)
        assert found.is_same, (found.value, one.value)
    newer = measured(city, goal)
    assert newer.id != one.id
    assert again(city, newer.id).is_same


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=40))
def test_any_floats_are_measured_and_computed_again_alike(city: City, values: list[float]) -> None:
    at(city, "2026-01-10")
    with contextlib.suppress(CityError):  # the content of the newest version already
        published(city, values)
    with city.work(ADMIN, may_write=False) as work:
        known = {one.id for one in ledger.goals(work)}
    if GOAL.id not in known:
        kept(city, PROBLEM, replace(GOAL, indicator=asked("select sum(cars / 3) from counts")))
    if not math.isfinite(sum(value / 3 for value in values)):
        return
    assert again(city, measured(city, GOAL).id).is_same


def test_the_day_asked_about_is_pinned_too(city: City) -> None:
    at(city, "2026-01-10")
    days = pa.array([date(2025, 1, 1), date(2025, 6, 1), date(2026, 1, 5)])
    published(city, pa.table({"day": days, "cars": [1.0, 2.0, 4.0]}))
    sql = "select sum(cars) from counts where day <= $day"
    goal = kept(city, PROBLEM, replace(GOAL, indicator=asked(sql)))
    early = measured(city, goal, day=date(2025, 3, 1))
    now = measured(city, goal)
    assert [(one.value, one.day) for one in (early, now)] == [
        (1.0, date(2025, 3, 1)),
        (7.0, date(2026, 1, 10)),
    ]
    at(city, "2026-05-01")
    assert again(city, early.id).is_same
    assert again(city, now.id).is_same
    with pytest.raises(Invalid, match="still to come"):
        measured(city, goal, day=date(2026, 5, 2))


def test_a_baseline_is_measured_on_an_older_version(city: City) -> None:
    goal = begun(city)
    published(city, [50.0])
    old = measured(city, goal, versions={COUNTS: 1})
    assert (old.value, measured(city, goal).value) == (95.0, 50.0)
    with city.work(ADMIN) as work:
        goal = ledger.set_baseline(work, old.id)
    assert goal.baseline is not None
    assert (goal.baseline.value, goal.baseline.source) == (95.0, old.inputs[0])
    said = replace(goal.baseline, value=94.0)
    with pytest.raises(Invalid, match="No measurement of these versions"):
        changed(city, goal, baseline=said)


def test_a_withdrawn_version_is_answered_clearly_and_the_kept_value_stays(any_city: City) -> None:
    goal = begun(any_city)
    one = measured(any_city, goal)
    with any_city.work(ADMIN) as work:
        withdraw(work, COUNTS, 1, reason="a broken detector")
    found = again(any_city, one.id)
    assert (found.value, found.is_same) == (None, None)
    assert "was withdrawn" in found.why_not
    assert "a broken detector" in found.why_not
    with any_city.work(ANYONE, may_write=False) as work:
        assert ledger.measurements(work, goal.id)[goal.id] == (one,)
    with pytest.raises(NotFound):
        measured(any_city, goal)


def test_a_persons_number_needs_its_source_and_never_overrules_data(any_city: City) -> None:
    goal = begun(any_city)
    by_hand = kept(any_city, replace(GOAL, id="", indicator=replace(asked(""), datasets=())))
    day = date(2026, 1, 9)
    with any_city.work(ADMIN) as work:
        with pytest.raises(Invalid, match="where the number comes from"):
            ledger.state(work, by_hand.id, value=1.0, day=day, source=" ")
        with pytest.raises(Invalid, match="finite"):
            ledger.state(work, by_hand.id, value=float("nan"), day=day, source="log")
        with pytest.raises(Invalid, match="still to come"):
            ledger.state(work, by_hand.id, value=1.0, day=date(2026, 1, 11), source="log")
        with pytest.raises(Invalid, match="measure it"):
            ledger.state(work, goal.id, value=1.0, day=day, source="log")
        one = ledger.state(work, by_hand.id, value=-0.0, day=day, source="log")
        assert ledger.state(work, by_hand.id, value=0.0, day=day, source="log") == one
        with pytest.raises(Invalid, match="give the number yourself"):
            ledger.measure(work, by_hand.id)
    assert "A person gave it: log" in again(any_city, one.id).why_not


def test_new_data_are_asked_at_once_and_only_once(any_city: City) -> None:
    goal = begun(any_city)
    at(any_city, "2026-02-01")
    number = published(any_city, [80.0])
    with any_city.work(SYSTEM, may_write=False) as work:
        version = catalogue.version(work.db, COUNTS, number)
    assert version is not None
    fact = DatasetPublished(dataset=COUNTS, version=number, file=version.file)
    assert measure_goals in REACTIONS[DatasetPublished]
    measure_goals(any_city, fact)
    at(any_city, "2026-03-01")  # the worker died and comes again
    measure_goals(any_city, fact)
    with any_city.work(ANYONE, may_write=False) as work:
        (only,) = ledger.measurements(work, goal.id)[goal.id]
    assert (only.value, only.day, only.by) == (80.0, date(2026, 2, 1), "system")


def test_a_broken_question_keeps_no_other_goal_from_being_measured(city: City) -> None:
    goal = begun(city)
    kept(city, replace(GOAL, id="", indicator=asked("select sum(no_such_column) from counts")))
    with city.work(SYSTEM, may_write=False) as work:
        version = catalogue.version(work.db, COUNTS)
    assert version is not None
    measure_goals(city, DatasetPublished(dataset=COUNTS, version=1, file=version.file))
    with city.work(ADMIN, may_write=False) as work:
        assert len(ledger.measurements(work)[goal.id]) == 1


ANSWERS = [
    ("select cars from counts", "more than one row"),
    ("select cars, cars from counts limit 1", "2 columns"),
    ("select cars from counts where false", "0 rows"),
    ("select sum(cars) from counts where false", "nothing to measure yet"),
    ("select 'five' from counts limit 1", "“five” is none"),
    ("select count(*) > 1 from counts", "“True” is none"),
    ("select 1e308 * 10 * count(*) from counts", "finite"),
    ("select count(*) / 0 from counts", "nothing to measure|finite"),
    ("select sum(boats) from counts", "cannot be asked"),
    ("select cars::date from counts limit 1", "cannot be asked"),
]


@pytest.mark.parametrize(("sql", "said"), ANSWERS)
def test_an_answer_that_is_not_one_number_is_a_clear_error(city: City, sql: str, said: str) -> None:
    begun(city)
    goal = kept(city, replace(GOAL, id="", indicator=asked(sql)))
    with pytest.raises(Invalid, match=said):
        measured(city, goal)


def test_nobody_puts_another_days_label_on_a_number(city: City) -> None:
    goal = begun(city)
    at(city, "2026-03-01")
    with pytest.raises(Invalid, match="its answer is about 2026-01-10"):
        measured(city, goal, day=date(2026, 2, 1))
    assert measured(city, goal).day == date(2026, 1, 10)
    published(city, [1.0])
    sql = "select max(cars) from counts where $day > date '2000-01-01'"
    dated = kept(city, replace(GOAL, id="", indicator=asked(sql)))
    with pytest.raises(Invalid, match="knows nothing of 2026-03-01"):
        measured(city, dated, versions={COUNTS: 1})
    old = measured(city, dated, versions={COUNTS: 1}, day=date(2026, 1, 10))
    assert old.value == 100.0


DEEP = [
    "select " + "(" * 5000 + "1" + ")" * 5000,
    "select " + "+".join(["cars"] * 900) + " from counts",
    "select " + "abs(" * 800 + "cars" + ")" * 800 + " from counts",
    "select 1 from " + "(select 1 from " * 400 + "counts" + ")" * 400,
    "select " + "not " * 3000 + "true from counts",
    "select \ud800 from counts",
    "select 1 from counts -- \ud800",
]


@pytest.mark.parametrize("sql", DEEP, ids=range(len(DEEP)))
def test_a_question_nested_too_deeply_is_refused_and_breaks_nothing(sql: str) -> None:
    assert question.faults(asked(sql))


ATTACKS = [
    "select count(*) from read_csv('/etc/passwd'), counts",
    "select count(*) from read_text('/etc/passwd'), counts",
    "select count(*) from read_blob('/etc/passwd'), counts",
    "select count(*) from glob('/*'), counts",
    "select count(*) from '/etc/passwd.csv', counts",
    "select count(*) from 'https://example.org/x.parquet', counts",
    "select count(*) from secret, counts",
    "select count(*) from counts where exists (select 1 from secret)",
    "select count(*) from main.counts",
    "select count(*) from information_schema.tables, counts",
    "select count(*) from duckdb_settings(), counts",
    "select count(*) from query('select 1'), counts",
    "select count(*) from query_table('secret'), counts",
    "select current_setting('temp_directory')::int from counts",
    "select getvariable('x') from counts",
    "select getenv('HOME') from counts",
    "select random() from counts",
    "select now()::int from counts",
    "select epoch(current_timestamp) from counts",
    "select sum(cars) from counts using sample 1",
    "select sum(cars) from counts tablesample reservoir(1)",
    "with recursive a as (select 1 n union all select n + 1 from a) select count(*) from a, counts",
    "with counts as (select 1 as cars) select sum(cars) from counts",
    "select count(*) from counts; select 1",
    "copy counts to '/tmp/x'",
    "attach '/tmp/x.db'",
    "install httpfs",
    "load httpfs",
    "set threads = 8",
    "pragma database_list",
    "create table x as select 1",
    "drop view counts",
    "select count(*) from counts where cars = $other",
    "select pg_sleep(9) from counts",
    "select count(*) from (summarize counts)",
    "select count(*) from (describe counts)",
    "select count(*) from (show tables)",
    "select count(*) from (pivot counts on cars)",
    "select count(*) from test_all_types(), counts",
    "select sum(cars) from counts at (version => 1)",
    "",
    ";",
    "-- nothing",
    "select count(*) from",
    "\x00",
]


@pytest.mark.parametrize("sql", ATTACKS)
def test_a_question_reads_its_datasets_and_nothing_else(sql: str) -> None:
    assert question.faults(asked(sql)), sql


ASKED = [
    "select count(*) / 6.0 + 1e5 - 2.50 from counts",
    "select avg(cars) filter (where cars > 1) from counts where cars between 0.5 and 1e9",
    "with a as (select cars as c from counts) select sum(c order by c) from a",
    "select max(n) from (select count(*) as n from counts group by cars order by n limit 3)",
    "select sum(cars::decimal(18, 3)) from counts where cars not in (1, 2) or cars is null",
    "select quantile_cont(cars, 0.5) from counts",
    "select sum(case when cars > 1 then 1.5 else 0 end) from counts join (values (1)) v(a) on true",
    "select sum(x) from (select cars - lag(cars) over (order by cars) as x from counts)",
    "select count(*) from counts where cars::varchar like '9%' and $day > date '2020-01-01'",
    "select count(*) from counts where $day - interval 1 year < timestamp '2099-01-01'",
    "select coalesce(sum(cars), 0) from counts union all select 1 from counts where false",
    "select date_part('year', $day) - count(distinct cars) from counts",
    "from counts select sum(cars)",
]


@pytest.mark.parametrize("sql", ASKED)
def test_what_people_ask_can_be_asked(city: City, sql: str) -> None:
    goal = begun(city, indicator=asked(sql))
    one = measured(city, goal)
    assert again(city, one.id).is_same


LOCKED = [
    "select count(*) from read_text('/etc/passwd')",
    "select count(*) from '/etc/passwd'",
    "select count(*) from read_parquet('{other}')",
    "select count(*) from glob('/*')",
    "copy (select 1) to '/tmp/citycommons-attack'",
    "attach '/tmp/citycommons-attack.db'",
    "set threads = 8",
    "install httpfs",
    "load spatial",
    "select count(*) from 'https://example.org/x.parquet'",
]


@pytest.mark.parametrize("sql", LOCKED)
def test_the_database_is_locked_even_for_what_the_list_should_miss(city: City, sql: str) -> None:
    begun(city)
    published(city, [1.0], id="secret", access=Access.INTERNAL)
    with city.work(SYSTEM, may_write=False) as work:
        mine, other = (catalogue.version(work.db, DatasetId(id)) for id in ("counts", "secret"))
    assert mine is not None
    assert other is not None
    files = {"counts": city.lake.existing(mine.file)}
    text = sql.replace("{other}", city.lake.existing(other.file).as_posix())
    with pytest.raises(Invalid):
        sandbox.ask(text, files, day=None, most_rows=2)
    assert not Path("/tmp/citycommons-attack").exists()


def test_a_question_that_takes_too_long_or_too_much_is_stopped(city: City) -> None:
    begun(city)
    with city.work(SYSTEM, may_write=False) as work:
        version = catalogue.version(work.db, COUNTS)
    assert version is not None
    files = {"counts": city.lake.existing(version.file)}
    long = (
        "select count(*) from range(100000) a, range(100000) b, range(9) c "
        "where a.range % 7 = b.range % 5"
    )
    start = time.monotonic()
    with pytest.raises(TooMuch, match="longer than 1 s"):
        sandbox.ask(long, files, day=None, most_rows=2, timeout_s=1.0)
    assert time.monotonic() - start < 10
    big = "select len(list(a.range || repeat('x', 1000))) from range(10000000) a"
    with pytest.raises(TooMuch):
        sandbox.ask(big, files, day=None, most_rows=2, timeout_s=30.0)


def test_a_dataset_that_is_closed_later_is_not_told_by_a_public_goal(city: City) -> None:
    goal: Goal = begun(city)
    with city.work(ADMIN) as work:
        dataset = catalogue.dataset(work.db, COUNTS)
        catalogue.save_dataset(work.db, replace(dataset, access=Access.INTERNAL))
    with pytest.raises(Invalid, match="not open to all any more"):
        measured(city, goal)
