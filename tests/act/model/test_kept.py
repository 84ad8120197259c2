"""A kept model comes back to the bit, and only those who manage the city may keep one."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from tests.act.demand.msa import Msa, grid

from citycommons.act.assignment.types import Demand
from citycommons.act.model import kept
from citycommons.act.model.types import DayType, Fit, Period, TrafficModel, Zone
from citycommons.core.errors import Forbidden, NotFound
from citycommons.core.types import ANYONE, Actor
from citycommons.store.work import City


def model(id: str = "0123456789ab") -> TrafficModel:
    network = grid(4, 5)
    trips = np.random.default_rng(1).uniform(0, 30, (5, 5))
    base = replace(Msa(3).solve(network, (Demand(trips),), 1e-4, None), state=None)
    fit = Fit(10, 2, 0.1, float("nan"), 0.9, ("A: silent",), 0.2)
    return TrafficModel(
        id=id,
        created=datetime(2026, 1, 2, tzinfo=UTC),
        network=network,
        zones=tuple(Zone(str(n), f"Area {n}", 7.0 + n, 51.0) for n in range(5)),
        periods=(Period(DayType.WORKDAY, 8, base, fit), Period(DayType.SUNDAY, 16, base, None)),
        day_shape=np.ones((4, 24)),
        inputs=("streets@abc",),
        limits=("Nothing was counted.",),
    )


def test_it_comes_back_to_the_bit(any_city: City, admin: Actor) -> None:
    made = model()
    with any_city.work(admin) as work:
        said = kept.keep(work, made)
    assert said.said["periods"][0]["fit"]["held_out_error"] is None
    kept._recent.clear()
    with any_city.work(admin, may_write=False) as work:
        found = kept.latest(work)
        assert kept.latest_id(work) == made.id
        assert kept.get(work, made.id[:8]).id == made.id
        assert [one.id for one in kept.summaries(work)] == [made.id]
    assert found is not None
    assert (found.id, found.created) == (made.id, made.created)
    assert [one.name for one in found.zones] == [one.name for one in made.zones]
    np.testing.assert_array_equal(found.periods[0].base.flow, made.periods[0].base.flow)
    assert found.periods[0].base.network is found.network
    assert found.periods[0].day is DayType.WORKDAY
    assert found.periods[0].fit is not None
    assert found.periods[0].fit.left_out == ("A: silent",)


def test_the_same_model_is_the_same_file(city: City, admin: Actor) -> None:
    with city.work(admin) as work:
        kept.keep(work, model())
        later = replace(model(), created=datetime(2027, 1, 1, tzinfo=UTC))
        kept.keep(work, later)
        assert kept.shown(work).created == later.created
    assert len(list((city.settings.home / "models").glob("*/*.npz"))) == 1


def test_who_may_not_manage_the_city_keeps_none(city: City) -> None:
    with city.work(ANYONE) as work, pytest.raises(Forbidden):
        kept.keep(work, model())


def test_what_is_not_there_says_how_to_build_it(city: City, admin: Actor) -> None:
    with city.work(admin) as work:
        assert kept.latest(work) is None
        assert kept.latest_id(work) is None
        with pytest.raises(NotFound, match="roadworks model build"):
            kept.shown(work)
        with pytest.raises(NotFound, match="no traffic model “nothing-here”"):
            kept.get(work, "nothing-here")
        kept.keep(work, model())
        kept._recent.clear()
        for file in (city.settings.home / "models").glob("*/*.npz"):
            file.unlink()
        with pytest.raises(NotFound, match="Build it again"):
            kept.latest(work)
