"""Messages between portals, and what waits for a worker, on both stores."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from citycommons.core.copies import (
    Certainty,
    Copy,
    CopyCount,
    CopyId,
    CopyState,
    Portal,
    PortalId,
    PortalKind,
)
from citycommons.core.counting import Method, Metric
from citycommons.core.types import SYSTEM, Access, Dataset, DatasetId, PublisherId
from citycommons.store import catalogue, copies, notices
from citycommons.store.notices import Announcement, Notice
from citycommons.store.proof_tables import announcements
from citycommons.store.work import City

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
BOLOGNA = Portal(
    id=PortalId("bologna"), name="Bologna", url="https://b.example", kind=PortalKind.SUSHI
)
COPY = Copy(
    id=CopyId("c1"),
    dataset=DatasetId("trees"),
    iri="https://b.example/datasets/trees",
    portal=BOLOGNA.id,
    state=CopyState.VERIFIED,
    seen=NOW,
)


def said(count: int, first: date = date(2026, 2, 1), last: date = date(2026, 2, 28)) -> CopyCount:
    return CopyCount(
        copy=COPY.id,
        first_day=first,
        last_day=last,
        metric=Metric.TOTAL_REQUESTS,
        method=Method.REGULAR,
        count=count,
        certainty=Certainty.REPORTED,
        reported=NOW,
    )


def test_a_portal_is_claimed_by_one_worker_and_comes_back_when_that_one_dies(
    any_city: City,
) -> None:
    with any_city.work(SYSTEM) as work:
        copies.save_portal(work.db, BOLOGNA)
        copies.set_portal_due(work.db, BOLOGNA.id, NOW)
        assert copies.is_portal_due(work.db, NOW)
        assert copies.claim_portal(work.db, NOW, seconds=60) == BOLOGNA
        assert copies.claim_portal(work.db, NOW, seconds=60) is None
        assert copies.claim_portal(work.db, NOW + timedelta(seconds=60), seconds=60) == BOLOGNA


def test_saving_a_portal_again_keeps_its_secret_and_when_it_is_due(any_city: City) -> None:
    with any_city.work(SYSTEM) as work:
        copies.save_portal(work.db, BOLOGNA)
        copies.set_portal_due(work.db, BOLOGNA.id, NOW)
        copies.set_secret(work.db, BOLOGNA.id, "shared")
        copies.save_portal(work.db, replace(BOLOGNA, name="Bologna la Dotta"))
        assert copies.secret(work.db, BOLOGNA.id) == "shared"
        assert copies.portal_due(work.db, BOLOGNA.id) == NOW
        assert copies.portal_at(work.db, BOLOGNA.url) == replace(BOLOGNA, name="Bologna la Dotta")


def test_counts_of_a_period_are_replaced_and_months_are_never_mixed_with_days(
    any_city: City,
) -> None:
    day = date(2026, 2, 3)
    with any_city.work(SYSTEM) as work:
        copies.save_portal(work.db, BOLOGNA)
        copies.save_copy(work.db, COPY, due=None)
        copies.replace(work.db, [said(7), said(3, day, day)])
        copies.replace(work.db, [said(9)])
        assert [one.count for one in copies.counts(work.db, [COPY.id])] == [9]
        assert [one.count for one in copies.counts(work.db, [COPY.id], is_daily=True)] == [3]
        made = copies.reported(work.db, [COPY.id])
        assert made[(COPY.id, copies.month(day))] == NOW


def test_copies_are_found_by_address_dataset_portal_and_state(any_city: City) -> None:
    with any_city.work(SYSTEM) as work:
        copies.save_portal(work.db, BOLOGNA)
        copies.save_copy(work.db, COPY, due=NOW)
        assert copies.copy_at(work.db, COPY.iri) == COPY
        assert copies.copies_at(work.db, [COPY.iri, "https://x.example/"]) == {COPY.iri: COPY}
        assert copies.copies_of(work.db, datasets=[COPY.dataset]) == [COPY]
        assert copies.copies_of(work.db, portal=BOLOGNA.id, states=[CopyState.GONE]) == []
        assert copies.claim_copy(work.db, NOW, seconds=60) == COPY
        assert not copies.is_copy_due(work.db, NOW)


def test_a_message_is_kept_once_and_a_nonce_is_used_once(any_city: City) -> None:
    one = Notice(id="n1", received=NOW, sender="", state="waiting", due=NOW, body={"type": "x"})
    with any_city.work(SYSTEM) as work:
        assert notices.add(work.db, one)
        assert not notices.add(work.db, one)
        claimed = notices.claim(work.db, NOW, seconds=60)
        assert claimed == replace(one, due=NOW + timedelta(seconds=60), attempts=1)
        assert notices.take_nonce(work.db, "key", "nonce", NOW)
        assert not notices.take_nonce(work.db, "key", "nonce", NOW)
        assert notices.forget_nonces(work.db, NOW + timedelta(seconds=1)) == 1


def test_an_announcement_is_claimed_when_it_is_due(any_city: City) -> None:
    one = Announcement(dataset=DatasetId("trees"), origin="https://a.example/datasets/x", due=NOW)
    with any_city.work(SYSTEM) as work:
        notices.save_announcement(work.db, one)
        claimed = notices.claim_announcement(work.db, NOW, seconds=60)
        assert claimed is not None
        assert claimed.attempts == 1
        assert not notices.is_announcement_due(work.db, NOW)
        assert notices.announced_of(work.db, [one.origin]) == [claimed]


def test_origins_hear_what_came_what_went_and_what_came_back(any_city: City) -> None:
    dataset = Dataset(
        id=DatasetId("trees"),
        title={"en": "Trees"},
        publisher=PublisherId("roads"),
        license="CC0-1.0",
        source="https://a.example/datasets/trees",
        created=NOW,
        modified=NOW,
    )
    told = Announcement(dataset=dataset.id, origin=dataset.source, delivered=NOW)
    silent = replace(told, delivered=None)
    gone, hidden = replace(dataset, removed=NOW), replace(dataset, access=Access.INTERNAL)
    moved = replace(dataset, source="https://a.example/datasets/oaks")
    with any_city.work(SYSTEM) as work:
        for kept, said, is_due in (
            (dataset, None, True),
            (dataset, told, False),
            (gone, told, True),
            (hidden, told, True),
            (gone, silent, False),
            (dataset, silent, True),
            (moved, told, True),
            (gone, replace(told, due=NOW), False),
            (replace(dataset, source=""), None, False),
        ):
            work.db.execute(announcements.delete())
            catalogue.save_dataset(work.db, kept)
            if said is not None:
                notices.save_announcement(work.db, said)
            assert bool(notices.unannounced(work.db, 10)) is is_due, (kept, said)
