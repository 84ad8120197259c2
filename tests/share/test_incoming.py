"""Tables arrive by themselves: published when sure, held when not, never lost and never twice."""

from dataclasses import replace
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from tests.share.sources import TABLE, Clock, add, go, offer

from citycommons.collect import sources as registry
from citycommons.core.errors import Unavailable
from citycommons.core.types import (
    Access,
    Category,
    Dataset,
    DatasetId,
    Field,
    FieldRole,
    FieldType,
    Health,
    Mode,
    Plan,
    Policy,
    PublisherId,
    Rule,
    SourceId,
)
from citycommons.share import arrive, drafts, holding, incoming, publish
from citycommons.store import catalogue, plans, sources

ENTRY = Dataset(
    id=DatasetId("trees"),
    title={"en": "Trees"},
    publisher=PublisherId("roads"),
    license="CC0-1.0",
    key=("id",),
)


@pytest.fixture
def offered(monkeypatch):
    return offer(monkeypatch)


@pytest.fixture
def clock(any_city, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(any_city, "clock", clock)
    return clock


@pytest.fixture
def described(any_city, admin, clock, offered):
    """A city whose dataset of trees is described, and a source that brings its versions."""
    describe(any_city, admin, ENTRY)
    add(any_city, admin, TABLE)
    return any_city


def describe(city, admin, entry):
    with city.work(admin) as work:
        publish.describe(work, entry)


def trees(*numbers, start=0):
    rows = "".join(f"{n};Oak {n};{n},5\n" for n in (numbers or range(start, start + 30)))
    return f"id;species;height_m\n{rows}"


def latest(city, admin, id="trees"):
    with city.work(admin, may_write=False) as work:
        return catalogue.version(work.db, DatasetId(id))


def versions(city, admin, id="trees"):
    with city.work(admin, may_write=False) as work:
        return catalogue.versions(work.db, DatasetId(id))


def column(city, admin, name, id="trees"):
    return pq.read_table(city.lake.path(latest(city, admin, id).file)).column(name).to_pylist()


def test_a_delivery_becomes_the_next_version_and_the_same_makes_none(
    described, admin, offered, clock
):
    offered["trees.csv"] = trees()
    run = go(described, admin, "trees")
    assert (run.outcome, run.counts["new"], run.counts["rows"]) == ("done", 1, 30)
    version = latest(described, admin)
    assert (version.number, version.rows, version.created_by) == (1, 30, "source:trees")
    assert version.provenance.origin == "file:trees.csv"
    clock.on(days=1)
    assert go(described, admin, "trees").message == "Nothing new: the content is as it was."
    offered["trees.csv"] = trees(start=1)
    clock.on(days=1)
    assert go(described, admin, "trees").counts["new"] == 1
    assert latest(described, admin).number == 2


def test_the_same_rows_in_other_bytes_make_no_version(described, admin, offered, clock):
    offered["trees.csv"] = trees()
    go(described, admin, "trees")
    offered["trees.csv"] = trees().replace(";", ",").replace(",5\n", ".5\n")
    run = go(described, admin, "trees")
    assert (run.outcome, run.counts["same"]) == ("done", 1)
    assert len(versions(described, admin)) == 1


def test_unchanged_bytes_are_not_read_again_and_leave_a_hand_made_version_alone(
    described, admin, offered, clock, monkeypatch
):
    offered["trees.csv"] = trees()
    go(described, admin, "trees")
    draft = drafts.start(
        described, admin, [trees(*range(40)).encode()], name="better.csv", replaces=ENTRY.id
    )
    assert drafts.publish(described, admin, draft.id).version.number == 2
    monkeypatch.setattr(incoming.reader, "standardised", lambda *_, **__: pytest.fail("read"))
    assert go(described, admin, "trees").counts["same"] == 1
    assert latest(described, admin).number == 2


def test_the_first_delivery_of_an_undescribed_dataset_waits_for_its_owner(
    any_city, admin, clock, offered
):
    add(any_city, admin, TABLE)
    offered["trees.csv"] = trees()
    run = go(any_city, admin, "trees")
    assert run.outcome == "held"
    assert "not described yet" in run.message
    [draft] = drafts.waiting(any_city, owner=admin.id)
    assert (draft.source, draft.dataset.id, draft.file_name) == ("trees", "trees", "trees.csv")
    clock.on(days=1)
    assert go(any_city, admin, "trees").outcome == "held"
    assert [one.id for one in drafts.waiting(any_city)] == [draft.id]
    with any_city.work(admin, may_write=False) as work:
        assert registry.get(work, TABLE.id).health is Health.HELD


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (trees().replace("species", "kind"), "“species” is gone and “kind” is new"),
        (
            "id;species;height_m\n" + "".join(f"{n};Oak;tall {n}\n" for n in range(30)),
            "“height_m” are of another type",
        ),
        (trees().replace("species", "a").replace("Oak", "Z"), "“species” is not there any more"),
        (
            "id;species;height_m\n" + "".join(f"{n};Oak {n};{n}50\n" for n in range(30)),
            "Has the unit changed?",
        ),
        (trees(*range(12)), "more than half are gone"),
        ("id;species;height_m\n", "more than half are gone"),
    ],
)
def test_a_doubtful_delivery_waits_and_nothing_is_published(
    described, admin, offered, clock, text, why
):
    offered["trees.csv"] = trees()
    go(described, admin, "trees")
    before = latest(described, admin)
    offered["trees.csv"] = text
    run = go(described, admin, "trees")
    assert run.outcome == "held", run.message
    assert why in run.message
    assert latest(described, admin) == before
    [draft] = drafts.waiting(described, owner=admin.id)
    assert draft.replaces == ENTRY.id
    assert why in draft.waits_for


