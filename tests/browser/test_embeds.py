"""Embeds in a page of another site: no cookie, no other host, accessible, whole at 360 px."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from tests.browser.test_pages import chromium, dataset, pytestmark, watched

__all__ = ["chromium", "dataset", "pytestmark"]

KINDS = ("chart", "map", "table")


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """A site of somebody else, whose pages hold the frame they are asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            frame = f'<iframe src="{asked.get("src", [""])[0]}" width="100%" height="600"></iframe>'
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><body>{frame}".encode())

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}"  # another host than 127.0.0.1
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def address(served: str, dataset: str) -> str:
    return served + dataset.replace("/datasets/", "/embed/")


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_on_another_site_shows_its_source_and_sets_no_cookie(
    chromium: Browser, address: str, elsewhere: str, kind: str
) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 700})
    page = context.new_page()
    cookies: list[str] = []
    page.on(
        "response",
        lambda one: cookies.append(one.url) if "set-cookie" in one.headers else None,
    )
    page.goto(f"{elsewhere}/?src={address}/{kind}")
    page.wait_for_load_state("networkidle")
    frame = page.frames[1]
    assert frame.locator("main a[href*='/datasets/']").count() >= 1
    assert "Source" in frame.inner_text("main")
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert frame.evaluate(width) <= 0
    assert frame.evaluate("document.cookie") == ""
    assert (cookies, context.cookies()) == ([], [])
    context.close()


def test_other_pages_refuse_the_frame(
    chromium: Browser, served: str, dataset: str, elsewhere: str
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    blocked: list[str] = []
    page.on("console", lambda m: blocked.append(m.text) if "frame-ancestors" in m.text else None)
    page.goto(f"{elsewhere}/?src={served}{dataset}")
    page.wait_for_load_state("networkidle")
    assert blocked
    context.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_embed_is_accessible_light_and_dark(
    chromium: Browser, served: str, address: str, kind: str, scheme: str
) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 640})
    page = context.new_page()
    wrong = watched(page, served)
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{address}/{kind}")
    page.wait_for_load_state("networkidle")
    assert wrong == []
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()
