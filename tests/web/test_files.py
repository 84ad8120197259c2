"""Files of a version: the same bytes for ever, in parts, named safely."""

import asyncio
import io
import os
import tempfile
import time
from email import message_from_bytes
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.web.web_portal import ROLES, Client, Portal, described, table

from citycommons.core.errors import Unavailable
from citycommons.core.types import Version
from citycommons.share import exports, kept
from citycommons.share.exports import FORMATS
from citycommons.share.open import find
from citycommons.store.lake import Lake
from citycommons.web.files import attachment
from citycommons.web.sending import growing


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


@pytest.mark.parametrize("format", [*FORMATS, "shp", "jsonl"])
def test_every_format_downloads_under_its_name(client: Client, format: str) -> None:
    answer = client.get(f"/data/counts@1.{format}")
    assert answer.status_code == 200
    named = exports.FORMATS[exports.OTHER_NAMES.get(format, format)].suffix
    assert f'filename="counts@1.{named}"' in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert len(answer.content) > 100


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_text_comes_packed_under_a_tag_of_its_own(portal: Portal, coding: str) -> None:
    plain = portal.client(**{"accept-encoding": "identity"}).get("/data/counts@1.csv")
    client = portal.client(**{"accept-encoding": f"br;q=0.5, {coding}"})
    with client.stream("GET", "/data/counts@1.csv") as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == coding
    assert answer.headers["etag"] == plain.headers["etag"][:-1] + f'-{coding}"'
    assert int(answer.headers["content-length"]) == len(packed)
    assert "accept-encoding" in answer.headers["vary"]
    with pa.input_stream(io.BytesIO(packed), compression=coding) as whole:
        assert whole.read() == plain.content
    known = client.get("/data/counts@1.csv", headers={"if-none-match": answer.headers["etag"]})
    assert known.status_code == 304
    part = client.get("/data/counts@1.csv", headers={"range": "bytes=0-3"})
    assert (part.content, "content-encoding" in part.headers) == (plain.content[:4], False)
    refused = portal.client(**{"accept-encoding": f"{coding};q=0"}).get("/data/counts@1.csv")
    assert "content-encoding" not in refused.headers


def test_a_selection_is_a_file_too_and_comes_in_parts(portal: Portal) -> None:
    portal.publish(described("many"), table(30_000))
    client = portal.client(**{"accept-encoding": "identity"})
    address = "/datasets/many@1/rows.csv?count__gt=3"
    whole = client.get(address)
    assert len(whole.content) > 300_000
    part = client.get(address, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    short = client.get("/datasets/many@1/rows.csv?count__gt=3&limit=2")
    assert len(short.text.splitlines()) == 3


def test_who_comes_while_a_file_is_made_reads_it_while_it_grows() -> None:
    making = kept.Making()
    pieces = [b"a" * 70_000, b"b" * 5]

    async def reader() -> bytes:
        return b"".join([piece async for piece in growing(making)])

    async def both(path: Path) -> tuple[bytes, bytes]:
        readers = [asyncio.create_task(reader()) for _ in range(2)]
        await asyncio.sleep(0.1)
        making.part = path
        for piece in pieces:
            with path.open("ab") as file:
                file.write(piece)
            await asyncio.sleep(0.1)
        making.is_written = True
        first, second = await asyncio.gather(*readers)
        return first, second

    with tempfile.TemporaryDirectory() as folder:
        assert set(asyncio.run(both(Path(folder) / "x"))) == {b"".join(pieces)}


def test_a_file_that_cannot_be_finished_breaks_off() -> None:
    making = kept.Making()
    making.done.set_exception(Unavailable("The disk is full."))

    async def reader() -> None:
        async for _ in growing(making):
            pass

    with pytest.raises(Unavailable, match="disk is full"):
        asyncio.run(reader())


def test_downloads_asked_for_longest_ago_go_first(tmp_path: Path) -> None:
    cache = Lake(tmp_path / "files")
    paths = [tmp_path / "files" / f"a{n}" / f"{n}.csv" for n in range(4)]
    for age, path in enumerate(reversed(paths)):
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(100))
        os.utime(path, (time.time() - 1000 * (age + 1),) * 2)
    assert kept.sweep(cache, paths[0], most=350) == 1
    assert [path.exists() for path in paths] == [True, False, True, True]
    dead = tmp_path / "files" / "aside" / "shapes-1"
    dead.mkdir(parents=True)
    os.utime(dead, (time.time() - 100_000,) * 2)
    assert kept.sweep(cache, paths[3], most=10**9) == 0
    assert not dead.exists()


def test_what_the_catalogue_says_has_a_tag_that_changes_with_it(portal: Portal) -> None:
    client = portal.client()
    before = client.get("/data/counts@1.datapackage.json")
    assert before.json()["resources"][0]["path"] == "counts@1.csv"
    assert before.headers["cache-control"] == "public, no-cache"
    portal.publish(described("counts", keywords=("new",)))
    after = client.get("/data/counts@1.datapackage.json")
    assert after.json()["keywords"] == ["new"]
    assert after.headers["etag"] != before.headers["etag"]
    tag = client.get("/data/counts@1.datapackage.zip").headers["etag"]
    assert tag.strip('"') == after.headers["etag"].strip('"').removesuffix("-gzip")
    meta = client.get("/data/counts@1.csv-metadata.json")
    assert meta.headers["content-type"] == "application/csvm+json"
    assert "csv-metadata.json" in client.get("/data/counts@1.csv").headers["link"]


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
