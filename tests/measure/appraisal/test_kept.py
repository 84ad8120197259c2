"""Results that are kept: recomputed to the last bit, compared with today, shown to some."""

from dataclasses import replace

import pytest
from tests.measure.appraisal.ledgers import GOAL, priced
from tests.measure.goals.given import ADMIN, COUNCIL, KEEPER, READER, at, changed, published

from citycommons.core.errors import Forbidden, Invalid, NotFound
from citycommons.core.goals import Claim, Range
from citycommons.core.types import Actor, ActorId, ActorKind
from citycommons.measure import appraisal
from citycommons.measure.appraisal.types import Appraisal
from citycommons.measure.goals import ledger
from citycommons.store import appraisals as rows
from citycommons.store.work import City

ANYONE = Actor(id=ActorId("anyone"), name="Anyone", kind=ActorKind.ANYONE)


def appraised(city: City, **said: object) -> Appraisal:
    with city.work(KEEPER) as work:
        return appraisal.appraise(work, GOAL, draws=500, **said)  # type: ignore[arg-type]


def test_a_proven_benefit_is_summed_up_with_its_proof(any_city: City) -> None:
    priced(any_city)
    one = appraised(any_city)
    assert [(proof.benefit, proof.claim) for proof in one.inputs.proofs] == [
        ("won", Claim.MEASURED)
    ]
    assert one.results.proven.npv.likely > 0
    assert one.inputs.base_year == 2026
    assert one.inputs.currency == "EUR"
    with any_city.work(COUNCIL, may_write=False) as work:
        assert appraisal.get(work, one.id) == one
        assert appraisal.latest(work, (GOAL,)) == {GOAL: one}
        assert appraisal.of_goal(work, GOAL) == (one,)


def test_a_result_comes_again_to_the_last_bit_after_everything_changed(any_city: City) -> None:
    priced(any_city)
    one = appraised(any_city)
    with any_city.work(ADMIN) as work:
        value, won = ledger.unit_value(work, "hour"), ledger.benefit(work, "won")  # type: ignore[arg-type]
    changed(any_city, value, amount=Range(low=1.0, likely=2.0, high=3.0))
    changed(any_city, won, years=1, quantity=Range(low=1.0, likely=1.0, high=1.0))
    with any_city.work(COUNCIL, may_write=False) as work:
        again = appraisal.recompute(work, one.id)
        beside = appraisal.compare(work, one.id)
    assert again.is_same
    assert again.is_intact
    assert again.results == one.results
    assert {(each.kind, each.about) for each in beside.changes} == {
        ("revised", "hour"),
        ("revised", "won"),
    }
    assert beside.kept == one
    assert beside.now is not None
    assert beside.now.proven.npv.likely < one.results.proven.npv.likely


def test_a_changed_schedule_a_new_measurement_and_a_new_cost_are_told(city: City) -> None:
    priced(city)
    folder = city.settings.home / "discounting"
    folder.mkdir()
    text = 'title="Own"\nsource="Council"\nyear=2026\ncountry="IT"\nsteps=[{ rate = 0.02 }]\n'
    (folder / "own.toml").write_text(text, "utf-8")
    one = appraised(city, schedule="own")
    (folder / "own.toml").write_text(text.replace("0.02", "0.03"), "utf-8")
    with city.work(ADMIN) as work:
        staff = ledger.cost(work, "staff")  # type: ignore[arg-type]
        ledger.save(work, replace(staff, id="more", revision=0))  # type: ignore[arg-type]
    at(city, "2026-04-30")
    published(city, [120.0, 130.0])
    with city.work(ADMIN) as work:
        ledger.measure(work, GOAL)
    with city.work(COUNCIL, may_write=False) as work:
        assert appraisal.recompute(work, one.id).is_same
        beside = appraisal.compare(work, one.id)
    assert [(each.kind, each.about) for each in beside.changes] == [
        ("added", "more"),
        ("proof", "won"),
        ("data", "counts"),
        ("rates", "own"),
    ]
    assert beside.now is not None
    assert beside.now.proven.benefits.high == 0  # it is not proven any more


def test_what_cannot_be_computed_today_says_why_beside_the_old_result(city: City) -> None:
    priced(city)
    one = appraised(city)
    with city.work(ADMIN) as work:
        value = ledger.unit_value(work, "hour")  # type: ignore[arg-type]
    changed(city, value, currency="GBP")
    with city.work(COUNCIL, may_write=False) as work:
        beside = appraisal.compare(work, one.id)
    assert beside.now is None
    assert "GBP" in beside.refused
    assert beside.kept == one


def test_a_number_that_was_tampered_with_is_seen(city: City) -> None:
    priced(city)
    one = appraised(city)
    with city.work(ADMIN) as work:
        row = rows.get(work.db, one.id)
        assert row is not None
        row.body["results"]["proven"]["npv"]["middle"] += 1_000_000
        rows.add(work.db, replace(row, id="forged"))
    with city.work(COUNCIL, may_write=False) as work:
        again = appraisal.recompute(work, "forged")
    assert not again.is_intact
    assert not again.is_same


