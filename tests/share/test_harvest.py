"""Catalogues arrive: each record once, faults apart, what is gone marked, nothing lost."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.share.sources import CATALOGUE, Clock, add, go, offer, record

from citycommons.collect import sources as registry
from citycommons.core.errors import Unavailable
from citycommons.core.types import ANYONE, DatasetId, Health, Link, SourceId
from citycommons.share import arrive, catalogue, harvest, publish
from citycommons.store import catalogue as stored
from citycommons.store import records


@pytest.fixture
def offered(monkeypatch):
    return offer(monkeypatch)


@pytest.fixture
def clock(any_city, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(any_city, "clock", clock)
    return clock


@pytest.fixture
def portal(any_city, admin, clock, offered):
    """A city that harvests a catalogue of twelve records."""
    offered.update({f"set-{n}": record(n) for n in range(12)})
    add(any_city, admin, CATALOGUE)
    return any_city


def every(city, admin):
    with city.work(admin, may_write=False) as work:
        return {one.identifier: one for one in stored.datasets(work.db)}


def found(city, text):
    with city.work(ANYONE, may_write=False) as work:
        return catalogue.find(work, catalogue.Search(text=text)).total


def test_records_become_entries_that_say_where_they_came_from(portal, admin):
    run = go(portal, admin, "portal")
    assert (run.outcome, run.counts["new"], run.counts["parcels"]) == ("done", 12, 12)
    assert run.message == "12 records: 12 new."
    entry = every(portal, admin)["set-3"]
    assert entry.title["en"] == "Measured thing 3"
    assert entry.identifier == "set-3"
    assert entry.source == "https://origin.example/dataset/set-3"
    assert entry.publisher == "roads"
    assert entry.license == "CC-BY-4.0"
    assert [link.url for link in entry.links] == ["https://origin.example/3.csv"]
    assert found(portal, "measured place") == 12


def test_what_is_unchanged_is_passed_over(portal, admin, clock, monkeypatch):
    go(portal, admin, "portal")
    before = every(portal, admin)
    clock.on(days=1)
    monkeypatch.setattr(harvest.entries, "read", lambda *_: pytest.fail("read again"))
    run = go(portal, admin, "portal")
    assert run.message == "12 records: 12 as before."
    assert every(portal, admin) == before


def test_a_changed_record_changes_its_entry_and_no_other(portal, admin, offered, clock):
    go(portal, admin, "portal")
    before = every(portal, admin)
    clock.on(days=1)
    offered["set-5"] = record(5, title="Measured anew")
    run = go(portal, admin, "portal")
    assert (run.counts["changed"], run.counts["same"]) == (1, 11)
    now = every(portal, admin)
    assert now["set-5"].title["en"] == "Measured anew"
    assert now["set-5"].id == before["set-5"].id
    assert {k: v for k, v in now.items() if k != "set-5"} == {
        k: v for k, v in before.items() if k != "set-5"
    }


def test_one_bad_record_never_stops_the_rest(portal, admin, offered, clock):
    offered["set-4"] = b"{ this is no JSON"
    offered["set-7"] = {"id": "set-7"}
    run = go(portal, admin, "portal")
    assert run.outcome == "done"
    assert run.counts["failed"] >= 1
    assert run.counts["new"] + run.counts["failed"] == 12
    assert "set-4" in {fault.value for fault in run.faults}
    with portal.work(admin, may_write=False) as work:
        bad = records.of_identifiers(work.db, SourceId("portal"), ["set-4"])["set-4"]
    assert bad.error
    assert bad.dataset is None
    clock.on(days=1)
    offered["set-4"] = record(4)
    assert go(portal, admin, "portal").counts["new"] == 1
    assert "set-4" in every(portal, admin)


def test_a_record_that_turns_bad_keeps_its_entry(portal, admin, offered, clock):
    go(portal, admin, "portal")
    before = every(portal, admin)
    clock.on(days=1)
    offered["set-4"] = b"<html>"
    run = go(portal, admin, "portal")
    assert (run.counts["failed"], run.counts.get("gone", 0)) == (1, 0)
    assert every(portal, admin) == before


def test_what_the_origin_deletes_leaves_the_search_and_keeps_its_page(
    portal, admin, offered, clock
):
    go(portal, admin, "portal")
    clock.on(days=1)
    del offered["set-2"]
    run = go(portal, admin, "portal")
    assert run.counts["gone"] == 1
    entry = every(portal, admin)["set-2"]
    assert entry.removed == clock.now
    assert entry.removed_reason == harvest.GONE
    assert found(portal, "measured") == 11
    with portal.work(ANYONE, may_write=False) as work:
        assert catalogue.get(work, entry.id) == entry
    with portal.work(admin, may_write=False) as work:
        one = registry.get(work, SourceId("portal"))
        assert (one.records, one.gone) == (11, 1)


def test_what_comes_back_is_found_again(portal, admin, offered, clock):
    go(portal, admin, "portal")
    kept = offered.pop("set-2")
    clock.on(days=1)
    go(portal, admin, "portal")
    clock.on(days=1)
    offered["set-2"] = kept
    run = go(portal, admin, "portal")
    assert run.counts["back"] == 1
    entry = every(portal, admin)["set-2"]
    assert (entry.removed, entry.removed_reason) == (None, "")
    assert found(portal, "measured") == 12
    assert len(every(portal, admin)) == 12


def test_most_of_a_catalogue_does_not_vanish_unless_a_person_says_so(portal, admin, offered, clock):
    go(portal, admin, "portal")
    clock.on(days=1)
    for n in range(8):
        del offered[f"set-{n}"]
    run = go(portal, admin, "portal")
    assert run.outcome == "held"
    assert run.counts["missing"] == 8
    assert "8 of the 12" in run.message
    assert "--confirm" in run.message
    assert found(portal, "measured") == 12
    with portal.work(admin, may_write=False) as work:
        one = registry.get(work, SourceId("portal"))
        assert (one.health, one.can_confirm) == (Health.HELD, True)
    clock.on(days=1)
    assert go(portal, admin, "portal").outcome == "held"
    run = go(portal, admin, "portal", confirm=True)
    assert (run.outcome, run.counts["gone"]) == ("done", 8)
    assert found(portal, "measured") == 4
    with portal.work(admin, may_write=False) as work:
        assert not registry.is_confirmed(work, SourceId("portal"))


def test_an_empty_listing_removes_nothing(portal, admin, offered, clock):
    go(portal, admin, "portal")
    offered.clear()
    clock.on(days=1)
    run = go(portal, admin, "portal")
    assert run.outcome == "held"
    assert run.message.startswith("The origin lists nothing")
    assert found(portal, "measured") == 12


def test_a_listing_that_breaks_removes_nothing_and_is_tried_again(portal, admin, offered, clock):
    go(portal, admin, "portal")
    clock.on(days=1)
    del offered["set-0"]
    offered["broken"] = Unavailable("The page fails.", url="https://origin.example/p2")
    run = go(portal, admin, "portal")
    assert (run.outcome, run.message) == ("failed", "The page fails.")
    assert found(portal, "measured") == 12
    with portal.work(admin, may_write=False) as work:
        one = registry.get(work, SourceId("portal"))
        assert (one.health, one.failures, one.failing_since) == (Health.FAILING, 1, clock.now)
        assert one.next_run == clock.now + timedelta(minutes=1)


def test_identifiers_that_drift_make_no_second_entry(portal, admin, offered, clock):
    go(portal, admin, "portal")
    before = every(portal, admin)
    clock.on(days=1)
    for n in range(12):
        offered[f"urn:new:{n}"] = {**offered.pop(f"set-{n}"), "id": f"urn:new:{n}"}
    run = go(portal, admin, "portal")
    assert run.outcome == "done"
    assert run.counts["renamed"] == 12
    assert run.counts.get("gone", 0) == 0
    now = every(portal, admin)
    assert {one.id for one in now.values()} == {one.id for one in before.values()}
    assert set(now) == {f"urn:new:{n}" for n in range(12)}
    clock.on(days=1)
    assert go(portal, admin, "portal").message == "12 records: 12 as before."


def test_a_twin_of_a_record_that_is_still_there_is_an_entry_of_its_own(
    portal, admin, offered, clock
):
    go(portal, admin, "portal")
    clock.on(days=1)
    twin = {"copy": {**record(3), "id": "copy"}}
    offered.update({**twin, **{k: offered.pop(k) for k in list(offered)}})  # listed first
    run = go(portal, admin, "portal")
    assert (run.counts["new"], run.counts.get("renamed", 0)) == (1, 0)
    now = every(portal, admin)
    assert len(now) == 13
    assert now["copy"].id != now["set-3"].id


def test_ids_that_collide_are_told_apart_and_stay(portal, admin, offered, clock):
    for n in (1, 2):
        offered[f"twin-{n}"] = record(90 + n, title="The same title", id=f"twin-{n}")
    go(portal, admin, "portal")
    ids = {key: one.id for key, one in every(portal, admin).items() if key.startswith("twin")}
    assert len(set(ids.values())) == 2
    clock.on(days=1)
    offered["twin-2"] = record(92, title="The same title", id="twin-2", notes="Now longer.")
    go(portal, admin, "portal")
    now = every(portal, admin)
    assert {key: now[key].id for key in ids} == ids


def test_what_somebody_changed_here_stays_when_the_origin_changes(portal, admin, offered, clock):
    go(portal, admin, "portal")
    entry = every(portal, admin)["set-6"]
    ours = replace(entry, title={"en": "Our better title"}, theme="TRAN")
    with portal.work(admin) as work:
        publish.describe(work, ours)
    clock.on(days=1)
    offered["set-6"] = record(6, title="Their new title", notes="Their new words.")
    assert go(portal, admin, "portal").counts["changed"] == 1
    now = every(portal, admin)["set-6"]
    assert now.title == {"en": "Our better title"}
    assert now.theme == "TRAN"
    assert next(iter(now.description.values())) == "Their new words."


def test_a_checked_link_keeps_what_was_found_out(portal, admin, offered, clock):
    go(portal, admin, "portal")
    entry = every(portal, admin)["set-6"]
    checked = replace(entry, links=(replace(entry.links[0], status=404),))
    with portal.work(admin) as work:
        stored.save_dataset(work.db, checked)
    offered["set-6"] = record(6, notes="Their new words.")
    go(portal, admin, "portal")
    links: tuple[Link, ...] = every(portal, admin)["set-6"].links
    assert links[0].status == 404


def test_a_run_that_stops_half_way_goes_on_under_its_number(
    portal, admin, offered, clock, monkeypatch
):
    monkeypatch.setattr(harvest, "BATCH", 5)
    asked = 0

    def stops() -> bool:
        nonlocal asked
        asked += 1
        return asked > 10

    with pytest.raises(arrive.Stopped):
        go(portal, admin, "portal", is_stopping=stops)
    there = len(every(portal, admin))
    assert 0 < there < 12
    clock.on(seconds=1)
    run = arrive.run_due(portal)
    assert run.id == 1
    assert run.counts["new"] == 12
    assert "cut_off" not in run.counts
    assert len(every(portal, admin)) == 12


def test_two_sources_may_bring_the_same_names(portal, admin, clock):
    add(portal, admin, replace(CATALOGUE, id=SourceId("second")))
    go(portal, admin, "portal")
    run = go(portal, admin, "second")
    assert run.counts["new"] == 12
    with portal.work(admin, may_write=False) as work:
        assert len({one.id for one in stored.datasets(work.db)}) == 24


def test_an_entry_that_came_before_any_list_was_kept_is_taken_over(portal, admin, clock):
    go(portal, admin, "portal")
    with portal.work(admin) as work:
        names = [f"set-{n}" for n in range(12)]
        records.forget(work.db, SourceId("portal"), names)
    go(portal, admin, "portal")
    assert len(every(portal, admin)) == 12


def test_an_entrys_id_is_its_own_address(portal, admin):
    go(portal, admin, "portal")
    assert every(portal, admin)["set-1"].id == DatasetId("measured-thing-1")


def test_the_data_of_entries_come_along_and_a_bad_file_is_its_own_fault(
    portal, admin, offered, clock, tmp_path
):
    files = {"1.csv": "id;kind\n1;Oak\n2;Elm\n", "2.csv": "<html>moved</html>", "3.csv": None}
    with file_server(files) as url:
        offered.clear()
        for n in (1, 2, 3):
            link = {"id": f"r{n}", "url": f"{url}/{n}.csv", "format": "CSV"}
            offered[f"set-{n}"] = record(n, resources=[link])
        allowed = portal.settings.model_copy(update={"allow_hosts": ("127.0.0.1",)})
        portal.settings = allowed
        # The portal lies where its files lie: a host inside that nobody else's record may name.
        add(portal, admin, replace(CATALOGUE, with_data=True, options={"url": url}))
        run = go(portal, admin, "portal")
        assert (run.counts["new"], run.counts["data"]) == (3, 1), run
        assert run.counts["data_failed"] == 2
        assert {fault.value for fault in run.faults} == {"set-2", "set-3"}
        with portal.work(admin, may_write=False) as work:
            version = stored.version(work.db, DatasetId("measured-thing-1"))
        assert (version.number, version.rows) == (1, 2)
        clock.on(days=1)
        again = go(portal, admin, "portal")
        assert again.counts.get("data", 0) == 0
        files["1.csv"] = "id;kind\n1;Oak\n2;Elm\n3;Ash\n"
        assert go(portal, admin, "portal").counts["data"] == 1


@contextmanager
def file_server(files):
    class Request(BaseHTTPRequestHandler):
        def do_GET(self):
            body = files.get(self.path.strip("/"))
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()
