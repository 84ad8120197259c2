"""A draft keeps an upload safe until it is a version; nobody else sees it, nothing gets lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMuch
from citycommons.core.types import (
    Access,
    Actor,
    ActorId,
    Category,
    DatasetId,
    Field,
    FieldRole,
    FieldType,
    Grant,
    PublisherId,
    Role,
)
from citycommons.share import drafts
from citycommons.share import open as door
from citycommons.share.drafts import DriftKind, keep
from citycommons.share.publish import describe, withdraw
from citycommons.store import catalogue

MARCH = "Name;Plätze;Geöffnet\nTheater;100;2026-03-01\nDom;viele;2026-03-01\nPort;90;2026-02-31\n"
APRIL = "Name;Plätze;Geöffnet\nTheater;120;2026-04-01\nBahnhof;300;2026-04-01\nPort;90;2026-02-28\n"


def steward(id: str = "stella", role: Role = Role.DATA_MANAGER) -> Actor:
    grants = (Grant(role=role, publisher=PublisherId("roads")),)
    return Actor(id=ActorId(id), name=id.title(), grants=grants)


def drop(city, text, actor=None, **more):
    return drafts.start(
        city, actor or steward(), [text.encode()], name=more.pop("name", "plätze.csv"), **more
    )


def said(draft, **changed):
    given = {
        "id": DatasetId("car-parks"),
        "title": {"en": "Car parks"},
        "license": "CC0-1.0",
        "key": ("Name",),
    }
    return replace(draft.dataset, **{**given, **changed})


def finish(city, draft, actor=None, **changed):
    actor = actor or steward()
    for step in ("describe", "license"):
        drafts.describe(city, actor, draft.id, said(draft, **changed), step=step)
    return drafts.publish(city, actor, draft.id)


NUMBERS = [
    Field(name="Plätze", type=FieldType.INTEGER, role=FieldRole.MEASURE, unit="1"),
    Field(name="Geöffnet", type=FieldType.DATE, role=FieldRole.TIME),
]


def test_a_dropped_file_shows_its_rows_fields_and_faults_by_place(city):
    draft = drop(city, MARCH)
    drafts.correct(city, steward(), draft.id, NUMBERS)
    _, reading = drafts.read(city, steward(), draft.id)
    assert [field.type.value for field in reading.fields] == ["string", "integer", "date"]
    assert reading.rows == 3
    found = {(f.line, f.column, f.value) for f in reading.faults()}
    assert found == {(3, "Plätze", "viele"), (4, "Geöffnet", "2026-02-31")}
    assert reading.faults(column="Plätze")[0].line == 3
    assert reading.faults(offset=1, limit=5)[0].line == 4
    head = reading.head(keep.folder_of(city, steward(), draft.id))
    assert head.column("Plätze").to_pylist() == [100, None, 90]


def test_a_correction_reads_the_column_as_said_and_stays(city):
    draft = drop(city, "Nr;Name\n1;a\n2;b\n")
    _, reading = drafts.read(city, steward(), draft.id)
    assert reading.fields[0].type is FieldType.INTEGER
    asked = Field(name="Nr", type=FieldType.STRING, role=FieldRole.IDENTIFIER, title={"en": "No"})
    drafts.correct(city, steward(), draft.id, [asked])
    _, reading = drafts.read(city, steward(), draft.id)
    assert reading.fields[0].type is FieldType.STRING
    assert reading.fields[0].title == {"en": "No"}


def test_a_draft_becomes_version_1_with_its_description_and_origin(city):
    published = finish(city, drop(city, MARCH))
    assert published.is_new
    assert (published.version.number, published.version.rows) == (1, 3)
    assert published.version.provenance.origin == "plätze.csv"
    assert drafts.mine(city, steward()) == []
    with city.work(steward()) as work:
        assert catalogue.dataset(work.db, DatasetId("car-parks")).title == {"en": "Car parks"}
        assert door.open(work, DatasetId("car-parks")).version.rows == 3


def test_next_month_the_description_is_there_and_drift_and_changed_rows_are_told(city):
    first = drop(city, "Name;Plätze;Ort\nTheater;100;A\nDom;50;B\nPort;90;C\n")
    finish(city, first)
    second = drop(
        city,
        "Name;Plätze;Tor\nTheater;10x;1\nPort;90;2\nBahnhof;3;2\n",
        replaces=DatasetId("car-parks"),
    )
    assert second.dataset.title == {"en": "Car parks"}
    assert second.is_described
    assert second.is_licensed
    waiting = drafts.ready(city, steward(), second.id)
    assert {(d.kind, d.column) for d in waiting.reading.drift} >= {
        (DriftKind.GONE, "Ort"),
        (DriftKind.NEW, "Tor"),
    }
    # Plätze keeps the type that readers know; what does not fit is told.
    assert {f.name: f.type for f in waiting.reading.fields}["Plätze"] is FieldType.INTEGER
    assert [f.value for f in waiting.reading.faults(column="Plätze")] == ["10x"]
    assert waiting.number == 2
    changes = waiting.changes
    assert (changes.added, changes.removed, changes.changed, changes.unchanged) == (1, 1, 1, 1)


def test_without_a_key_rows_are_compared_as_a_whole(city):
    finish(city, drop(city, "a;b\n1;x\n1;x\n2;y\n"), key=())
    again = drop(city, "a;b\n1;x\n3;z\n", replaces=DatasetId("car-parks"))
    changes = drafts.ready(city, steward(), again.id).changes
    assert (changes.added, changes.removed, changes.changed, changes.unchanged) == (1, 2, 0, 1)


def test_the_same_content_again_makes_no_version(city):
    finish(city, drop(city, APRIL))
    again = drop(city, APRIL, replaces=DatasetId("car-parks"))
    assert drafts.ready(city, steward(), again.id).is_same
    assert not drafts.publish(city, steward(), again.id).is_new


def test_two_who_replace_the_same_file_are_told_and_the_second_loses_nothing(city):
    finish(city, drop(city, MARCH))
    one = drop(city, APRIL, replaces=DatasetId("car-parks"))
    other = steward("otto")
    two = drop(city, "Name;Plätze;Geöffnet\nDom;7;2026-04-01\n", other, replaces="car-parks")
    drafts.describe(city, other, two.id, replace(two.dataset, steward="Otto"), step="describe")
    drafts.publish(city, steward(), one.id)
    with pytest.raises(Conflict, match="version 2"):
        drafts.publish(city, other, two.id)
    drafts.catch_up(city, other, two.id)
    published = drafts.publish(city, other, two.id)
    assert published.version.number == 3
    with city.work(other) as work:
        assert catalogue.dataset(work.db, DatasetId("car-parks")).steward == "Otto"


def test_a_description_that_somebody_changed_meanwhile_is_not_undone(city):
    finish(city, drop(city, MARCH))
    draft = drop(city, APRIL, replaces=DatasetId("car-parks"))
    with city.work(steward("otto")) as work:
        there = catalogue.dataset(work.db, DatasetId("car-parks"))
        describe(work, replace(there, place="Old town"))
    with pytest.raises(Conflict, match="description"):
        drafts.publish(city, steward(), draft.id)
    drafts.catch_up(city, steward(), draft.id)
    assert drafts.get(city, steward(), draft.id).dataset.place == "Old town"
    assert drafts.publish(city, steward(), draft.id).version.number == 2


def test_an_address_that_is_taken_is_told_and_the_draft_stays(city):
    finish(city, drop(city, MARCH))
    second = drop(city, APRIL)
    with pytest.raises(Conflict, match="another address"):
        finish(city, second)
    assert [d.id for d in drafts.mine(city, steward())] == [second.id]


def test_nobody_else_sees_a_draft_not_even_an_administrator(city, admin):
    draft = drop(city, MARCH)
    for other in (admin, steward("otto")):
        assert drafts.mine(city, other) == []
        with pytest.raises(NotFound):
            drafts.get(city, other, draft.id)
        with pytest.raises(NotFound):
            drafts.publish(city, other, draft.id)
        with pytest.raises(NotFound):
            drafts.discard(city, other, draft.id)


@pytest.mark.parametrize("id", ["", "..", "../../etc", "x" * 32, "A" * 32, "0" * 32])
def test_an_id_that_is_none_finds_nothing(city, id):
    with pytest.raises(NotFound):
        drafts.get(city, steward(), id)


@pytest.mark.parametrize("role", [Role.READER, Role.DATA_PROTECTION_OFFICER])
def test_who_may_not_publish_may_not_upload(city, role):
    with pytest.raises(Forbidden):
        drop(city, MARCH, steward(role=role))
    assert list((city.settings.home / "drafts").glob("*")) == []


def test_a_file_beyond_the_limit_leaves_nothing(city):
    def endless():
        while True:
            yield b"x" * 1_000_000

    small = city.settings.model_copy(update={"upload_limit_mb": 3})
    city.settings = small
    with pytest.raises(TooMuch, match="3 MB"):
        drafts.start(city, steward(), endless(), name="big.csv")
    assert list((city.settings.home / "drafts").glob("*")) == []


def test_an_empty_file_is_refused(city):
    with pytest.raises(Invalid, match="empty"):
        drop(city, "")


def test_a_picture_is_refused_with_what_it_is_and_can_be_discarded(city):
    draft = drafts.start(city, steward(), [b"\x89PNG\r\n\x1a\n" + b"\0" * 100], name="plan.png")
    with pytest.raises(Invalid):
        drafts.read(city, steward(), draft.id)
    drafts.discard(city, steward(), draft.id)
    assert drafts.mine(city, steward()) == []


def test_a_discarded_draft_comes_back_within_a_day(city):
    draft = drop(city, MARCH)
    drafts.discard(city, steward(), draft.id)
    assert drafts.mine(city, steward()) == []
    drafts.restore(city, steward(), draft.id)
    assert [d.id for d in drafts.mine(city, steward())] == [draft.id]


def test_drafts_go_a_week_after_the_last_change(city):
    draft = drop(city, MARCH)
    later = datetime.now(UTC) + timedelta(days=6)
    city.clock = lambda: later
    drafts.correct(city, steward(), draft.id, NUMBERS)
    city.clock = lambda: later + timedelta(days=6)
    assert drafts.sweep(city) == 0
    assert drafts.get(city, steward(), draft.id).plan.fields == tuple(NUMBERS)
    city.clock = lambda: later + timedelta(days=8)
    with pytest.raises(NotFound):
        drafts.get(city, steward(), draft.id)
    assert drafts.sweep(city) == 1
    assert list((city.settings.home / "drafts").glob("*")) == []


def test_a_reading_cut_off_half_way_is_made_again(city):
    draft = drop(city, MARCH)
    folder = keep.folder_of(city, steward(), draft.id)
    drafts.read(city, steward(), draft.id)
    for file in folder.glob("reading-*.json"):
        file.write_bytes(b'{"rows": 1')
    _, reading = drafts.read(city, steward(), draft.id)
    assert reading.rows == 3


def test_a_prepared_file_that_a_sweep_took_is_made_again(city):
    draft = drop(city, MARCH)
    for step in ("describe", "license"):
        drafts.describe(city, steward(), draft.id, said(draft), step=step)
    waiting = drafts.ready(city, steward(), draft.id)
    city.lake.path(waiting.prepared.file).unlink()
    assert drafts.publish(city, steward(), draft.id).version.rows == 3


def test_personal_data_cannot_be_made_public_from_a_draft(city):
    draft = drop(city, MARCH)
    wanted = said(draft, category=Category.PERSONAL)
    with pytest.raises(Forbidden, match="data protection officer"):
        drafts.describe(city, steward(), draft.id, wanted, step="license")
    inside = replace(wanted, access=Access.INTERNAL)
    drafts.describe(city, steward(), draft.id, inside, step="describe")
    drafts.describe(city, steward(), draft.id, inside, step="license")
    assert drafts.publish(city, steward(), draft.id).version.number == 1


@pytest.mark.parametrize("id", ["", "A b", "-a", "ä", "a" * 101, "../x"])
def test_an_address_that_cannot_be_one_is_refused(city, id):
    draft = drop(city, MARCH)
    with pytest.raises(Invalid, match="cannot be the id"):
        drafts.describe(city, steward(), draft.id, said(draft, id=DatasetId(id)), step="describe")


def test_a_draft_without_title_or_licence_says_which_step_is_left(city):
    draft = drop(city, MARCH)
    with pytest.raises(Invalid) as found:
        drafts.ready(city, steward(), draft.id)
    assert found.value.where == {"step": "describe"}


def test_a_publisher_that_is_not_mine_cannot_be_chosen(city):
    draft = drop(city, MARCH)
    with pytest.raises(Forbidden):
        drafts.describe(
            city, steward(), draft.id, said(draft, publisher=PublisherId("water")), step="describe"
        )


def test_after_publishing_a_version_can_be_withdrawn(city):
    finish(city, drop(city, MARCH))
    with city.work(steward()) as work:
        assert withdraw(work, DatasetId("car-parks"), 1, reason="Wrong month").withdrawn
    again = drop(city, APRIL, replaces=DatasetId("car-parks"))
    assert drafts.ready(city, steward(), again.id).changes is None
    assert drafts.publish(city, steward(), again.id).version.number == 2


def test_too_many_unfinished_drafts_are_refused(city, monkeypatch):
    monkeypatch.setattr(keep, "MOST", 2)
    drop(city, MARCH)
    drop(city, MARCH)
    with pytest.raises(TooMuch, match="unfinished"):
        drop(city, MARCH)
