"""Scripted answers of catalogues: a page for each address, as the test says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from citycommons.collect.polite import Polite
from citycommons.core.types import Parcel

Answer = Callable[[str, dict[str, str]], Any]


def answering(origin: Any, answer: Answer, media_type: str = "application/json") -> None:
    """Let the server answer `answer(path, query)`: bytes, or something to write as JSON.

    A number is an HTTP status without content; a pair is a status and its content.
    """

    def give(request: Any, _number: int) -> None:
        parts = urlsplit(request.path)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        found = answer(parts.path, query)
        status = 200
        if isinstance(found, tuple):
            status, found = found
        elif isinstance(found, int):
            status, found = found, b""
        body = found if isinstance(found, bytes) else orjson.dumps(found)
        request.send_response(status)
        request.send_header("Content-Type", media_type)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    origin.answer = give


def polite(folder: Path) -> Polite:
    """A client that may ask this machine and never waits."""
    return Polite(cache=folder, allow_hosts=("127.0.0.1",), sleep=lambda _seconds: None)


def identifiers(parcels: list[Parcel]) -> list[str]:
    return [parcel.identifier for parcel in parcels]
