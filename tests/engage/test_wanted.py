"""Requests for data and failed searches: many ask, none is recorded, the city answers."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engage.impact_given import PUPIL, STEWARD, Clock, anyone, describe, with_data

from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMuch
from citycommons.core.reuses import DataRequest, RequestState
from citycommons.core.types import ANYONE, SYSTEM, ClientKind, PublisherId
from citycommons.engage import answers
from citycommons.engage.wanted import asking, missed, missing, open_requests
from citycommons.jobs import reactions
from citycommons.store import missed as missed_rows
from citycommons.store.outbox import DatasetPublished
from citycommons.store.proof_tables import data_request_votes
from citycommons.store.tables import notes
from citycommons.store.work import City


@pytest.fixture
def clock(any_city: City) -> Clock:
    return with_data(any_city)


@pytest.fixture
def request_(any_city: City, clock: Clock) -> DataRequest:
    with anyone(any_city, "first") as work:
        return asking.ask(
            work,
            title="Trinkbrunnen",
            purpose="A map for hot days.",
            language="de",
            contact="maria@example.org",
        )


def mails(city: City) -> list[str]:
    folder = city.settings.home / "mail"
    return sorted(path.read_text() for path in folder.glob("*.eml"))


def test_a_vote_counts_once_and_names_nobody(any_city, request_):
    for visitor in ("first", "second", "second", "third"):
        with anyone(any_city, visitor) as work:
            asking.vote(work, request_.id)
    for _ in range(2):
        with any_city.work(PUPIL) as work:
            assert asking.vote(work, request_.id).votes == 4
    with any_city.work(SYSTEM, may_write=False) as work:
        kept = work.db.execute(data_request_votes.select()).mappings().all()
        assert len(kept) == 4
        assert not any("pupil" in str(dict(row)) for row in kept)
        assert open_requests(work, 5)[0].votes == 4


def test_who_has_no_browser_and_no_account_casts_no_vote(any_city, request_):
    with any_city.work(ANYONE) as work, pytest.raises(Forbidden):
        asking.vote(work, request_.id)


def test_votes_at_the_same_moment_are_all_counted(any_city, request_):
    def cast(visitor):
        with anyone(any_city, visitor) as work:
            asking.vote(work, request_.id)

    threads = [threading.Thread(target=cast, args=(f"v{n % 5}",)) for n in range(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with any_city.work(SYSTEM, may_write=False) as work:
        assert asking.get(work, request_.id).votes == 6


def test_the_same_wish_twice_leads_to_the_first(any_city, request_):
    with anyone(any_city, "other") as work, pytest.raises(Conflict) as known:
        asking.ask(work, title="TRINKBRUNNEN", purpose="For my run.")
    assert known.value.where["request"] == request_.id


def test_what_is_there_already_is_offered_before_asking(any_city, request_):
    with anyone(any_city) as work:
        there, asked = asking.similar(work, "trinkbrunnen bikes")
        assert [one.dataset.id for one in there] == ["bikes"]
        assert [one.id for one in asked] == [request_.id]
        assert asking.similar(work, "  ") == ((), ())


def test_planned_then_published_all_hear_of_it_and_are_forgotten(any_city, clock, request_):
    for number in range(4):
        with anyone(any_city, f"v{number}") as work:
            address = f"v{number}@example.org" if number else ""
            asking.vote(work, request_.id, language="de", contact=address)
    with any_city.work(STEWARD) as work:
        describe(work, "fountains", PublisherId("roads"))
        asking.answer(
            work, request_.id, state="planned", words="Bis zum Sommer.", datasets=["fountains"]
        )
    clock.go_on(minutes=20)
    while answers.deliver_next(any_city):
        pass
    assert len(mails(any_city)) == 4
    assert all("Auto-Submitted: auto-generated" in one for one in mails(any_city))
    fact = DatasetPublished(dataset="fountains", version=1, file="f" * 64)
    reactions.close_requests(any_city, fact)
    reactions.close_requests(any_city, fact)  # facts come at least once
    with any_city.work(ANYONE, may_write=False) as work:
        one = asking.get(work, request_.id)
        assert (one.state, one.votes) == (RequestState.PUBLISHED, 5)
        assert one.answered == clock.now
    clock.go_on(minutes=20)
    while answers.deliver_next(any_city):
        pass
    assert len(mails(any_city)) == 8
    assert not answers.deliver_next(any_city)
    with any_city.work(SYSTEM, may_write=False) as work:
        kept = work.db.execute(data_request_votes.select()).mappings().all()
        assert {row["contact"] for row in kept} == {""}
    with anyone(any_city, "late") as work, pytest.raises(Conflict):
        asking.vote(work, request_.id)


def test_an_answer_that_is_taken_back_is_told_to_nobody(any_city, clock, request_):
    with any_city.work(STEWARD) as work:
        asking.answer(work, request_.id, state="declined", words="We have none.")
    with any_city.work(STEWARD) as work:
        assert asking.reopen(work, request_.id).state is RequestState.OPEN
    clock.go_on(hours=3)
    assert not answers.deliver_next(any_city)


def test_who_holds_the_link_is_forgotten(any_city, request_):
    with any_city.work(SYSTEM, may_write=False) as work:
        [voter] = [row.voter for row in work.db.execute(data_request_votes.select())]
    with any_city.work(SYSTEM) as work:
        secret = asking.token(work, request_.id, voter)
    with any_city.work(ANYONE) as work, pytest.raises(NotFound):
        asking.forget_me(work, request_.id, voter, "0" * 40)
    with any_city.work(ANYONE) as work:
        asking.forget_me(work, request_.id, voter, secret)
    with any_city.work(SYSTEM, may_write=False) as work:
        kept = work.db.execute(data_request_votes.select()).mappings().one()
        assert kept["contact"] == ""


@pytest.mark.parametrize(
    ("given", "column"),
    [
        ({"state": "soon", "words": "x"}, "state"),
        ({"state": "declined", "words": ""}, "answer"),
        ({"state": "published", "words": "Here."}, "datasets"),
        ({"state": "planned", "words": "", "datasets": ["nothing"]}, "datasets"),
        ({"state": "planned", "words": "x" * 99_999}, "answer"),
    ],
)
def test_a_wrong_answer_is_named(any_city, request_, given, column):
    with any_city.work(STEWARD) as work, pytest.raises(Invalid) as refused:
        asking.answer(work, request_.id, **given)
    assert refused.value.where["column"] == column


def test_only_stewards_answer(any_city, request_):
    for actor in (ANYONE, PUPIL):
        with any_city.work(actor) as work, pytest.raises(Forbidden):
            asking.answer(work, request_.id, state="declined", words="No, never.")


def test_one_address_cannot_be_flooded_by_a_strangers_form(any_city, clock):
    for number in range(20):
        with anyone(any_city, f"v{number}") as work:
            asking.ask(work, title=f"Wish {number}", purpose="Harm", contact="victim@example.org")
    with anyone(any_city, "v21") as work, pytest.raises(TooMuch):
        asking.ask(work, title="Wish 21", purpose="Harm", contact="victim@example.org")


# Failed searches.


def search(city: City, text: str, times: int = 1, client: ClientKind = ClientKind.PERSON) -> None:
    for number in range(times):
        missing.note(city.missed, text, client=client, visitor=f"v{number}")


def test_what_five_people_missed_is_shown_and_rarer_is_not(any_city, clock):
    search(any_city, "Trinkbrunnen ", 3)
    search(any_city, " TRINKBRUNNEN", 5)  # three of them looked before
    search(any_city, "Max Mustermann", 4)
    search(any_city, "crawled", 50, ClientKind.ROBOT)
    search(any_city, "scripted", 50, ClientKind.MACHINE)
    any_city.missed.flush()
    with any_city.work(STEWARD, may_write=False) as work:
        found = missed(work, clock.now.date())
        assert [(one.term, one.searches) for one in found] == [("trinkbrunnen", 5)]
    for actor in (ANYONE, PUPIL):
        with any_city.work(actor, may_write=False) as work, pytest.raises(Forbidden):
            missed(work, clock.now.date())


def test_one_person_who_searches_again_and_again_counts_once_a_day(any_city, clock):
    for _ in range(20):
        missing.note(any_city.missed, "secret name", client=ClientKind.PERSON, visitor="me")
    any_city.missed.flush()
    with any_city.work(SYSTEM, may_write=False) as work:
        assert (
            missed_rows.totals(work.db, since=clock.now.date().replace(day=1), at_least=1, limit=9)[
                0
            ][1]
            == 1
        )


@pytest.mark.parametrize(
    "text",
    [
        "max.mustermann@example.org",
        "mail max@example",
        "0251 492 7070",
        "+49 (0)251/4927070",
        "DE02120300000000202051",
        "12345678",
        "http://example.org/x",
        "www.example.org",
        "ab",
        "!!!",
        "a" * 61,
        "one two three four five six seven",
        "x" * 1_000_000,
        "٠١٢٣٤٥٦٧",
        "",
    ],
)
def test_what_may_be_personal_or_is_no_term_is_not_kept(text):
    assert missing.kept_term(text) == ""


@given(st.text(max_size=200))
def test_a_kept_term_is_short_has_no_address_and_few_digits(text):
    term = missing.kept_term(text)
    assert len(term) <= 60
    assert "@" not in term
    assert sum(c.isdigit() for c in term) <= 6
    assert missing.kept_term(term) in (term, "")


def test_rare_terms_are_forgotten_after_three_months_and_common_ones_stay(any_city, clock):
    search(any_city, "rare term", 2)
    search(any_city, "common term", 6)
    any_city.missed.flush()
    clock.go_on(days=75)  # the third month
    answers.sweep(any_city)
    with any_city.work(SYSTEM, may_write=False) as work:
        march = clock.now.date().replace(month=3, day=1)
        assert len(missed_rows.totals(work.db, since=march, at_least=1, limit=9)) == 2
    clock.go_on(days=30)
    answers.sweep(any_city)
    with any_city.work(SYSTEM, may_write=False) as work:
        left = missed_rows.totals(work.db, since=march, at_least=1, limit=9)
        assert [one[0] for one in left] == ["common term"]


def test_a_flood_of_random_terms_is_bounded_and_real_ones_still_count(any_city, clock, monkeypatch):
    monkeypatch.setattr(missed_rows, "MOST_TERMS", 40)
    search(any_city, "trinkbrunnen", 5)
    any_city.missed.flush()
    for number in range(3000):
        word = "".join(chr(97 + int(digit)) for digit in f"{number:05d}")
        missing.note(any_city.missed, f"spam {word}", client=ClientKind.PERSON, visitor="bot")
        if number % 300 == 0:
            any_city.missed.flush()
    any_city.missed.flush()
    for number in range(5, 8):
        missing.note(
            any_city.missed, "trinkbrunnen", client=ClientKind.PERSON, visitor=f"v{number}"
        )
    any_city.missed.flush()
    with any_city.work(STEWARD, may_write=False) as work:
        since = clock.now.date().replace(day=1)
        every = missed_rows.totals(work.db, since=since, at_least=1, limit=10_000)
        assert len(every) < 40 + 2 * 500
        assert missed(work, since)[0].searches == 8


def test_a_search_costs_no_write_of_its_own(any_city, clock):
    with any_city.work(SYSTEM, may_write=False) as work:
        before = work.db.execute(notes.select()).all()
    search(any_city, "trinkbrunnen", 100)
    with any_city.work(SYSTEM, may_write=False) as work:
        assert work.db.execute(notes.select()).all() == before
    any_city.missed.flush()
