"""What operators of other portals complain about, tried on ours through its doors.

Loads that hang or lose rows, harvests that double or never end, links that rot, metadata that does
not survive; and two experiences: a utility's monthly file, and three catalogues in one portal.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
import rdflib
from tests.collect.conftest import Origin
from tests.portal_origin import package
from tests.web.web_portal import Client, Portal, portal_over

from citycommons.cli.main import main
from citycommons.collect import sources
from citycommons.collect.hosts import Hosts
from citycommons.collect.probe import polite
from citycommons.core.errors import Forbidden
from citycommons.core.settings import read_settings
from citycommons.core.types import (
    Access,
    Category,
    DatasetId,
    Grant,
    PublisherId,
    Role,
    SourceId,
)
from citycommons.govern import privacy
from citycommons.jobs import errands
from citycommons.share import links, publish, rejects, tasks
from citycommons.store import catalogue
from citycommons.store.work import City

AUTHORITY = "http://publications.europa.eu/resource/authority"
CLI = Callable[..., Any]

# rdflib warns of its own JSON-LD parser.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A city with one publisher, whose sources may ask this machine."""
    home = tmp_path / "home"
    assert main(["init", str(home), "--name", "Testville"]) == 0
    settings = home / "city.toml"
    settings.write_text(settings.read_text() + '\nallow_hosts = ["127.0.0.1"]\n')
    assert main(["publisher", "add", "Roads", "--id", "roads", "--home", str(home)]) == 0
    return home


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> CLI:
    """Run a command as an operator does; gives its JSON."""

    def command(*words: str) -> Any:
        capsys.readouterr()
        code = main([*words, "--home", str(home), "--json"])
        told = capsys.readouterr()
        assert code == 0, told.err
        return json.loads(told.out) if told.out.strip() else None

    return command


@pytest.fixture
def portal(home: Path) -> Any:
    city = City.open(read_settings(home))
    yield portal_over(city)
    city.close()


def reader(portal: Portal) -> Client:
    return portal.client(accept="application/json")


def offer(origin: Origin, records: list[dict[str, Any]], files: dict[str, bytes]) -> str:
    """Let the origin be a CKAN with these records, and serve these files; both may be changed."""

    def answer(request: BaseHTTPRequestHandler, number: int) -> None:
        path, _, query = request.path.partition("?")
        body = files.get(path)
        if body is None and path.endswith("/package_search"):
            asked = dict(part.split("=", 1) for part in query.split("&"))
            start = int(asked["start"])
            page = records[start : start + int(asked["rows"])]
            result = {"count": len(records), "results": page}
            body = json.dumps({"success": True, "result": result}).encode()
        if body is None:
            request.send_error(404)
            return
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body if request.command != "HEAD" else b"")

    origin.answer = answer
    return origin.url("")


def harvest(run: CLI, url: str, id: str = "portal", connector: str = "ckan", **more: str) -> Any:
    """Add the catalogue as a source if it is new, and run it; gives the run."""
    if id not in {one["source"] for one in run("sources")}:
        said = [word for name, value in more.items() for word in (f"--{name}", value)]
        add = ("sources", "add", connector, "--id", id, "--title", id, "--option", f"url={url}")
        run(*add, "--publisher", "roads", *said)
    return run("sources", "run", id)


# 2. A load is whole or not at all, says what it kept aside, and never waits for a dead worker.


