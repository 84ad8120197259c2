"""Answering as the services of the field do, and reaching live ones where they are named."""

import os
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from citycommons.collect.polite import Polite


def polite(tmp_path: Path, **options) -> Polite:
    lent = {"cache": tmp_path / "parcels", "allow_hosts": ("127.0.0.1",), "sleep": lambda s: None}
    return Polite(**lent | options)


def asked(request: BaseHTTPRequestHandler) -> tuple[str, dict[str, str]]:
    """Path and parameters of a request."""
    parts = urlsplit(request.path)
    return parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))


def give(
    request: BaseHTTPRequestHandler,
    content: object,
    media_type: str = "application/json",
    status: int = 200,
    **headers: str,
) -> None:
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    request.send_response(status)
    said = {"Content-Type": media_type, "Content-Length": str(len(body))} | headers
    for name, text in said.items():
        request.send_header(name.replace("_", "-"), text)
    request.end_headers()
    request.wfile.write(body)


def live(name: str) -> str:
    """The address of a live service from an environment variable; the test is skipped without."""
    variable = f"CITYCOMMONS_TEST_{name}"
    if not (address := os.environ.get(variable, "")):
        pytest.skip(f"set {variable} to the address of such a service")
    return address
