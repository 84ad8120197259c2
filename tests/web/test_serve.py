"""The server as a process: starts, answers, says why it cannot, and ends when told."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from citycommons.core.errors import Unavailable
from citycommons.core.settings import Settings
from citycommons.store.work import City
from citycommons.web.serve import check_port, main


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def home(city: City) -> Path:
    city.close()
    return city.settings.home


@contextmanager
def server(home: Path, port: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "citycommons.web.serve", "--home", str(home)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CITYCOMMONS_")}
    running = subprocess.Popen(
        [*command, "--port", str(port), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def answers(port: int) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
        except httpx.TransportError:
            time.sleep(0.1)
    return False


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(home: Path, stop: signal.Signals) -> None:
    port = free_port()
    with server(home, port) as running:
        assert answers(port)
        page = httpx.get(f"http://127.0.0.1:{port}/", headers={"accept": "text/html"})
        assert page.status_code == 200
        running.send_signal(stop)
        text, _ = running.communicate(timeout=20)
        assert running.returncode == 0, text
        assert "Traceback" not in text
        assert f"http://127.0.0.1:{port}" in text


def test_counts_of_the_last_second_are_kept_when_it_stops(home: Path, settings: Settings) -> None:
    from tests.web.web_portal import open_portal

    from citycommons.core.types import SYSTEM
    from citycommons.store.usage import uses

    city = City.open(settings)
    open_portal(city)
    port = free_port()
    with server(home, port) as running:
        assert answers(port)
        assert httpx.get(f"http://127.0.0.1:{port}/data/counts@1.csv").status_code == 200
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=20)
    city = City.open(settings)
    with city.work(SYSTEM, may_write=False) as work:
        assert sum(one.count for one in uses(work.db, dataset="counts")) == 1
    city.close()


def test_a_port_in_use_is_one_sentence_and_exit_code_8(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--home", str(home), "--host", "127.0.0.1", "--port", str(port)]) == 8
    said = capsys.readouterr().err
    assert f"Port {port}" in said
    assert "--port" in said
    assert said.count("\n") == 1


def test_a_port_nobody_may_use_says_so() -> None:
    with pytest.raises(Unavailable, match="cannot be used"):
        check_port("203.0.113.7", 8000)


def test_a_folder_without_a_city_names_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(tmp_path / "none"), "--port", str(free_port())]) == 8
    assert "citycommons init" in capsys.readouterr().err
