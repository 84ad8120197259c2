"""What closing, narrowing and slowing streets of a small grid does, and how surely."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.act.roadworks import grid
from tests.act.roadworks.path_solver import PathSolver

from citycommons.act.assignment.types import Demand
from citycommons.act.model.types import DayType, TrafficModel
from citycommons.act.network.snapping import snap
from citycommons.act.roadworks import changes, draws, facts, solving
from citycommons.act.roadworks.changes import Effects
from citycommons.act.roadworks.emissions import co2_per_vehicle
from citycommons.act.roadworks.experience import Experience
from citycommons.act.roadworks.forecast import forecast, prepare, refine
from citycommons.act.roadworks.own_solver import Own
from citycommons.act.roadworks.question import Options, Stage
from citycommons.act.roadworks.types import Forecast, Range
from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.works import Effect, Measure, Phase

FEW = Options(runs=4)
SOLVER = Own()
WHEN = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def model() -> TrafficModel:
    return grid.model(solver=SOLVER)


def busiest(model: TrafficModel) -> int:
    roads = model.network.b > 0
    return int(np.argmax(model.periods[0].base.flow * roads))


def ask(model: TrafficModel, effects: Effects, options: Options = FEW, **more) -> Forecast:
    return forecast(model, effects, options, solver=SOLVER, created=WHEN, **more)


def content(found: Forecast) -> bytes:
    hours = tuple(replace(hour, cpu_seconds=0.0) for hour in found.hours)
    return msgspec.json.encode(replace(found, hours=hours))


def ranges(value):
    if isinstance(value, Range):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from ranges(each)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from ranges(getattr(value, name))


def test_closing_a_busy_street_delays_people_and_moves_them_to_others(model):
    link = busiest(model)
    hour = ask(model, changes.closing([link])).hours[0]
    assert hour.delay.middle > 0
    assert hour.drivers_changing.middle >= model.periods[0].base.flow[link] - 1e-6
    shut = next(street for street in hour.streets if street.link == link)
    assert shut.after == Range(low=0, middle=0, high=0)
    assert any(street.change.middle > 0 for street in hour.streets)
    assert hour.co2.middle > 0


def test_another_solver_forecasts_the_same(model):
    slow = grid.model(solver=PathSolver())
    effects = changes.joined(
        changes.closing([busiest(model)]), Effects(capacity={3: 0.4}, spread={3: 0.1})
    )
    ours = ask(model, effects, Options(runs=2)).hours[0]
    theirs = forecast(slow, effects, Options(runs=2), solver=PathSolver()).hours[0]
    assert ours.delay.middle == pytest.approx(theirs.delay.middle, rel=0.01)
    assert ours.run_delays == pytest.approx(theirs.run_delays, rel=0.02)
    assert ours.co2.middle == pytest.approx(theirs.co2.middle, rel=0.02)


def test_every_range_is_in_order(model):
    found = ask(model, changes.closing([busiest(model)]))
    seen = list(ranges(found))
    assert len(seen) > 50
    assert all(one.low <= one.middle <= one.high for one in seen)


def test_the_same_seed_gives_the_same_bytes_and_another_one_another_range(model):
    effects = changes.closing([busiest(model)])
    first, again = (content(ask(model, effects)) for _ in range(2))
    assert first == again
    other = ask(model, effects, replace(FEW, seed=1))
    assert other.hours[0].delay != msgspec.json.decode(first, type=Forecast).hours[0].delay
    assert other.id != msgspec.json.decode(first, type=Forecast).id


def test_closing_a_street_that_nobody_drives_delays_nobody(model):
    idle = np.flatnonzero((model.periods[0].base.flow == 0) & (model.network.b > 0))
    assert len(idle)
    expected = draws.middle(model.network.zones, facts.uncertainty())
    base = model.periods[0].base
    after = solving.after(SOLVER, base, changes.closing([int(idle[0])]), expected, accuracy=0.02)
    assert after is base
    assert ask(model, changes.closing([int(idle[0])])).hours[0].delay.middle == 0.0


def test_every_kind_of_measure_is_forecast(model):
    corner = ((7.60, 51.95), (7.605, 51.95), (7.605, 51.955))
    line = corner[:2]
    for measure in (
        Measure(effect=Effect.LANES, line=line, lanes_open=1, both_directions=True),
        Measure(effect=Effect.SPEED, line=line, speed_kmh=10),
        Measure(effect=Effect.ONE_WAY, line=line),
        Measure(effect=Effect.TURN_BAN, line=corner),
        Measure(effect=Effect.NEW_LINK, line=((7.60, 51.95), (7.61, 51.96)), speed_kmh=50),
        Measure(effect=Effect.PARKING, line=line, parking_lost=3),
    ):
        effects = changes.effects(model.network, [measure], snap)
        found = ask(model, effects, Options(runs=2))
        assert found.parking_lost == measure.parking_lost
        gains = measure.effect is Effect.NEW_LINK
        assert (found.hours[0].delay.middle <= 0) if gains else (found.hours[0].delay.high >= 0)


def test_braess_closing_the_bridge_saves_everybody_time():
    model = braess()
    bridge = 3
    hour = ask(model, changes.closing([bridge]), Options(runs=1)).hours[0]
    # 6 drivers take 92 with the bridge and 83 without it.
    assert hour.delay.middle == pytest.approx(6 * (83 - 92) / 60, abs=1e-5)


def test_trips_without_any_way_left_are_named_and_in_no_delay(model):
    network = model.network
    out = changes.closing(int(i) for i in np.flatnonzero(network.tail == 0))
    hour = ask(model, out).hours[0]
    assert {one.origin for one in hour.no_alternative} == {"Area 0"}
    told = sum(one.trips for one in hour.no_alternative)
    assert told == pytest.approx(model.periods[0].base.demands[0].trips[0].sum())
    # The others have the streets for themselves, and drive hardly farther than before.
    assert hour.delay.middle < 0
    base = model.periods[0].base
    whole = float(base.flow @ co2_per_vehicle(base))
    assert abs(hour.co2.middle) < 0.02 * whole


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_closing_more_never_serves_more_and_keeps_every_flow_whole(model, data):
    roads = [int(i) for i in np.flatnonzero(model.network.b > 0)]
    less = set(data.draw(st.lists(st.sampled_from(roads), min_size=1, max_size=8)))
    more = less | set(data.draw(st.lists(st.sampled_from(roads), min_size=1, max_size=16)))
    expected = draws.middle(model.network.zones, facts.uncertainty())
    base = model.periods[0].base
    lost = []
    for links in (less, more):
        after = solving.after(SOLVER, base, changes.closing(links), expected, accuracy=0.02)
        assert not after.flow[list(links)].any()
        assert conserved(after) < 1e-6
        lost.append(sum(one.trips for one in after.unserved))
    assert lost[0] <= lost[1]


def test_the_answer_sharpens_from_rough_to_final(model):
    effects = changes.closing([busiest(model)])
    told = list(refine(model, effects, Options(runs=6), solver=SOLVER, created=WHEN))
    assert [one.runs for one in told] == [0, 2, 6]
    assert "first answer" in " ".join(told[0].notes)
    assert len({one.id for one in told}) == 1
    whole = forecast(model, effects, Options(runs=6), solver=SOLVER, created=WHEN)
    assert content(told[-1]) == content(whole)


def test_a_prepared_hour_is_answered_alike(model):
    hour, effects = (DayType.WORKDAY, 17), changes.closing([busiest(model)])
    known = Options(runs=3, seed=11, hour=hour)
    assert prepare(model, hour, known) == 3
    prepared = content(ask(model, effects, known))
    fresh = replace(model, id="the same under another name")
    again = ask(fresh, effects, known)
    assert content(replace(again, id="", model="")) == content(
        replace(msgspec.json.decode(prepared, type=Forecast), id="", model="")
    )


def test_the_first_weeks_cost_more_and_the_last_is_the_equilibrium(model):
    hour = ask(model, changes.closing([busiest(model)])).hours[0]
    weeks = [one.delay.middle for one in hour.weeks]
    assert len(weeks) == 8
    assert weeks[0] == max(weeks) > hour.delay.middle
    assert weeks[-1] == pytest.approx(hour.delay.middle, rel=0.05)


def test_hours_and_days_of_the_calendar_are_added_up(model):
    effects = changes.closing([busiest(model)])
    phase = Phase(
        first_day=date(2026, 3, 2), last_day=date(2026, 3, 13), measures=(),
        weekdays=frozenset(range(5)), opens=time(7), closes=time(9, 30),
    )  # fmt: skip
    found = ask(model, (Stage(effects=effects, phase=phase),))
    assert [(one.hour, one.days) for one in found.profile] == [(7, 10), (8, 10), (9, 5)]
    assert found.hours[0].hour == 8
    steady = sum(one.days * one.delay.middle for one in found.profile)
    assert found.total_delay.middle > steady  # two first weeks
    assert found.cost.amount.middle == pytest.approx(found.total_delay.middle * found.cost.per_hour)
    quiet = next(one for one in found.profile if one.hour == 9)
    assert quiet.delay.middle < found.hours[0].delay.middle


def test_a_night_costs_less_than_the_day(model):
    effects = changes.closing([busiest(model)])
    day, night = (
        Phase(first_day=date(2026, 3, 2), last_day=date(2026, 3, 2), measures=(), opens=a, closes=b)
        for a, b in ((time(7), time(16)), (time(20), time(5)))
    )
    by_day, by_night = (
        ask(model, (Stage(effects=effects, phase=one),)).total_delay.middle for one in (day, night)
    )
    assert by_night < by_day / 2


def test_what_others_dig_is_there_before_and_makes_it_worse(model):
    flow = model.periods[0].base.flow * (model.network.b > 0)
    first, second = (int(i) for i in np.argsort(-flow)[:2])
    alone = ask(model, changes.closing([second])).hours[0].delay.middle
    beside = ask(model, changes.closing([second]), others=changes.closing([first]))
    both = ask(model, changes.closing([first, second])).hours[0].delay.middle
    one = ask(model, changes.closing([first])).hours[0].delay.middle
    assert beside.hours[0].delay.middle == pytest.approx(both - one, rel=0.02)
    assert beside.hours[0].delay.middle != pytest.approx(alone, abs=1e-6)


def test_past_errors_move_and_widen_the_next_range(model):
    effects = changes.closing([busiest(model)])
    plain = ask(model, effects).hours[0].delay
    taught = Experience(works=12, bias=1.3, coverage=0.7, correction=1.2, widening=1.5)
    found = ask(model, effects, replace(FEW, experience=taught))
    delay = found.hours[0].delay
    assert delay.middle == pytest.approx(plain.middle * 1.2)
    assert delay.high - delay.middle == pytest.approx((plain.high - plain.middle) * 1.8)
    assert (found.correction, found.widening) == (1.2, 1.5)


def test_what_cannot_be_asked_is_said(model):
    with pytest.raises(TooMuch, match="1 to 1000 runs"):
        ask(model, changes.closing([1]), Options(runs=0))
    with pytest.raises(Invalid, match="accuracy"):
        ask(model, changes.closing([1]), Options(accuracy=0))
    with pytest.raises(Invalid, match="no phase"):
        ask(model, ())
    with pytest.raises(Invalid, match="0 to 23"):
        ask(model, changes.closing([1]), Options(hour=(DayType.WORKDAY, 24)))
    weekend = Phase(
        first_day=date(2026, 3, 2), last_day=date(2026, 3, 3), measures=(), weekdays=frozenset({6})
    )
    with pytest.raises(Invalid, match="touches no day"):
        ask(model, (Stage(effects=changes.closing([1]), phase=weekend),))
    with pytest.raises(Invalid, match="value of time"):
        ask(model, changes.closing([1]), replace(FEW, country="Atlantis"))


def conserved(one) -> float:
    """The largest node balance that trips do not explain, as a share of all trips."""
    network = one.network
    trips = one.demands[0].trips.copy()
    for lost in one.unserved:
        trips[lost.origin - 1, lost.destination - 1] = 0.0
    balance = np.bincount(network.tail, one.flow, network.nodes)
    balance -= np.bincount(network.head, one.flow, network.nodes)
    balance[: network.zones] -= trips.sum(1) - trips.sum(0)
    return float(np.abs(balance).max() / trips.sum())


def braess() -> TrafficModel:
    """Braess 1968: 6 drivers from 1 to 2; 10 v, 50 + v, 10 + v on the bridge."""
    made = grid.model(side=2)
    tail = np.array([0, 0, 2, 2, 3], np.int32)
    head = np.array([2, 3, 1, 3, 1], np.int32)
    free, slope = np.array([1e-8, 50, 50, 10, 1e-8]), np.array([10.0, 1, 1, 1, 10])
    network = replace(
        made.network,
        node=np.arange(1, 5, dtype=np.int64), zones=2, first_through=2, tail=tail, head=head,
        capacity=np.ones(5), free_time=free, fixed=np.zeros(5), b=slope / free, power=np.ones(5),
        delay=np.zeros(5, np.int8), streets=None,
    )  # fmt: skip
    trips = np.array([[0.0, 6.0], [0.0, 0.0]])
    base = SOLVER.solve(network, (Demand(trips=trips),), gap=1e-12)
    period = replace(made.periods[0], base=base)
    return replace(made, id="braess", network=network, periods=(period,), zones=made.zones[:2])
