from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from citycommons.collect import manifest
from citycommons.core.types import ANYONE
from citycommons.share.deliver import Progress, Stage, build, deliver
from citycommons.store import catalogue

HEAD = """
id = "small"
name = "Small"
languages = ["en"]
bounds = [7.0, 51.0, 8.0, 52.0]
[[publisher]]
id = "town"
name = "Town"
"""
ITEM = """
[[source]]
id = "{id}"
address = "{address}"
mirror = "{id}.csv"
[[dataset]]
id = "{id}"
title = {{ en = "The {id}" }}
description = {{ en = "All {id} there are." }}
publisher = "town"
license = "CC0-1.0"
sources = ["{id}"]
recipe = "{recipe}"
key = ["number"]
fields = [{{ name = "number", type = "integer", role = "identifier", title = {{ en = "No." }} }}]
"""


def town(tmp_path: Path, *ids: str, address: str = "", recipe: str = "") -> manifest.Manifest:
    path = tmp_path / "small.toml"
    items = (ITEM.format(id=id, address=address, recipe=recipe) for id in ids)
    path.write_text(HEAD + "".join(items), "utf-8")
    return manifest.read(path)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / "trees.csv").write_text("number,kind\n2,oak\n1,lime\n")
    (folder / "wells.csv").write_text("number,kind\n1,deep\n")
    return folder


def test_what_the_manifest_describes_is_published(city, tmp_path, mirror):
    (done,) = build(city, town(tmp_path, "trees"), mirror=mirror)
    assert (done.failure, done.rows, done.is_new) == ("", 2, True)
    with city.work(ANYONE, may_write=False) as work:
        dataset = catalogue.dataset(work.db, "trees")
        version = catalogue.version(work.db, "trees")
    assert dataset.title == {"en": "The trees"}
    assert version.fields[0].title == {"en": "No."}
    assert version.provenance.steps
    assert version.statistics[0].maximum == 2


def test_a_second_run_makes_nothing_new_and_reads_nothing(city, tmp_path, mirror):
    small = town(tmp_path, "trees")
    build(city, small, mirror=mirror)
    stages: list[Stage] = []
    (again,) = build(city, small, mirror=mirror, progress=lambda step: stages.append(step.stage))
    assert (again.is_new, again.rows) == (False, 2)
    assert stages == [Stage.COLLECT, Stage.DONE]


def test_a_changed_file_is_a_new_version(city, tmp_path, mirror):
    small = town(tmp_path, "trees")
    build(city, small, mirror=mirror)
    (mirror / "trees.csv").write_text("number,kind\n1,lime\n")
    (done,) = build(city, small, mirror=mirror)
    assert (done.version.number, done.rows) == (2, 1)


def test_a_new_description_is_kept_without_a_new_version(city, tmp_path, mirror):
    build(city, town(tmp_path, "trees"), mirror=mirror)
    path = tmp_path / "small.toml"
    path.write_text(path.read_text().replace("The trees", "Our trees"))
    (done,) = build(city, manifest.read(path), mirror=mirror)
    with city.work(ANYONE, may_write=False) as work:
        assert catalogue.dataset(work.db, "trees").title == {"en": "Our trees"}
    assert (done.version.number, done.is_new) == (1, False)


def test_a_failing_source_stops_only_its_own_dataset(city, tmp_path, mirror):
    trees, missing, wells = build(city, town(tmp_path, "trees", "benches", "wells"), mirror=mirror)
    assert (trees.rows, wells.rows) == (2, 1)
    assert missing.failure.endswith("has no file benches.csv.")
    assert missing.version is None


def test_a_broken_recipe_stops_only_its_own_dataset(city, tmp_path, mirror, monkeypatch, caplog):
    from citycommons.standardise.muenster import recipes

    def broken(parcels):
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setitem(recipes.TABLES, "broken", broken)
    (done,) = build(city, town(tmp_path, "trees", recipe="broken"), mirror=mirror)
    assert "unexpected error" in done.failure
    assert "a fault of ours" not in done.failure
    assert "a fault of ours" in caplog.text


def test_an_unknown_recipe_is_named(city, tmp_path, mirror):
    (done,) = build(city, town(tmp_path, "trees", recipe="soup"), mirror=mirror)
    assert "no recipe “soup”" in done.failure


def test_a_stranger_delivers_nothing(city, tmp_path, mirror):
    done = deliver(city, town(tmp_path, "trees"), "trees", actor=ANYONE, mirror=mirror)
    assert done.error is not None
    with city.work(ANYONE, may_write=False) as work:
        assert catalogue.find_dataset(work.db, "trees") is None


def test_without_a_mirror_the_files_come_over_the_network(settings, tmp_path, mirror):
    class Request(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (mirror / self.path[1:]).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    from citycommons.store.work import City

    server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    city = City.create(settings.model_copy(update={"allow_hosts": ("127.0.0.1",)}))
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}/trees.csv"
        seen: list[Progress] = []
        small = town(tmp_path, "trees", address=address)
        (done,) = build(city, small, progress=seen.append)
    finally:
        city.close()
        server.shutdown()
        server.server_close()
        thread.join()
    assert (done.failure, done.rows) == ("", 2)
    assert done.version.provenance.origin == address
    assert any(step.received == 25 == step.expected for step in seen)
    assert [step.stage for step in seen][-1] is Stage.DONE


def test_a_city_refuses_to_fetch_from_its_own_network(city, tmp_path):
    small = town(tmp_path, "trees", address="http://127.0.0.1:1/trees.csv")
    (done,) = build(city, small)
    assert "inside this network" in done.failure


def test_muensters_smaller_datasets_and_its_catalogue_are_delivered(city, shared):
    muenster = manifest.find("muenster")
    large = {"motor-counts", "motor-detectors", "cycle-counts", "parking-occupancy"}
    small = [str(item.dataset.id) for item in muenster.items if item.dataset.id not in large]
    done = build(city, muenster, mirror=shared / "data", only=[*small, "open-data-catalogue"])
    assert [one.failure for one in done if one.failure] == []
    by_id = {one.item: one for one in done}
    assert by_id["open-data-catalogue"].entries == 204
    rows = {"boroughs": 9, "districts": 45, "city-cells": 174, "junctions": 308, "stops": 1584}
    assert {id: by_id[id].rows for id in rows} == rows
    assert by_id["air-quality"].rows > 70_000
    with city.work(ANYONE, may_write=False) as work:
        entries = [d for d in catalogue.datasets(work.db) if d.id.startswith("od-")]
    assert sum(len(entry.links) for entry in entries) == 936
    assert sum(link.status == 404 for entry in entries for link in entry.links) == 4
