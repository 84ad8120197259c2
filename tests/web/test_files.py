"""Files of a version: the same bytes for ever, in parts, named safely."""

import io
from email import message_from_bytes

import pyarrow.parquet as pq
import pytest
from tests.web.web_portal import ROLES, Client, Portal, described, table

from citycommons.core.types import Version
from citycommons.share.open import find
from citycommons.web.files import attachment


def version_of(portal: Portal, id: str = "counts") -> Version:
    with portal.city.work(portal.actor("boss", *ROLES["administrator-of-city"])) as work:
        return find(work, id)[1]  # type: ignore[arg-type]


def test_a_numbered_version_is_kept_for_ever_and_the_latest_is_asked_for_again(
    portal: Portal,
) -> None:
    client = portal.client()
    pinned, latest = client.get("/data/counts@1.csv"), client.get("/data/counts@latest.csv")
    assert pinned.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert latest.headers["cache-control"] == "public, no-cache"
    digest = version_of(portal).digest
    assert pinned.headers["etag"].strip('"').removesuffix("-gzip") == digest
    assert pinned.content == latest.content == client.get(f"/data/counts@{digest[:8]}.csv").content
    portal.publish(described("counts"), table(7))
    assert client.get("/data/counts@1.csv").content == pinned.content
    changed = client.get("/data/counts@latest.csv", headers={"if-none-match": f'"{digest}"'})
    assert changed.status_code == 200
    assert len(changed.text.splitlines()) == 8
    same = client.get("/data/counts@1.csv", headers={"if-none-match": f'"{digest}"'})
    assert (same.status_code, same.content) == (304, b"")


def test_data_that_is_not_public_is_kept_by_nobody_between(portal: Portal) -> None:
    client = portal.browser(portal.actor("ada"))
    answer = client.get("/data/plans@1.csv")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "cookie" in answer.headers["vary"]


def test_a_file_comes_in_parts_that_make_the_whole(portal: Portal) -> None:
    client = portal.client()
    whole = client.get("/data/counts@1.parquet")
    assert whole.headers["accept-ranges"] == "bytes"
    size = int(whole.headers["content-length"])
    assert size == len(whole.content)
    assert pq.read_table(io.BytesIO(whole.content)).num_rows == 120
    half = size // 2
    parts = b""
    for asked, length in ((f"bytes=0-{half - 1}", half), (f"bytes={half}-", size - half)):
        answer = client.get("/data/counts@1.parquet", headers={"range": asked})
        assert answer.status_code == 206
        assert int(answer.headers["content-length"]) == length == len(answer.content)
        parts += answer.content
    assert parts == whole.content
    tail = client.get("/data/counts@1.parquet", headers={"range": "bytes=-4"})
    assert tail.content == b"PAR1"
    assert tail.headers["content-range"] == f"bytes {size - 4}-{size - 1}/{size}"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("bytes=99999999-", 416),
        ("bytes=5-2", 416),
        ("bytes=-0", 416),
        ("bytes=0-99999999", 206),
        ("bytes=-99999999", 206),
        ("bytes=-", 200),
        ("bytes=0-1,5-6", 206),
        ("bytes=0-9,5-16", 200),
        ("bytes=0-1,9999999999-", 206),
        ("bytes=9999999998-9999999999,9999999999-", 416),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(0, 80, 2)), 200),
        ("bytes=" + "9" * 400 + "-", 200),
        ("bytes=,", 200),
        ("bytes=0-0 -", 200),
        (" BYTES = 0-1", 200),
        ("Bytes=0-1", 206),
        ("rows=0-1", 200),
        ("bytes=a-b", 200),
    ],
)
def test_an_odd_range_is_answered_as_the_standard_says(
    client: Client, asked: str, status: int
) -> None:
    answer = client.get("/data/counts@1.parquet", headers={"range": asked})
    assert answer.status_code == status
    if status == 416:
        assert answer.json()["size"] > 0


def test_several_parts_come_in_one_answer(client: Client) -> None:
    whole = client.get("/data/counts@1.parquet").content
    answer = client.get("/data/counts@1.parquet", headers={"range": "bytes=0-3, 10-19, -4"})
    kind = answer.headers["content-type"]
    assert kind.startswith("multipart/byteranges; boundary=")
    assert int(answer.headers["content-length"]) == len(answer.content)
    found = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + answer.content)
    parts = [one.get_payload(decode=True) for one in found.get_payload()]
    assert parts == [whole[:4], whole[10:20], whole[-4:]]
    ranges = [one["content-range"] for one in found.get_payload()]
    assert ranges[1] == f"bytes 10-19/{len(whole)}"


def test_a_part_of_another_state_is_not_mixed_in(portal: Portal) -> None:
    client = portal.client()
    asked = {"range": "bytes=0-3", "if-range": '"another"'}
    assert client.get("/data/counts@1.parquet", headers=asked).status_code == 200
    asked["if-range"] = f'"{version_of(portal).digest}"'
    assert client.get("/data/counts@1.parquet", headers=asked).status_code == 206


@pytest.mark.parametrize("format", ["csv", "xlsx", "json", "ndjson", "geojson", "gpkg", "parquet"])
def test_every_format_downloads_under_its_name(client: Client, format: str) -> None:
    answer = client.get(f"/data/counts@1.{format}")
    assert answer.status_code == 200
    assert f'filename="counts@1.{format}"' in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert len(answer.content) > 100


def test_a_format_there_is_not_is_named(client: Client) -> None:
    answer = client.get("/data/counts@1.docx")
    assert answer.status_code == 404
    assert "csv" in answer.json()["detail"]


def test_a_file_name_cannot_bring_in_a_header() -> None:
    given = attachment('a"; evil=x\r\nset-cookie: a=b/../ü.csv')
    assert "\r" not in given
    assert "\n" not in given
    assert given.startswith('attachment; filename="a___evil_x__set-cookie__a_b_..__.csv"; ')
    assert given.endswith("%2F..%2F%C3%BC.csv")
