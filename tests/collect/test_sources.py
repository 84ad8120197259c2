"""The registry of sources: who may say what, what is refused, and what nobody ever sees."""

from dataclasses import replace
from datetime import timedelta

import pytest

from citycommons.collect import sources
from citycommons.collect.connect import connect
from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound
from citycommons.core.types import (
    SYSTEM,
    Actor,
    ActorId,
    Dataset,
    DatasetId,
    Grant,
    Health,
    Mode,
    PublisherId,
    Role,
    Run,
    Source,
    SourceId,
)
from citycommons.govern import audit
from citycommons.store import catalogue
from citycommons.store import sources as rows

COUNTS = Source(
    id=SourceId("counts"),
    title="Counts",
    connector="web",
    options={"url": "https://example.org/counts.csv"},
    publisher=PublisherId("roads"),
    owner=ActorId("admin"),
    dataset=DatasetId("counts"),
    every="P1D",
)
STRANGER = Actor(
    id=ActorId("sam"),
    name="Sam",
    grants=(Grant(role=Role.DATA_OFFICER, publisher=PublisherId("parks")),),
)


def test_a_saved_source_is_found_and_runs_at_once(city, admin):
    with city.work(admin) as work:
        saved = sources.save(work, COUNTS)
        assert saved.created == work.now
        one = sources.get(work, COUNTS.id)
        assert (one.source, one.health, one.next_run) == (saved, Health.NEW, work.now)
        assert sources.find(work) == (one,)
        said = [entry.action for entry in audit.entries(work)]
        assert said == ["save-source"]


def test_a_source_without_an_interval_waits_for_a_word(city, admin):
    with city.work(admin) as work:
        sources.save(work, replace(COUNTS, every=""))
        assert sources.get(work, COUNTS.id).next_run is None
        assert sources.run_now(work, COUNTS.id).next_run == work.now


def test_saving_again_does_not_set_it_off(city, admin):
    with city.work(admin) as work:
        sources.save(work, COUNTS)
        rows.set_next(work.db, COUNTS.id, work.now + timedelta(hours=3))
        sources.save(work, replace(COUNTS, title="Cycle counts"))
        assert sources.get(work, COUNTS.id).next_run == work.now + timedelta(hours=3)


