"""A steward without code brings in the worst of files, sees what was wrong in plain words, repairs
it, publishes, and next month's file arrives by itself."""

import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from tests.serving import serving
from tests.stories.worst_file import roadworks

from citycommons.core.settings import FILE, Settings
from citycommons.core.types import SYSTEM, ActorId, Grant, Publisher, PublisherId, Role
from citycommons.govern import people
from citycommons.store import catalogue
from citycommons.store.work import City

SECRET = "seven cats on a mat"
TERMS = {"license": "CC-BY-4.0", "category": "environmental", "access": "public"}


@dataclass
class Steward:
    """A person before a browser without script: reads pages, fills in forms."""

    browser: httpx.Client
    inbox: Path

    def see(self, path: str) -> httpx.Response:
        page = self.browser.get(path)
        assert page.status_code == 200, f"{path}: {page.status_code}"
        return page

    def send(self, page: httpx.Response, path: str, **given: object) -> httpx.Response:
        found = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
        assert found, page.text[:500]
        files = given.pop("files", None)
        answer = self.browser.post(path, data={"_csrf_token": found[1], **given}, files=files)
        assert answer.status_code == 200, f"{answer.status_code}: {words(answer)[:1500]}"
        return answer

    def upload(self, content: bytes, name: str) -> httpx.Response:
        page = self.see("/desk/new")
        return self.send(page, "/desk/new", files={"file": (name, content, "text/csv")})

    def publish(self, draft: str, title: str, note: str = "", **more: object) -> httpx.Response:
        page = self.see(f"{draft}/describe")
        page = self.send(page, f"{draft}/describe", **{"title-en": title, **more})
        page = self.send(page, f"{draft}/license", **TERMS)
        return self.send(page, f"{draft}/publish", note=note)

    def wait_for_version(self, dataset: str, number: int) -> dict[str, object]:
        """What readers see, once the worker has brought the next version."""
        deadline = time.monotonic() + 60
        while True:
            found = self.browser.get(f"/datasets/{dataset}.json").json()
            if found["version"]["number"] >= number:
                return dict(found["version"])
            assert time.monotonic() < deadline, words(self.see("/desk"))[:2000]
            time.sleep(0.5)


def words(page: httpx.Response) -> str:
    """The page's text, as one reads it."""
    text = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>", " ", page.text)
    return re.sub(r"\s+", " ", unescape(text))


@pytest.fixture
def stella(tmp_path: Path) -> Iterator[Steward]:
    """Stella publishes for the office for roads of Lecce; the portal and its worker run."""
    home = tmp_path / "home"
    boundary = (18.10, 40.30, 18.25, 40.40)
    city = City.create(Settings(home=home, name="Lecce"))
    (home / FILE).write_text(f'name = "Lecce"\nboundary = {list(boundary)}\n', "utf-8")
    with city.work(SYSTEM) as work:
        catalogue.save_publisher(work.db, Publisher(id=PublisherId("roads"), name="Roads"))
        people.create(work, name="Stella", email="s@city.example", password=SECRET, id="stella")
        grant = Grant(role=Role.DATA_MANAGER, publisher=PublisherId("roads"))
        people.give(work, ActorId("stella"), grant)
    city.close()
    inbox = home / "inbox" / "roads"
    inbox.mkdir(parents=True)
    with (
        serving(home) as address,
        httpx.Client(
            base_url=address, follow_redirects=True, headers={"accept": "text/html"}, timeout=60
        ) as browser,
    ):
        one = Steward(browser, inbox)
        page = one.see("/sign-in")
        one.send(page, "/sign-in", email="s@city.example", password=SECRET)
        yield one


