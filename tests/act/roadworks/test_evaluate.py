"""After the works: what was measured stands beside what was forecast, and we learn from it."""

import json
import shutil
from datetime import UTC, date, datetime
from types import SimpleNamespace

import numpy as np
import pytest
from sqlalchemy import insert
from tests.act.roadworks.digs import dig, phase
from tests.act.roadworks.test_kept import NIL, forecast

from citycommons.act.model.types import DayType, Placed
from citycommons.act.roadworks import after, evaluate, kept, register, wrong
from citycommons.act.roadworks.measured import Predicted
from citycommons.act.roadworks.types import Range, StreetChange
from citycommons.core.errors import Forbidden, Invalid, NotFound
from citycommons.core.settings import read_settings
from citycommons.core.study import ClaimClass
from citycommons.core.types import ANYONE, SYSTEM, PublisherId
from citycommons.core.works import WorksState
from citycommons.store.work import City
from citycommons.store.works_tables import traffic_models
from citycommons.understand.cause.claim import Timing

FIRST, LAST = date(2025, 5, 12), date(2025, 7, 6)


@pytest.fixture(scope="module")
def city(ideal_home, tmp_path_factory):
    home = tmp_path_factory.mktemp("after") / "home"
    shutil.copytree(ideal_home, home)
    city = City.open(read_settings(home), clock=lambda: datetime(2026, 3, 31, 12, tzinfo=UTC))
    with city.work(SYSTEM) as work:
        row = {"id": "m1", "created": work.now, "by": "system", "body": {}}
        work.db.execute(insert(traffic_models).values(row))
    yield city
    city.close()


@pytest.fixture(scope="module")
def planted(ideal_home):
    """Each loop's role and flow while the bridge was closed over its usual flow."""
    key = json.loads((ideal_home / "ideal" / "truth.json").read_text())["closure"]
    return {one["detector"]: one for one in key["detectors"]}


@pytest.fixture(scope="module")
def bridge(city, planted):
    """The closed bridge in the register, worked off, with the forecast of it."""
    with city.work(SYSTEM, may_write=False) as work:
        where = evaluate.watched(work, FIRST, LAST).places
    line = (where["D01"], (where["D02"][0] + 1e-5, where["D02"][1] + 1e-5))
    with city.work(SYSTEM) as work:
        made = register.propose(
            work,
            dig(
                PublisherId("works"),
                title={"en": "Repair of the bridge"},
                phases=(phase("2025-05-12", "2025-07-06", line),),
            ),
        )
        kept.keep(work, forecast(made, "before"))
    for state in (WorksState.COORDINATED, WorksState.PERMITTED, WorksState.ACTIVE):
        _step(city, made.id, state)
    return _step(city, made.id, WorksState.CLOSED)


