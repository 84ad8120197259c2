"""Scans come by the clock and on request, one at a time, and say how far they are."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.measure.republication.places import BOLOGNA
from tests.old_ckan import old_ckan

from citycommons.core.copies import Portal, PortalKind, portal_id
from citycommons.core.errors import Conflict, Forbidden, Invalid, Unavailable
from citycommons.core.types import SYSTEM
from citycommons.measure.republication import scanning
from citycommons.measure.republication.recognising import recognise
from citycommons.measure.republication.scan import Scanned
from citycommons.store import copies

NOW = datetime(2026, 4, 2, tzinfo=UTC)


@pytest.fixture
def ckan():
    with old_ckan() as portal:
        yield portal


@pytest.fixture
def city(any_city, ckan):
    any_city.settings = any_city.settings.model_copy(update={"allow_hosts": ("127.0.0.1",)})
    at(any_city, NOW)
    with any_city.work(SYSTEM) as work:
        copies.save_portal(work.db, portal(ckan))
        copies.save_portal(work.db, BOLOGNA)  # announces by itself: it is not scanned
    return any_city


def at(city, moment):
    city.clock = lambda: moment


def portal(ckan):
    return Portal(id=portal_id(ckan.url), name="Old", url=ckan.url, kind=PortalKind.CKAN)


def state(city, ckan):
    with city.work(SYSTEM, may_write=False) as work:
        return scanning.states(work, [portal(ckan).id]).get(portal(ckan).id)


def test_a_new_portal_is_scanned_at_once_then_each_week(city, ckan):
    assert scanning.scan_due(city) == 1
    assert state(city, ckan).result == Scanned()
    assert scanning.scan_due(city) == 0
    at(city, NOW + timedelta(days=8))
    assert scanning.scan_due(city) == 1


def test_a_person_lets_it_be_scanned_now(city, ckan, admin):
    scanning.scan_due(city)
    with city.work(admin) as work:
        scanning.request(work, portal(ckan).id)
    assert scanning.scan_due(city) == 1
    with city.work(admin) as work, pytest.raises(Conflict):
        scanning.request(work, BOLOGNA.id)


def test_a_portal_that_does_not_answer_is_told_and_asked_the_next_day(city, ckan):
    ckan.answer = lambda path, query: (500, "text/plain", b"no")
    assert scanning.scan_due(city) == 1
    found = state(city, ckan)
    assert "500" in found.failure
    assert NOW < found.due < NOW + timedelta(days=2)


def test_a_worker_that_died_while_it_scanned_is_followed_by_another(city, ckan, monkeypatch):
    monkeypatch.setattr(scanning, "scan_now", lambda city, portal: None)  # as if killed
    assert scanning.scan_due(city) == 1
    assert scanning.scan_due(city) == 0
    assert state(city, ckan).begun == NOW
    monkeypatch.undo()
    at(city, NOW + timedelta(hours=1))
    assert scanning.scan_due(city) == 1
    assert state(city, ckan).ended


def test_the_kind_of_a_portal_is_recognised(city, ckan):
    found = recognise(city, f"{ckan.url}/")
    assert (found.url, found.kind, found.name) == (ckan.url, PortalKind.CKAN, "Altes Portal")
    for path, answer, kind in (
        ("/reports", b'[{"report-id": "dsr"}]', PortalKind.SUSHI),
        ("/api/1/site/", b'{"title": "D", "metrics": {}}', PortalKind.UDATA),
        (
            "/api/explore/v2.1/catalog/datasets",
            b'{"total_count": 1, "results": []}',
            PortalKind.OPENDATASOFT,
        ),
        ("/nothing", b"", PortalKind.PUSH),
    ):
        ckan.answer = lambda at, query, path=path, answer=answer: (
            (200, "application/json", answer) if at == path else (404, "text/html", b"")
        )
        assert recognise(city, ckan.url).kind is kind


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("ftp://a.example", Invalid),
        ("https://user:secret@a.example", Invalid),
        ("http://169.254.169.254/", Forbidden),
        ("http://127.0.0.1:9/", Unavailable),
        ("", Invalid),
    ],
)
def test_an_address_that_cannot_be_is_told(city, address, error):
    with pytest.raises(error):
        recognise(city, address)
