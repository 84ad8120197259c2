"""Publishing by program: a key describes, uploads, replaces and withdraws; each act is written."""

import json
from typing import Any

import pytest
from tests.web.web_portal import HTML, JSON, ROLES, Client, Portal

from citycommons.core.types import SYSTEM
from citycommons.govern import audit

CSV = b"id,street,count\n1,Main,5\n2,Side,7\n"
WANTED: dict[str, Any] = {
    "id": "noise",
    "title": {"en": "Noise"},
    "publisher": "roads",
    "license": "CC0-1.0",
    "key": ["id"],
}


@pytest.fixture
def officer(portal: Portal) -> Client:
    """A program of a data manager of `roads`."""
    actor = portal.actor("mia", *ROLES["data-manager-of-roads"])
    return portal.program(actor, "discover", "read", "describe", "publish", "withdraw")


def test_a_dataset_is_described_filled_replaced_and_withdrawn_by_program(
    portal: Portal, officer: Client
) -> None:
    made = officer.post("/datasets", json=WANTED)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "http://portal.example/datasets/noise"
    first = officer.post(
        "/datasets/noise/versions?note=First",
        content=CSV,
        headers={"content-type": "text/csv"},
    )
    assert first.status_code == 201, first.text
    assert first.headers["location"] == "http://portal.example/datasets/noise@1"
    body = first.json()
    assert (body["number"], body["rows"], body["note"], body["is_new"]) == (1, 2, "First", True)
    same = officer.post("/datasets/noise/versions", content=CSV)
    assert (same.status_code, same.json()["is_new"], same.json()["number"]) == (200, False, 1)
    more = CSV + b"3,Low,9\n"
    second = officer.post(
        "/datasets/noise/versions",
        files={"file": ("noise.csv", more, "text/csv")},
        data={"note": "Second", "expected": "1"},
    )
    assert second.status_code == 201, second.text
    assert (second.json()["number"], second.json()["note"]) == (2, "Second")
    gone = officer.request("DELETE", "/datasets/noise/versions/2?reason=A%20typing%20error")
    assert gone.status_code == 200
    assert gone.json()["withdrawn_reason"] == "A typing error"
    assert officer.get("/datasets/noise/rows").json()["version"] == 1
    with portal.city.work(SYSTEM) as work:
        acts = [(one.actor, one.action, one.thing) for one in audit.entries(work, limit=4)]
    assert acts == [
        ("mia", "withdraw", "noise@2"),
        ("mia", "publish", "noise@2"),
        ("mia", "publish", "noise@1"),
        ("mia", "describe", "noise"),
    ]


def test_a_description_is_replaced_only_as_it_was_read(officer: Client) -> None:
    made = officer.post("/datasets", json=WANTED)
    tag = made.headers["etag"]
    better = WANTED | {"title": {"en": "Street noise"}}
    answer = officer.put("/datasets/noise", json=better, headers={"if-match": tag})
    assert answer.status_code == 200, answer.text
    assert answer.json()["title"] == {"en": "Street noise"}
    stale = officer.put("/datasets/noise", json=WANTED, headers={"if-match": tag})
    assert stale.status_code == 412
    assert officer.get("/datasets/noise.json").json()["title"] == {"en": "Street noise"}
    free = officer.put("/datasets/noise", json=WANTED, headers={"if-match": "*"})
    assert free.status_code == 200


