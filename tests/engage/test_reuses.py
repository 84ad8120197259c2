"""Reuses: anyone claims, a steward of the data decides, a slip is undone, contacts go."""

import email
import email.policy
import threading
from datetime import timedelta

import pytest
from tests.engage.impact_given import (
    GARDENER,
    PUPIL,
    STEWARD,
    Clock,
    anyone,
    claimed,
    with_data,
)

from citycommons.collect.probe import Answer
from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMuch
from citycommons.core.reuses import ReuseId, ReuseKind, ReuseState
from citycommons.core.types import ANYONE, SYSTEM, DatasetId, PublisherId
from citycommons.engage import answers, reuse_links, reuses
from citycommons.engage.followers.mail import Posted
from citycommons.engage.reuses import Asked
from citycommons.govern import audit
from citycommons.store import reuses as rows
from citycommons.store.work import City


@pytest.fixture
def clock(any_city: City) -> Clock:
    return with_data(any_city)


@pytest.fixture
def claim(any_city: City, clock: Clock) -> ReuseId:
    with anyone(any_city) as work:
        return reuses.claim(work, claimed(), contact="teacher@school.example").id


def letters(city: City) -> list[email.message.EmailMessage]:
    found = []
    for path in sorted((city.settings.home / "mail").glob("*.eml")):
        made = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        found.append(made)
    return found  # type: ignore[return-value]


def test_a_claim_is_seen_by_nobody_but_its_stewards(any_city, claim):
    with any_city.work(ANYONE, may_write=False) as work:
        assert reuses.find(work, Asked()).total == 0
        with pytest.raises(NotFound):
            reuses.get(work, claim)
    with any_city.work(GARDENER, may_write=False) as work:
        with pytest.raises(NotFound):
            reuses.get(work, claim)
        assert reuses.for_stewards(work, ReuseState.CLAIMED)[0] == 0
    with any_city.work(STEWARD, may_write=False) as work:
        total, found, contacts = reuses.for_stewards(work, ReuseState.CLAIMED)
        assert (total, [one.id for one in found]) == (1, [claim])
        assert contacts == {claim: "teacher@school.example"}


def test_what_a_steward_confirms_is_listed_and_counted(any_city, claim):
    with any_city.work(STEWARD) as work:
        reuses.confirm(work, claim)
    with any_city.work(ANYONE, may_write=False) as work:
        found = reuses.find(work, Asked(dataset=DatasetId("bikes")))
        assert [one.id for one in found.reuses] == [claim]
        assert found.kinds == {ReuseKind.SCHOOL: 1}
        assert reuses.counts(work) == {DatasetId("bikes"): {ReuseKind.SCHOOL: 1}}
        assert reuses.counts(work, ["trees"]) == {}
        assert [one.id for one in reuses.confirmed(work, ["bikes"])] == [claim]
        assert reuses.confirmed(work, ["trees"]) == ()
        assert reuses.find(work, Asked(kind=ReuseKind.APP)).total == 0
        assert reuses.find(work, Asked(text="SCHOOL ride")).total == 1
        assert reuses.find(work, Asked(text="100% _")).total == 0


def test_nobody_else_decides(any_city, claim):
    for actor in (ANYONE, PUPIL, GARDENER):
        for act in (reuses.confirm, reuses.reopen, lambda w, i: reuses.refuse(w, i, "no reason")):
            with any_city.work(actor) as work, pytest.raises((NotFound, Forbidden)):
                act(work, claim)
        with any_city.work(actor) as work, pytest.raises((NotFound, Forbidden)):
            reuses.edit(work, claim, claimed(title="Mine now"))


