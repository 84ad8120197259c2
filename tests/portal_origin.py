"""A CKAN portal on this machine: as many datasets as one likes, as slow as one likes."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


def package(number: int) -> dict[str, Any]:
    """A dataset as `package_search` gives it (CKAN 2.11, Action API)."""
    name = f"messung-{number:05}"
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "name": name,
        "title": f"Messung {number} an der Straße {number % 97}",
        "notes": f"Was an Ort {number} gemessen wurde, seit {2000 + number % 25}.",
        "state": "active",
        "license_id": "cc-by",
        "metadata_modified": f"2026-01-{number % 28 + 1:02}T08:00:00",
        "tags": [{"name": f"ort-{number % 50}"}, {"name": "messung"}],
        "groups": [{"name": "transport", "title": "Transport"}],
        "organization": {"name": "amt", "title": "Amt für Messung"},
        "resources": [
            {
                "id": f"r-{number}",
                "name": f"Werte {number}",
                "format": "CSV",
                "url": f"https://portal.example/{name}.csv",
            }
        ],
    }


@contextmanager
def ckan(records: list[dict[str, Any]], *, latency_s: float = 0.0) -> Iterator[str]:
    """The address of a portal that answers `package_search` after so many seconds."""

    class Request(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(latency_s)
            parts = urlsplit(self.path)
            asked = parse_qs(parts.query)
            if not parts.path.endswith("package_search"):
                self.send_error(404)
                return
            start, rows = int(asked["start"][0]), int(asked["rows"][0])
            page = records[start : start + rows]
            body = json.dumps(
                {"success": True, "result": {"count": len(records), "results": page}}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:  # whoever asked was killed
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
