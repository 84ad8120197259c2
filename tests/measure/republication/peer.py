"""Another portal on this machine, as good or as bad as a test wants it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from citycommons.measure.republication import signatures
from citycommons.measure.republication.messages import INBOX

TURTLE = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix prov: <http://www.w3.org/ns/prov#> .
<{copy}> a dcat:Dataset ; prov:wasDerivedFrom <{origin}> .
"""


@dataclass
class Page:
    """What is answered at a path."""

    body: bytes = b""
    media: str = "text/turtle"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0


@dataclass
class Peer:
    """The portal: its pages by path (without a query), and what it was asked and sent."""

    url: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    report: dict[str, object] | None = None  # signed for whoever asks
    status: int = 202  # of its inbox

    @property
    def keyid(self) -> str:
        return f"{self.url}/usage/key"

    def iri(self, name: str = "trees") -> str:
        return f"{self.url}/datasets/{name}"

    def republish(self, origin: str, name: str = "trees", *, has_reports: bool = True) -> str:
        """Have a copy of `origin`; answers its IRI."""
        body = TURTLE.format(copy=self.iri(name), origin=origin).encode()
        link = f'<{self.url}/inbox>; rel="{INBOX}", <{self.url}/reports>; rel="usage"'
        headers = {"link": link} if has_reports else {}
        self.pages[f"/datasets/{name}"] = Page(body, headers=headers)
        self.show_key()
        return self.iri(name)

    def show_key(self) -> None:
        made = signatures.jwk(self.key.public_key(), self.keyid)
        self.pages["/usage/key"] = Page(orjson.dumps(made), "application/jwk+json")


@contextmanager
def peer() -> Iterator[Peer]:
    """Serve it until the block ends."""
    one = Peer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            one.asked.append(self.path)
            path = self.path.partition("?")[0]
            if path == "/reports/dsr" and one.report is not None:
                self._report()
                return
            page = one.pages.get(path, Page(status=404))
            time.sleep(page.wait_s)
            self._answer(page.status, page.body, {"content-type": page.media} | page.headers)

        def do_POST(self) -> None:
            one.sent.append(self.rfile.read(int(self.headers["content-length"])))
            self._answer(one.status, b"", {})

        def _report(self) -> None:
            from datetime import UTC, datetime

            asked = signatures.Request(
                method="GET",
                url=one.url + self.path,
                headers={name.lower(): text for name, text in self.headers.items()},
            )
            body = orjson.dumps(one.report)
            media = {"content-type": "application/json"}
            answer = signatures.Answer(status_code=200, request=asked, headers=media, body=body)
            signatures.sign_answer(answer, one.key, one.keyid, datetime.now(UTC))
            self._answer(200, body, answer.headers)

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:  # whoever asked had enough
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