def test_a_decision_is_told_once_and_the_address_is_gone(any_city, clock, claim):
    with any_city.work(STEWARD) as work:
        reuses.confirm(work, claim)
    assert not answers.deliver_next(any_city)  # a slip could still be undone
    clock.go_on(minutes=16)
    assert answers.deliver_next(any_city)
    assert not answers.deliver_next(any_city)
    [told] = letters(any_city)
    assert told["To"] == "teacher@school.example"
    assert told["Subject"] == "Listed: Bike map of class 7b"
    assert f"/reuses/{claim}" in told.get_content()
    with any_city.work(SYSTEM, may_write=False) as work:
        assert rows.contacts(work.db, [claim]) == {}


def test_a_decision_that_is_undone_is_told_to_nobody(any_city, clock, claim):
    with any_city.work(STEWARD) as work:
        reuses.refuse(work, claim, "This shows other data.")
    with any_city.work(STEWARD) as work:
        assert reuses.reopen(work, claim).state is ReuseState.CLAIMED
    clock.go_on(hours=2)
    assert not answers.deliver_next(any_city)
    with any_city.work(STEWARD) as work:
        reuses.confirm(work, claim)
        with pytest.raises(Conflict):
            reuses.confirm(work, claim)
    clock.go_on(hours=2)
    assert answers.deliver_next(any_city)
    assert letters(any_city)[0]["Subject"].startswith("Listed")


def test_a_mail_server_that_fails_is_tried_again_and_then_given_up(any_city, clock, claim):
    with any_city.work(STEWARD) as work:
        reuses.confirm(work, claim)
    clock.go_on(hours=1)
    tries = 0
    for _ in range(20):
        tries += answers.deliver_next(any_city, lambda *_: Posted(is_taken=False, reason="busy"))
        clock.go_on(hours=30)
    assert tries == len(answers.PAUSES) + 1
    with any_city.work(SYSTEM, may_write=False) as work:
        assert rows.contacts(work.db, [claim]) == {}


def test_a_worker_that_dies_while_it_sends_loses_nothing(any_city, clock, claim):
    with any_city.work(STEWARD) as work:
        reuses.confirm(work, claim)
    clock.go_on(hours=1)

    def die(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answers.deliver_next(any_city, die)
    assert not answers.deliver_next(any_city)  # leased
    clock.go_on(minutes=5)
    assert answers.deliver_next(any_city)
    assert len(letters(any_city)) == 1


def test_one_address_is_claimed_once_however_it_is_spelled(any_city, claim):
    with anyone(any_city) as work, pytest.raises(Conflict) as known:
        reuses.claim(work, claimed(url="http://www.SCHOOL.example/bikes/?utm_source=x#top"))
    assert known.value.where["column"] == "url"


def test_two_who_claim_the_same_at_once_leave_one(any_city, clock):
    answers_: list[str] = []

    def send() -> None:
        try:
            with anyone(any_city) as work:
                reuses.claim(work, claimed())
            answers_.append("taken")
        except Conflict:
            answers_.append("known")

    threads = [threading.Thread(target=send) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(answers_) == ["known"] * 5 + ["taken"]


def test_a_refused_claim_is_not_published_with_its_reason(any_city, claim):
    with any_city.work(STEWARD) as work:
        with pytest.raises(Invalid):
            reuses.refuse(work, claim, " ")
        reuses.refuse(work, claim, "It shows no data of ours.")
    with any_city.work(ANYONE, may_write=False) as work, pytest.raises(NotFound):
        reuses.get(work, claim)


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 500}, "title"),
        ({"kind": "weapon"}, "kind"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"maker": "\u202e"}, "maker"),
        ({"description": "x" * 10_000_000}, "description"),
        ({"datasets": ()}, "datasets"),
        ({"datasets": ("nothing",)}, "datasets"),
        ({"datasets": ("plans",)}, "datasets"),  # internal: nobody learns that it is there
        ({"datasets": tuple(f"d{i}" for i in range(500))}, "datasets"),
    ],
)
def test_what_is_wrong_is_named(any_city, clock, wrong, column):
    with anyone(any_city) as work, pytest.raises(Invalid) as refused:
        reuses.claim(work, claimed(**wrong))
    assert refused.value.where["column"] == column