def test_a_version_is_published_only_on_top_of_the_one_known(officer: Client) -> None:
    officer.post("/datasets", json=WANTED)
    first = officer.post("/datasets/noise/versions?expected=0", content=CSV)
    assert first.status_code == 201
    late = officer.post("/datasets/noise/versions?expected=0", content=CSV + b"4,x,1\n")
    assert late.status_code == 409
    wrong = {"if-match": '"0000"'}
    assert officer.post("/datasets/noise/versions", content=CSV, headers=wrong).status_code == 412
    right = {"if-match": first.headers["etag"]}
    assert (
        officer.post(
            "/datasets/noise/versions", content=CSV + b"5,y,1\n", headers=right
        ).status_code
        == 201
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"[]", None),
        (b"{", None),
        (json.dumps(WANTED | {"id": "../etc"}).encode(), "id"),
        (json.dumps(WANTED | {"id": "Ä b"}).encode(), "id"),
        (json.dumps(WANTED | {"colour": 1}).encode(), "colour"),
        (json.dumps(WANTED | {"title": 5}).encode(), "title"),
        (json.dumps(WANTED | {"access": "secret"}).encode(), "access"),
        (json.dumps({"id": "x"}).encode(), "body"),
        (json.dumps(WANTED | {"title": {}}).encode(), None),
        (json.dumps(WANTED | {"license": "mine"}).encode(), None),
    ],
)
def test_a_wrong_description_is_told_where(officer: Client, body: bytes, field: str | None) -> None:
    answer = officer.post("/datasets", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert answer.json().get("field") == field
    assert answer.json()["detail"]


def test_an_id_is_given_once(officer: Client) -> None:
    assert officer.post("/datasets", json=WANTED).status_code == 201
    assert officer.post("/datasets", json=WANTED).status_code == 409
    assert officer.post("/datasets", json=WANTED | {"id": "drafts"}).status_code == 409


def test_nobody_describes_for_another_publisher(officer: Client) -> None:
    other = WANTED | {"publisher": "parks"}
    assert officer.post("/datasets", json=other).status_code == 403
    assert officer.put("/datasets/trees", json=other | {"id": "trees"}).status_code == 403
    assert officer.post("/datasets/trees/versions", content=CSV).status_code == 403
    assert officer.delete("/datasets/trees/versions/1?reason=x").status_code == 403


@pytest.mark.parametrize(
    ("content", "status"), [(b"", 422), (b"\x00\x01\x02" * 50, 422), (b"%PDF-1.7 nothing", 422)]
)
def test_what_is_no_table_is_refused_and_nothing_stays(
    portal: Portal, officer: Client, content: bytes, status: int
) -> None:
    officer.post("/datasets", json=WANTED)
    answer = officer.post("/datasets/noise/versions", content=content)
    assert answer.status_code == status, answer.text
    assert officer.get("/datasets/noise/versions").json()["versions"] == []
    assert list((portal.city.settings.home / "incoming").iterdir()) == []


def test_a_form_without_a_file_is_refused(officer: Client) -> None:
    answer = officer.post(
        "/datasets/counts/versions", data={"note": "x"}, files={"other": ("a.csv", CSV)}
    )
    assert answer.status_code == 422
    assert answer.json()["parameter"] == "file"


def test_a_file_above_the_limit_leaves_nothing(portal: Portal, officer: Client) -> None:
    portal.reopen(upload_limit_mb=1)

    def parts():  # type: ignore[no-untyped-def]
        for _ in range(30):
            yield b"1,2,3\n" * 20_000

    answer = officer.post("/datasets/counts/versions", content=parts())
    assert answer.status_code == 413
    assert answer.json()["limit_mb"] == 1
    assert list((portal.city.settings.home / "incoming").iterdir()) == []


def test_a_name_in_the_upload_leads_nowhere(portal: Portal, officer: Client) -> None:
    officer.post("/datasets", json=WANTED)
    files = {"file": ("../../../../tmp/evil.csv", CSV, "text/csv")}
    answer = officer.post("/datasets/noise/versions", files=files)
    assert answer.status_code == 201
    assert answer.json()["provenance"]["origin"] == "evil.csv"


def test_withdrawing_needs_a_reason(officer: Client) -> None:
    assert officer.delete("/datasets/counts/versions/1").status_code == 422
    empty = officer.post("/datasets/counts/versions/1/withdraw", json={"reason": " "})
    assert empty.status_code == 422
    done = officer.post("/datasets/counts/versions/1/withdraw", json={"reason": "Wrong."})
    assert done.status_code == 200
    again = officer.post("/datasets/counts/versions/1/withdraw", json={"reason": "Wrong."})
    assert again.status_code == 409


def test_a_browser_may_use_the_api_with_its_form_token(portal: Portal) -> None:
    client = portal.browser(portal.actor("mia", *ROLES["data-officer-of-roads"]))
    assert client.post("/datasets", json=WANTED, headers=JSON).status_code == 201
    del client.headers["x-csrf-token"]
    other = WANTED | {"id": "other"}
    assert client.post("/datasets", json=other, headers=JSON).status_code == 403


def test_personal_data_stays_inside_on_this_way_too(officer: Client) -> None:
    wanted = WANTED | {"category": "personal"}
    assert officer.post("/datasets", json=wanted).status_code == 403
    inside = officer.post("/datasets", json=wanted | {"access": "internal"})
    assert inside.status_code == 201, inside.text


def test_nothing_is_read_of_an_upload_that_may_not_be(portal: Portal) -> None:
    reader = portal.program(portal.actor("rea", *ROLES["reader-of-roads"]), "read")

    assert reader.post("/datasets/counts/versions", content=CSV).status_code == 403
    assert not (portal.city.settings.home / "incoming").exists()
    assert portal.client(**HTML).post("/datasets/counts/versions", content=CSV).status_code == 401
