"""Two hundred slow readers of large files at once, beside small requests as before them.
Budgets: p95 of small requests at most 3 times that of an idle server; memory below 800 MB."""

import multiprocessing
import os
import resource
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.city_features import features
from benchmarks.run import Result, all_met, free_port, ours, say, stop, until_answers

ROWS = 1_000_000
READERS = 200
STEP = 16_384  # bytes that a reader takes at once
PAUSE_S = 0.25  # between two steps: 64 kB/s, a phone on the road
MEASURED_S = 10.0
FILES = (  # what the readers want, in turn: headers go with the path
    ("/data/features@1.geojson", ""),
    ("/data/features@1.csv", ""),
    ("/data/features@1.csv", "Accept-Encoding: gzip"),
    ("/data/features@1.parquet", ""),
    ("/data/features@1.parquet", "Range: bytes=1000000-"),
    ("/data/features@1.ndjson", "Accept-Encoding: zstd, gzip"),
    ("/datasets/features@1/rows.csv?value__gt=60", ""),
)
SMALL = (
    "/datasets/features@1/features?bbox=7.60,51.95,7.61,51.96&limit=100",
    "/datasets/features@1/rows?limit=20&offset=5000",
    "/datasets/features@1.json",
)


def publish(home: Path) -> None:
    """A city with one dataset of a million features."""
    from citycommons.core.settings import Settings
    from citycommons.core.types import SYSTEM, Dataset, DatasetId, Publisher, PublisherId
    from citycommons.share import packed, publish
    from citycommons.store import catalogue
    from citycommons.store.work import City

    city = City.create(Settings(home=home))
    dataset = Dataset(
        id=DatasetId("features"),
        title={"en": "Features"},
        publisher=PublisherId("p"),
        license="CC0-1.0",
        key=("id",),
    )
    with city.work(SYSTEM) as work:
        catalogue.save_publisher(work.db, Publisher(id=PublisherId("p"), name="P"))
        publish.describe(work, dataset)
    prepared = publish.prepare(city.lake, dataset, features(ROWS))
    with city.work(SYSTEM) as work:
        publish.publish(work, dataset, prepared)
    packed.build(city.lake, prepared.file, prepared.fields)
    city.close()


def read_slowly(port: int, until: float, taken: "multiprocessing.Queue[tuple[int, int]]") -> None:
    """All readers in one process; says how many were answered, and how many bytes they took."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    ready = selectors.DefaultSelector()
    for number in range(READERS):
        path, header = FILES[number % len(FILES)]
        link = socket.create_connection(("127.0.0.1", port))
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STEP)
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *([header] if header else []), "", ""]
        link.sendall("\r\n".join(lines).encode())
        ready.register(link, selectors.EVENT_READ)
    answered, bytes_taken = set(), 0
    while time.time() < until:
        time.sleep(PAUSE_S)
        for key, _ in ready.select(0):
            data = key.fileobj.recv(STEP)  # type: ignore[union-attr]
            bytes_taken += len(data)
            if data.startswith(b"HTTP/1.1 20"):
                answered.add(key.fd)
            if not data:
                ready.unregister(key.fileobj)
    taken.put((len(answered), bytes_taken))


def p95_ms(port: int, seconds: float) -> float:
    """Of small requests, one after another, over one connection."""
    link, times = HTTPConnection("127.0.0.1", port, timeout=30), []
    end = time.perf_counter() + seconds
    number = 0
    while (start := time.perf_counter()) < end:
        link.request("GET", SMALL[number % len(SMALL)], headers={"Accept": "application/json"})
        answer = link.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{SMALL[number % len(SMALL)]} answered {answer.status}.")
        times.append((time.perf_counter() - start) * 1000)
        number += 1
        time.sleep(0.005)
    return statistics.quantiles(times, n=20)[-1]


def take_all(port: int) -> None:
    """Each file once, so that it is kept."""
    for path, header in FILES:
        link = HTTPConnection("127.0.0.1", port, timeout=300)
        name, _, value = header.partition(": ")
        link.request("GET", path, headers={name: value} if name else {})
        answer = link.getresponse()
        while answer.read(1 << 20):
            pass
        link.close()


def memory_mb(process: "subprocess.Popen[bytes]") -> float:
    """Memory that is the server's alone; pages of mapped files belong to the system."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    total = 0
    for number in (str(process.pid), *children):
        lines = Path(f"/proc/{number}/status").read_text().splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
    return total / 1000


def measured(home: Path, *, is_first: bool) -> Sequence[Result]:
    """Idle, then with all readers: of files nobody asked for before, or of kept ones."""
    port = free_port()
    taken: multiprocessing.Queue[tuple[int, int]] = multiprocessing.Queue()
    server = subprocess.Popen(
        [ours(), "serve", "--home", home, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "CITYCOMMONS_REQUESTS_PER_MINUTE": "1000000"},
    )
    try:
        until_answers(f"http://127.0.0.1:{port}/healthz", server)
        if not is_first:
            take_all(port)
        p95_ms(port, 3)
        idle = p95_ms(port, MEASURED_S)
        until = time.time() + MEASURED_S + 3
        readers = multiprocessing.Process(target=read_slowly, args=(port, until, taken))
        readers.start()
        time.sleep(0.5 if is_first else 2)
        busy, memory = p95_ms(port, MEASURED_S), memory_mb(server)
        answered, size = taken.get(timeout=60)
        readers.join()
    finally:
        stop(server)
    what = "files made meanwhile" if is_first else "kept files"
    print(f"{answered} of {READERS} readers of {what} were answered, {size / 1e6:.0f} MB")
    command = "python -m benchmarks share_slow_clients"
    return (
        say(
            Result(
                name=f"p95 of small requests beside 200 slow readers of {what}",
                ours=busy,
                peer=idle,
                unit="ms",
                ratio=busy / idle,
                budget="at most 3 times the idle server's",
                is_met=busy <= 3 * idle and (is_first or answered == READERS),
                command=command,
            )
        ),
        say(
            Result(
                name=f"memory of the server beside 200 slow readers of {what}",
                ours=memory,
                peer=800,
                unit="MB",
                ratio=memory / 800,
                budget="below 800 MB",
                is_met=memory < 800,
                command=command,
            )
        ),
    )


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        publish(home)
        results = [*measured(home, is_first=True), *measured(home, is_first=False)]
        shutil.rmtree(home / "cache", ignore_errors=True)
    return all_met(results)


if __name__ == "__main__":
    sys.exit(main())
