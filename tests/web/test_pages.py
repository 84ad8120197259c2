"""Public pages: what they say, that they work without script, and that nothing leaks or breaks."""

import re
from dataclasses import replace

import pyarrow as pa
import pytest
from tests.web.web_portal import HTML, Portal

from citycommons.core.types import (
    ANYONE,
    LANGUAGES,
    SYSTEM,
    Access,
    Dataset,
    DatasetId,
    Link,
    PublisherId,
)
from citycommons.share import publish as publishing
from citycommons.store.work import City
from citycommons.web import colour, page_error, pages
from citycommons.web.view import View


def view(city: City, path: str = "/", *query: tuple[str, str], language: str = "en") -> View:
    return View(
        settings=city.settings, path=path, query=query, language=language, url="http://city.test"
    )


def published(city: City, id: str = "waits", rows: int = 7, **more: object) -> Dataset:
    given: dict[str, object] = {
        "title": {"en": "Waiting at <b>offices</b>", "de": "Wartezeit in Bürgerbüros"},
        "description": {"en": "How long people waited at the citizen offices, in minutes."},
        "license": "CC0-1.0",
        "theme": "GOVE",
        "keywords": ("waiting",),
    }
    one = Dataset(id=DatasetId(id), publisher=PublisherId("roads"), **(given | more))  # type: ignore[arg-type]
    table = pa.table(
        {
            "office": pa.array([f"Office {i}" for i in range(rows)], pa.string()),
            "minutes": pa.array([5 + i * 3 for i in range(rows)], pa.int64()),
        }
    )
    prepared = publishing.prepare(city.lake, one, table)
    with city.work(SYSTEM) as work:
        publishing.publish(work, one, prepared)
    return one


def dataset_page(city: City, id: str = "waits", *query: tuple[str, str], **more: str) -> str:
    asked = view(city, f"/datasets/{id}", *query, **more)
    with city.work(ANYONE, may_write=False) as work:
        return pages.dataset(work, asked, DatasetId(id))


def test_a_dataset_page_says_what_it_is_and_escapes_what_people_wrote(city: City) -> None:
    published(city)
    html = dataset_page(city)
    assert "Waiting at &lt;b&gt;offices&lt;/b&gt;" in html
    assert "<b>offices</b>" not in html
    assert "Use it freely" in html
    assert "Office 3" in html
    assert 'href="/data/waits@1.csv"' in html
    assert "All 7 rows." in html


def test_pages_hold_no_inline_script_or_style(city: City) -> None:
    published(city)
    with city.work(ANYONE, may_write=False) as work:
        everything = [
            pages.home(work, view(city)),
            pages.search(work, view(city, "/datasets")),
            pages.map_explorer(work, view(city, "/map")),
            pages.about(work, view(city, "/about")),
            pages.developers(work, view(city, "/developers"), {}),
            pages.publishers(work, view(city, "/publishers")),
            pages.publisher(work, view(city, "/publishers/roads"), PublisherId("roads")),
        ]
    for html in [
        *everything,
        dataset_page(city),
        page_error.error(view(city), 404, "", "Not here."),
    ]:
        html = re.sub(r"<code>.*?</code>", "", html, flags=re.S)
        assert " style=" not in html
        assert "<style" not in html
        for attributes in re.findall(r"<script([^>]*)>", html):
            is_data = "json" in attributes
            assert "src=" in attributes or is_data, attributes
        assert not re.search(r"\son[a-z]+=", html)
        # Readers may follow a link to another host; no page asks one by itself.
        asked = re.findall(
            r'src="([^"]+)"|<link rel="(?:stylesheet|preload|icon)" href="([^"]+)"', html
        )
        assert all((one or other).startswith("/") for one, other in asked)
        assert html.count("<h1") == 1


@pytest.mark.parametrize("rows", [0, 1, 7, 41])
def test_the_table_fits_any_number_of_rows(city: City, rows: int) -> None:
    published(city, rows=rows)
    html = dataset_page(city)
    assert html.count("<td>Office ") == min(rows, 20)
    assert ('rel="next"' in html) == (rows > 20)


