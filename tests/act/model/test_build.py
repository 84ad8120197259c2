"""The teaching city has a model: built from its published data, the same each time, kept."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from citycommons.act.demand.calibrate import Settings
from citycommons.act.model import kept
from citycommons.act.model.build import Recipe, build
from citycommons.act.model.inputs import find_inputs, has_inputs
from citycommons.act.model.types import DayType, TrafficModel
from citycommons.cli.main import main
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.settings import read_settings
from citycommons.core.types import ANYONE, SYSTEM, Actor
from citycommons.store.work import City

QUICK = Recipe(
    periods=((DayType.WORKDAY, 13), (DayType.SUNDAY, 16), (DayType.VACATION, 8)),
    calibration=Settings(most_steps=6),
)


@pytest.fixture(scope="module")
def ideal(ideal_home: Path) -> Iterator[City]:
    city = City.open(read_settings(ideal_home))
    yield city
    city.close()


@pytest.fixture(scope="module")
def model(ideal: City) -> TrafficModel:
    with ideal.work(SYSTEM, may_write=False) as work:
        return build(work, recipe=QUICK)


def test_inputs_are_found_by_their_columns(ideal: City) -> None:
    with ideal.work(SYSTEM, may_write=False) as work:
        found = find_inputs(work)
    assert (found.streets, found.areas, found.counts) == ("streets", "zones", "motor-counts")
    assert found.detectors == "detectors"


def test_it_explains_what_was_counted(model: TrafficModel) -> None:
    noon = model.periods[0]
    assert noon.fit is not None
    assert noon.fit.counters == 28
    assert noon.fit.error < 0.3
    assert noon.fit.geh_under_5 >= 0.5
    assert noon.base.gap <= 1e-9
    assert model.network.zones == len(model.zones)
    assert noon.base.network is model.network


def test_days_nobody_counted_on_have_no_period(model: TrafficModel) -> None:
    assert [one.day for one in model.periods] == [DayType.WORKDAY, DayType.SUNDAY]
    assert model.day_shape.shape == (4, 24)
    assert model.day_shape[0].argmax() == 8
    np.testing.assert_array_equal(model.day_shape[3], model.day_shape[0])


def test_flow_is_conserved_and_starts_in_the_zones(model: TrafficModel) -> None:
    base = model.periods[0].base
    net = model.network
    out = np.bincount(net.tail, base.flow, net.nodes) - np.bincount(net.head, base.flow, net.nodes)
    trips = base.demands[0].trips
    served = trips.sum() - sum(one.trips for one in base.unserved)
    assert served > 0.99 * trips.sum()
    np.testing.assert_allclose(out[net.zones :], 0, atol=1e-6)


def test_the_same_data_give_the_same_model_to_the_bit(ideal: City, model: TrafficModel) -> None:
    with ideal.work(SYSTEM, may_write=False) as work:
        again = build(work, recipe=QUICK)
    assert again.id == model.id
    for one, other in zip(again.periods, model.periods, strict=True):
        np.testing.assert_array_equal(one.base.flow, other.base.flow)
        np.testing.assert_array_equal(one.base.demands[0].trips, other.base.demands[0].trips)


def test_data_of_later_days_are_not_read(ideal: City, model: TrafficModel) -> None:
    """The bridge is closed from May to July: what was known before does not know of it."""
    with ideal.work(SYSTEM, may_write=False) as work:
        before = build(work, recipe=QUICK, until=date(2025, 5, 12))
        with pytest.raises(Invalid, match="no count"):
            build(work, recipe=QUICK, until=date(2020, 1, 1))
    assert before.id != model.id
    assert before.inputs == model.inputs


def test_it_is_kept_with_its_bushes_and_comes_back(ideal: City, model: TrafficModel) -> None:
    with ideal.work(SYSTEM) as work:
        kept.keep(work, model)
    kept._recent.clear()
    with ideal.work(ANYONE, may_write=False) as work:
        found = kept.get(work, model.id)
    for one, other in zip(found.periods, model.periods, strict=True):
        np.testing.assert_array_equal(one.base.flow, other.base.flow)
    # A warm start from what was kept is at its goal already.
    from citycommons.act.assignment import solve

    base = found.periods[0].base
    again = solve(found.network, base.demands, gap=1e-8, start=base)
    assert again.iterations == 0
    np.testing.assert_allclose(again.flow, base.flow, atol=1e-6)


def test_the_command_builds_and_shows_it(
    ideal_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["roadworks", "model", "build", "--home", str(ideal_home), "--json"]) == 0
    assert '"held_out_error"' in capsys.readouterr().out
    assert main(["roadworks", "model", "show", "--home", str(ideal_home)]) == 0
    said = capsys.readouterr().out
    assert "Traffic model" in said
    assert "workday" in said
    assert "pairs of areas are unknown" in said


def test_a_city_without_streets_is_told_what_is_missing(city: City, admin: Actor) -> None:
    with city.work(admin, may_write=False) as work:
        assert not has_inputs(work)
        with pytest.raises(NotFound, match="No dataset of streets"):
            build(work)
