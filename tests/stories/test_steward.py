"""A steward's months: a messy file becomes version 1, the next month's file version 2."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import serving

from citycommons.core.settings import Settings
from citycommons.core.types import SYSTEM, ActorId, Grant, Publisher, PublisherId, Role
from citycommons.govern import people
from citycommons.store import catalogue
from citycommons.store.work import City

SECRET = "seven cats on a mat"
MARCH = """Parkplätze der Stadt;;;
Stand: 31.03.2026;;;
Name;Plätze;Preis [€];Geöffnet
Theater;1.200;2,50;01.03.1998
Dom;ca. 100;1,80;02.04.2001
Aegidii;790;2,00;31.02.2005
Hörster Straße;206;1,40;15.06.1999;zuviel
Port;350;1,50;15.06.1999
""" + "".join(f"Platz {i};{100 + i};1,{i:02};{i % 28 + 1:02}.06.2001\n" for i in range(60))
APRIL = MARCH.replace("Theater;1.200", "Theater;1.250").replace("ca. 100", "100")
APRIL = APRIL.replace("31.02.2005", "28.02.2005").replace("Port;350;1,50;15.06.1999\n", "")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[httpx.Client]:
    """A browser before a served city with one publisher and one steward, not yet signed in."""
    home = tmp_path / "home"
    city = City.create(Settings(home=home, name="Lecce"))
    with city.work(SYSTEM) as work:
        catalogue.save_publisher(work.db, Publisher(id=PublisherId("roads"), name="Roads"))
        people.create(
            work, name="Stella", email="stella@city.example", password=SECRET, id="stella"
        )
        grant = Grant(role=Role.DATA_MANAGER, publisher=PublisherId("roads"))
        people.give(work, ActorId("stella"), grant)
    city.close()
    with (
        serving(home) as address,
        httpx.Client(
            base_url=address, follow_redirects=True, headers={"accept": "text/html"}, timeout=30
        ) as client,
    ):
        yield client


def token(page: httpx.Response) -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


def send(browser: httpx.Client, page: httpx.Response, path: str, **given: object) -> httpx.Response:
    """Fill in the page's form and send it, as a browser without script does."""
    files = given.pop("files", None)
    data = {"_csrf_token": token(page), **given}
    answer = browser.post(path, data=data, files=files)
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text[:2000]}"
    return answer


def upload(browser: httpx.Client, text: str, name: str, **given: object) -> httpx.Response:
    page = browser.get("/desk/new", params=given)
    file = {"file": (name, text.encode("cp1252"), "text/csv")}
    return send(browser, page, "/desk/new", files=file, **given)


@pytest.mark.slow
def test_a_steward_publishes_a_messy_file_replaces_it_and_withdraws_the_first(
    browser: httpx.Client,
) -> None:
    # Nobody gets to the desk without signing in.
    page = browser.get("/desk")
    assert page.url.path == "/sign-in"
    wrong = browser.post(
        "/sign-in",
        data={"_csrf_token": token(page), "email": "stella@city.example", "password": "x"},
    )
    assert wrong.status_code == 403
    assert 'value="stella@city.example"' in wrong.text
    desk = send(browser, wrong, "/sign-in", email="stella@city.example", password=SECRET)
    assert "Nothing waits for you today." in desk.text

    # The messy file: every fault by its place, the row kept aside named.
    check = upload(browser, MARCH, "plätze.csv")
    draft = check.url.path
    assert "3 values need a look" in check.text
    for words in ("ca. 100", "31.02.2005", "no whole number; left empty", "Hörster Straße;206"):
        assert words in check.text
    assert re.search(
        r'<th scope="row" class="line">5</th><td>Dom</td><td class="faulty n">', check.text
    )
    assert "plätze.csv" in browser.get("/desk").text

    # A correction: the price is told in words, and stays.
    said = {"type-2": "number", "role-2": "measure", "unit-2": "EUR", "title-2": "Price an hour"}
    page = send(browser, check, f"{draft}/columns", go="again", **said)
    assert 'value="Price an hour"' in page.text

    # Description, licence, and the sentence that says what will happen.
    page = browser.get(f"{draft}/describe")
    page = send(
        browser, page, f"{draft}/describe",
        **{"title-en": "Car parks", "description-en": "One row is a car park.", "key": "Name"},
    )  # fmt: skip
    assert page.url.path == f"{draft}/license"
    page = send(
        browser, page, f"{draft}/license",
        license="CC-BY-4.0", category="environmental", access="public",
    )  # fmt: skip
    assert page.url.path == f"{draft}/publish"
    text = re.sub(r"\s+", " ", page.text)
    assert "Publish version 1: 64 rows, one kept aside; everybody will be able to read it." in text
    done = send(browser, page, f"{draft}/publish", note="First delivery")
    assert done.url.path == "/desk/datasets/car-parks/published/1"
    assert httpx.get(str(browser.base_url.join("/datasets/car-parks.json"))).status_code == 200

    # Next month: the description is there, the changes are counted.
    page = upload(browser, APRIL, "april.csv", **{"for": "car-parks"})
    draft = page.url.path
    page = browser.get(f"{draft}/publish")
    figures = dict(re.findall(r"<dt>(\w[^<]*)</dt><dd>([\d,]+)", page.text))
    assert (figures["Added"], figures["Removed"], figures["Changed"]) == ("0", "1", "3")
    send(browser, page, f"{draft}/publish", note="April")

    # Version 1 goes, with a reason that everybody sees; version 2 stays.
    path = "/desk/datasets/car-parks/versions/1/withdraw"
    page = browser.get(path)
    without = browser.post(path, data={"_csrf_token": token(page), "reason": " "})
    assert without.status_code == 422
    send(browser, page, path, reason="The capacity of Dom was missing")
    stranger = httpx.Client(base_url=browser.base_url, headers={"accept": "application/json"})
    with stranger:
        gone = stranger.get("/datasets/car-parks@1.json")
        assert gone.status_code == 410 or "capacity of Dom was missing" in gone.text
        rows = stranger.get("/datasets/car-parks/rows", params={"Name": "Theater"}).json()["rows"]
        assert rows[0]["Plätze"] == 1250
    page = browser.get("/desk/datasets/car-parks")
    assert "The capacity of Dom was missing" in page.text
    assert "withdrawn" in page.text