def test_a_flood_of_strangers_ends_and_staff_still_gets_in(any_city, clock):
    taken = 0
    for number in range(80):
        try:
            with anyone(any_city) as work:
                reuses.claim(work, claimed(url=f"https://spam{number}.example/"))
            taken += 1
        except TooMuch:
            pass
    assert taken == 60
    with any_city.work(PUPIL) as work:
        reuses.claim(work, claimed())


def test_a_steward_corrects_without_touching_what_she_may_not_see(any_city, clock):
    both = claimed(datasets=("plans", "trees"))
    with any_city.work(STEWARD) as work:
        one = reuses.claim(work, both)
    with any_city.work(GARDENER) as work:
        changed = reuses.edit(work, one.id, claimed(datasets=("trees",), title="Trees and more"))
        assert set(changed.datasets) == {"plans", "trees"}
        with pytest.raises(Invalid):
            reuses.edit(work, one.id, claimed(datasets=("bikes",)))


def test_a_reuse_of_internal_data_is_for_those_who_may_know_of_them(any_city, clock):
    with any_city.work(STEWARD) as work:
        one = reuses.claim(work, claimed(datasets=("plans",)))
        reuses.confirm(work, one.id)
        both = claimed(datasets=("plans", "trees"), url="https://both.example/")
        reuses.confirm(work, reuses.claim(work, both).id)
    with any_city.work(ANYONE, may_write=False) as work:
        found = reuses.find(work, Asked())
        assert (found.total, found.publishers) == (1, {"parks": 1})
        assert reuses.find(work, Asked(publisher=PublisherId("roads"))).total == 0
        assert set(reuses.counts(work)) == {"trees"}
        assert reuses.named(work, [one.id]) == ()
        with pytest.raises(NotFound):
            reuses.get(work, one.id)
    with any_city.work(STEWARD, may_write=False) as work:
        assert reuses.find(work, Asked()).total == 2


def test_every_act_is_audited_without_contacts(any_city, claim, admin):
    with any_city.work(STEWARD) as work:
        reuses.confirm(work, claim)
    with any_city.work(admin, may_write=False) as work:
        log = audit.entries(work, thing=claim)
        assert [one.action for one in log] == ["confirmed-reuse", "claim-reuse"]
        assert "teacher" not in str(log)


def test_a_link_that_fails_twice_is_said_to_not_answer(any_city, clock, claim):
    with any_city.work(SYSTEM, may_write=False) as work:
        one = rows.get(work.db, claim)
    assert one is not None
    failed, again = reuse_links.judged(one, Answer(status=404), clock.now)
    assert not reuse_links.does_not_answer(failed, clock.now)
    later = clock.now + timedelta(hours=7)
    assert again < later
    twice, _ = reuse_links.judged(failed, Answer(status=0), later)
    assert reuse_links.does_not_answer(twice, later)
    assert twice.link_failed == clock.now
    unknown, _ = reuse_links.judged(twice, Answer(status=0, is_known=False), later)
    assert unknown == twice
    well, _ = reuse_links.judged(twice, Answer(status=200), later)
    assert well.link_failed is None


def test_links_inside_the_network_are_not_asked_for(any_city, clock):
    with anyone(any_city) as work:
        one = reuses.claim(work, claimed(url="http://metadata.google.internal/"))
    assert reuse_links.check_due(any_city) == 1
    assert reuse_links.check_due(any_city) == 0
    with any_city.work(SYSTEM, may_write=False) as work:
        assert rows.get(work.db, one.id) is not None


def test_contacts_of_claims_nobody_decided_go_after_a_year(any_city, clock, claim):
    clock.go_on(days=366)
    answers.sweep(any_city)
    with any_city.work(SYSTEM, may_write=False) as work:
        assert rows.contacts(work.db, [claim]) == {}
