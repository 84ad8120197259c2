"""Rows kept aside through the browser: taken, repaired, sent again; before publishing and after."""

import re

from tests.web.test_desk import TERMS, desk, stella, upload  # noqa: F401 (fixtures)
from tests.web.web_portal import PARKS, Client, Portal

from citycommons.core.types import Grant, Role

WORKS = "Nr;Street;Cost\n1;Mill Lane;1250\n2;Oak Road;12;too;much\n3;;7\n"
RULE = {"kind": "required", "columns": "Street", "policy": "reject-row", "reason": "It has one."}


def published(desk: Client) -> str:  # noqa: F811
    path = upload(desk, WORKS, "works.csv")
    page = desk.post(f"{path}/rules", data=RULE)
    assert "2 rows are kept aside" in page.text
    desk.post(f"{path}/describe", data={"title-en": "Works", "key": "Nr"})
    desk.post(f"{path}/license", data=TERMS)
    assert desk.post(f"{path}/publish").url.path == "/desk/datasets/works/published/1"
    return path


def test_rows_of_a_published_version_are_repaired_into_the_next(desk: Client) -> None:  # noqa: F811
    published(desk)
    page = desk.get("/desk/datasets/works").text
    assert "2 rows are kept aside" in page
    assert desk.get("/desk/datasets/works/versions/1/rejects/xlsx").content[:2] == b"PK"
    taken = desk.get("/desk/datasets/works/versions/1/rejects/csv").content.decode("utf-8-sig")
    mended = taken.replace(",too,much", ",,")
    page = desk.post(
        "/desk/datasets/works/repaired", files={"file": ("mended.csv", mended.encode())}
    ).text
    assert "One repaired row is in the newest version." in page
    assert "One is still wrong and stays aside." in page
    assert '@2">2</a>' in page
    wrong = desk.post("/desk/datasets/works/repaired", files={"file": ("a.csv", b"a,b\n1,2\n")})
    assert wrong.status_code == 422
    assert "no file of rejected rows" in wrong.text


def test_rows_kept_aside_are_for_their_publisher_alone(portal: Portal, desk: Client) -> None:  # noqa: F811
    published(desk)
    petra = portal.browser(portal.actor("petra", Grant(role=Role.DATA_MANAGER, publisher=PARKS)))
    for kind in ("xlsx", "csv"):
        path = f"/desk/datasets/works/versions/1/rejects/{kind}"
        assert petra.get(path).status_code in (403, 404)
    answer = petra.post("/desk/datasets/works/repaired", files={"file": ("a.csv", b"x")})
    assert answer.status_code in (403, 404)


def test_a_rule_is_added_told_in_words_and_taken_away(desk: Client) -> None:  # noqa: F811
    path = upload(desk, WORKS, "works.csv")
    page = desk.post(f"{path}/rules", data=RULE).text
    said = re.sub(r"<[^>]+>|\s+", " ", page)
    assert "Street: Each row has a value here." in said
    assert "Keep the row aside · It has one." in re.sub(r" +", " ", said)
    wrong = desk.post(f"{path}/rules", data={"kind": "range", "policy": "flag"})
    assert wrong.status_code == 422
    page = desk.post(f"{path}/rules", data={"remove": "0"}).text
    assert "One row is kept aside" in page
