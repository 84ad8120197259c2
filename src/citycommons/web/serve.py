"""Starts the portal: `python -m citycommons.web.serve --home … --port …`."""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from citycommons.core.errors import CityError, Unavailable

if TYPE_CHECKING:
    from litestar import Litestar

    from citycommons.store.work import City

CONNECTIONS = 4096  # held at once by each process; a slow reader of a file is one for hours
BUFFER = 131_072  # bytes of an answer held for each connection that does not take them
_VARIABLES = {"home": "CITYCOMMONS_HOME", "host": "CITYCOMMONS_HOST", "port": "CITYCOMMONS_PORT"}


def application() -> "Litestar":
    """Made in each worker; the city's folder comes by `CITYCOMMONS_HOME`."""
    from citycommons.core.settings import read_settings
    from citycommons.store.work import City
    from citycommons.web.app import create_app

    return create_app(City.open(read_settings(Path(os.environ["CITYCOMMONS_HOME"]))))


def check_port(host: str, port: int) -> None:
    """Raise `Unavailable` if something listens there already, or it may not be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as cause:
            raise Unavailable(
                f"Port {port} on {host} cannot be used: {cause.strerror or cause}. "
                f"Choose another with --port, or end what uses it."
            ) from cause


def serve(home: Path, host: str | None, port: int | None, workers: int) -> None:
    """Serve until told to stop (SIGINT, SIGTERM).

    Raises `Unavailable` when there is no city, its schema is not ours, or the port is taken.
    """
    from citycommons.core.settings import read_settings
    from citycommons.store.work import City

    settings = read_settings(home, host=host, port=port)
    check_port(settings.host, settings.port)
    if workers == 1:
        asyncio.run(_serve_here(City.open(settings)))
        return
    City.open(settings).close()
    # Workers are fresh processes: they read the same settings, told by variables.
    given = {"home": str(settings.home), "host": settings.host, "port": str(settings.port)}
    os.environ.update({_VARIABLES[name]: value for name, value in given.items()})
    _allow_files()
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    print(f"{settings.name}: http://{settings.host}:{settings.port}", flush=True)
    Granian(
        "citycommons.web.serve:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=workers,
        factory=True,
        websockets=False,
        backlog=1024,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(max_buffer_size=BUFFER),
        log_level=LogLevels.warning,
        respawn_failed_workers=workers > 1,
    ).serve()


def _allow_files() -> None:
    """A connection and what it reads are two files: take as many as the system lets us."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # not on Windows
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 2 * CONNECTIONS + 1024
        if hard != resource.RLIM_INFINITY:
            wanted = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


async def _serve_here(city: "City") -> None:
    """One worker needs no process of its own: what it imports is imported once."""
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server.embed import Server

    from citycommons.web.app import create_app

    settings = city.settings
    server = Server(
        create_app(city),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        websockets=False,
        backlog=1024,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(max_buffer_size=BUFFER),
        log_level=LogLevels.warning,
    )
    _allow_files()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    print(f"{settings.name}: http://{settings.host}:{settings.port}", flush=True)
    await server.serve()


def main(arguments: list[str] | None = None) -> int:
    """The exit code is 0, or that of the error's kind; the error is one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m citycommons.web.serve", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of the city")
    parser.add_argument("--host", help="address to listen on (default: the city's setting)")
    parser.add_argument("--port", type=int, help="port to listen on (default: the city's setting)")
    parser.add_argument("--workers", type=int, default=1, help="processes that answer")
    given = parser.parse_args(arguments)
    try:
        serve(given.home, given.host, given.port, given.workers)
    except CityError as error:
        print(error.message, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
