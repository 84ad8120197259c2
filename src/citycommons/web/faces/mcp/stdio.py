"""The same tools over standard input and output: `python -m citycommons.web.faces.mcp.stdio`.

One JSON message a line. Who asks is the holder of the key in `CITYCOMMONS_API_KEY`, else anyone.
"""

import argparse
import logging
import os
import secrets
import sys
from pathlib import Path
from typing import BinaryIO

from citycommons.core.errors import CityError, Forbidden
from citycommons.core.settings import read_settings
from citycommons.core.types import ANYONE, Actor, Channel
from citycommons.govern import keys
from citycommons.share.mcp import MOST_BYTES, Reply, answer
from citycommons.store.work import City
from citycommons.web.faces.mcp.door import server_of
from citycommons.web.faces.mcp.house import House
from citycommons.web.openapi import document

KEY = "CITYCOMMONS_API_KEY"
_log = logging.getLogger("citycommons.web")


def main(arguments: list[str] | None = None) -> int:
    """Answer messages until the input ends."""
    parser = argparse.ArgumentParser(prog="citycommons mcp", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of the city")
    given = parser.parse_args(arguments)
    try:
        city = City.open(read_settings(given.home))
        try:
            actor = _actor(city, os.environ.get(KEY, ""))
            talk(city, actor, sys.stdin.buffer, sys.stdout.buffer)
        finally:
            city.close()
    except CityError as error:
        print(error.message, file=sys.stderr)
        return error.exit_code
    return 0


def _actor(city: City, key: str) -> Actor:
    if not key:
        return ANYONE
    if (found := keys.holder(city, key)) is None:
        raise Forbidden(f"The key in {KEY} opens nothing: it is unknown, revoked or expired.")
    return found


def talk(city: City, actor: Actor, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer each line of the source with a line of the sink."""
    settings = city.settings
    house = House(
        work=lambda: city.work(actor, may_write=False, channel=Channel.MCP),
        url=settings.url,
        name=settings.name,
        language=settings.language,
        document=lambda: document(settings.url),
    )
    server = server_of(house, _unexpected)
    while line := source.readline(MOST_BYTES + 1):
        if not line.strip():
            continue
        reply = answer(server, line)
        while len(line) > MOST_BYTES and not line.endswith(b"\n"):
            line = source.readline(MOST_BYTES + 1)  # the rest of a message that is too long
        _write(sink, reply)


def _write(sink: BinaryIO, reply: Reply) -> None:
    if reply.body is not None:
        sink.write(reply.packed() + b"\n")
        sink.flush()


def _unexpected(cause: Exception) -> CityError:
    number = secrets.token_hex(4)
    _log.error("%s: mcp over stdio", number, exc_info=cause)
    return CityError(f"Something went wrong on our side. Tell the portal's people: {number}.")


if __name__ == "__main__":
    sys.exit(main())
