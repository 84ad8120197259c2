"""The public value page, its machine form, kept reports, and the cities beside ours."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from tests.measure.impact.test_peers import answering
from tests.measure.impact.whole import filled
from tests.web.web_portal import JSON, Portal, portal_over

from citycommons.core.types import ANYONE, LANGUAGES, Actor, Grant, Role
from citycommons.measure.impact import peers, reports
from citycommons.measure.impact.period import parse
from citycommons.measure.impact.shared import read
from citycommons.store.work import City

Q1 = "period=2026-Q1"


@pytest.fixture
def portal(city: City) -> Iterator[Portal]:
    filled(city)
    city.settings = city.settings.model_copy(update={"requests_per_minute": 1_000_000})
    return portal_over(city)


@pytest.fixture
def admin(portal: Portal) -> Actor:
    return portal.actor("boss", Grant(role=Role.ADMINISTRATOR))


def test_everybody_reads_it_in_each_language_and_nothing_that_is_not_for_them(
    portal: Portal,
) -> None:
    browser = portal.browser(ANYONE)
    for language in LANGUAGES:
        page = browser.get(f"/value?{Q1}&lang={language}").text
        assert f'lang="{language}"' in page
        assert "&lt;b&gt;map&lt;/b&gt;" in page
        assert "trinkbrunnen" not in page
        assert "<b>map</b>" not in page
        assert "/value/how/use.here.requests" in page
    assert "EUR" not in browser.get(f"/value.csv?{Q1}").text.replace(",EUR,unknown", "")
    assert browser.get(f"/value/how/money.costs?{Q1}").status_code == 200
    assert browser.get(f"/council/how/money.costs?{Q1}", follow_redirects=False).status_code != 200


def test_every_form_is_to_be_had_and_the_tables_are_the_same_bytes(portal: Portal) -> None:
    program = portal.client(**JSON)
    assert program.get(f"/value.pdf?{Q1}").content.startswith(b"%PDF")
    first = program.get(f"/value/export.zip?{Q1}").content
    assert first == program.get(f"/value/export.zip?{Q1}").content
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        described = json.loads(archive.read("datapackage.json"))
        for resource in described["resources"]:
            rows = list(csv.reader(io.StringIO(archive.read(resource["path"]).decode())))
            assert rows[0] == [one["name"] for one in resource["schema"]["fields"]]
        cells = list(csv.reader(io.StringIO(archive.read("reuses.csv").decode())))
        assert cells[1][1] == "'=Bike <b>map</b> of class 7b"  # no formula for a spreadsheet
    told = program.get(f"/value/statement.json?{Q1}").json()
    assert described["version"] == told["digest"]


def test_what_is_told_to_other_cities_can_be_read_and_can_be_kept_back(portal: Portal) -> None:
    program = portal.client(**JSON)
    answer = program.get(f"/value.json?{Q1}")
    found = read(answer.content)
    assert found.city == "Testville"
    assert found.figures["use.here.requests"].value == 1300
    portal.reopen(value_shared=False)
    assert portal.client(**JSON).get("/value.json").status_code == 404
    assert portal.browser(ANYONE).get(f"/value?{Q1}").status_code == 200


def test_cities_beside_ours_are_named_as_counting_themselves(portal: Portal, admin: Actor) -> None:
    browser = portal.browser(admin)
    page = browser.post("/admin/peers", data={"url": "https://data.bologna.example"})
    assert page.status_code == 200
    peers.fetch_due(portal.city, answering(city="<i>Bologna</i>"))
    shown = portal.browser(ANYONE).get(f"/value?{Q1}&lang=en").text
    assert "&lt;i&gt;Bologna&lt;/i&gt;" in shown
    assert "by its own count" in shown
    listed = browser.get("/admin/peers?lang=en").text
    assert "It shares its sums." in listed
    id = listed.split("/admin/peers/")[1].split("/remove")[0]
    assert browser.post(f"/admin/peers/{id}/remove").status_code == 200
    assert "Bologna" not in portal.browser(ANYONE).get(f"/value?{Q1}").text


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://x.example", "https://a:b@c.example"])
def test_a_wrong_address_is_told_beside_the_field(portal: Portal, admin: Actor, url: str) -> None:
    answer = portal.browser(admin).post("/admin/peers", data={"url": url})
    assert answer.status_code in (403, 422) or url == "nonsense"
    assert answer.status_code < 500


def test_reports_are_listed_and_the_councils_are_for_the_council(portal: Portal) -> None:
    reports.make(portal.city, parse("2026-Q1"))
    member = portal.browser(portal.actor("cora", Grant(role=Role.COUNCIL)))
    public = portal.browser(ANYONE)
    assert "2026-Q1-public.pdf" in public.get("/value/reports").text
    assert "/council/reports/2026-Q1.pdf" in member.get("/council/reports").text
    page = public.get("/value/reports/2026-Q1-public.html")
    assert "sha256-" in page.headers["content-security-policy"]
    for name in ("2026-Q1.pdf", "2026-Q1.json", "..%2fcity.db", "2026-Q1-public.exe"):
        assert public.get(f"/value/reports/{name}").status_code == 404
    told: dict[str, Any] = member.get("/council/reports/2026-Q1.json").json()
    assert told["digest"] == member.get(f"/council.json?{Q1}").json()["digest"]
    assert public.get("/council/reports/2026-Q1.json", follow_redirects=False).status_code != 200


def test_an_empty_city_says_what_to_do(city: City) -> None:
    page = portal_over(city).browser(ANYONE).get("/value?lang=en").text
    assert "not yet measurable" in page
    assert "Begin with the problem" in page
    assert "No report yet." in page
