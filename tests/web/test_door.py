"""What every answer carries, what is refused at the door, and how often one may ask."""

import gzip

import pytest
from tests.web.web_portal import HTML, JSON, ROLES, Client, Portal

from citycommons.core.errors import TooOften
from citycommons.core.types import ClientKind
from citycommons.store.usage.agents import kind_of
from citycommons.web.limits import Limiter


@pytest.mark.parametrize("path", ["/", "/datasets/counts", "/absent", "/datasets/counts.json"])
def test_every_answer_carries_a_strict_policy(portal: Portal, path: str) -> None:
    answer = portal.client(**HTML).get(path)
    policy = dict(
        part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert "unsafe" not in str(policy)
    assert "http" not in str(policy)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


def test_pages_hold_no_inline_script_or_style(portal: Portal) -> None:
    client = portal.client(**HTML)
    for path in ("/", "/datasets", "/datasets/counts", "/publishers", "/about", "/sign-in"):
        page = client.get(path).text
        assert "<script>" not in page, path
        assert ' style="' not in page, path  # code to paste elsewhere has it escaped
        assert "<style" not in page, path
        assert " onclick=" not in page, path


def test_an_answer_to_who_is_signed_in_is_not_stored(portal: Portal) -> None:
    client = portal.browser(portal.actor("ada"))
    assert client.get("/desk").headers["cache-control"] == "no-store"


def test_head_answers_like_get_without_a_body(client: Client) -> None:
    for path in ("/datasets/counts", "/data/counts@1.parquet", "/openapi.json", "/healthz"):
        head, got = client.head(path), client.get(path)
        assert head.status_code == got.status_code == 200
        assert head.content == b""
        for name in ("content-type", "etag", "content-length"):
            assert head.headers.get(name) == got.headers.get(name), (path, name)


def test_text_is_packed_for_whoever_takes_gzip(portal: Portal) -> None:
    client = portal.client(**JSON, **{"accept-encoding": "gzip"})
    answer = client.get("/openapi.json")
    assert answer.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in answer.headers["vary"]
    assert answer.headers["etag"].endswith('-gzip"')
    plain = portal.client(**JSON, **{"accept-encoding": "identity"}).get("/openapi.json")
    assert "content-encoding" not in plain.headers
    assert "accept-encoding" in plain.headers["vary"]
    assert answer.json() == plain.json()
    again = client.get("/openapi.json", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_a_packed_stream_is_whole(portal: Portal) -> None:
    packed = portal.client(**{"accept-encoding": "gzip"})
    with packed.stream("GET", "/data/counts@1.csv") as answer:
        body = b"".join(answer.iter_raw())
    plain = portal.client(**{"accept-encoding": "identity"}).get("/data/counts@1.csv")
    assert gzip.decompress(body) == plain.content


@pytest.mark.parametrize("host", ["", "a b", "portal.example/evil", "x@y", "a\tb"])
def test_a_host_that_is_none_is_refused(client: Client, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 400


def test_a_body_above_the_limit_is_refused_before_it_is_read(portal: Portal) -> None:
    client = portal.browser(portal.actor("ada"))

    def endless():  # type: ignore[no-untyped-def]
        raise AssertionError("the body was read")
        yield b""

    limit = portal.city.settings.upload_limit_mb
    answer = client.post(
        "/datasets/counts/versions",
        content=endless(),
        headers={"content-length": str((limit + 2) * 1_000_000), **JSON},
    )
    assert answer.status_code == 413
    assert answer.json()["limit_mb"] == limit


def test_a_large_body_where_none_is_wanted_is_refused(portal: Portal) -> None:
    client = portal.browser(portal.actor("ada", *ROLES["data-officer-of-roads"]))
    answer = client.post("/datasets", content=b"x" * 3_000_000, headers=JSON)
    assert answer.status_code == 413


def test_who_asks_too_often_waits(portal: Portal) -> None:
    limiter = Limiter(60, clock := Ticks())
    for _ in range(60):
        limiter.take("a")
    with pytest.raises(TooOften) as error:
        limiter.take("a")
    assert error.value.where["retry_after_s"] == 1
    limiter.take("b")
    clock.now += 1.0
    limiter.take("a")
    with pytest.raises(TooOften):
        limiter.take("a")


class Ticks:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_limit_is_told_as_a_problem_with_the_time_to_wait(portal: Portal) -> None:
    portal.reopen(requests_per_minute=3)
    client = portal.client(**JSON)
    answers = [client.get("/datasets") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert int(answers[-1].headers["retry-after"]) == 20
    assert client.get("/healthz").status_code == 200
    robot = portal.client(**JSON, **{"user-agent": "Googlebot/2.1"})
    assert [robot.get("/datasets").status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "person"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "robot"),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "robot"),
        ("Mozilla/5.0 AppleWebKit/537.36; compatible; GPTBot/1.2", "robot"),
        ("curl/8.5.0", "machine"),
        ("python-requests/2.32", "machine"),
        ("", "robot"),  # COUNTER's list: who says nothing
    ],
)
def test_the_kind_of_client_is_told_by_its_name(agent: str, kind: str) -> None:
    assert kind_of(agent) is ClientKind(kind)


def test_an_address_comes_from_a_trusted_proxy_only(portal: Portal) -> None:
    portal.reopen(requests_per_minute=2, proxies=("10.9.9.9",))
    client = portal.client(**JSON)
    # The test client's own address is no proxy: what it says of others is not believed.
    codes = [
        client.get("/datasets", headers={"x-forwarded-for": f"10.0.0.{n}"}).status_code
        for n in range(3)
    ]
    assert codes == [200, 200, 429]


def test_a_static_file_is_kept_for_ever_under_its_hash(client: Client) -> None:
    from citycommons.web.assets import static_url

    address = static_url("city.css")
    answer = client.get(address)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
    stale = client.get(address.partition("?")[0] + "?v=000000000000")
    assert stale.headers["cache-control"] == "public, no-cache"
    tag = answer.headers["etag"]
    assert client.get(address, headers={"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/vendor/../../app.py",
    ],
)
def test_no_path_leads_out_of_the_static_folder(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_robots_and_sitemap_tell_what_anyone_may_read(client: Client) -> None:
    assert "Disallow: /data/" in client.get("/robots.txt").text
    sitemap = client.get("/sitemap.xml").text
    assert "/datasets/counts</loc>" in sitemap
    assert "drafts" not in sitemap
    assert "plans" not in sitemap


def test_the_language_is_chosen_once(portal: Portal) -> None:
    client = portal.client(**HTML)
    answer = client.get("/about?lang=de")
    assert "lang=de" in answer.headers["set-cookie"]
    assert "HttpOnly" not in answer.headers["set-cookie"]
    assert '<html lang="de"' in client.get("/about").text
    assert "set-cookie" not in client.get("/about?lang=xx").headers


def test_a_sitemap_that_would_be_too_long_is_an_index_of_several(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from citycommons.web import portal

    monkeypatch.setattr(portal, "_MOST_IN_SITEMAP", len(portal._PAGES) + 2)
    index = client.get("/sitemap.xml").text
    assert "<sitemapindex" in index
    pages = [client.get(f"/sitemap.xml?page={page}").text for page in (1, 2)]
    assert all(f"/sitemap.xml?page={page}</loc>" in index for page in (1, 2))
    assert [page.count("/datasets/") for page in pages] == [2, 1]
    assert "/about</loc>" in pages[0]
    assert "/about</loc>" not in pages[1]