def test_a_new_column_about_persons_waits(described, admin, offered, clock):
    mail = Field(name="email", type=FieldType.STRING, role=FieldRole.PERSON)
    with described.work(admin) as work:
        plan = Plan(fields=(mail,))
        plans.save(work.db, plans.of_dataset(ENTRY.id), plan, by=admin.id, now=clock.now)
    offered["trees.csv"] = (
        trees()
        .replace("\n", ";a@example.org\n")
        .replace("height_m;a@example.org", "height_m;email")
    )
    run = go(described, admin, "trees")
    assert run.outcome == "held", run.message
    assert "“email” looks like something about persons" in run.message
    describe(described, admin, replace(ENTRY, access=Access.INTERNAL))
    assert go(described, admin, "trees").outcome == "done"


def test_a_few_misfits_do_not_hold_a_delivery(described, admin, offered, clock):
    offered["trees.csv"] = trees()
    go(described, admin, "trees")
    offered["trees.csv"] = trees().replace("7;Oak 7;7,5", "7;Oak 7;7m5x")
    run = go(described, admin, "trees")
    assert (run.outcome, run.counts["new"]) == ("done", 1)
    assert sum(fault.count for fault in latest(described, admin).faults) == 1


def test_a_column_keeps_its_type_when_a_delivery_looks_otherwise(described, admin, offered, clock):
    offered["trees.csv"] = trees()
    go(described, admin, "trees")
    offered["trees.csv"] = trees().replace(",5\n", "\n")
    assert go(described, admin, "trees").outcome == "done"
    types = {field.name: field.type for field in latest(described, admin).fields}
    assert types["height_m"] is FieldType.NUMBER


def test_a_rule_can_make_a_delivery_wait(described, admin, offered, clock):
    rule = Rule(kind="required", columns=("species",), policy=Policy.REJECT_DELIVERY)
    describe(described, admin, replace(ENTRY, rules=(rule,)))
    offered["trees.csv"] = trees().replace("Oak 3;", ";")
    run = go(described, admin, "trees")
    assert run.outcome == "held", run
    assert "A rule of the dataset" in run.message


def test_a_question_about_positions_is_asked_never_guessed(described, admin, offered, clock):
    rows = "".join(f"{n};{1500000 + n};{5030000 + n}\n" for n in range(30))
    offered["trees.csv"] = f"id;x;y\n{rows}"
    run = go(described, admin, "trees")
    assert run.outcome == "held", run
    assert "A question is open" in run.message


def test_what_was_held_and_published_by_hand_counts_as_taken(described, admin, offered, clock):
    offered["trees.csv"] = (trees(), "2026-03-30")
    go(described, admin, "trees")
    offered["trees.csv"] = (trees(1, 2, 3), "2026-03-31")
    assert go(described, admin, "trees").outcome == "held"
    [draft] = drafts.waiting(described)
    assert cursor(described, admin) == "2026-03-30"
    drafts.publish(described, admin, draft.id)
    run = go(described, admin, "trees")
    assert run.outcome == "done"
    assert cursor(described, admin) == "2026-03-31"
    assert len(versions(described, admin)) == 2