def test_no_type_is_decided_by_the_first_rows(run, portal, tmp_path):
    rows, late = 900_100, 800_000
    file = tmp_path / "counts.csv"
    with file.open("w") as out:
        out.write("id,cyclists,code\n")
        for start in range(0, rows, 100):
            words = "LATE-" if start >= late else ""
            block = [f"{n},{n % 977},{words}{n % 50}" for n in range(start, start + 100)]
            if start == 900_000:
                block[0] = "900000,N/A,LATE-0"
                block[7] = "900007,many,LATE-7"
                block[9] = "900009,5,LATE-9,one too many"
            out.write("\n".join(block) + "\n")
    told = run(
        "publish", str(file), "--dataset", "counts", "--license", "CC0-1.0", "--publisher", "roads"
    )
    types = {field["name"]: field["type"] for field in told["fields"]}
    assert types == {"id": "integer", "cyclists": "integer", "code": "string"}
    assert (told["rows"], told["rejected_rows"]) == (rows - 1, 1)
    faults = {(one["line"], one["column"]): one for one in told["first_faults"]}
    assert faults[900_009, "cyclists"]["value"] == "many"
    assert faults[900_009, "cyclists"]["action"] == "left empty"
    with portal.city.work(portal.actor("ada", Grant(role=Role.ADMINISTRATOR))) as work:
        [aside] = rejects.of_version(work, DatasetId("counts")).to_pylist()
    assert (aside["line"], aside["id"]) == (900_011, "900009")
    assert "4 cells where 3 belong" in aside["what was wrong"]

    def row(id: int) -> dict[str, Any]:
        [found] = reader(portal).get("/datasets/counts/rows", params={"id": id}).json()["rows"]
        return dict(found)

    assert row(900_000)["cyclists"] is None
    assert (row(3)["code"], row(900_030)["code"]) == ("3", "LATE-30")


WORKER = """
import os, sys
from pathlib import Path
from citycommons.core.settings import read_settings
from citycommons.jobs import errands
from citycommons.share import holding
from citycommons.store.work import City

holding.LEASE_S = 1.0
print("ready", flush=True)
errands.work_off(City.open(read_settings(Path(sys.argv[1]))))
"""