def test_the_same_result_kept_twice_is_one(city: City) -> None:
    priced(city)
    assert appraised(city) == appraised(city)
    assert appraised(city, seed=2).id != appraised(city).id
    with city.work(COUNCIL, may_write=False) as work:
        assert len(appraisal.of_goal(work, GOAL)) == 2


def test_results_are_the_houses_until_they_are_released(any_city: City) -> None:
    priced(any_city)
    one = appraised(any_city)
    for actor in (ANYONE, READER):
        with any_city.work(actor, may_write=False) as work:
            with pytest.raises(NotFound):
                appraisal.get(work, one.id)
            with pytest.raises(NotFound):
                appraisal.recompute(work, one.id)
            assert appraisal.of_goal(work, GOAL) == ()
            assert appraisal.latest(work, (GOAL,)) == {}
    with any_city.work(KEEPER) as work:
        released = appraisal.release(work, one.id)
    with any_city.work(ANYONE, may_write=False) as work:
        shown = appraisal.get(work, one.id)
        assert appraisal.latest(work, (GOAL, None)) == {GOAL: shown}
        assert appraisal.of_goal(work, GOAL) == (shown,)
        with pytest.raises(Forbidden, match="all of its inputs"):
            appraisal.recompute(work, one.id)
    assert shown.released == released.released
    assert shown.results.proven.npv == one.results.proven.npv
    assert not shown.is_whole
    assert "staff" not in repr(shown)
    with any_city.work(KEEPER) as work:
        appraisal.release(work, one.id, is_public=False)
    with any_city.work(ANYONE, may_write=False) as work, pytest.raises(NotFound):
        appraisal.get(work, one.id)


def test_only_keepers_of_the_ledger_appraise_and_release(city: City) -> None:
    priced(city)
    one = appraised(city)
    for actor in (ANYONE, READER, COUNCIL):
        with city.work(actor) as work, pytest.raises(Forbidden):
            appraisal.appraise(work, GOAL)
        with city.work(actor) as work, pytest.raises((Forbidden, NotFound)):
            appraisal.release(work, one.id)
    with city.work(KEEPER) as work, pytest.raises(Forbidden):  # one office is not the city
        appraisal.appraise(work, None)


def test_the_result_of_a_goal_that_is_not_public_is_not_released(city: City) -> None:
    priced(city)
    with city.work(ADMIN) as work:
        goal = ledger.goal(work, GOAL)
    changed(city, goal, is_public=False)
    one = appraised(city)
    with city.work(KEEPER) as work, pytest.raises(Forbidden, match="not public"):
        appraisal.release(work, one.id)


def test_the_whole_city_is_the_sum_of_its_goals(city: City) -> None:
    priced(city)
    with city.work(ADMIN) as work:
        whole = appraisal.appraise(work, None, draws=500)
        one = appraisal.appraise(work, GOAL, draws=500)
    assert whole.inputs.goal is None
    assert whole.results == one.results


def test_nothing_to_appraise_says_so(city: City) -> None:
    with city.work(ADMIN) as work, pytest.raises(Invalid, match="enter a benefit or a cost"):
        appraisal.appraise(work, None)


def test_keeping_and_releasing_stand_in_the_audit_log(city: City) -> None:
    from citycommons.govern import audit

    priced(city)
    one = appraised(city)
    with city.work(KEEPER) as work:
        appraisal.release(work, one.id)
    with city.work(ADMIN) as work:
        found = [(entry.action, entry.actor) for entry in audit.entries(work, thing=one.id)]
    assert found == [("release-appraisal", "kim"), ("keep-appraisal", "kim")]


def test_the_numbers_are_the_same_on_every_machine() -> None:
    """A result of fixed inputs is pinned: a machine or library that rounds otherwise is seen."""
    from tests.measure.appraisal.entries import a_benefit, a_cost, some_inputs

    from citycommons.measure.appraisal.kept import digest_of
    from citycommons.measure.appraisal.outcome import results
    from citycommons.measure.appraisal.schedules import shipped

    inputs = some_inputs(
        benefits=(
            a_benefit(
                quantity=Range(low=10.0, likely=100.0, high=400.0),
                attribution=Range(low=0.1, likely=0.3, high=0.9),
                drop_off=Range(low=0.0, likely=0.1, high=0.3),
                years=12,
            ),
        ),
        costs=(a_cost(quantity=Range(low=300.0, likely=500.0, high=1500.0), years=2),),
        schedule=shipped()["uk-green-book"],
        draws=2000,
    )
    found = results(inputs)
    npv = found.proven.npv
    assert [value.hex() for value in (npv.low, npv.middle, npv.high)] == PINNED
    assert digest_of(inputs, found) == digest_of(inputs, results(inputs))


PINNED = ["-0x1.af9b91f986c9bp+9", "0x1.be3d4652e4bbap+10", "0x1.0720c85600e87p+13"]
