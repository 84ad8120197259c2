"""Embeds: in any page, with source, date and licence, without a cookie; and oEmbed finds them."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from tests.web.web_portal import HTML, Client, Portal, described, open_portal, table

from citycommons.core.settings import Settings
from citycommons.core.types import SYSTEM, Channel, DatasetId, Grant, Role
from citycommons.measure import usage
from citycommons.share import publish as publishing
from citycommons.store.work import City
from citycommons.web.faces.check import check_face
from citycommons.web.faces.embeds import Embeds

KINDS = ("chart", "map", "table")


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    home = tmp_path_factory.mktemp("embeds") / "home"
    city = City.create(Settings(home=home, requests_per_minute=1_000_000))
    yield open_portal(city)
    city.close()


@pytest.fixture
def client(portal: Portal) -> Client:
    return portal.client(**HTML)


def asked(client: Client, url: str, **more: Any) -> Any:
    return client.get("/oembed?" + urlencode({"url": url, **more}))


def test_the_face_keeps_to_what_faces_keep_to() -> None:
    assert len(check_face(Embeds())) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_an_embed_may_stand_in_any_page_and_sets_no_cookie(client: Client, kind: str) -> None:
    answer = client.get(f"/embed/counts/{kind}?theme=dark&lang=de")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    assert "script-src 'self'" in policy
    assert answer.headers.get("x-frame-options") != "DENY"
    assert "set-cookie" not in answer.headers
    assert '<html lang="de" data-theme="dark">' in answer.text
    assert "Office for Roads" in answer.text  # the source
    assert "CC0" in answer.text
    assert re.search(r"20\d\d", answer.text)  # the date
    assert 'href="http://portal.example/datasets/counts@1"' in answer.text
    assert "<form" not in answer.text
    assert not re.search(r'(src|href)="//', answer.text)


def test_other_pages_still_stand_in_no_frame(client: Client) -> None:
    for path in ("/", "/datasets/counts", "/sign-in"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"


def test_a_table_is_sorted_filtered_and_paged_within_its_frame(client: Client) -> None:
    page = client.get("/embed/counts/table?order=-id&limit=5&theme=light&street=Street+3").text
    ids = [i for i in reversed(range(120)) if i % 7 == 3][:5]
    assert re.findall(r'<td class="n">(\d+)</td>', page)[::2] == [str(i) for i in ids]
    following = unescape(re.findall(r'rel="next" href="([^"]+)"', page)[0])
    assert following.startswith("/embed/counts/table?")
    assert "theme=light" in following
    assert "Street 3" in client.get(following).text
    assert "neither a parameter" in client.get("/embed/counts/table?nope=1").text


def test_who_holds_an_embed_is_told_that_it_is_as_it_was(client: Client) -> None:
    first = client.get("/embed/counts/chart")
    again = client.get("/embed/counts/chart", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    other = client.get("/embed/counts/chart?theme=dark").headers["etag"]
    assert other != first.headers["etag"]


def test_an_embed_shows_what_anyone_may_read_whoever_looks(portal: Portal) -> None:
    boss = portal.actor("embed-boss", Grant(role=Role.ADMINISTRATOR))
    for client in (portal.client(**HTML), portal.browser(boss), portal.program(boss, "read")):
        for id in ("drafts", "plans", "absent"):
            for path in (f"/embed/{id}/table", f"/embed/{id}/chart"):
                assert client.get(path).status_code in (401, 403, 404)
            told = asked(client, f"http://portal.example/datasets/{id}")
            assert told.status_code in (401, 403, 404)
    hidden = portal.client().get("/embed/drafts/table")
    absent = portal.client().get("/embed/absent/table")
    assert hidden.text.replace("drafts", "absent") == absent.text


def test_what_has_nothing_to_draw_says_so(portal: Portal, client: Client) -> None:
    portal.publish(described("names"), table(3).select(["id"]))
    assert client.get("/embed/names/map").status_code == 404
    assert client.get("/embed/entry/table").status_code == 404
    assert client.get("/embed/counts/pie").status_code == 404
    assert client.get("/embed/counts@9/table").status_code == 404


def test_an_error_is_read_within_the_frame(portal: Portal) -> None:
    boss = portal.actor("framed-boss", Grant(role=Role.ADMINISTRATOR))
    for client in (portal.client(**HTML), portal.browser(boss)):
        answer = client.get("/embed/absent/table?theme=dark", follow_redirects=False)
        assert answer.status_code == 404
        assert "frame-ancestors *" in answer.headers["content-security-policy"]
        assert "There is no dataset “absent”" in answer.text
        assert "<form" not in answer.text
        assert "set-cookie" not in answer.headers
    told = portal.client(accept="application/json").get("/embed/absent/table")
    assert told.headers["content-type"].startswith("application/problem+json")


def test_a_withdrawn_version_is_gone_from_its_frame(portal: Portal, client: Client) -> None:
    portal.publish(described("short"), table(4))
    portal.publish(described("short"), table(5))
    assert client.get("/embed/short@1/table").status_code == 200
    with portal.city.work(SYSTEM) as work:
        publishing.withdraw(work, DatasetId("short"), 1, reason="Wrong")
    assert client.get("/embed/short@1/table").status_code == 410


def test_embeds_are_counted_as_such(portal: Portal, client: Client) -> None:
    portal.publish(described("framed"), table(4))
    client.get("/embed/framed/table")
    portal.city.usage.flush()
    with portal.city.work(SYSTEM, may_write=False) as work:
        assert usage.of_dataset(work, DatasetId("framed")).channels == {Channel.EMBED: 1}


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("http://portal.example/datasets/counts", "/embed/counts/"),
        ("https://portal.example/datasets/counts", "/embed/counts/"),
        ("http://portal.example/datasets/counts.html#table", "/embed/counts/"),
        ("http://portal.example/datasets/counts@1", "/embed/counts@1/"),
        ("http://portal.example/embed/counts/table", "/embed/counts/table"),
        ("http://portal.example/embed/counts@1/map", "/embed/counts@1/map"),
    ],
)
def test_oembed_answers_with_a_frame(client: Client, page: str, shown: str) -> None:
    answer = asked(client, page, maxwidth=400, maxheight=300)
    assert answer.headers["content-type"].startswith("application/json")
    told = answer.json()
    assert (told["version"], told["type"], told["title"]) == ("1.0", "rich", "Counts")
    assert (told["width"], told["height"]) == (400, 300)
    assert told["author_name"] == "Office for Roads"
    source = unescape(re.findall(r'src="([^"]+)"', told["html"])[0])
    assert source.startswith("http://portal.example" + shown)
    assert client.get(source).status_code == 200


def test_oembed_speaks_xml_too(client: Client) -> None:
    answer = asked(client, "http://portal.example/datasets/counts", format="xml")
    assert answer.headers["content-type"].startswith("text/xml")
    found = ElementTree.fromstring(answer.content)
    assert found.tag == "oembed"
    assert found.findtext("html", "").startswith("<iframe ")


@pytest.mark.parametrize(
    ("page", "more", "status"),
    [
        ("http://other.example/datasets/counts", {}, 404),
        ("http://portal.example/about", {}, 404),
        ("http://portal.example/datasets/counts/chart", {}, 404),
        ("http://portal.example/datasets/absent", {}, 404),
        ("http://[", {}, 422),
        ("javascript:alert(1)", {}, 404),
        ("", {}, 422),
        ("http://portal.example/datasets/counts", {"format": "yaml"}, 400),
        ("http://portal.example/datasets/counts", {"maxwidth": "wide"}, 422),
    ],
)
def test_what_oembed_cannot_show_it_says(
    client: Client, page: str, more: dict[str, str], status: int
) -> None:
    assert asked(client, page, **more).status_code == status


def test_a_dataset_page_shows_the_code_and_says_where_oembed_is(
    portal: Portal, client: Client
) -> None:
    page = client.get("/datasets/counts").text
    for kind in KINDS:
        assert f"src=&#34;http://portal.example/embed/counts/{kind}&#34;" in page
    found = re.findall(r'type="application/json\+oembed" title="Counts" href="([^"]+)"', page)
    assert client.get(unescape(found[0])).json()["type"] == "rich"
    reader = portal.browser(portal.actor("reader", Grant(role=Role.ADMINISTRATOR)))
    assert "oembed" not in reader.get("/datasets/drafts").text


def test_a_title_with_marks_does_not_break_the_frame(portal: Portal, client: Client) -> None:
    portal.publish(described("odd", title={"en": '"><script>alert(1)</script>'}), table(3))
    told = asked(client, "http://portal.example/datasets/odd").json()
    assert "<script>" not in told["html"]
    assert "<script>alert" not in client.get("/embed/odd/table").text
    xml = asked(client, "http://portal.example/datasets/odd", format="xml").content
    assert ElementTree.fromstring(xml).findtext("title") == '"><script>alert(1)</script>'


def test_the_old_address_of_the_chart_leads_to_the_embed(client: Client) -> None:
    answer = client.get("/datasets/counts@1/chart.svg?embed=1", follow_redirects=False)
    assert answer.status_code == 301
    assert answer.headers["location"] == "/embed/counts@1/chart"
