"""The recipe for foreign portals, run word by word against a served city."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pytest
from tests.serving import free_port, serving

from citycommons.core.settings import Settings
from citycommons.core.types import SYSTEM, Dataset, DatasetId, PublisherId
from citycommons.measure.republication import partners
from citycommons.share.publish import prepare, publish
from citycommons.store import copies
from citycommons.store.work import City

PAGE = Path(__file__).parents[2] / "docs/value/report-your-use.md"
BLOCKS = re.findall(r"^```(\w+) (\w+)\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
PROGRAMS = {(language, name): body for language, name, body in BLOCKS}
MONTH = ("2026-03-01", "2026-03-31")


class Place:
    """A city served, a foreign portal whose page links to it, and the secret they share."""

    def __init__(self, origin: str, portal: str, secret: str) -> None:
        self.origin, self.portal, self.secret = origin, portal, secret
        self.copy, self.dataset = f"{portal}/trees.html", f"{origin}/datasets/trees"

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "ORIGIN": self.origin,
            "PORTAL": self.portal,
            "SECRET": self.secret,
            "COPY": self.copy,
            "DATASET": self.dataset,
            "FIRST": MONTH[0],
            "LAST": MONTH[1],
            **more,
        }

    def counted(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self.dataset}/copies.json", timeout=10) as answer:
            found = json.load(answer)["copies"]
        return {month["month"]: month["investigations"] for one in found for month in one["months"]}

    def report(self, investigations: int, requests: int) -> dict[str, object]:
        """The report as `report.json` holds it."""
        instance = [
            {"metric-type": f"total-dataset-{name}", "access-method": "regular", "count": count}
            for name, count in (("investigations", investigations), ("requests", requests))
        ]
        days = {"begin-date": MONTH[0], "end-date": MONTH[1]}
        return {
            "report-header": {
                "report-id": "dsr",
                "created": datetime.now(UTC).isoformat(),
                "reporting-period": days,
            },
            "report-datasets": [
                {
                    "uri": self.copy,
                    "dataset-id": [{"type": "URI", "value": self.dataset}],
                    "platform": self.portal,
                    "performance": [{"period": days, "instance": instance}],
                }
            ],
        }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("recipe") / "home"
    settings = Settings(home=home, name="Testville", allow_hosts=("127.0.0.1",))
    city = City.create(settings)
    port = free_port()
    said = f'public_url = "http://127.0.0.1:{port}"\nallow_hosts = ["127.0.0.1"]\n'
    (home / "city.toml").write_text(f'name = "Testville"\n{said}', "utf-8")
    dataset = Dataset(
        id=DatasetId("trees"),
        title={"en": "Trees"},
        publisher=PublisherId("parks"),
        license="CC0-1.0",
    )
    _publish(city, dataset)
    with serving(home, port) as origin, _foreign(f"{origin}/datasets/trees") as portal:
        place = Place(origin, portal, "")
        _announce(place)
        deadline = time.monotonic() + 60
        while not (known := _known(city, portal)):
            assert time.monotonic() < deadline, "the announced copy is not verified"
            time.sleep(0.5)
        with city.work(SYSTEM) as work:
            place.secret = partners.secret_for(work, known)
        yield place
    city.close()


def _publish(city: City, dataset: Dataset) -> None:
    from citycommons.core.types import Publisher
    from citycommons.store import catalogue

    prepared = prepare(city.lake, dataset, pa.table({"n": [1, 2, 3]}))
    with city.work(SYSTEM) as work:
        catalogue.save_publisher(work.db, Publisher(id=dataset.publisher, name="Parks"))
        publish(work, dataset, prepared)


def _foreign(link: str):
    from contextlib import contextmanager

    @contextmanager
    def serve() -> Iterator[str]:
        class Request(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = f'<p><a rel="dcterms:source" href="{link}">Trees</a></p>'.encode()
                is_there = self.path == "/trees.html"
                self.send_response(200 if is_there else 404)
                self.send_header("content-type", "text/html")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()

    return serve()


def _announce(place: Place) -> None:
    if shutil.which("curl") is None:
        pytest.skip("the recipe's announcement is sent by curl, which is not here")
    run = ["sh", "-ec", PROGRAMS["sh", "announce"]]
    done = subprocess.run(run, env=place.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def _known(city: City, portal: str):
    with city.work(SYSTEM, may_write=False) as work:
        found = copies.portal_at(work.db, portal)
        copy = copies.copy_at(work.db, f"{portal}/trees.html")
    return found.id if found and copy and copy.state == "verified" else None


def ran(place: Place, command: list[str], folder: Path, **more: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=place.environment(**more),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_python_program_has_at_most_thirty_lines_and_reports(place, tmp_path):
    program = PROGRAMS["py", "report"]
    assert len([line for line in program.splitlines() if line.strip()]) <= 30
    for uses in (40, 41, 41):  # sent again: replaced, never added
        said = json.dumps({place.copy: [place.dataset, uses, 7]})
        assert "202" in ran(place, [sys.executable, "-c", program], tmp_path, COPIES=said)
        assert place.counted() == {"2026-03": uses}


@pytest.mark.parametrize(
    ("tools", "language", "run"),
    [(("curl", "openssl"), "sh", ("sh", "-ec")), (("node",), "js", ("node", "-e"))],
)
def test_shell_and_node_report_the_same(place, tmp_path, tools, language, run):
    if missing := [tool for tool in tools if shutil.which(tool) is None]:
        pytest.skip(f"{missing[0]} is not here")
    uses = {"sh": 52, "js": 63}[language]
    (tmp_path / "report.json").write_text(json.dumps(place.report(uses, 5)), "utf-8")
    out = ran(place, [*run, PROGRAMS[language, "report"]], tmp_path)
    assert language == "sh" or out.startswith("202")
    assert place.counted() == {"2026-03": uses}


def test_a_wrong_secret_is_refused(place, tmp_path):
    said = json.dumps({place.copy: [place.dataset, 999, 7]})
    before = place.counted()
    run = [sys.executable, "-c", PROGRAMS["py", "report"]]
    done = subprocess.run(
        run,
        env=place.environment(COPIES=said, SECRET="guessed"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "HTTP Error 401" in done.stderr
    assert place.counted() == before