def test_what_its_owner_discarded_is_not_held_again(described, admin, offered, clock):
    offered["trees.csv"] = trees()
    go(described, admin, "trees")
    offered["trees.csv"] = trees(1, 2)
    go(described, admin, "trees")
    [draft] = drafts.waiting(described)
    drafts.discard(described, admin, draft.id)
    assert go(described, admin, "trees").outcome == "done"
    assert drafts.waiting(described) == []
    offered["trees.csv"] = trees(1, 2, 3)
    assert go(described, admin, "trees").outcome == "held"


def cursor(city, admin):
    with city.work(admin, may_write=False) as work:
        return sources.get(work.db, TABLE.id).since


def test_appended_rows_come_after_the_others_and_only_once(described, admin, offered, clock):
    add(described, admin, replace(TABLE, mode=Mode.APPEND))
    offered["a.csv"] = (trees(1, 2), "2026-03-01")
    go(described, admin, "trees")
    offered["b.csv"] = (trees(3), "2026-03-02")
    run = go(described, admin, "trees")
    assert run.counts["parcels"] == 1
    assert column(described, admin, "id") == [1, 2, 3]
    assert cursor(described, admin) == "2026-03-02"
    # A source that forgets what it was asked for brings all again.
    with described.work(admin) as work:
        sources.set_since(work.db, TABLE.id, "")
    assert go(described, admin, "trees").counts["same"] == 1
    assert column(described, admin, "id") == [1, 2, 3]


def test_rows_with_the_same_key_are_replaced(described, admin, offered, clock):
    add(described, admin, replace(TABLE, mode=Mode.UPSERT))
    offered["a.csv"] = trees(1, 2, 3)
    go(described, admin, "trees")
    offered.clear()
    offered["b.csv"] = "id;species;height_m\n2;Lime;9,0\n2;Elm;8,5\n9;Ash;1,0\n"
    assert go(described, admin, "trees").outcome == "done"
    found = dict(
        zip(column(described, admin, "id"), column(described, admin, "species"), strict=True)
    )
    assert found == {1: "Oak 1", 2: "Elm", 3: "Oak 3", 9: "Ash"}


def test_held_rows_wait_together_with_those_that_are_there(described, admin, offered, clock):
    add(described, admin, replace(TABLE, mode=Mode.APPEND))
    offered["a.csv"] = (trees(*range(30)), "1")
    go(described, admin, "trees")
    offered["b.csv"] = ("id;height_m\n31;3,5\n", "2")
    assert go(described, admin, "trees").outcome == "held"
    [draft] = drafts.waiting(described)
    drafts.publish(described, admin, draft.id)
    assert sorted(column(described, admin, "id")) == [*range(30), 31]
    go(described, admin, "trees")
    assert sorted(column(described, admin, "id")) == [*range(30), 31]
    assert cursor(described, admin) == "2"


def test_parts_are_datasets_of_their_own(described, admin, offered, clock):
    for part in ("stops", "routes"):
        describe(described, admin, replace(ENTRY, id=DatasetId(f"trees-{part}"), key=()))
    offered["stops/a.csv"] = trees(1, 2)
    offered["stops/b.csv"] = trees(3)
    offered["routes/a.csv"] = trees(4)
    run = go(described, admin, "trees")
    assert (run.outcome, run.counts["new"]) == ("done", 2)
    assert latest(described, admin, "trees-stops").rows == 3
    assert latest(described, admin, "trees-routes").rows == 1


def test_a_new_part_of_what_is_described_is_described_like_it(described, admin, offered, clock):
    offered["stops/a.csv"] = trees(1, 2)
    assert go(described, admin, "trees").outcome == "done"
    with described.work(admin, may_write=False) as work:
        entry = catalogue.dataset(work.db, DatasetId("trees-stops"))
    assert (entry.title, entry.license) == ({"en": "Trees: stops"}, "CC0-1.0")
    assert latest(described, admin, "trees-stops").rows == 2


