"""Real portals on this machine, each in its own home, that harvest one another."""

import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from tests.serving import free_port

from citycommons.collect import sources
from citycommons.core.settings import read_settings
from citycommons.core.types import (
    SYSTEM,
    ActorId,
    Dataset,
    DatasetId,
    PublisherId,
    Source,
    SourceId,
)
from citycommons.share import arrive
from citycommons.share.publish import prepare, publish
from citycommons.store.work import City

ROADS = PublisherId("roads")
TREES = DatasetId("trees")
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass
class Portal:
    """A served city, and the same city in this process."""

    url: str
    city: City
    server: "subprocess.Popen[bytes]"

    def start(self) -> None:
        """Serve the city again."""
        self.server = _served(self.city.settings.home, self.city.settings.port)
        self.wait()

    def wait(self) -> None:
        """Until it answers: a server takes its seconds to start, longer on a busy machine."""
        _wait(self.url, self.server)

    def publish(self, id: DatasetId = TREES) -> None:
        dataset = Dataset(id=id, title={"en": "Trees"}, publisher=ROADS, license="CC-BY-4.0")
        prepared = prepare(self.city.lake, dataset, pa.table({"n": [1, 2, 3]}))
        with self.city.work(SYSTEM) as work:
            publish(work, dataset, prepared)

    def harvest(self, origin: "Portal", *, with_data: bool = True) -> Dataset:
        """Bring the catalogue of another portal; answers the copy of its trees."""
        source = Source(
            id=SourceId("origin"),
            title="The other portal",
            connector="dcat",
            options={"url": f"{origin.url}/catalog.ttl"},
            publisher=ROADS,
            owner=ActorId("admin"),
            with_data=with_data,
        )
        with self.city.work(SYSTEM) as work:
            sources.save(work, source)
        run = arrive.run_named(self.city, SYSTEM, source.id)
        assert run.outcome == "done", run
        return self.copy_of(origin)

    def copy_of(self, origin: "Portal") -> Dataset:
        from citycommons.share import catalogue

        with self.city.work(SYSTEM, may_write=False) as work:
            found = catalogue.find(work, catalogue.Search(limit=50)).entries
        return next(one.dataset for one in found if one.dataset.source.startswith(origin.url))

    def download(self, id: DatasetId, times: int, *, agent: str = BROWSER, start: int = 0) -> None:
        """Take the file so many times, each time as another reader (no double clicks)."""
        for n in range(times):
            self.get(f"/data/{id}@1.csv", agent=agent, reader=start + n)

    def get(self, path: str, *, agent: str = BROWSER, reader: int = 0) -> bytes:
        headers = {"user-agent": agent, "x-forwarded-for": f"198.51.{reader // 250}.{reader % 250}"}
        request = urllib.request.Request(self.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return bytes(answer.read())

    def settle(self) -> None:
        """Wait until what was used is written down: a second at most."""
        time.sleep(1.5)

    def stop(self) -> None:
        self.server.terminate()
        self.server.wait(20)


@contextmanager
def portal(made_home: Path, home: Path, name: str) -> Iterator[Portal]:
    """A city of this name, served (`wait` for it) without a worker: the test does its errands."""
    shutil.copytree(made_home, home)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    lines = (
        f'name = "{name}"',
        f'public_url = "{url}"',
        f"port = {port}",
        'allow_hosts = ["127.0.0.1"]',
        "requests_per_minute = 100000",
    )
    (home / "city.toml").write_text("\n".join(lines) + "\n")
    city = City.open(read_settings(home))
    one = Portal(url=url, city=city, server=_served(home, port))
    try:
        yield one
    finally:
        city.close()
        if one.server.poll() is None:
            one.stop()


def _served(home: Path, port: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "citycommons.web.serve", "--home", str(home)]
    return subprocess.Popen([*command, "--port", str(port)])


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the server ended with {server.returncode}"
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")