def test_a_load_whose_worker_is_killed_is_never_pending(run, portal, home, tmp_path):
    text = "id;day;cyclists\n" + "".join(
        f"{n};2026-03-{n % 28 + 1:02};{n}\n" for n in range(200_000)
    )
    (home / "inbox").mkdir(exist_ok=True)
    (home / "inbox" / "counts.csv").write_text(text)
    run(
        *("sources", "add", "folder", "--id", "counts", "--title", "Counts", "--describe"),
        *("--publisher", "roads", "--dataset", "counts", "--license", "CC0-1.0", "--every", "PT1H"),
        *("--option", f"folder={home / 'inbox'}", "--option", "settle_s=0"),
    )

    def health() -> str:
        [one] = run("sources")
        return str(one["health"])

    with portal.city.work(portal.actor("ada", Grant(role=Role.ADMINISTRATOR))) as work:
        sources.run_now(work, SourceId("counts"))
    command = [sys.executable, "-c", WORKER, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as worker:
        while health() != "running":
            assert worker.poll() is None
        os.kill(worker.pid, signal.SIGKILL)
    assert worker.returncode == -signal.SIGKILL
    assert reader(portal).get("/datasets/counts@1.json").status_code == 404  # nothing half done
    deadline = time.monotonic() + 10
    while health() == "running":  # the dead worker's lease
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert errands.work_off(portal.city) == 1
    [one] = run("sources")
    assert (one["health"], one["last"]["outcome"]) == ("good", "done")
    assert reader(portal).get("/datasets/counts/rows").json()["total"] == 200_000


# 4. A harvest ends, doubles nothing, forgets nothing, and one bad record costs only itself.


def entries(portal: Portal) -> dict[str, Any]:
    """What readers find, by the origin's identifier."""
    found = reader(portal).get("/datasets.json", params={"limit": 100}).json()
    pages = [reader(portal).get(f"/datasets/{one['id']}.json").json() for one in found["datasets"]]
    assert found["total"] == len(pages)
    return {page["identifier"]: page for page in pages}


def test_a_harvest_doubles_nothing_and_leaves_no_ghosts(run, portal, origin):
    records = [package(n) for n in range(30)]
    url = offer(origin, records, {})
    records.insert(17, records[3])  # listed twice, as when a list moves between two pages
    first = harvest(run, url)
    assert first["outcome"] == "done"
    before = entries(portal)
    assert set(before) == {package(n)["id"] for n in range(30)}
    assert harvest(run, url)["counts"]["same"] == 30

    # The origin gives every dataset another identifier: the entries stay what and where they are.
    records[:] = [{**package(n), "id": f"new-{n}"} for n in range(30)]
    assert harvest(run, url)["counts"].get("new", 0) == 0
    after = entries(portal)
    assert {one["id"] for one in after.values()} == {one["id"] for one in before.values()}

    # The origin deletes two: they leave the search and the catalogue, and their pages say so.
    gone = {after[f"new-{n}"]["id"] for n in (4, 5)}
    del records[4:6]
    harvest(run, url)
    assert not gone & {one["id"] for one in entries(portal).values()}
    catalogue_document = reader(portal).get("/datasets.jsonld", params={"limit": 100}).text
    for id in gone:
        assert f"/datasets/{id}" not in catalogue_document
        assert reader(portal).get(f"/datasets/{id}.json").status_code == 410


def test_one_bad_address_breaks_neither_the_harvest_nor_our_own_export(run, portal, origin):
    records = [package(n) for n in range(6)]
    records[2]["resources"][0]["url"] = 'http://exa mple.org/{ü}"<b>|^`\\.csv'
    records[3]["uri"] = "http://[no host/ä b"
    records[4] = {"id": "nothing-else"}
    done = harvest(run, offer(origin, records, {}))
    assert (done["outcome"], done["counts"]["failed"]) == ("done", 1)
    assert "nothing-else" in json.dumps(done["faults"])
    found = entries(portal)
    assert set(found) == {package(n)["id"] for n in (0, 1, 2, 3, 5)}
    graph = rdflib.Graph()
    graph.parse(data=reader(portal).get("/datasets.jsonld").text, format="json-ld")
    assert len(graph.serialize(format="nt").splitlines()) > 50
    kind = rdflib.URIRef("http://www.w3.org/ns/dcat#Dataset")
    assert len(set(graph.subjects(rdflib.RDF.type, kind))) == 5


# 8. A link that rots is found, its owner is told, readers keep a copy, and it may come back.


def test_a_dead_link_is_found_told_bridged_and_forgiven(run, portal, origin):
    address, files = "https://utility.example/meters.csv", {"/meters.csv": b"meter;reading\n1;12\n"}
    records = [package(0) | {"resources": [{"url": address, "format": "CSV"}]}]
    harvest(run, offer(origin, records, {}), license="CC0-1.0")
    [entry] = entries(portal).values()
    city, now = portal.city, datetime.now(UTC)

    def web(request: httpx.Request) -> httpx.Response:
        body = files.get(request.url.path)
        return httpx.Response(404 if body is None else 200, stream=httpx.ByteStream(body or b""))

    def ask(days: int) -> None:
        city.clock = lambda: now + timedelta(days=days)
        client = replace(
            polite(links.folder(city), ()),
            inner=httpx.MockTransport(web),
            resolver=lambda host, port: ["203.0.114.9"],
            hosts=Hosts(),
            sleep=lambda _: None,
        )
        assert links.check_due(city, client) == 1

    def status() -> int:
        [link] = reader(portal).get(f"/datasets/{entry['id']}.json").json()["links"]
        return int(link["status"])

    steward = portal.actor("eva", Grant(role=Role.DATA_OFFICER, publisher=PublisherId("roads")))
    ask(days=0)
    assert status() == 200
    del files["/meters.csv"]
    ask(days=8)
    assert status() == 200  # once is no proof
    ask(days=9)
    assert status() == 404
    assert "Dead link" in portal.browser(steward).get("/desk").text
    with city.work(steward, may_write=False) as work:
        [task] = tasks.tasks(work).listed
    assert (task.kind, task.dataset.id, task.count) == ("dead-links", entry["id"], 1)
    copy = f"/datasets/{entry['id']}/copies/{links.key(address)}"
    assert copy in portal.client(accept="text/html").get(f"/datasets/{entry['id']}").text
    kept = reader(portal).get(copy)
    assert kept.content == b"meter;reading\n1;12\n"
    assert f'<{address}>; rel="original"' in kept.headers["link"]
    files["/meters.csv"] = b"meter;reading\n1;13\n"
    ask(days=40)
    assert status() == 200
    with city.work(steward, may_write=False) as work:
        assert tasks.tasks(work).listed == ()


# 13. What a record says of licence, theme, frequency and file type survives, in Europe's words.


@pytest.mark.parametrize(
    ("says", "license"),
    [
        ("cc-by-4.0", f"{AUTHORITY}/licence/CC_BY_4_0"),
        (
            "http://creativecommons.org/licenses/by-sa/4.0/deed.it",
            f"{AUTHORITY}/licence/CC_BYSA_4_0",
        ),
        ("dl-de-by-2.0", "https://www.govdata.de/dl-de/by-2-0"),
        (f"{AUTHORITY}/licence/CC0", f"{AUTHORITY}/licence/CC0"),
        ("Only after a phone call", ""),
    ],
)
def test_harvested_words_become_european_codes_and_stay(run, portal, origin, says, license):
    record = package(0) | {"license_id": says, "frequency": "monatlich"}
    formats = {"a.csv": "text/csv", "b.zip": "Shape", "c": "WFS", "d.bin": "Punch card"}
    record["resources"] = [
        {"url": f"https://portal.example/{name}", "format": format}
        for name, format in formats.items()
    ]
    harvest(run, offer(origin, [record], {}))
    [entry] = entries(portal).values()
    text = reader(portal).get(f"/datasets/{entry['id']}.jsonld").text
    graph = rdflib.Graph().parse(data=text, format="json-ld")
    dct, dcat = (
        rdflib.Namespace("http://purl.org/dc/terms/"),
        rdflib.Namespace("http://www.w3.org/ns/dcat#"),
    )
    address = next(graph.subjects(rdflib.RDF.type, dcat.Dataset))

    def one(name: rdflib.URIRef) -> str:
        return str(graph.value(address, name) or "")

    assert one(dcat.theme) == f"{AUTHORITY}/data-theme/TRAN"
    assert one(dct.accrualPeriodicity) == f"{AUTHORITY}/frequency/MONTHLY"
    assert one(dct.license) == license
    types = {
        str(graph.value(file, dcat.accessURL)).rpartition("/")[2]: graph.value(file, dct["format"])
        for file in graph.objects(address, dcat.distribution)
    }
    codes = {name: str(type).rpartition("/")[2] if type else "" for name, type in types.items()}
    assert codes == {"a.csv": "CSV", "b.zip": "SHP", "c": "WFS_SRVC", "d.bin": ""}
    assert "PUNCH CARD" in text.upper()
    if not license:
        assert entry["license"] == "unspecified"
        assert "Only after a phone call" in one(dct.description)


# Two experiences that cities made.


def test_a_utility_lays_its_meters_into_a_share_each_month_and_names_wait(run, portal, home):
    """CISPEL, the utilities of Tuscany: data arrive by themselves, persons never do."""
    inbox = home / "inbox"
    inbox.mkdir(exist_ok=True)
    city, now = portal.city, datetime.now(UTC)
    officer = portal.actor("eva", Grant(role=Role.DATA_OFFICER, publisher=PublisherId("roads")))
    run(
        *("sources", "add", "folder", "--id", "meters", "--title", "Water meters", "--describe"),
        *("--publisher", "roads", "--dataset", "meters", "--license", "CC-BY-4.0"),
        *("--owner", "eva", "--option", f"folder={inbox}", "--option", "settle_s=0"),
        *("--every", "P1M"),
    )

    def month(number: int, columns: str, more: str = "") -> Any:
        rows = (f"M-{n};{n},5;2026-{number:02}-28{more}\n" for n in range(40))
        (inbox / f"meters-2026-{number:02}.csv").write_text(columns + "\n" + "".join(rows))
        city.clock = lambda: now + timedelta(days=32 * number)
        assert errands.work_off(city) == 1
        [one] = run("sources")
        return one

    columns = "meter;consumption_m3;read"
    assert month(1, columns)["last"]["outcome"] == "done"
    assert month(2, columns)["last"]["outcome"] == "done"
    assert reader(portal).get("/datasets/meters.json").json()["version"]["number"] == 2

    # March brings the names of customers: it waits, and readers see nothing of it.
    held = month(3, f"{columns};customer name", ";Maria Rossi")
    assert held["health"] == "held"
    assert "customer name" in held["message"]
    assert "persons" in held["message"]
    assert reader(portal).get("/datasets/meters.json").json()["version"]["number"] == 2
    assert "Rossi" not in reader(portal).get("/datasets/meters/rows").text
    assert "Water meters" in portal.browser(officer).get("/desk").text

    # With names it is personal data: it leaves the public, until the protection officer decides.
    guard = portal.actor("dora", Grant(role=Role.DATA_PROTECTION_OFFICER))
    with city.work(officer) as work:
        entry = publish.describe(
            work,
            replace(
                catalogue.dataset(work.db, DatasetId("meters")),
                category=Category.PERSONAL,
                access=Access.INTERNAL,
            ),
        )
    assert reader(portal).get("/datasets/meters.json").status_code in (401, 403, 404)
    with city.work(officer) as work, pytest.raises(Forbidden, match="protection officer"):
        publish.describe(work, replace(entry, access=Access.PUBLIC))
    with city.work(guard) as work:
        privacy.decide(work, entry, may_be_released=False, reason="Names are nobody's business.")
    with city.work(officer) as work, pytest.raises(Forbidden, match="protection officer"):
        publish.describe(work, replace(entry, access=Access.PUBLIC))


def test_three_catalogues_become_one_portal_and_each_entry_keeps_its_origin(run, portal, origin):
    """Data Mill North: many publishers, one place; two call their datasets the same."""
    councils = ("leeds", "kirklees", "calderdale")
    files: dict[str, bytes] = {}
    url = offer(origin, [], files)
    for number, council in enumerate(councils):
        run("publisher", "add", council.title(), "--id", council)
        own = [package(n) for n in range(number * 5, number * 5 + 5)]
        own[0]["title"] = "Grit bins"
        own[0]["resources"] = [{"url": f"https://{council}.example/bins.csv", "format": "CSV"}]
        result = {"count": len(own), "results": own}
        body = json.dumps({"success": True, "result": result}).encode()
        files[f"/{council}/api/3/action/package_search"] = body
    for council in councils:
        add = ("sources", "add", "ckan", "--id", council, "--title", council.title())
        run(*add, "--publisher", council, "--option", f"url={url}/{council}")
        assert run("sources", "run", council)["counts"]["new"] == 5
    found = entries(portal)
    assert len(found) == 15
    bins = [one for one in found.values() if "Grit bins" in one["title"].values()]
    assert len({one["id"] for one in bins}) == 3
    assert {one["publisher"] for one in bins} == set(councils)
    for one in bins:
        council = one["publisher"]
        assert one["source"].startswith(f"{url}/{council}/dataset/")
        document = reader(portal).get(f"/datasets/{one['id']}.jsonld").json()
        assert document["prov:wasDerivedFrom"] == [{"@id": one["source"]}]
        assert document["adms:identifier"]["skos:notation"] == one["identifier"]
    # Again: nothing moves from one to the other.
    for council in councils:
        assert run("sources", "run", council)["counts"]["same"] == 5
    assert entries(portal) == found
