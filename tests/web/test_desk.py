"""The desk: drafts of one's own, errors that keep what was typed, decisions, withdrawals."""

import re
import zipfile

import pytest
from tests.web.web_portal import ROADS, Client, Portal, described, table

from citycommons.core.types import (
    SYSTEM,
    Access,
    Actor,
    Category,
    DatasetId,
    Grant,
    Provenance,
    Role,
)
from citycommons.govern import audit
from citycommons.share import drafts, publish
from citycommons.share.publish import describe, prepare
from citycommons.store import catalogue

CSV = "Name;Plätze\nTheater;100\nDom;50\n"
TERMS = {"license": "CC0-1.0", "category": "environmental", "access": "public"}


@pytest.fixture
def stella(portal: Portal) -> Actor:
    return portal.actor("stella", Grant(role=Role.DATA_MANAGER, publisher=ROADS))


@pytest.fixture
def desk(portal: Portal, stella: Actor) -> Client:
    return portal.browser(stella)


def upload(client: Client, text: str = CSV, name: str = "plätze.csv", **given: str) -> str:
    answer = client.post("/desk/new", data=given, files={"file": (name, text.encode())})
    assert answer.status_code == 200, answer.text[:500]
    return str(answer.url.path)


def described_draft(client: Client, **terms: str) -> str:
    path = upload(client)
    client.post(f"{path}/describe", data={"title-en": "Car parks", "key": "Name"})
    client.post(f"{path}/license", data={**TERMS, **terms})
    return path


def test_the_desk_of_who_has_no_role_invites_to_ask_for_one(portal: Portal) -> None:
    page = portal.browser(portal.actor("rita")).get("/desk")
    assert "ask an administrator for a role" in page.text
    assert 'href="/desk/new"' not in page.text


def test_no_file_and_an_empty_file_are_told(desk: Client) -> None:
    none = desk.post("/desk/new", data={})
    assert none.status_code == 422
    assert "Choose a file first." in none.text
    empty = desk.post("/desk/new", files={"file": ("a.csv", b"")})
    assert empty.status_code == 422


def test_a_file_that_is_no_table_says_so_and_can_be_put_away(desk: Client) -> None:
    path = upload(desk, "\x89PNG\r\n\x1a\n" + "\0" * 90, name="plan.png")
    page = desk.get(path)
    assert "This file cannot be read" in page.text
    away = desk.post(f"{path}/discard")
    assert "Discarded “plan.png”." in away.text
    assert "plan.png" in desk.post(f"{path}/restore").text


def test_another_sheet_of_a_workbook_can_be_read(desk: Client, tmp_path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(tmp_path / "two.xlsx")
    for name, rows in (("Spring", 5), ("Summer", 2)):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["name", "n"])
        for row in range(1, rows + 1):
            sheet.write_row(row, 0, [f"{name} {row}", row])
    book.close()
    file = {"file": ("two.xlsx", (tmp_path / "two.xlsx").read_bytes())}
    page = desk.post("/desk/new", files=file)
    assert "Spring 1" in page.text
    page = desk.post(f"{page.url.path}/sheet", data={"sheet": "Summer"})
    assert "Summer 2" in page.text
    assert "Spring 1" not in page.text


def test_a_script_in_a_cell_or_a_file_name_stays_text(desk: Client) -> None:
    path = upload(desk, "a;b\n<script>alert(1)</script>;<b>\n", name="<img src=x>.csv")
    page = desk.get(path).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<img src=x>" not in page


def test_a_wrong_description_keeps_what_was_typed(desk: Client) -> None:
    path = upload(desk)
    given = {"title-en": "", "description-en": "Half a day of typing", "id": "car-parks"}
    page = desk.post(f"{path}/describe", data=given)
    assert page.status_code == 422
    assert "Half a day of typing" in page.text
    assert 'aria-invalid="true"' in page.text
    page = desk.post(f"{path}/describe", data={"title-en": "Car parks", "id": "No Good"})
    assert page.status_code == 422
    assert 'value="no good"' in page.text
    assert 'value="Car parks"' in page.text


def test_steps_left_out_are_asked_for(desk: Client) -> None:
    path = upload(desk)
    assert desk.get(f"{path}/publish").url.path == f"{path}/describe"
    desk.post(f"{path}/describe", data={"title-en": "Car parks"})
    assert desk.get(f"{path}/publish").url.path == f"{path}/license"
    page = desk.post(f"{path}/license", data={"category": "environmental", "access": "public"})
    assert page.status_code == 422
    assert "Choose a licence" in page.text


def test_an_address_is_made_from_the_title(desk: Client) -> None:
    path = described_draft(desk)
    assert "/datasets/car-parks" in desk.get(f"{path}/publish").text