def test_others_cannot_see_or_touch_it(city, admin):
    with city.work(admin) as work:
        sources.save(work, COUNTS)
    with city.work(STRANGER) as work:
        assert sources.find(work) == ()
        for act in (sources.get, sources.runs, sources.pause, sources.run_now, sources.remove):
            with pytest.raises(Forbidden):
                act(work, COUNTS.id)
        with pytest.raises(Forbidden):
            sources.save(work, COUNTS)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"title": " "}, "title"),
        ({"every": "daily"}, "every"),
        ({"every": "PT5S"}, "every"),
        ({"every": "PT1H", "offset": "PT2H"}, "offset"),
        ({"dataset": None}, "dataset"),
        ({"options": {"uri": "https://example.org"}}, "uri"),
        ({"options": {}}, "url"),
        ({"options": {"url": "https://example.org", "parts": 3}}, "parts"),
        ({"options": {"url": {"secret": "metro"}}}, "url"),
        ({"options": {"url": "https://ada:secret@example.org"}}, "url"),
        ({"options": {"url": "https://e.org", "headers": {"Authorization": "x"}}}, "headers"),
        ({"options": {"url": "https://e.org", "headers": {"A": {"secret": "a b"}}}}, "headers"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(city, admin, change, column):
    with city.work(admin) as work, pytest.raises(Invalid) as told:
        sources.save(work, replace(COUNTS, **change))
    assert told.value.where["column"] == column


def test_a_secret_is_named_and_never_stored(city, admin):
    header = {"Authorization": {"secret": "counts_token"}}
    with city.work(admin) as work:
        sources.save(work, replace(COUNTS, options=dict(COUNTS.options, headers=header)))
        assert sources.get(work, COUNTS.id).source.options["headers"] == header


def test_the_dataset_of_another_publisher_is_refused(city, admin):
    parks = PublisherId("parks")
    with city.work(admin) as work:
        catalogue.save_publisher(
            work.db, catalogue.publishers(work.db)[0].__class__(id=parks, name="Parks")
        )
        theirs = Dataset(
            id=DatasetId("counts"),
            title={"en": "C"},
            publisher=parks,
            license="CC0-1.0",
            modified=work.now,
        )
        catalogue.save_dataset(work.db, theirs)
        with pytest.raises(Invalid, match="parks, not of roads"):
            sources.save(work, COUNTS)
        catalogue.save_dataset(work.db, replace(theirs, publisher=PublisherId("roads")))
        with pytest.raises(Invalid, match="has no key"):
            sources.save(work, replace(COUNTS, mode=Mode.UPSERT))


def test_a_paused_source_rests_and_its_run_stops(city, admin):
    with city.work(admin) as work:
        sources.save(work, COUNTS)
        lease = rows.lease(work.db, work.now, seconds=60)
        assert sources.get(work, COUNTS.id).health is Health.RUNNING
        assert sources.pause(work, COUNTS.id).health is Health.PAUSED
        assert not rows.is_due(work.db, work.now)
        held = (lease.run.id, lease.until)
        assert rows.beat(work.db, COUNTS.id, *held, now=work.now, seconds=60) is None
        assert "Paused by Ada" in sources.runs(work, COUNTS.id)[0].message
        with pytest.raises(Conflict):
            sources.run_now(work, COUNTS.id)
        assert sources.resume(work, COUNTS.id).next_run == work.now
        with pytest.raises(Conflict):
            sources.resume(work, COUNTS.id)


def test_a_removed_source_is_gone_and_can_be_added_again(city, admin):
    with city.work(admin) as work:
        sources.save(work, COUNTS)
        sources.remove(work, COUNTS.id)
        with pytest.raises(NotFound):
            sources.get(work, COUNTS.id)
        assert sources.find(work) == ()
        sources.save(work, COUNTS)
        assert sources.get(work, COUNTS.id).health is Health.NEW


def test_a_confirmation_holds_until_it_is_used(city, admin):
    with city.work(admin) as work:
        sources.save(work, COUNTS)
        assert not sources.is_confirmed(work, COUNTS.id)
        sources.run_now(work, COUNTS.id, confirm=True)
        assert sources.is_confirmed(work, COUNTS.id)
        sources.forget_confirmation(work, COUNTS.id)
        assert not sources.is_confirmed(work, COUNTS.id)


@pytest.mark.parametrize(
    ("failures", "days", "outcome", "health"),
    [
        (0, 0, "done", Health.GOOD),
        (0, 0, "held", Health.HELD),
        (1, 0, "failed", Health.FAILING),
        (3, 8, "failed", Health.DEAD),
        (10, 0, "failed", Health.DEAD),
    ],
)
def test_health_follows_the_last_run(now, failures, days, outcome, health):
    state = rows.State(
        source=COUNTS,
        failures=failures,
        failing_since=now - timedelta(days=days) if failures else None,
    )
    last = Run(id=1, source=COUNTS.id, started=now, ended=now, outcome=outcome)
    assert sources.health_of(state, last, now) is health


OFFICER = Actor(
    id=ActorId("rosa"),
    name="Rosa",
    grants=(Grant(role=Role.DATA_MANAGER, publisher=PublisherId("roads")),),
)


def of_folder(folder, **more):
    return replace(COUNTS, connector="folder", options={"folder": str(folder), **more})


def read(city, source):
    """What the folders lent to the saved source let it read."""
    with city.work(SYSTEM) as work:
        trusted = sources.is_trusted(work, source)
    found = connect(
        source.connector,
        source.options,
        city.settings,
        publisher=source.publisher,
        is_trusted=trusted,
    )
    return [parcel.name for parcel in found.fetch()]


@pytest.fixture
def folders(city, tmp_path):
    """Own, another publisher's, and one that the setting names; a file in each."""
    share = tmp_path / "share"
    inbox = city.settings.home / "inbox"
    city.settings = city.settings.model_copy(update={"folders": (share,)})
    for folder in (own := inbox / "roads", other := inbox / "parks", share):
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text("a\n1\n")
    return own, other, share


def test_a_publisher_reads_its_own_inbox_and_no_other(city, folders):
    own, other, share = folders
    mine = of_folder(own, settle_s=0)
    with city.work(OFFICER) as work:
        sources.save(work, mine)
    assert read(city, mine) == ["a.csv"]
    (own / "link").symlink_to(other)
    for closed in (other, share, own.parent, own / ".." / "parks", own / "link"):
        with city.work(OFFICER) as work, pytest.raises(Forbidden, match="may not be read"):
            sources.save(work, of_folder(closed, settle_s=0))
        with pytest.raises(Forbidden, match="may not be read"):
            read(city, of_folder(closed, settle_s=0))


def test_who_answers_for_the_city_lets_a_source_read_more_until_it_changes(city, admin, folders):
    _, other, share = folders
    wide = of_folder(share, settle_s=0)
    with city.work(admin) as work:
        sources.save(work, wide)
    assert read(city, wide) == ["a.csv"]
    with city.work(OFFICER) as work:
        sources.save(work, replace(wide, title="Counts, daily"))  # goes where it went
    assert read(city, wide) == ["a.csv"]
    changes = (of_folder(other, settle_s=0), of_folder(share, settle_s=0, pattern="b*"))
    for changed in changes:
        with city.work(OFFICER) as work, pytest.raises(Forbidden, match="may not be read"):
            sources.save(work, changed)
    with city.work(OFFICER) as work:
        sources.remove(work, wide.id)
    with city.work(OFFICER) as work, pytest.raises(Forbidden, match="may not be read"):
        sources.save(work, wide)


def test_a_database_file_of_others_is_closed_too(city, admin, folders):
    _, other, _ = folders
    sql = replace(
        COUNTS, connector="sql", options={"url": f"sqlite:///{other / 'pay.db'}", "table": "pay"}
    )
    with city.work(OFFICER) as work, pytest.raises(Forbidden, match="may not be read"):
        sources.save(work, sql)
    with city.work(OFFICER) as work:
        sources.save(work, replace(sql, options={"url": "sqlite:///own.db", "table": "pay"}))
    with city.work(admin) as work:
        sources.save(work, sql)
