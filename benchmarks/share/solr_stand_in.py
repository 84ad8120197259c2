"""Answers CKAN as an empty Solr would: no registry carries that server, and we measure no search.

`python solr_stand_in.py PORT SCHEMA.XML`
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_EMPTY = b'{"responseHeader":{"status":0},"response":{"numFound":0,"start":0,"docs":[]}}'


class Handler(BaseHTTPRequestHandler):
    """The schema when it is asked for, else that nothing was found or all went well."""

    protocol_version = "HTTP/1.1"
    schema = b""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer()

    def _answer(self) -> None:
        body = self.schema if "schema" in self.path else _EMPTY
        self.send_response(200)
        kind = "text/xml" if "schema" in self.path else "application/json"
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    Handler.schema = Path(sys.argv[2]).read_bytes()
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