@pytest.fixture(scope="module")
def done(city, bridge, planted):
    """The evaluation, with a forecast that knew the truth to a tenth, and was wrong of D03."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate.models, "get", lambda work, id: SimpleNamespace(counters=()))
        patch.setattr(evaluate, "predictions", lambda model, said: _predicted(planted))
        with city.work(SYSTEM, may_write=False) as work:
            found = evaluate.evaluate(work, bridge.id)
        with city.work(SYSTEM) as work:
            return evaluate.keep(work, found)


def test_each_counter_is_measured_beside_its_forecast(done, planted):
    assert done.forecast == "before"
    assert {one.counter for one in done.counters} >= {"D01", "D02", "D03", "D04"}
    for one in done.counters:
        true = planted[one.counter]["ratio"] - 1
        assert one.change.middle == pytest.approx(true, rel=0.1, abs=0.02), one.counter
        assert one.change_95.low <= one.change.low <= one.change.high <= one.change_95.high
        assert [hour.hour for hour in one.hours] == [8]


def test_intervals_cover_what_was_planted(done, planted):
    held = [
        one.change_95.low <= planted[one.counter]["ratio"] - 1 <= one.change_95.high
        for one in done.counters
    ]
    assert sum(held) >= 0.8 * len(held)


def test_the_bridge_itself_earns_a_causal_claim(done):
    bridge = next(one for one in done.counters if one.counter == "D01")
    assert bridge.claim is ClaimClass.CAUSAL, bridge.reasons
    assert bridge.verdict == "traffic"
    assert done.study.inputs
    assert all("@" in name for name in done.study.inputs)
    assert "Repair of the bridge" in done.study.question


def test_the_record_says_how_wrong_we_were(city, done):
    with city.work(ANYONE, may_write=False) as work:
        found = wrong.record(work)
    (only,) = found.works
    assert only.title == "Repair of the bridge"
    assert only.hours == len(done.hours)
    assert 0 < only.hits < only.hours  # D03's forecast was far off
    assert found.experience.works == 1
    assert found.experience.bias < 1.5
    with city.work(SYSTEM, may_write=False) as work:
        assert wrong.learned(work) == found.experience


def test_works_that_are_over_are_measured_by_themselves_and_once(city, bridge, planted, done):
    with city.work(SYSTEM, may_write=False) as work:
        assert after.due(work) == []  # it is measured already
    with city.work(SYSTEM) as work:
        far = ((9.0, 45.0), (9.001, 45.0))
        made = register.propose(
            work,
            dig(PublisherId("works"), phases=(phase("2025-03-03", "2025-03-14", far),)),
        )
    for state in (
        WorksState.COORDINATED,
        WorksState.PERMITTED,
        WorksState.ACTIVE,
        WorksState.CLOSED,
    ):
        _step(city, made.id, state)
    with city.work(SYSTEM, may_write=False) as work:
        assert after.due(work) == [made.id]
    assert after.evaluate_next(city)  # no counter is near: tried, and not again with these counts
    assert not after.evaluate_next(city)
    with city.work(SYSTEM, may_write=False) as work:
        assert evaluate.latest(work, made.id) is None


def test_what_is_kept_comes_back_whole(city, done):
    with city.work(SYSTEM, may_write=False) as work:
        assert evaluate.latest(work, done.works) == done


def test_strangers_cannot_keep_an_evaluation(city, done):
    with pytest.raises(Forbidden), city.work(ANYONE) as work:
        evaluate.keep(work, done)


def test_works_that_are_not_over_are_not_evaluated(city):
    with city.work(SYSTEM) as work:
        made = register.propose(
            work, dig(PublisherId("works"), phases=(phase("2026-03-01", "2026-04-30"),))
        )
        with pytest.raises(Invalid, match="not over"):
            evaluate.evaluate(work, made.id)


def test_a_break_without_works_is_measured_at_named_detectors(city, planted):
    with city.work(SYSTEM, may_write=False) as work:
        (one,) = evaluate.break_of(work, ["D01"], FIRST, LAST).counters
        assert one.change.middle == pytest.approx(-0.98, abs=0.02)
        assert one.claim is not ClaimClass.CAUSAL
        with pytest.raises(NotFound, match="no detector"):
            evaluate.break_of(work, ["D99"], FIRST, LAST)
        with pytest.raises(NotFound, match="no junction"):
            evaluate.break_of(work, [], FIRST, LAST, junction="J9")
        with pytest.raises(Invalid, match="before the first"):
            evaluate.break_of(work, ["D03"], LAST, FIRST)
        with pytest.raises(Invalid, match="Counts reach"):
            evaluate.break_of(work, ["D03"], date(2026, 1, 5), date(2026, 1, 20))


def test_controls_on_the_detours_of_a_small_town_earn_no_cause(city, planted):
    # Without a forecast the farthest loops serve as controls, and some of them lost their traffic.
    with city.work(SYSTEM, may_write=False) as work:
        found = evaluate.break_of(work, ["D03"], FIRST, LAST, timing=Timing.DOCUMENTED)
    (one,) = found.counters
    assert one.change.middle > planted["D03"]["ratio"] - 1
    assert one.claim is ClaimClass.ASSOCIATIONAL
    assert any("touched as well" in reason for reason in one.reasons)


def test_a_forecast_speaks_of_the_streets_that_a_counter_stands_on():
    street = StreetChange(
        link=4, street="", before=200.0, after=NIL, change=Range(low=-80, middle=-60, high=-40),
        minutes=NIL,
    )  # fmt: skip
    base = np.array([0.0, 0.0, 0.0, 0.0, 200.0, 100.0])
    period = SimpleNamespace(day=DayType.WORKDAY, hour=8, base=SimpleNamespace(flow=base))
    model = SimpleNamespace(
        periods=(period,),
        counters=(
            Placed("both", ("a", "b"), (4, 5), (1.0, 2.0)),
            Placed("far", ("c",), (5,), ()),
            Placed("unused", ("d",), (0,), ()),
        ),
    )
    hour = SimpleNamespace(day=DayType.WORKDAY, hour=8, streets=(street,))
    said = SimpleNamespace(hours=(hour, SimpleNamespace(day=DayType.SUNDAY, hour=16, streets=())))
    found = evaluate.predictions(model, said)
    assert set(found) == {"both", "far"}
    assert found["both"][0].before == 400.0
    assert found["both"][0].change == Range(low=-0.2, middle=-0.15, high=-0.1)
    assert found["far"][0].change == Range(low=0.0, middle=0.0, high=0.0)


def test_lanes_of_an_approach_are_added_up(city):
    with city.work(SYSTEM, may_write=False) as work:
        seen = evaluate.watched(work, FIRST, LAST)
    model = SimpleNamespace(counters=(Placed("bridge", ("D01", "D02"), (0,), ()),))
    found = evaluate.summed(seen, model, FIRST, LAST)
    assert {"D01", "D02"}.isdisjoint(found.panel.sensors)
    whole = found.panel.values[found.panel.row("bridge")]
    parts = [seen.panel.values[seen.panel.row(one)] for one in ("D01", "D02")]
    known = np.isfinite(whole)
    assert (whole[known] == (parts[0] + parts[1])[known]).all()
    assert known.mean() > 0.9
    assert found.places["bridge"][0] == pytest.approx(seen.places["D01"][0], abs=1e-3)


def _predicted(planted):
    found = {}
    for name, one in planted.items():
        change = 0.0 if one["role"] == "control" else one["ratio"] - 1
        if name == "D03":
            change = 0.2
        wide = 0.1 * abs(change) + 0.02
        found[name] = (
            Predicted(
                day=DayType.WORKDAY,
                hour=8,
                change=Range(low=change - wide, middle=change, high=change + wide),
                before=400.0,
            ),
        )
    return found


def _step(city, id, state):
    with city.work(SYSTEM) as work:
        return register.advance(work, id, state, why="done")