def test_of_parts_that_belong_together_none_is_published_alone(described, admin, offered, clock):
    add(described, admin, replace(TABLE, mode=Mode.APPEND))
    offered["stops/a.csv"] = (trees(1, 2), "1")
    offered["routes/a.csv"] = ("x;y\n1500000;5030000\n1500001;5030001\n", "1")
    run = go(described, admin, "trees")
    assert (run.outcome, run.counts["held"]) == ("held", 2)
    assert latest(described, admin, "trees-stops") is None
    assert cursor(described, admin) == ""


def test_personal_data_stay_internal_whatever_arrives(described, admin, offered, clock):
    entry = replace(ENTRY, category=Category.PERSONAL, access=Access.INTERNAL)
    describe(described, admin, entry)
    with described.work(admin) as work:  # as a mistake would leave it
        catalogue.save_dataset(work.db, replace(entry, access=Access.PUBLIC, modified=clock.now))
    offered["trees.csv"] = trees()
    run = go(described, admin, "trees")
    assert run.outcome == "failed"
    assert "personal data" in run.message
    assert latest(described, admin) is None


def test_a_source_publishes_for_its_publisher_only(described, admin, offered, clock):
    actor = holding.actor_of(TABLE)
    assert [grant.publisher for grant in actor.grants] == ["roads"]
    offered["trees.csv"] = trees()
    with described.work(admin) as work:
        parks = replace(catalogue.publisher(work.db, PublisherId("roads")), id=PublisherId("parks"))
        catalogue.save_publisher(work.db, parks)
        catalogue.save_dataset(work.db, replace(ENTRY, publisher=parks.id, modified=clock.now))
    run = go(described, admin, "trees")
    assert run.outcome == "failed"
    assert "may not" in run.message


def test_nothing_moves_when_the_lease_is_lost_before_publishing(
    described, admin, offered, clock, monkeypatch
):
    offered["trees.csv"] = (trees(), "2026-03-31")
    prepare = publish.prepare

    def slow(*words, **more):
        clock.on(seconds=holding.LEASE_S + 1)
        with described.work(admin) as work:
            assert sources.lease(work.db, work.now, seconds=60)
        return prepare(*words, **more)

    monkeypatch.setattr(incoming.publish, "prepare", slow)
    with pytest.raises(arrive.Conflict):
        go(described, admin, "trees")
    assert latest(described, admin) is None
    assert cursor(described, admin) == ""


def test_failures_are_tried_again_later_and_later(described, admin, offered, clock):
    offered["trees.csv"] = Unavailable("It rains.", url="https://o.example", retry_after=7200.0)
    pauses = []
    for _ in range(10):
        run = arrive.run_due(described)
        assert run.outcome == "failed"
        with described.work(admin, may_write=False) as work:
            one = registry.get(work, TABLE.id)
        pauses.append(one.next_run - clock.now)
        clock.now = one.next_run
    assert min(pauses) == timedelta(hours=2)
    assert pauses[-1] == timedelta(seconds=60 * 2**9)
    assert one.health is Health.DEAD
    offered["trees.csv"] = trees()
    assert arrive.run_due(described).outcome == "done"
    with described.work(admin, may_write=False) as work:
        one = registry.get(work, TABLE.id)
    assert (one.health, one.failures, one.failing_since) == (Health.GOOD, 0, None)


def test_a_host_that_wants_rest_is_left_alone_by_all_its_sources(
    described, admin, offered, clock, monkeypatch
):
    other = replace(
        TABLE,
        id=SourceId("other"),
        connector="web",
        options={"url": "https://o.example/a.csv"},
    )
    offered["trees.csv"] = Unavailable("Later.", url="https://o.example/x", retry_after=3600.0)
    arrive.run_due(described)
    add(described, admin, other)
    assert arrive.run_due(described) is None
    with described.work(admin, may_write=False) as work:
        one = registry.get(work, other.id)
    assert one.next_run == clock.now + timedelta(hours=1)
    assert one.last is None


def test_a_source_runs_once_for_all_that_was_missed(described, admin, offered, clock):
    add(described, admin, replace(TABLE, every="PT1H"))
    offered["trees.csv"] = trees()
    assert arrive.run_due(described).outcome == "done"
    clock.on(days=3)
    assert arrive.run_due(described) is not None
    assert arrive.run_due(described) is None
