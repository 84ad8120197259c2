"""`citycommons serve`: portal and worker start, live and end together."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.serving import free_port

from citycommons.cli.main import main

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc"),
]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    home = tmp_path / "city"
    assert main(["init", str(home), "--name", "Lecce"]) == 0
    port = free_port()
    words = ["serve", "--home", str(home), "--port", str(port)]
    program = subprocess.Popen(
        [sys.executable, "-m", "citycommons.cli.main", *words], stdout=subprocess.PIPE, text=True
    )
    try:
        assert program.stdout is not None
        assert f"http://127.0.0.1:{port}" in program.stdout.readline()
        wait_until(lambda: "citycommons.jobs.run" in children(program.pid).values())
        yield program, port
    finally:
        if program.poll() is None:
            program.kill()
        program.wait()
        assert program.stdout is not None
        program.stdout.close()


def children(pid: int) -> dict[int, str]:
    """Ids of a process' children, and the module each runs."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = path.read_text().rpartition(")")[2].split()
            words = (path.parent / "cmdline").read_text().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(after_name[1]) == pid and "-m" in words:
            found[int(path.parent.name)] = words[words.index("-m") + 1]
    return found


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_asked_to_end_it_ends_both(served, number, code):
    program, port = served
    both = children(program.pid)
    assert sorted(both.values()) == ["citycommons.jobs.run", "citycommons.web.serve"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
        assert page.status == 200
    program.send_signal(number)
    assert program.wait(30) == code
    assert all(map(is_gone, both))


def test_a_worker_that_dies_is_started_again(served):
    program, _ = served
    first = next(pid for pid, name in children(program.pid).items() if name.endswith("jobs.run"))
    os.kill(first, signal.SIGKILL)
    wait_until(
        lambda: any(
            name.endswith("jobs.run") and pid != first
            for pid, name in children(program.pid).items()
        )
    )
    assert program.poll() is None


def test_killed_outright_it_leaves_nobody_behind(served):
    program, _ = served
    both = children(program.pid)
    program.kill()
    program.wait()
    wait_until(lambda: all(map(is_gone, both)))