def test_personal_data_stay_internal_whatever_was_chosen(
    portal: Portal, desk: Client, stella: Actor
) -> None:
    path = described_draft(desk, category="personal", access="public")
    page = desk.get(f"{path}/publish")
    assert "stay internal until the data protection officer" in page.text
    desk.post(f"{path}/publish")
    with portal.city.work(stella) as work:
        assert catalogue.dataset(work.db, DatasetId("car-parks")).access is Access.INTERNAL
    # The officer finds them, decides with a reason, and only then can they be made public.
    officer = portal.browser(portal.actor("dora", Grant(role=Role.DATA_PROTECTION_OFFICER)))
    assert "Car parks" in officer.get("/desk").text
    none = officer.post("/desk/privacy/car-parks", data={"decision": "release", "reason": " "})
    assert none.status_code == 422
    officer.post("/desk/privacy/car-parks", data={"decision": "release", "reason": "No names"})
    assert "may be released" in officer.get("/desk/privacy").text
    seen = re.search(r'name="seen" value="([^"]+)"', desk.get("/desk/datasets/car-parks").text)
    assert seen
    given = {"title-en": "Car parks", "seen": seen[1], **TERMS, "category": "personal"}
    assert desk.post("/desk/datasets/car-parks", data=given).status_code == 200
    with portal.city.work(stella) as work:
        assert catalogue.dataset(work.db, DatasetId("car-parks")).access is Access.PUBLIC


def test_only_the_officer_decides(portal: Portal, desk: Client) -> None:
    boss = portal.browser(portal.actor("boss", Grant(role=Role.ADMINISTRATOR)))
    for client in (desk, boss):
        given = {"decision": "release", "reason": "why not"}
        assert client.post("/desk/privacy/counts", data=given).status_code == 403
        assert client.get("/desk/privacy").status_code == 403


def test_other_peoples_drafts_are_not_there(portal: Portal, desk: Client) -> None:
    path = upload(desk)
    boss = portal.browser(portal.actor("boss", Grant(role=Role.ADMINISTRATOR)))
    for step in ("", "/describe", "/license", "/publish"):
        assert boss.get(path + step).status_code == 404
    for act in ("discard", "restore", "publish", "catch-up", "columns", "describe", "license"):
        assert boss.post(f"{path}/{act}", data={}).status_code == 404
    assert "plätze.csv" not in boss.get("/desk").text


def test_somebody_who_published_meanwhile_is_told_and_can_be_followed(
    portal: Portal, desk: Client
) -> None:
    path = upload(desk, "id;street\n1;A\n", **{"for": "counts"})
    portal.publish(described("counts"), table(7))
    page = desk.post(f"{path}/publish")
    assert page.status_code == 409
    assert "Somebody published version 2" in page.text
    page = desk.post(f"{path}/catch-up")
    assert "Publish version 3:" in page.text
    assert desk.post(f"{path}/publish").url.path == "/desk/datasets/counts/published/3"


def test_two_who_edit_one_description_do_not_overwrite_each_other(
    portal: Portal, desk: Client
) -> None:
    page = desk.get("/desk/datasets/counts").text
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen
    with portal.city.work(SYSTEM) as work:
        describe(work, described("counts", place="Harbour"))
    given = {"title-en": "Traffic counts", "seen": seen[1], "place": "Old town", **TERMS}
    page = desk.post("/desk/datasets/counts", data=given)
    assert page.status_code == 409
    assert "Somebody changed this description" in page.text
    assert 'value="Traffic counts"' in page.text
    assert "title, " in page.text
    again = re.search(r'name="seen" value="([^"]+)"', page.text)
    assert again
    assert desk.post("/desk/datasets/counts", data={**given, "seen": again[1]}).status_code == 200
    with portal.city.work(SYSTEM) as work:
        assert catalogue.dataset(work.db, DatasetId("counts")).place == "Old town"


def test_a_description_of_another_publisher_is_closed(portal: Portal, desk: Client) -> None:
    assert desk.get("/desk/datasets/trees").status_code == 403
    assert desk.post("/desk/datasets/trees", data={"title-en": "Mine"}).status_code == 403
    assert desk.get("/desk/new", params={"for": "trees"}).status_code == 403
    assert desk.get("/desk/datasets/trees/versions/1/withdraw").status_code == 403
    page = desk.post("/desk/datasets/counts", data={"title-en": "x", "publisher": "parks", **TERMS})
    assert page.status_code in (403, 409)


def test_withdrawing_shows_who_uses_it_and_what_was_made_of_it(
    portal: Portal, desk: Client
) -> None:
    for _ in range(3):
        assert (
            portal.client(accept="application/json").get("/datasets/counts/rows").status_code == 200
        )
    made = described("derived")
    origin = Provenance(derived_from=("counts@1",))
    prepared = prepare(portal.city.lake, made, table(5), provenance=origin)
    with portal.city.work(SYSTEM) as work:
        publish.publish(work, made, prepared)
    page = desk.get("/desk/datasets/counts/versions/1/withdraw").text
    assert "through the API" in page
    assert "derived@1" in page
    assert "No version is left to read." in page
    none = desk.post("/desk/datasets/counts/versions/1/withdraw", data={"reason": ""})
    assert none.status_code == 422
    desk.post(
        "/desk/datasets/counts/versions/1/withdraw",
        data={"reason": "Wrong loops"},
        follow_redirects=False,
    )
    gone = portal.client(accept="application/json").get("/datasets/counts/rows")
    assert gone.status_code in (404, 410)
    boss = portal.actor("boss", Grant(role=Role.ADMINISTRATOR))
    with portal.city.work(boss) as work:
        newest = audit.entries(work, limit=1)[0]
    assert (newest.actor, newest.action, newest.thing) == ("stella", "withdraw", "counts@1")