def test_filters_of_the_address_are_said_as_a_sentence(city: City) -> None:
    published(city, rows=41)
    html = dataset_page(city, "waits", ("minutes__gte", "100"), ("order", "-minutes"))
    assert "9 rows where minutes is at least 100, largest minutes first." in html
    form = dataset_page(city, "waits", ("_column", "office"), ("_is", "eq"), ("_value", "Office 2"))
    assert "1 rows where office is Office 2." in form


def test_a_condition_that_cannot_be_asked_shows_all_rows_and_says_why(city: City) -> None:
    published(city)
    html = dataset_page(city, "waits", ("minutes", "many"))
    assert "is not a whole number" in html
    assert "All 7 rows." in html


def test_a_page_asked_again_is_the_same_until_a_version_comes(city: City) -> None:
    one = published(city)
    first, again = dataset_page(city), dataset_page(city)
    assert first == again
    published(city, rows=9, title=one.title)
    assert "All 9 rows." in dataset_page(city)


def test_a_withdrawn_version_leaves_a_tombstone(city: City) -> None:
    published(city)
    with city.work(SYSTEM) as work:
        publishing.withdraw(work, DatasetId("waits"), 1, reason="Names of people were in it.")
    asked = view(city, "/datasets/waits@1")
    with city.work(ANYONE, may_write=False) as work:
        html = pages.dataset(work, asked, DatasetId("waits"), "1")
    assert "Names of people were in it." in html
    assert "Office 3" not in html
    assert "/data/waits@1.csv" not in html


def test_files_elsewhere_say_whether_they_answered(city: City) -> None:
    links = (
        Link(url="https://example.org/a.csv", title="A", format="csv", status=200),
        Link(url="https://example.org/b.pdf", title="B", format="pdf", status=404),
        Link(url="javascript:alert(1)", title="C", format="csv"),
    )
    one = Dataset(
        id=DatasetId("trees"),
        title={"en": "Trees"},
        publisher=PublisherId("roads"),
        license="CC0-1.0",
        links=links,
    )
    with city.work(SYSTEM) as work:
        publishing.describe(work, one)
    html = dataset_page(city, "trees")
    assert "gone" in html
    assert "answered" in html
    assert "not checked" in html
    assert "javascript:" not in html


def test_what_is_kept_for_readers_is_not_shown_to_who_may_not_read(
    city: City, portal: Portal
) -> None:
    one = published(city)
    with city.work(SYSTEM, may_write=False) as work:
        pages.dataset(work, view(city, "/datasets/waits"), DatasetId("waits"))
    with city.work(SYSTEM) as work:
        publishing.describe(work, replace(one, access=Access.INTERNAL))
    answer = portal.client(**HTML).get("/datasets/waits")
    assert answer.status_code == 404
    assert "Office 3" not in answer.text


def test_a_search_mends_a_typo_and_says_so(city: City) -> None:
    published(city)
    with city.work(ANYONE, may_write=False) as work:
        html = pages.search(work, view(city, "/datasets", ("q", "waitng")))
        nothing = pages.search(work, view(city, "/datasets", ("q", "zzzzzzzz")))
    assert "Showing results for waiting" in html
    assert 'name="robots" content="noindex' in html
    assert "Nothing found" in nothing


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_every_language(city: City, language: str) -> None:
    published(city)
    with city.work(ANYONE, may_write=False) as work:
        html = pages.home(work, view(city, language=language))
        html += pages.search(work, view(city, "/datasets", ("q", "waiting"), language=language))
    html += dataset_page(city, language=language)
    assert f'<html lang="{language}">' in html
    assert not re.search(
        r"[{]\w+[}]|%\(\w+\)", re.sub(r"<(script|pre).*?</\1>", "", html, flags=re.S)
    )


@pytest.mark.parametrize(
    "accent", ["oklch(0.50 0.10 200)", "#ffd700", "#e30613", "#000000", "#ffffff"]
)
@pytest.mark.parametrize("on_dark", [False, True])
def test_any_accent_can_be_read_on_both_papers(accent: str, on_dark: bool) -> None:
    found = colour.corrected(colour.parse(accent), on_dark=on_dark)
    grounds = colour.DARK_GROUNDS if on_dark else colour.LIGHT_GROUNDS
    assert min(colour.contrast(found, ground) for ground in grounds) >= 4.5


def test_black_on_white_has_the_contrast_wcag_says() -> None:
    assert colour.contrast((0, 0, 0), (1, 0, 0)) == pytest.approx(21, abs=0.01)
