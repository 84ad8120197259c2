"""Asking portals: only an answer signed for this very question counts; failing loses nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.measure.republication.peer import Page, Peer
from tests.measure.republication.sending import known, message, partner, told
from tests.measure.republication.test_reports import entry

from citycommons.core.copies import CopyState, Portal
from citycommons.core.types import SYSTEM, Actor
from citycommons.measure.republication import inbox, partners, pull, signatures, verifying
from citycommons.store import copies
from citycommons.store.work import City


def reports(other: Peer, count: int, *more: Any, created: datetime | None = None) -> None:
    """Let the other portal report so many requests of this month."""
    now = datetime.now(UTC)
    month = now.strftime("%Y-%m")
    one = entry({}, uri=other.iri())
    one["performance"] = [
        {
            "period": {"begin-date": month, "end-date": month},
            "instance": [
                {
                    "metric-type": "total-dataset-requests",
                    "access-method": "regular",
                    "count": count,
                }
            ],
        }
    ]
    other.report = {
        "report-id": "DSR",
        "report-name": "Dataset Report",
        "release": "rd1",
        "created": (created or now).isoformat(),
        "reporting-period": {"begin-date": month, "end-date": month},
        "report-datasets": [one, *more],
    }


def at(here: City) -> Portal:
    with here.work(SYSTEM, may_write=False) as work:
        [one] = copies.every_portal(work.db)
        return one


def test_what_a_portal_signs_is_taken_and_it_is_asked_again_tomorrow(here, other) -> None:
    partner(here, other)
    reports(other, 10)
    assert pull.pull_due(here) == 1
    assert told(here) == 10
    assert pull.pull_due(here) == 0
    with here.work(SYSTEM, may_write=False) as work:
        due = copies.portal_due(work.db, at(here).id)
        assert timedelta(hours=21) < due - work.now < timedelta(hours=27)
    reports(other, 12)
    pull.pull_now(here)
    assert told(here) == 12
    assert at(here).failure == ""


def test_it_is_asked_for_our_datasets_by_month_and_by_day(here, other) -> None:
    partner(here, other)
    reports(other, 10)
    pull.pull_due(here)
    asked = [path for path in other.asked if path.startswith("/reports/dsr")]
    assert [("granularity=month" in one, "granularity=day" in one) for one in asked] == [
        (True, False),
        (False, True),
    ]
    assert all("origin=https%3A%2F%2Fa.example%2F" in one for one in asked)


def test_an_unsigned_answer_and_one_by_another_key_are_refused(here, other) -> None:
    partner(here, other)
    other.pages["/reports/dsr"] = Page(b'{"report-id": "DSR"}', "application/json")
    pull.pull_due(here)
    assert "does not sign" in at(here).failure
    reports(other, 10)
    other.key = Ed25519PrivateKey.generate()
    pull.pull_now(here)
    assert told(here) == 0
    assert "signature does not hold" in at(here).failure


def test_a_new_key_is_taken_once_a_person_has_confirmed_the_portal(
    here, other, admin: Actor
) -> None:
    partner(here, other)
    other.key = Ed25519PrivateKey.generate()
    other.show_key()
    reports(other, 10)
    inbox.receive(here, message(other))  # a new announcement alone changes no key
    inbox.work_off(here)
    pull.pull_now(here)
    assert told(here) == 0
    with here.work(admin) as work:
        partners.trust(work, at(here).id)
    pull.pull_due(here)
    assert told(here) == 10
    assert at(here).is_trusted


def test_a_dead_portal_costs_nothing_and_is_asked_again(here, other) -> None:
    partner(here, other)
    reports(other, 10)
    pull.pull_due(here)
    other.report = None
    pull.pull_now(here)
    assert told(here) == 10
    assert at(here).failure
    with here.work(SYSTEM, may_write=False) as work:
        assert copies.portal_due(work.db, at(here).id) > work.now + timedelta(hours=4)


def test_a_slow_and_an_endless_answer_end(here, other, monkeypatch) -> None:
    partner(here, other)
    monkeypatch.setattr(pull, "_TOTAL_S", 0.5)
    other.pages["/reports/dsr"] = Page(b"{}", "application/json", wait_s=1.0)
    pull.pull_due(here)
    assert "longer than" in at(here).failure
    monkeypatch.setattr(pull, "_MOST_BYTES", 1 << 20)
    other.pages["/reports/dsr"] = Page(b"x" * (2 << 20), "application/json")
    pull.pull_now(here)
    assert "more than" in at(here).failure
    assert told(here) == 0


def test_an_answer_to_another_question_is_refused(here, other, monkeypatch) -> None:
    """A report that was caught on the way and is given again, signature and all."""
    partner(here, other)
    reports(other, 10)
    caught: list[Any] = []
    signing = signatures.sign_answer
    monkeypatch.setattr(
        signatures, "sign_answer", lambda answer, *rest: caught.append(signing(answer, *rest))
    )
    pull.pull_due(here)
    assert told(here) == 10
    body = orjson.dumps(other.report)
    other.report = None
    headers = {name.lower(): text for name, text in caught[0].items()}
    other.pages["/reports/dsr"] = Page(body, "application/json", headers=headers)
    pull.pull_now(here)
    assert "signature does not hold" in at(here).failure


def test_one_that_is_killed_before_it_commits_has_taken_nothing(here, other, monkeypatch) -> None:
    partner(here, other)
    reports(other, 10)

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as during:
        during.setattr(pull, "_note", die)  # all is written, nothing committed
        with pytest.raises(Killed):
            pull.pull_due(here)
    assert told(here) == 0
    with here.work(SYSTEM) as work:  # its lease runs out
        copies.set_portal_due(work.db, at(here).id, work.now)
    pull.pull_due(here)
    assert told(here) == 10


def test_copies_of_copies_that_a_report_names_are_looked_at_first(here, other) -> None:
    partner(here, other)
    below = other.republish(other.iri(), "trees-again")
    forged = other.republish("https://elsewhere.example/x", "forged")
    more = []
    reports(other, 7)
    for iri in (below, forged):
        one = dict(other.report["report-datasets"][0]) | {"uri": iri}
        one["dataset-attributes"] = [
            *one["dataset-attributes"],
            {"type": "proprietary", "value": f"via={other.iri()}"},
        ]
        more.append(one)
    reports(other, 10, *more)
    pull.pull_due(here)
    states = {one.iri: (one.state, one.via) for one in known(here)}
    assert states[below] == (CopyState.VERIFIED, other.iri())
    assert forged not in states
    assert told(here) == 17


def test_counts_of_a_copy_that_is_gone_stay(here, other) -> None:
    partner(here, other)
    reports(other, 10)
    pull.pull_due(here)
    other.pages["/datasets/trees"] = Page(status=404)
    with here.work(SYSTEM) as work:
        [copy] = copies.copies_of(work.db)
        copies.save_copy(work.db, copy, due=work.now)
    verifying.check_due(here)
    assert known(here)[0].state is CopyState.GONE
    assert told(here) == 10


def test_numbers_out_of_all_proportion_stand_apart(here, other) -> None:
    partner(here, other)
    reports(other, 1_000_000)
    pull.pull_due(here)
    with here.work(SYSTEM, may_write=False) as work:
        [found] = [one for one in copies.counts(work.db, [known(here)[0].id]) if one.count]
    assert found.is_outlier