def test_my_datasets_are_found_by_words_and_paged(portal: Portal, desk: Client) -> None:
    with portal.city.work(SYSTEM) as work:
        for number in range(30):
            describe(work, described(f"many-{number}", title={"en": f"Many {number}"}))
    page = desk.get("/desk")
    assert "page 1 of 2" in page.text
    assert "trees" not in page.text
    assert "page 2 of 2" in desk.get("/desk", params={"page": "2"}).text
    found = desk.get("/desk", params={"q": "many 17"}).text
    assert ">Many 17</a>" in found
    assert ">Many 3</a>" not in found
    assert "None of your datasets" in desk.get("/desk", params={"q": "xyzzy"}).text


def test_many_faults_are_paged_and_shown_by_column(desk: Client) -> None:
    rows = "".join(f"{i};{f'x{i}' if i % 3 == 0 else i}\n" for i in range(300))
    path = upload(desk, "n;m\n" + rows)
    given = {"type-1": "integer", "role-1": "measure", "go": "again"}
    page = desk.post(f"{path}/columns", data=given)
    assert "100 values need a look" in page.text
    assert "page 1 of 2" in page.text
    last = desk.get(path, params={"page": "2", "column": "m"}).text
    assert "Faults in m" in last
    assert desk.get(path, params={"page": "zz"}).status_code == 200


def test_every_form_carries_the_token(desk: Client) -> None:
    path = described_draft(desk)
    addresses = ["/desk", "/desk/new", "/account", path, f"{path}/describe", f"{path}/license"]
    addresses += [f"{path}/publish", "/desk/datasets/counts"]
    for address in [*addresses, "/desk/datasets/counts/versions/1/withdraw"]:
        forms = re.findall(r'<form[^>]*method="post".*?</form>', desk.get(address).text, re.S)
        assert forms, address
        assert all("_csrf_token" in one for one in forms), address


def test_without_the_token_nothing_is_changed(portal: Portal, stella: Actor) -> None:
    client = portal.browser(stella)
    del client.headers["x-csrf-token"]
    answer = client.post("/desk/new", files={"file": ("a.csv", CSV.encode())})
    assert answer.status_code == 403
    assert drafts.mine(portal.city, stella) == []
    assert Category.PERSONAL == "personal"


def test_a_zip_with_several_tables_lists_them_and_one_is_chosen(desk: Client, tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("2023/plätze.csv", CSV)
        archive.writestr("2023/straßen.csv", "Straße;Länge\nRing;4,5\nAllee;2\n")
        archive.writestr("README.txt", "About these tables.")
    file = {"file": ("all.zip", (tmp_path / "all.zip").read_bytes())}
    page = desk.post("/desk/new", files=file)
    assert "all.zip holds 2 tables (2023/plätze.csv, 2023/straßen.csv)" in page.text
    assert "<option>2023/straßen.csv</option>" in page.text
    page = desk.post(f"{page.url.path}/sheet", data={"sheet": "2023/straßen.csv"})
    assert page.status_code == 200
    assert "This file cannot be read" not in page.text
    assert "Allee" in page.text
    assert "Theater" not in page.text


def test_who_publishes_reads_first_what_is_about_persons_and_what_is_open(desk: Client) -> None:
    text = "meter;customer;read\n1;Maria Rossi;03/04/2026\n2;Anna Miller;05/06/2026\n"
    path = upload(desk, text, "meters.csv")
    desk.post(f"{path}/describe", data={"title-en": "Meters"})
    page = desk.post(f"{path}/license", data=TERMS)
    assert page.url.path == f"{path}/publish"
    assert "The new column “customer” looks like something about persons." in page.text
    assert "A question is open: In which order are the dates" in page.text
    page = desk.post(f"{path}/license", data={**TERMS, "access": "internal"})
    assert "looks like something about persons" not in page.text


def test_numbers_that_may_be_days_of_a_spreadsheet_are_an_open_question(desk: Client) -> None:
    path = upload(desk, "tree;planted date\n1;43000\n2;43850\n3;44120\n", "trees.csv")
    desk.post(f"{path}/describe", data={"title-en": "Planted"})
    page = desk.post(f"{path}/license", data=TERMS)
    assert "A question is open: Is “planted date” a date as spreadsheets count days" in page.text
