"""A real HTTP server on this machine that misbehaves as told."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

Handler = Callable[[BaseHTTPRequestHandler, int], None]


@dataclass
class Origin:
    """What the server was asked, and how it answers: `answer(request, number of the request)`."""

    port: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    answer: Handler = lambda request, number: request.send_error(404)

    def url(self, path: str = "/data.csv", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
def origin() -> Iterator[Origin]:
    state = Origin()

    class Request(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): text for name, text in self.headers.items()}
            state.asked.append({"path": self.path, **headers})
            state.answer(self, len(state.asked))

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()
