"""The portal and its worker as children of one command: started, watched, ended together."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from citycommons.core.errors import Unavailable

if TYPE_CHECKING:
    from citycommons.core.settings import Settings

_GRACE_S = 10.0  # between asking a child to end and ending it
_RESTARTS = 5
_PDEATHSIG = 1  # prctl(2): let the kernel end a child whose parent was killed


def check_port(host: str, port: int) -> None:
    """Raise `Unavailable` unless the port is free; one sentence before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as cause:
            raise Unavailable(
                f"Port {port} on {host} cannot be used: {cause.strerror or cause}. Choose another "
                f"one with --port, or end what uses it.",
                port=port,
            ) from cause


def run(settings: "Settings", *, workers: int = 1, when_ready: Callable[[], None]) -> int:
    """Serve until told to stop; answers the exit code.

    The doors stand apart (no door imports a door), so each runs as a program of its own. A worker
    that dies is started again; when the portal ends, all ends.
    """
    check_port(settings.host, settings.port)
    home = ["--home", str(settings.home)]
    place = ["--host", settings.host, "--port", str(settings.port)]
    asked: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
    web = _start("citycommons.web.serve", [*home, *place, "--workers", str(workers)])
    jobs: subprocess.Popen[bytes] | None = None
    restarts, is_ready, begun = 0, False, time.monotonic()
    try:
        while web.poll() is None and not asked:
            if not is_ready and answers(settings):
                is_ready = True
                when_ready()
            if is_ready and (jobs is None or jobs.poll() is not None):
                if jobs is not None and (restarts := restarts + 1) > _RESTARTS:
                    raise Unavailable(
                        f"The worker ended {_RESTARTS} times; see: citycommons doctor"
                    )
                # After the portal: whoever waits, waits for that one first.
                jobs = _start("citycommons.jobs.run", home)
            if not is_ready and time.monotonic() - begun > 120:
                raise Unavailable("The portal does not answer after 2 minutes; it was ended.")
            time.sleep(0.05 if not is_ready else 0.3)
        if asked:
            return 130 if asked[0] == signal.SIGINT else 0
        return web.returncode or 0
    finally:
        _end([one for one in (web, jobs) if one is not None])
        for number, handler in before.items():
            signal.signal(number, handler)


def answers(settings: "Settings") -> bool:
    """Whether a portal answers on the port."""
    from http.client import HTTPConnection, HTTPException

    host = "127.0.0.1" if settings.host in ("0.0.0.0", "") else settings.host  # noqa: S104
    asked = HTTPConnection(host, settings.port, timeout=5)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        asked.close()


@contextmanager
def child(module: str, arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program of ours that runs as long as the block."""
    running = _start(module, arguments)
    try:
        yield running
    finally:
        _end([running])


def _start(module: str, arguments: list[str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches us alone, and we end the children in order.
    return subprocess.Popen(  # noqa: S603 - our own interpreter and modules
        [sys.executable, "-m", module, *arguments],
        start_new_session=True,
        stdout=subprocess.DEVNULL,  # the command says where the portal is, once it answers
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGTERM)


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    end = time.monotonic() + _GRACE_S
    for child in children:
        try:
            child.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
