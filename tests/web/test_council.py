"""The council page: who may read it, that its shapes agree, and that it says how each is known."""

import io
import json
import re
from collections.abc import Iterator
from hashlib import sha256

import pypdfium2
import pytest
from tests.web.web_portal import ROADS, Portal, open_portal

from citycommons.core.settings import Settings
from citycommons.core.types import ANYONE, LANGUAGES, Actor, Grant, Role
from citycommons.measure.impact.words import say
from citycommons.store.work import City


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    city = City.create(
        Settings(
            home=tmp_path_factory.mktemp("council") / "home",
            name="Müßig & Söhne",
            requests_per_minute=1_000_000,
        )
    )
    made = open_portal(city)
    for path in ("/data/counts@latest.csv", "/datasets/counts"):
        made.browser(ANYONE).get(path)
    city.usage.flush()
    yield made
    city.close()


@pytest.fixture(scope="module")
def member(portal: Portal) -> Actor:
    return portal.actor("member", Grant(role=Role.COUNCIL))


def pdf_text(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as read:
        assert len(read) == 1
        text = str(read[0].get_textpage().get_text_bounded())
    return " ".join(text.split())


def test_only_those_who_decide_may_read_it(portal: Portal, member: Actor) -> None:
    officer = portal.actor("officer", Grant(role=Role.DATA_OFFICER, publisher=ROADS))
    for path in ("/council", "/council.json", "/council.csv", "/council.pdf"):
        asked = portal.browser(ANYONE).get(path, follow_redirects=False)
        assert asked.status_code in (303, 401)
        assert portal.browser(portal.actor("reader")).get(path).status_code == 403
        assert portal.browser(member).get(path).status_code == 200
    own = portal.browser(officer).get("/council.json").json()
    assert own["statement"]["scope"]["publisher"] == "roads"
    assert portal.browser(officer).get("/council.json?publisher=parks").status_code == 403


def test_page_json_csv_and_pdf_say_the_same_numbers(portal: Portal, member: Actor) -> None:
    browser = portal.browser(member)
    for language in LANGUAGES:
        found = browser.get(f"/council.json?lang={language}").json()
        plain = json.dumps(
            found["statement"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        assert found["digest"] == sha256(plain.encode()).hexdigest()
        page = browser.get(f"/council?lang={language}").text
        paper = pdf_text(browser.get(f"/council.pdf?lang={language}").content)
        table = browser.get(f"/council.csv?lang={language}").text
        assert found["digest"] in page
        assert found["digest"] in paper.replace(" ", "")
        speak = say(language)
        for figure in found["statement"]["figures"]:
            assert f"/council/how/{figure['id']}?" in page
            assert figure["id"] in table
            assert speak(figure["id"]) in paper
            if figure["value"] is not None:
                shown = speak.amount(figure["value"], figure["unit"])
                assert f">{shown}<" in page
                assert " ".join(shown.split()) in paper


def test_the_pdf_is_tagged_lasting_and_the_same_each_time(portal: Portal, member: Actor) -> None:
    browser = portal.browser(member)
    first = browser.get("/council.pdf?lang=de").content
    assert first == browser.get("/council.pdf?lang=de").content
    with pypdfium2.PdfDocument(io.BytesIO(first)) as read:
        assert read.is_tagged()
        assert read.get_metadata_value("Title").startswith(
            "Was die offenen Daten von Müßig & Söhne"
        )
        width, height = read[0].get_size()
    assert (round(width), round(height)) == (595, 842)
    assert b"pdfaid:part" in first or b"pdfuaid:part" in first


def test_each_number_answers_how_it_is_known(portal: Portal, member: Actor) -> None:
    browser = portal.browser(member)
    page = browser.get("/council?lang=en").text
    links = re.findall(r'href="(/council/how/[^"]+)"', page)
    assert len(links) > 10
    for link in links:
        answer = browser.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200
        assert "How sure" in answer.text
    assert browser.get("/council/how/nothing").status_code == 404


@pytest.mark.parametrize("period", ["2026-Q9", "<script>", "9999", "'; drop table usage; --"])
def test_what_is_no_period_is_told_and_never_an_error_of_ours(
    portal: Portal, member: Actor, period: str
) -> None:
    answer = portal.browser(member).get("/council", params={"period": period})
    assert answer.status_code == 422
    assert "<script>" not in answer.text.partition("<main")[2]


def test_what_people_wrote_is_escaped(portal: Portal, member: Actor) -> None:
    assert "Müßig &amp; Söhne" in portal.browser(member).get("/council?lang=de").text
