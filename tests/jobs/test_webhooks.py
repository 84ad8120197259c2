"""A worker that is killed while it tells a webhook: what was not taken is told by the next one."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from citycommons.core.types import Actor, Dataset, DatasetId, PublisherId
from citycommons.engage import webhooks
from citycommons.share.publish import describe, prepare, publish
from citycommons.store import people
from citycommons.store import webhooks as rows
from citycommons.store.work import City

BIKES = Dataset(
    id=DatasetId("bikes"), title={"en": "Bikes"}, publisher=PublisherId("roads"), license="CC0-1.0"
)


class Receiver:
    """Takes messages on this machine; while `is_slow` it does not answer."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.is_slow = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.got.append((self.headers["webhook-id"], body))
                if outer.is_slow.is_set():
                    time.sleep(30)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


def start(home: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "citycommons.jobs.run", "--home", str(home)])


def wait_for(what: Any, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_a_message_survives_the_kill_of_its_worker(
    city: City, admin: Actor, receiver: Receiver
) -> None:
    (city.settings.home / "city.toml").write_text('allow_hosts = ["127.0.0.1"]\n')
    with city.work(admin) as work:
        people.add_actor(work.db, admin, None, work.now)
        for grant in admin.grants:
            people.add_grant(work.db, admin.id, grant, work.now, admin.id)
        describe(work, BIKES)
        hook = webhooks.subscribe(work, url=receiver.url, events=["version.published"])
    prepared = prepare(city.lake, BIKES, pa.table({"id": [1, 2, 3]}))
    with city.work(admin) as work:
        publish(work, BIKES, prepared)
    receiver.is_slow.set()
    first = start(city.settings.home)
    try:
        wait_for(lambda: receiver.got)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait(10)
    receiver.is_slow.clear()
    with city.work(admin) as work:  # the dead one's lease ends, as it would half a minute later
        rows.settle(work.db, receiver.got[0][0])
    second = start(city.settings.home)
    try:
        wait_for(lambda: len(receiver.got) > 1)

        def is_delivered() -> bool:
            with city.work(admin, may_write=False) as work:
                return rows.recent(work.db, hook.id, 5)[0].delivered is not None

        wait_for(is_delivered)
    finally:
        second.terminate()
        second.wait(20)
    ids, bodies = zip(*receiver.got, strict=True)
    assert len(set(ids)) == 1
    assert {body["data"]["version"] for body in bodies} == {1}
