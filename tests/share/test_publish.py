"""Publishing makes immutable versions, whole or not at all."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from citycommons.core.counting import Asker
from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound
from citycommons.core.tables import Report
from citycommons.core.types import (
    ANYONE,
    Access,
    Actor,
    ActorId,
    Category,
    Dataset,
    DatasetId,
    Fault,
    Grant,
    Publisher,
    PublisherId,
    Role,
)
from citycommons.govern import audit, privacy
from citycommons.share import open as door
from citycommons.share.publish import describe, prepare, publish, withdraw
from citycommons.store import catalogue, outbox
from citycommons.store.work import City

PARKING = Dataset(
    id=DatasetId("parking"),
    title={"en": "Car parks"},
    publisher=PublisherId("roads"),
    license="CC0-1.0",
    key=("name",),
)
TABLE = pa.table({"name": ["b", "a", None], "free": [3, None, 5]})


def put(city: City, admin: Actor, table: pa.Table, dataset: Dataset = PARKING, **more):
    prepared = prepare(city.lake, dataset, table)
    with city.work(admin) as work:
        return publish(work, dataset, prepared, **more)


def test_a_version_is_sorted_by_key_measured_and_readable(any_city, admin):
    published = put(any_city, admin, TABLE)
    assert published.is_new
    assert published.version.number == 1
    assert published.version.rows == 3
    free = next(s for s in published.version.statistics if s.name == "free")
    assert (free.nulls, free.minimum, free.maximum, free.mean) == (1, 3, 5, 4.0)
    with any_city.work(ANYONE) as work:
        opened = door.open(work, PARKING.id)
    assert opened.query("SELECT name, free FROM rows").to_pylist() == [
        {"name": "a", "free": None},
        {"name": "b", "free": 3},
        {"name": None, "free": 5},
    ]


def test_equal_content_makes_no_new_version(any_city, admin):
    first = put(any_city, admin, TABLE)
    again = put(any_city, admin, TABLE.slice(0, 3).take([2, 0, 1]))
    assert not again.is_new
    assert again.version.number == first.version.number
    changed = put(any_city, admin, pa.table({"name": ["a", "b", None], "free": [1, 3, 5]}))
    assert changed.is_new
    assert changed.version.number == 2


def test_every_version_stays_readable_by_number_and_digest(any_city, admin):
    first = put(any_city, admin, TABLE).version
    put(any_city, admin, TABLE.slice(0, 1))
    with any_city.work(ANYONE) as work:
        by_number = door.open(work, PARKING.id, 1)
        by_digest = door.open(work, PARKING.id, first.digest[:12])
        assert door.open(work, PARKING.id, "latest").version.number == 2
    assert by_number.version == by_digest.version == first
    assert by_number.path.read_bytes() == by_digest.path.read_bytes()


def test_two_people_publishing_at_once_cannot_overwrite_each_other(any_city, admin):
    put(any_city, admin, TABLE, expected=0)
    with pytest.raises(Conflict, match=r"version 1 .*started from 0"):
        put(any_city, admin, TABLE.slice(0, 1), expected=0)


def test_places_lie_in_hilbert_order_with_a_box_around_each(any_city, admin):
    points = shapely.points(np.linspace(7.5, 7.7, 200), np.tile([51.9, 52.0], 100))
    table = pa.table({"n": range(200), "geometry": shapely.to_wkb(points).tolist()})
    version = put(any_city, admin, table, replace(PARKING, key=())).version
    assert version.bounds == pytest.approx((7.5, 51.9, 7.7, 52.0))
    file = pq.read_table(any_city.lake.path(version.file))
    assert file.column("bbox")[0].as_py().keys() == {"xmin", "ymin", "xmax", "ymax"}
    assert b"geo" in file.schema.metadata
    where = shapely.from_wkb(file.column("geometry").to_pylist())
    steps = shapely.distance(where[1:], where[:-1])
    assert steps.sum() < 8  # 199 steps of 0.1° and more would be 19.9


def test_a_withdrawn_version_leaves_a_tombstone_with_its_reason(any_city, admin):
    put(any_city, admin, TABLE)
    with any_city.work(admin) as work, pytest.raises(Invalid, match="reason"):
        withdraw(work, PARKING.id, 1, reason=" ")
    with any_city.work(admin) as work:
        withdraw(work, PARKING.id, 1, reason="wrong month")
    with any_city.work(ANYONE) as work:
        with pytest.raises(door.Withdrawn, match="wrong month"):
            door.open(work, PARKING.id, 1)
        with pytest.raises(NotFound):
            door.open(work, PARKING.id)
    with any_city.work(admin) as work, pytest.raises(Conflict, match="already"):
        withdraw(work, PARKING.id, 1, reason="again")
    assert put(any_city, admin, TABLE).version.number == 2


def test_strangers_neither_publish_nor_see_what_is_internal(any_city, admin):
    with pytest.raises(Forbidden, match="Sign in"):
        put(any_city, ANYONE, TABLE)
    put(any_city, admin, TABLE, replace(PARKING, access=Access.INTERNAL))
    with any_city.work(ANYONE) as work, pytest.raises(NotFound, match="no dataset"):
        door.open(work, PARKING.id)


def test_personal_data_stay_internal_until_the_officer_decides(any_city, admin):
    dpo = replace(admin, id="dpo", grants=(Grant(role=Role.DATA_PROTECTION_OFFICER),))
    personal = replace(PARKING, category=Category.PERSONAL)
    with pytest.raises(Forbidden, match="data protection officer"):
        put(any_city, admin, TABLE, personal)
    with any_city.work(admin) as work, pytest.raises(Forbidden):
        privacy.decide(work, personal, may_be_released=True, reason="I say so")
    with any_city.work(dpo) as work:
        privacy.decide(work, personal, may_be_released=True, reason="aggregated, k = 20")
    assert put(any_city, admin, TABLE, personal).is_new


def test_each_act_is_in_the_audit_log_and_the_chain_shows_a_forged_entry(any_city, admin):
    put(any_city, admin, TABLE)
    with any_city.work(admin) as work:
        acts = [(e.action, e.thing) for e in audit.entries(work)]
        assert acts == [("publish", "parking@1"), ("describe", "parking")]
        assert audit.first_break(work) is None
        work.db.exec_driver_sql("UPDATE audit SET actor = 'mallory' WHERE seq = 1")
        assert audit.first_break(work) == 1


def test_a_publication_writes_one_fact_that_one_worker_gets(any_city, admin):
    put(any_city, admin, TABLE)
    with any_city.work(admin) as work:
        (leased,) = outbox.lease(work.db, work.now)
        assert leased.fact.dataset == "parking"
        assert outbox.lease(work.db, work.now) == []
        outbox.finish(work.db, leased.seq, work.now)


def test_uses_are_counted_once_per_double_click(any_city, admin):
    put(any_city, admin, TABLE)
    from citycommons.store import usage

    for _ in range(2):
        with any_city.work(ANYONE, asker=Asker("abc", "Mozilla/5.0 Firefox/130")) as work:
            door.open(work, PARKING.id)
    with any_city.work(ANYONE, asker=Asker("xyz", "Mozilla/5.0 Firefox/130")) as work:
        door.open(work, PARKING.id)
    any_city.usage.flush()
    with any_city.work(admin) as work:
        assert [u.count for u in usage.uses(work.db)] == [2]


def test_a_lost_file_is_no_version(any_city, admin):
    prepared = prepare(any_city.lake, PARKING, TABLE)
    any_city.lake.path(prepared.file).unlink()
    with any_city.work(admin) as work, pytest.raises(NotFound, match="missing"):
        publish(work, PARKING, prepared)
    with any_city.work(admin) as work:
        assert catalogue.versions(work.db, PARKING.id) == []


def test_faults_are_kept_with_the_version(any_city, admin):
    fault = Fault(rule="type", message="no number", line=7, column="free", value="x")
    report = Report(faults=(fault,), summary=(fault,), rejected=0)
    prepared = prepare(any_city.lake, PARKING, TABLE, report)
    with any_city.work(admin) as work:
        version = publish(work, PARKING, prepared).version
    assert version.report is not None
    kept = pq.read_table(any_city.lake.path(version.report)).to_pylist()
    assert kept[0]["line"] == 7
    assert kept[0]["value"] == "x"


def test_an_unknown_licence_and_a_missing_title_are_named(any_city, admin):
    with any_city.work(admin) as work, pytest.raises(Invalid, match="“best” is not known"):
        describe(work, replace(PARKING, license="best"))
    with any_city.work(admin) as work, pytest.raises(Invalid, match="title"):
        describe(work, replace(PARKING, title={}))


def test_a_narrow_number_becomes_the_type_its_field_says(city, admin):
    table = pa.table({"name": ["a"], "free": pa.array([3], pa.int16())})
    version = put(city, admin, table).version
    assert pq.read_schema(city.lake.path(version.file)).field("free").type == pa.int64()


def test_personal_data_are_not_released_by_calling_them_something_else(any_city, admin):
    personal = replace(PARKING, category=Category.PERSONAL, access=Access.INTERNAL)
    put(any_city, admin, TABLE, personal)
    for access in (Access.INTERNAL, Access.PUBLIC):
        renamed = replace(personal, category=Category.ENVIRONMENTAL, access=access)
        with any_city.work(admin) as work, pytest.raises(Forbidden, match="protection officer"):
            describe(work, renamed)
    with any_city.work(ANYONE) as work, pytest.raises(NotFound):
        door.open(work, PARKING.id)


def test_who_may_publish_is_read_from_the_catalogue_not_from_the_caller(any_city, admin):
    put(any_city, admin, TABLE)
    other = Publisher(id=PublisherId("parks"), name="Parks")
    with any_city.work(admin) as work:
        catalogue.save_publisher(work.db, other)
    grants = (Grant(role=Role.DATA_OFFICER, publisher=other.id),)
    stranger = replace(admin, id=ActorId("eva"), grants=grants)
    with pytest.raises(Forbidden):
        put(any_city, stranger, TABLE.slice(0, 1), replace(PARKING, publisher=other.id))