def repaired(taken: bytes) -> bytes:
    """The workbook as somebody repairs it in Excel: cells too many go, footnotes are deleted."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(taken)).get_sheet_by_index(0).to_python()
    header, out = [str(cell) for cell in rows[0]], io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, header)
    place = header.index("Codice")
    kept = [row for row in rows[1:] if str(row[place]).startswith("C0")]
    for line, row in enumerate(kept, 1):
        cells = [cell for name, cell in zip(header, row, strict=True)]
        for at, name in enumerate(header):
            if name.startswith("column_"):
                cells[at] = ""
        sheet.write_row(line, 0, cells)
    book.close()
    return out.getvalue()


@pytest.mark.slow
def test_the_worst_file_is_understood_repaired_published_and_the_next_comes_by_itself(
    stella: Steward,
) -> None:
    # She drops the file. What was wrong stands there in plain words, by its place.
    page = stella.upload(roadworks(3), "cantieri_03.csv")
    draft = page.url.path
    said = words(page)
    assert "One question only you can answer" in said
    assert "2 title rows left out" in said
    assert "encoding cp1252" in said
    assert "circa € " in said
    assert "too few cells; the missing ones are left empty" in said
    assert "decimal comma" in said

    # One question: where the positions lie. Each answer says what would follow.
    assert "Monte Mario / Italy zone 2" in said
    assert "It would lie in the city." in said
    question = re.search(r'name="question" value="([^"]+)"', page.text)
    assert question
    page = stella.send(page, f"{draft}/answer", question=unescape(question[1]), answer="EPSG:3004")
    # Now it looks like the roadworks that cities share; she leaves the columns as they are.
    question = re.search(r'name="question" value="(mapping:[^"]+)"', page.text)
    assert question
    page = stella.send(page, f"{draft}/answer", question=unescape(question[1]), answer="none")
    assert "only you can answer" not in words(page)

    # A rule in words keeps the sum and the footnotes out: each row of a site has a street.
    page = stella.see(f"{draft}?rule=required")
    assert "Each row has a value here." in words(page)
    page = stella.send(
        page, f"{draft}/rules", kind="required", columns="Via", policy="reject-row",
        reason="A site lies in a street.",
    )  # fmt: skip
    said = words(page)
    assert "4 rows are kept aside" in said

    # She takes the rows kept aside, repairs the one that matters in Excel, and sends it.
    taken = stella.see(f"{draft}/rejects/xlsx")
    assert taken.content[:2] == b"PK"
    page = stella.send(
        page, f"{draft}/repaired", files={"file": ("repaired.xlsx", repaired(taken.content))}
    )
    said = words(page)
    assert "3 rows are kept aside" in said
    assert "one row joined the others" in said

    # A column gets a name and a title that a citizen understands; it can be undone.
    page = stella.see(draft)
    number = column(page, "Importo [€]")
    given = inputs(page, number) | {f"title-{number}": "Cost", f"name-{number}": "Importo"}
    page = stella.send(page, f"{draft}/columns", go="again", **given)
    assert "as you said" in words(page)

    # Published: 60 sites, each with a place in the city.
    page = stella.publish(draft, "Road works", key="Codice")
    assert page.url.path == "/desk/datasets/road-works/published/1"
    features = stella.browser.get("/datasets/road-works/features").json()["features"]
    assert len(features) == 60
    lon, lat = features[0]["geometry"]["coordinates"]
    assert 18.10 < lon < 18.25
    assert 40.30 < lat < 40.40

    # The next one shall come by itself: a folder on the department’s share.
    assert "Let the next one arrive by itself" in words(page)
    page = stella.see("/desk/sources/new?dataset=road-works")
    assert "A folder on a department's share" in words(page)
    page = stella.see("/desk/sources/new?connector=folder&dataset=road-works")
    source = {
        "connector": "folder", "option-folder": str(stella.inbox), "option-pattern": "*.csv",
        "option-settle_s": "0", "title": "Road works of the office", "every": "PT15M",
        "offset": "PT3H", "publisher": "roads", "dataset": "road-works", "mode": "replace",
        "license": "CC-BY-4.0",
    }  # fmt: skip
    (stella.inbox / "cantieri_04.csv").write_bytes(roadworks(4))
    page = stella.send(page, "/desk/sources", go="try", **source)
    assert "It answers. This is what comes:" in words(page)
    page = stella.send(page, "/desk/sources", go="save", **source)
    assert "from then on it comes by itself" in words(page)

    # Nobody does anything. April is there: read as she said, the same rules, nothing asked again.
    version = stella.wait_for_version("road-works", 2)
    assert version["rows"] == 59
    rows = stella.browser.get(
        "/datasets/road-works/rows",
        params={"Codice": "C001"},
        headers={"accept": "application/json"},
    ).json()["rows"]
    assert rows[0]["Importo"] > 0
    assert "done" in words(stella.see("/desk/sources/road-works-of-the-office"))
    assert "arrives" in words(stella.see("/desk/sources"))


def column(page: httpx.Response, name: str) -> int:
    """The number of a column on the check page."""
    found = re.search(rf'name="name-(\d+)" value="{re.escape(name)}"', unescape(page.text))
    assert found, name
    return int(found[1])


def inputs(page: httpx.Response, number: int) -> dict[str, str]:
    """What stands in a column's inputs, as a browser would send it."""
    found = dict(re.findall(rf'name="(\w+-{number})" value="([^"]*)"', page.text))
    for name, options in re.findall(rf'(?s)name="(\w+-{number})">(.*?)</select>', page.text):
        chosen = re.search(r'value="(\w+)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return {name: unescape(value) for name, value in found.items()}


@pytest.mark.slow
def test_the_subsidies_of_utrecht_are_read_and_the_next_year_comes_by_itself(
    stella: Steward, shared: Path
) -> None:
    """A title row, a row of nothing, days as 18-dec-16, and amounts whose sign was lost."""
    content = (shared / "data/route_to_pa_messy/dataset19.csv").read_bytes()
    page = stella.upload(content, "dataset19.csv")
    draft = page.url.path
    said = words(page)
    assert "1 title rows left out" in said
    assert "1,693" in said
    assert "decimal comma" in said
    for name, kind in (("Datum", "date"), ("Verleend_bedrag", "number")):
        assert inputs(page, column(page, name))[f"type-{column(page, name)}"] == kind
    number = column(page, "Verleend_bedrag")
    given = inputs(page, number) | {f"unit-{number}": "EUR", f"title-{number}": "Granted"}
    stella.send(page, f"{draft}/columns", go="again", **given)
    page = stella.publish(draft, "Subsidies")
    assert page.url.path == "/desk/datasets/subsidies/published/1"
    (stella.inbox / "next.csv").write_bytes(
        content + b"01-jan-17;Nieuwe;Cultuur;Cultuurnota; ? 1.000,50 ; ? 900,00 \r\n"
    )
    page = stella.see("/desk/sources/new?connector=folder&dataset=subsidies")
    stella.send(
        page, "/desk/sources", connector="folder", title="Subsidies", every="P1D",
        publisher="roads", dataset="subsidies", mode="replace",
        **{"option-folder": str(stella.inbox), "option-settle_s": "0"},
    )  # fmt: skip
    version = stella.wait_for_version("subsidies", 2)
    assert version["rows"] == 1694
    granted = next(one for one in version["fields"] if one["name"] == "Verleend_bedrag")  # type: ignore[attr-defined]
    assert granted["unit"] == "EUR"


@pytest.mark.slow
def test_what_needs_a_person_waits_at_the_desk_and_says_why(stella: Steward) -> None:
    page = stella.upload(b"Name;Beds\nTheater;100\nDom;50\nPort;90\n", "march.csv")
    stella.publish(page.url.path, "Flower beds", key="Name")
    (stella.inbox / "april.csv").write_bytes(b"Name;Colour\nTheater;red\nDom;blue\nPort;red\n")
    page = stella.see("/desk/sources/new?connector=folder&dataset=flower-beds")
    stella.send(
        page, "/desk/sources", connector="folder", title="Beds", every="P1D",
        publisher="roads", dataset="flower-beds", mode="replace",
        **{"option-folder": str(stella.inbox), "option-settle_s": "0"},
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while "Waits for you" not in (said := words(stella.see("/desk"))):
        assert time.monotonic() < deadline, said
        time.sleep(0.5)
    assert "The column “Beds” is not there any more." in said
    found = re.search(r'href="(/desk/drafts/[0-9a-f]{32})"', stella.see("/desk").text)
    assert found
    page = stella.see(found[1])
    said = words(page)
    assert "This delivery came by itself and waits for you" in said
    assert re.search(r"Gone Beds", said)
    page = stella.see(f"{found[1]}/publish")
    page = stella.send(page, f"{found[1]}/publish", note="Beds are no longer counted")
    assert page.url.path == "/desk/datasets/flower-beds/published/2"
