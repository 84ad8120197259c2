"""Stories: written by staff, drafts seen by staff alone, nothing of their history lost."""

from datetime import date

import pytest
from tests.engage.impact_given import GARDENER, PUPIL, STEWARD, claimed, with_data

from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound
from citycommons.core.reuses import ReuseKind, StoryId
from citycommons.core.types import ANYONE, Actor, ActorId, Grant, Role
from citycommons.engage import reuses, stories
from citycommons.engage.badges import Record, criteria, of, read_criteria
from citycommons.engage.stories import Draft
from citycommons.store.work import City

COUNCIL = Actor(id=ActorId("c"), name="C", grants=(Grant(role=Role.COUNCIL),))


def draft(**changed):
    given = {
        "title": {"en": "Fewer detours", "de": "Weniger Umwege"},
        "lead": {"en": "What a map changed."},
        "body": {"en": "One line.\n\nA second."},
        "datasets": ("bikes",),
    }
    return Draft(**{**given, **changed})


@pytest.fixture
def city(any_city: City) -> City:
    with_data(any_city)
    return any_city


def test_a_draft_is_for_those_who_write_and_a_public_story_for_all(city):
    with city.work(STEWARD) as work:
        one = stories.write(work, draft())
    assert (one.id, one.revision, one.is_public) == ("fewer-detours", 1, False)
    for actor in (ANYONE, PUPIL, COUNCIL):
        with city.work(actor, may_write=False) as work:
            assert stories.published(work, 10) == ()
            with pytest.raises(NotFound):
                stories.get(work, one.id)
            with pytest.raises(Forbidden):
                stories.find(work, with_drafts=True)
    with city.work(GARDENER) as work:
        stories.show(work, one.id, is_public=True)
    with city.work(ANYONE, may_write=False) as work:
        assert [each.id for each in stories.published(work, 10)] == [one.id]


def test_each_state_stays_can_be_compared_and_brought_back(city):
    with city.work(STEWARD) as work:
        one = stories.write(work, draft())
        two = stories.write(
            work, draft(body={"en": "One line.\n\nA third."}), id=one.id, revision=1
        )
        [changed] = stories.difference(one, two)
        assert (changed.part, changed.language) == ("body", "en")
        assert [pair for pair in changed.lines if pair[0] != " "] == [
            ("-", "A second."),
            ("+", "A third."),
        ]
        back = stories.restore(work, one.id, 1)
        assert (back.revision, back.body) == (3, one.body)
        assert [each.story.revision for each in stories.history(work, one.id)] == [3, 2, 1]
        assert {one.part for one in stories.difference(None, one)} >= {"title", "lead", "body"}


def test_two_who_edit_at_once_do_not_overwrite_one_another(city):
    with city.work(STEWARD) as work:
        one = stories.write(work, draft())
        stories.write(work, draft(lead={"en": "Mine."}), id=one.id, revision=1)
    with city.work(GARDENER) as work, pytest.raises(Conflict):
        stories.write(work, draft(lead={"en": "Also mine."}), id=one.id, revision=1)


def test_nobody_else_writes(city):
    for actor in (ANYONE, PUPIL, COUNCIL):
        with city.work(actor) as work, pytest.raises(Forbidden):
            stories.write(work, draft())
        with city.work(actor) as work, pytest.raises((Forbidden, NotFound)):
            stories.restore(work, StoryId("x"), 1)


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ({"title": {}}, "title"),
        ({"title": {"en": "x" * 999}}, "title-en"),
        ({"body": {"fr": "x" * 10_000_000}}, "body-fr"),
        ({"datasets": ("nothing",)}, "datasets"),
        ({"reuses": ("re-none",)}, "reuses"),
    ],
)
def test_what_is_wrong_is_named(city, wrong, column):
    with city.work(STEWARD) as work, pytest.raises(Invalid) as refused:
        stories.write(work, draft(**wrong))
    assert refused.value.where["column"] == column


def test_a_story_links_confirmed_reuses_and_keeps_its_day(city):
    with city.work(STEWARD) as work:
        made = reuses.claim(work, claimed())
        with pytest.raises(Invalid):
            stories.write(work, draft(reuses=(made.id,)))
        reuses.confirm(work, made.id)
        one = stories.write(work, draft(reuses=(made.id,), day=date(2025, 5, 1)))
        assert (one.reuses, one.day) == ((made.id,), date(2025, 5, 1))
        again = stories.write(work, draft())
        assert again.id == "fewer-detours-2"


def test_badges_say_their_reason_and_come_from_data():
    assert of(Record(reuses={})) == ()
    found = of(Record(reuses={ReuseKind.APP: 2, ReuseKind.SERVICE: 1}, elsewhere=2, answers=1))
    assert [(one.criterion.id, one.count) for one in found] == [
        ("apps", 3),
        ("elsewhere", 2),
        ("asked-for", 1),
    ]
    assert len({one.shape for one in criteria()}) == len(criteria())  # never colour alone
    with pytest.raises(Invalid):
        read_criteria('[[badge]]\nid="x"\nmeasure="gold"\nat_least=1\nshape="square"')
