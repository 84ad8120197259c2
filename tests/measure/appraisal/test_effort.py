"""Costs that the platform proposes: counted acts times assumed minutes, bytes times a bill."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.measure.appraisal.entries import a_value
from tests.measure.goals.given import ADMIN, COUNCIL, KEEPER, ROADS, at, kept, published

from citycommons.core.errors import Forbidden, Invalid
from citycommons.core.goals import CostKind, Range, ValueId
from citycommons.core.types import SYSTEM, DatasetId, PublisherId, Source, SourceId
from citycommons.measure.appraisal.effort import (
    assumptions,
    costs_from_log,
    hosting_from_bytes,
)
from citycommons.measure.goals import ledger
from citycommons.share import catalogue
from citycommons.share.publish import describe
from citycommons.store import effort, sources
from citycommons.store.work import City

YEAR = 2026


def worked(city: City) -> None:
    """Two versions by hand and one description in March; one version in the year before."""
    at(city, "2025-12-31")
    published(city, [1.0])
    at(city, "2026-03-01")
    published(city, [2.0])
    published(city, [3.0, 4.0])
    with city.work(ADMIN) as work:
        describe(work, replace(catalogue.get(work, DatasetId("counts")), steward="Kim"))


def test_hours_are_counted_acts_times_the_assumed_minutes_of_each(any_city: City) -> None:
    worked(any_city)
    with any_city.work(KEEPER) as work:
        (one,) = costs_from_log(work, ROADS, YEAR)
    acts, _, source = assumptions()
    counts = {each.assumed.name: each.count for each in one.acts}
    assert counts["publish"] == 2
    expected = sum(counts[name] * acts[name].minutes.likely for name in counts) / 60
    assert one.cost.quantity.likely == pytest.approx(expected)
    assert one.cost.quantity.low < one.cost.quantity.likely < one.cost.quantity.high
    assert one.cost.dataset == "counts"
    assert one.cost.kind is CostKind.STAFF
    assert "Time for each is assumed" in one.cost.source
    assert source in one.cost.source


def test_no_person_is_named_and_the_programs_own_acts_are_nobodys_work(city: City) -> None:
    worked(city)
    with city.work(SYSTEM) as work:
        describe(work, replace(catalogue.get(work, DatasetId("counts")), steward="Lea"))
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    with city.work(KEEPER) as work:
        (one,) = costs_from_log(work, ROADS, YEAR)
        counted = effort.acts(work.db, ("describe",), since, until)
    assert "ada" not in repr(one)
    assert counted["describe", "counts"] == next(
        each.count for each in one.acts if each.assumed.name == "describe"
    )


def test_deliveries_count_for_the_dataset_that_their_source_brings(city: City) -> None:
    worked(city)
    mine = Source(
        id=SourceId("loops"),
        title="Loops",
        connector="web",
        publisher=ROADS,
        owner=ADMIN.id,
        dataset=DatasetId("counts"),
    )
    catalogue_source = replace(mine, id=SourceId("all"), dataset=None)
    with city.work(ADMIN) as work:
        for one in (mine, catalogue_source):
            sources.save(work.db, one, work.now)
            lease = sources.lease(work.db, work.now, seconds=60, id=one.id)
            assert lease is not None
            ended = replace(lease.run, ended=work.now, outcome="failed")
            sources.end(work.db, ended, next_run=None, failures=1, failing_since=work.now)
    with city.work(KEEPER) as work:
        found = {each.cost.dataset: each for each in costs_from_log(work, ROADS, YEAR)}
    assert "failed" in {each.assumed.name for each in found[DatasetId("counts")].acts}
    assert {each.assumed.name for each in found[None].acts} == {"failed"}


def test_a_confirmed_proposal_is_in_the_ledger_and_known_the_next_time(city: City) -> None:
    worked(city)
    kept(city, a_value("hour", revision=0))
    with city.work(KEEPER) as work:
        (one,) = costs_from_log(work, ROADS, YEAR, hour=ValueId("hour"))
        assert one.entered is None
        saved = ledger.save(work, one.cost)
        (again,) = costs_from_log(work, ROADS, YEAR, hour=ValueId("hour"))
    assert again.entered == saved.id
    assert saved.source == one.cost.source


def test_a_bill_of_hosting_is_split_by_stored_bytes_without_a_rest(any_city: City) -> None:
    worked(any_city)
    published(any_city, [float(n) for n in range(5000)], id="large")
    bill = Range(low=900.0, likely=1000.0, high=1200.0)
    with any_city.work(KEEPER) as work:
        found = hosting_from_bytes(
            work, ROADS, YEAR, amount=bill, currency="EUR", source="bill 4711"
        )
        sizes = effort.stored(work.db)
    assert sum(each.cost.quantity.likely for each in found) == pytest.approx(1000.0)
    by_id = {each.cost.dataset: each.cost for each in found}
    large, counts = by_id[DatasetId("large")], by_id[DatasetId("counts")]
    assert large.quantity.likely / counts.quantity.likely == pytest.approx(
        sizes["large"] / sizes["counts"]
    )
    assert "bill 4711" in large.source


def test_a_file_of_two_versions_takes_its_place_once(city: City) -> None:
    published(city, [1.0, 2.0])
    published(city, [3.0, 4.0])
    published(city, [1.0, 2.0])  # as the first: the same file
    with city.work(ADMIN) as work:
        files = {one.file: one.bytes for one in catalogue.versions(work, DatasetId("counts"))}
        assert effort.stored(work.db) == {"counts": sum(files.values())}
    assert len(files) == 2


def test_only_who_keeps_the_ledger_is_given_proposals(city: City) -> None:
    with city.work(COUNCIL) as work, pytest.raises(Forbidden):
        costs_from_log(work, ROADS, YEAR)
    with city.work(KEEPER) as work, pytest.raises(Forbidden):
        costs_from_log(work, PublisherId("other"), YEAR)
    with city.work(ADMIN) as work, pytest.raises(Invalid):
        costs_from_log(work, ROADS, 2999)
    bill = Range(low=1.0, likely=1.0, high=1.0)
    with city.work(ADMIN) as work, pytest.raises(Invalid, match="Say where the amount is from"):
        hosting_from_bytes(work, ROADS, 2026, amount=bill, currency="EUR", source=" ")
