"""The desk tells what needs a steward today, and only what is theirs."""

from dataclasses import replace
from datetime import timedelta

import pyarrow as pa

from citycommons.core.tables import Report
from citycommons.core.types import (
    Access,
    Actor,
    ActorId,
    Category,
    Dataset,
    DatasetId,
    Fault,
    Grant,
    Link,
    Publisher,
    PublisherId,
    Role,
)
from citycommons.govern import privacy
from citycommons.share import tasks
from citycommons.share.publish import describe, prepare, publish
from citycommons.share.tasks import TaskKind
from citycommons.store import catalogue

BASE = Dataset(
    id=DatasetId("counts"),
    title={"en": "Cycle counts"},
    publisher=PublisherId("roads"),
    license="CC0-1.0",
)
STEWARD = Actor(
    id=ActorId("s"),
    name="Stella",
    grants=(Grant(role=Role.DATA_OFFICER, publisher=PublisherId("roads")),),
)


def put(city, admin, dataset, report=None):
    prepared = prepare(city.lake, dataset, pa.table({"n": [1]}), report)
    with city.work(admin) as work:
        publish(work, dataset, prepared)


def kinds(city, actor=STEWARD):
    with city.work(actor, may_write=False) as work:
        return [(task.kind, task.dataset.id) for task in tasks.tasks(work).listed]


def test_data_later_than_promised_come_first(any_city, admin):
    city = any_city
    fault = Fault(rule="number", message="no number", column="n", count=3)
    put(city, admin, replace(BASE, id=DatasetId("faulty")), Report(summary=(fault,), rejected=1))
    put(city, admin, replace(BASE, frequency="WEEKLY"))
    put(city, admin, replace(BASE, id=DatasetId("yearly"), frequency="ANNUAL"))
    assert kinds(city) == [(TaskKind.FAULTS, "faulty")]
    now = city.clock() + timedelta(days=20)
    city.clock = lambda: now
    assert kinds(city) == [(TaskKind.OVERDUE, "counts"), (TaskKind.FAULTS, "faulty")]
    with city.work(STEWARD, may_write=False) as work:
        late, faulty = tasks.tasks(work).listed
    assert late.days in (12, 13)
    assert (faulty.count, faulty.rejected) == (3, 1)


def test_dead_links_are_told_and_living_ones_are_not(any_city, admin):
    city = any_city
    links = {"alive": 200, "gone": 404, "silent": 0, "never": None}
    with city.work(admin) as work:
        for id, status in links.items():
            link = Link(url=f"https://example.org/{id}", status=status)
            describe(work, replace(BASE, id=DatasetId(id), links=(link, link)))
    assert set(kinds(city)) == {(TaskKind.DEAD_LINKS, "gone"), (TaskKind.DEAD_LINKS, "silent")}


def test_only_datasets_of_my_publisher_are_mine_and_words_find_them(any_city, admin):
    city = any_city
    with city.work(admin) as work:
        catalogue.save_publisher(work.db, Publisher(id=PublisherId("water"), name="Water"))
        describe(work, replace(BASE, id=DatasetId("pipes"), publisher=PublisherId("water")))
        describe(work, BASE)
        describe(work, replace(BASE, id=DatasetId("trees"), title={"de": "Bäume"}))
    with city.work(STEWARD, may_write=False) as work:
        everything = tasks.mine(work)
        assert everything.total == 2
        assert {dataset.id for dataset, _ in everything.entries} == {"counts", "trees"}
        assert [dataset.id for dataset, _ in tasks.mine(work, text="bäume").entries] == ["trees"]
        assert tasks.mine(work, text="100%").total == 0
        second = tasks.mine(work, offset=1, limit=1)
        assert (second.total, len(second.entries)) == (2, 1)
    with city.work(admin, may_write=False) as work:
        assert tasks.mine(work).total == 3


def test_personal_data_wait_for_the_officer_until_decided(any_city, admin):
    city = any_city
    inside = replace(BASE, category=Category.PERSONAL, access=Access.INTERNAL)
    officer = Actor(
        id=ActorId("d"), name="Dora", grants=(Grant(role=Role.DATA_PROTECTION_OFFICER),)
    )
    with city.work(admin) as work:
        describe(work, inside)
        describe(work, replace(BASE, id=DatasetId("open")))
        assert tasks.awaiting_privacy(work) == []
    with city.work(officer) as work:
        assert [(d.id, decided) for d, decided in tasks.awaiting_privacy(work)] == [
            ("counts", None)
        ]
        privacy.decide(work, inside, may_be_released=False, reason="Names of children")
        (_, decided), *_ = tasks.awaiting_privacy(work)
    assert not decided.may_be_released
    assert (decided.reason, decided.by) == ("Names of children", "d")
