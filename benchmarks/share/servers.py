"""Servers of this run on loopback: each is started as a process group and ended by its number."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(
    command: Sequence[str | Path],
    answers: str,
    *,
    environment: Mapping[str, str] | None = None,
    log: Path,
    seconds: float = 120,
) -> Iterator[subprocess.Popen[bytes]]:
    """The server while it is needed, from when the address answers."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    try:
        _wait(answers, process, log, seconds)
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(address: str, process: subprocess.Popen[bytes], log: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended: {log.read_text(errors='replace')[-2000:]}")
        try:
            if address.startswith("tcp://"):
                host, _, port = address[6:].partition(":")
                socket.create_connection((host, int(port)), timeout=5).close()
                return
            with urllib.request.urlopen(address, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{address} did not answer: {log.read_text(errors='replace')[-2000:]}")


def memory_mb(session: int) -> float:
    """Resident memory of a server and its workers, pages that they share counted once each."""
    total = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == session:
                text = (folder / "smaps_rollup").read_text()
                line = next(one for one in text.splitlines() if one.startswith("Pss:"))
                total += int(line.split()[1]) / 1024
        except (OSError, StopIteration):
            continue
    return total
