"""An old CKAN on this machine that holds copies: its catalogue, its tracking, its files."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class OldCkan:
    """What the portal holds; change it, and the next answer says so."""

    url: str = ""
    packages: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)  # names that answer 500

    def hold(self, name: str, title: str, content: bytes, *, views: int = 0, taken: int = 0) -> str:
        """Hold a dataset with one CSV file; answers the address of its page."""
        self.files[f"{name}.csv"] = content
        self.packages[name] = {
            "id": f"id-of-{name}",
            "name": name,
            "title": title,
            "state": "active",
            "metadata_modified": "2026-01-02T08:00:00",
            "organization": {"name": "amt", "title": "Amt"},
            "tracking_summary": {"total": views, "recent": 3},
            "resources": [
                {
                    "id": f"r-{name}",
                    "name": "Daten",
                    "format": "CSV",
                    "url": f"{self.url}/files/{name}.csv",
                    "tracking_summary": {"total": taken, "recent": 1},
                }
            ],
        }
        return f"{self.url}/dataset/{name}"

    def count(self, name: str, *, views: int, taken: int) -> None:
        """Let the counters of a dataset stand at this."""
        self.packages[name]["tracking_summary"]["total"] = views
        self.packages[name]["resources"][0]["tracking_summary"]["total"] = taken

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, str, bytes]:
        if path.startswith("/files/"):
            content = self.files.get(path.removeprefix("/files/"))
            return (404, "text/plain", b"") if content is None else (200, "text/csv", content)
        action = path.removeprefix("/api/3/action/")
        if action == "package_search":
            start, rows = int(query.get("start", 0)), int(query.get("rows", 10))
            found = [{**one, "tracking_summary": None} for one in self.packages.values()]
            return _json({"count": len(found), "results": found[start : start + rows]})
        if action == "status_show":
            return _json({"ckan_version": "2.6.1", "site_title": "Altes Portal"})
        if action == "package_show":
            name = query.get("id", "").removeprefix("id-of-")
            if name in self.broken:
                return 500, "text/plain", b"out of memory"
            if name in self.packages:
                return _json(self.packages[name])
        return 404, "application/json", b'{"success": false}'


def _json(result: Any) -> tuple[int, str, bytes]:
    return 200, "application/json", json.dumps({"success": True, "result": result}).encode()


@contextmanager
def old_ckan() -> Iterator[OldCkan]:
    """The portal, served."""
    portal = OldCkan()

    class Request(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            portal.asked.append(self.path)
            parts = urlsplit(self.path)
            query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
            status, media_type, body = portal.answer(parts.path, query)
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
    portal.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield portal
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
