import errno
import hashlib
import os
import threading
import time
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from citycommons.collect.check import check_connector
from citycommons.collect.polite import Polite
from citycommons.collect.web import Web
from citycommons.core.errors import Forbidden, Invalid, TooMuch, Unavailable

BODY = b"id;name\n" + b"".join(b"%d;Aegidii\n" % n for n in range(40_000))


def give(request: BaseHTTPRequestHandler, body: bytes = BODY, status: int = 200, **headers: str):
    request.send_response(status)
    for name, text in ({"Content-Length": str(len(body))} | headers).items():
        request.send_header(name.replace("_", "-"), text)
    request.end_headers()
    request.wfile.write(body)


def web(origin, tmp_path: Path, **options) -> Web:
    lent = {"cache": tmp_path, "allow_hosts": ("127.0.0.1",), "sleep": lambda s: None}
    names = {field.name for field in fields(Polite)}
    lent |= {name: options.pop(name) for name in names & {*options}}
    return Web(**{"url": origin.url(), "client": Polite(**lent)} | options)


def test_a_file_is_brought_with_its_name_type_and_digest(origin, tmp_path):
    origin.answer = lambda request, _: give(request, Content_Type="text/csv; charset=utf-8")
    (parcel,) = check_connector(web(origin, tmp_path))
    assert parcel.path.read_bytes() == BODY
    assert (parcel.name, parcel.media_type, parcel.origin) == ("data.csv", "text/csv", origin.url())
    assert parcel.digest == hashlib.sha256(BODY).hexdigest()


def test_the_name_of_the_server_is_only_a_name(origin, tmp_path):
    origin.answer = lambda request, _: give(
        request, Content_Disposition='attachment; filename="../../etc/passwd.csv"'
    )
    (parcel,) = web(origin, tmp_path).fetch()
    assert parcel.name == "passwd.csv"
    assert parcel.path.is_relative_to(tmp_path)


def test_an_unchanged_file_is_not_sent_again(origin, tmp_path):
    def answer(request, _):
        if request.headers.get("If-None-Match") == '"v1"':
            request.send_response(304)
            request.end_headers()
        else:
            give(request, ETag='"v1"')

    origin.answer = answer
    first = list(web(origin, tmp_path).fetch())
    assert list(web(origin, tmp_path).fetch()) == first
    assert "if-none-match" in origin.asked[1]


def test_last_modified_serves_where_there_is_no_etag(origin, tmp_path):
    day = "Mon, 02 Mar 2026 10:00:00 GMT"

    def answer(request, _):
        if request.headers.get("If-Modified-Since") == day:
            request.send_response(304)
            request.end_headers()
        else:
            give(request, Last_Modified=day)

    origin.answer = answer
    list(web(origin, tmp_path).fetch())
    (parcel,) = web(origin, tmp_path).fetch()
    assert parcel.path.read_bytes() == BODY
    assert len(origin.asked) == 2


def test_a_changed_file_is_a_new_parcel_and_the_old_one_stays(origin, tmp_path):
    origin.answer = lambda request, number: give(request, b"v%d" % number, ETag=f'"{number}"')
    (old,) = web(origin, tmp_path).fetch()
    (new,) = web(origin, tmp_path).fetch()
    assert (old.path.read_bytes(), new.path.read_bytes()) == (b"v1", b"v2")


def test_a_file_with_a_known_checksum_is_asked_for_once(origin, tmp_path):
    origin.answer = lambda request, _: give(request)
    connector = web(origin, tmp_path, sha256=hashlib.sha256(BODY).hexdigest())
    list(connector.fetch())
    assert [p.path.read_bytes() for p in connector.fetch()] == [BODY]
    assert len(origin.asked) == 1


def test_a_kept_file_that_was_damaged_is_brought_again(origin, tmp_path):
    origin.answer = lambda request, _: give(request, ETag='"v1"')
    (parcel,) = web(origin, tmp_path).fetch()
    parcel.path.write_bytes(b"rotten")
    (mended,) = web(origin, tmp_path).fetch()
    assert mended.path.read_bytes() == BODY


def test_a_broken_download_goes_on_where_it_broke(origin, tmp_path):
    def answer(request, number):
        if number == 1:  # says the whole length, and hangs up in the middle
            request.send_response(200)
            request.send_header("Content-Length", str(len(BODY)))
            request.send_header("ETag", '"v1"')
            request.end_headers()
            request.wfile.write(BODY[: len(BODY) // 2])
            return
        start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        part = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
        give(request, BODY[start:], 206, Content_Range=part, ETag='"v1"')

    origin.answer = answer
    seen: list[tuple[int, int | None]] = []
    (parcel,) = web(origin, tmp_path, progress=lambda *state: seen.append(state)).fetch()
    assert parcel.path.read_bytes() == BODY
    assert 0 < int(origin.asked[1]["range"].removeprefix("bytes=").removesuffix("-")) < len(BODY)
    assert origin.asked[1]["if-range"] == '"v1"'
    assert seen[-1] == (len(BODY), len(BODY))
    assert not list(tmp_path.glob("partial/*.part"))


def test_a_download_broken_by_a_killed_process_goes_on_in_the_next(origin, tmp_path):
    def answer(request, number):
        if number == 1:
            request.send_response(200)
            request.send_header("Content-Length", str(len(BODY)))
            request.send_header("Last-Modified", "Mon, 02 Mar 2026 10:00:00 GMT")
            request.end_headers()
            request.wfile.write(BODY[:100_000])
            return
        start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        give(request, BODY[start:], 206, Content_Range=f"bytes {start}-/{len(BODY)}")

    origin.answer = answer
    with pytest.raises(Unavailable):
        list(web(origin, tmp_path, attempts=1).fetch())
    (parcel,) = web(origin, tmp_path, attempts=1).fetch()
    assert parcel.path.read_bytes() == BODY


def test_a_file_that_changed_while_broken_starts_anew(origin, tmp_path):
    def answer(request, number):
        if number == 1:
            request.send_response(200)
            request.send_header("Content-Length", str(len(BODY)))
            request.send_header("ETag", '"v1"')
            request.end_headers()
            request.wfile.write(BODY[:70_000])
            return
        give(request, b"quite another file", ETag='"v2"')  # If-Range did not match

    origin.answer = answer
    (parcel,) = web(origin, tmp_path).fetch()
    assert parcel.path.read_bytes() == b"quite another file"


def test_a_part_other_than_asked_for_is_never_appended(origin, tmp_path):
    def answer(request, number):
        if number == 1:
            request.send_response(200)
            request.send_header("Content-Length", str(len(BODY)))
            request.send_header("ETag", '"v1"')
            request.end_headers()
            request.wfile.write(BODY[:70_000])
        elif number == 2:
            give(request, BODY[9:], 206, Content_Range=f"bytes 9-{len(BODY) - 1}/{len(BODY)}")
        else:
            give(request, ETag='"v1"')

    origin.answer = answer
    (parcel,) = web(origin, tmp_path).fetch()
    assert parcel.path.read_bytes() == BODY


@pytest.mark.parametrize("as_date", [False, True])
def test_the_pause_is_the_one_the_server_asks_for(origin, tmp_path, as_date):
    def answer(request, number):
        if number == 1:
            at = format_datetime(datetime.now(UTC) + timedelta(seconds=8), usegmt=True)
            give(request, b"", 429, Retry_After=at if as_date else "7")
        else:
            give(request)

    origin.answer = answer
    pauses: list[float] = []
    list(web(origin, tmp_path, sleep=pauses.append).fetch())
    assert len(pauses) == 1
    assert 6 <= pauses[0] <= 8


def test_pauses_grow_and_end_with_a_sentence(origin, tmp_path):
    origin.answer = lambda request, _: give(request, b"", 503)
    pauses: list[float] = []
    with pytest.raises(Unavailable, match=r"503 Service Unavailable\. Try again later"):
        list(web(origin, tmp_path, sleep=pauses.append).fetch())
    assert len(origin.asked) == 5
    assert pauses == sorted(pauses)


def test_a_server_that_asks_for_an_hour_is_not_waited_for(origin, tmp_path):
    origin.answer = lambda request, _: give(request, b"", 503, Retry_After="3600")
    with pytest.raises(Unavailable):
        list(web(origin, tmp_path, sleep=lambda s: pytest.fail("waited")).fetch())


def test_a_moved_file_is_asked_for_once(origin, tmp_path):
    origin.answer = lambda request, _: give(request, b"gone", 404)
    with pytest.raises(Unavailable, match=r"404 Not Found\. Check the address"):
        list(web(origin, tmp_path).fetch())
    assert len(origin.asked) == 1


def test_a_dead_source_says_so(tmp_path, origin):
    with pytest.raises(Unavailable, match="cannot be fetched: nothing answers there"):
        list(web(origin, tmp_path, url="http://127.0.0.1:9/data.csv", attempts=2).fetch())


def test_a_source_that_falls_silent_says_so(origin, tmp_path):
    over = threading.Event()
    origin.answer = lambda request, _: over.wait(5)
    started = time.monotonic()
    with pytest.raises(Unavailable, match="did not answer in time"):
        list(web(origin, tmp_path, timeout_s=0.2, attempts=1).fetch())
    over.set()
    assert time.monotonic() - started < 4


def test_a_wrong_checksum_is_refused_and_not_kept(origin, tmp_path):
    origin.answer = lambda request, _: give(request)
    with pytest.raises(Invalid, match="has changed or was damaged"):
        list(web(origin, tmp_path, sha256="0" * 64).fetch())
    assert [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix != ".lock"] == []


def test_a_full_disk_says_so(origin, tmp_path, monkeypatch):
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    origin.answer = lambda request, _: give(request, ETag='"v1"')
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match=r"No space left on device\. Free some space"):
        list(web(origin, tmp_path).fetch())


@pytest.mark.parametrize("says_length", [True, False])
def test_a_file_without_end_is_cut_off(origin, tmp_path, says_length):
    def answer(request, _):
        if says_length:
            give(request)
        else:
            request.send_response(200)
            request.end_headers()
            request.wfile.write(BODY)

    origin.answer = answer
    with pytest.raises(TooMuch):
        list(web(origin, tmp_path, most_bytes=1000).fetch())


def test_a_redirect_is_followed_and_the_key_stays_at_home(origin, tmp_path):
    def answer(request, number):
        if number == 1:
            target = origin.url("/there.csv", host="localhost")
            give(request, b"", 302, Location=target)
        else:
            give(request)

    origin.answer = answer
    hosts = ("127.0.0.1", "localhost")
    secret = {"Authorization": "Bearer secret"}
    (parcel,) = web(origin, tmp_path, allow_hosts=hosts, headers=secret).fetch()
    assert parcel.path.read_bytes() == BODY
    assert [request.get("authorization") for request in origin.asked] == ["Bearer secret", None]
    assert origin.asked[1]["host"] == f"localhost:{origin.port}"


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data", "http://[::1]/", "http://10.0.0.7/"]
)
def test_a_redirect_inside_is_refused(origin, tmp_path, target):
    origin.answer = lambda request, _: give(request, b"", 302, Location=target)
    with pytest.raises(Forbidden, match="inside this network"):
        list(web(origin, tmp_path).fetch())


def test_a_redirect_to_a_local_file_is_refused(origin, tmp_path):
    origin.answer = lambda request, _: give(request, b"", 302, Location="file:///etc/passwd")
    with pytest.raises(Invalid, match="no http or https address"):
        list(web(origin, tmp_path).fetch())


def test_a_circle_of_redirects_ends(origin, tmp_path):
    origin.answer = lambda request, _: give(request, b"", 302, Location="/round")
    with pytest.raises(Unavailable, match="redirects more than"):
        list(web(origin, tmp_path).fetch())


def test_one_file_a_day(origin, tmp_path):
    origin.answer = lambda request, _: give(request, request.path.encode())
    url = origin.url("/kfz/{day:%Y_%m_%d}_24mq.csv")
    days = web(origin, tmp_path, url=url, days="2015-02-27/2015-03-02", skip=("2015-02-28",))
    names = [parcel.name for parcel in check_connector(days)]
    assert names == ["2015_02_27_24mq.csv", "2015_03_01_24mq.csv", "2015_03_02_24mq.csv"]


def test_one_file_for_each_part_and_month():
    parts = ("a/2019-11..2020-01", "b/all")
    connector = Web(url="https://town.example/{part}.csv", parts=parts)
    assert connector.addresses() == [
        f"https://town.example/{name}.csv"
        for name in ("a/2019-11", "a/2019-12", "a/2020-01", "b/all")
    ]


def test_two_at_once_get_the_same_whole_file(origin, tmp_path):
    origin.answer = lambda request, _: give(request, ETag='"v1"')
    found: list[bytes] = []

    def bring():
        found.extend(parcel.path.read_bytes() for parcel in web(origin, tmp_path).fetch())

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [BODY] * 4


def test_what_one_key_opened_stays_closed_without_it(origin, tmp_path):
    """A host that answers 304 before it asks who is there."""

    def answer(request, _):
        if request.headers.get("If-None-Match") == '"v1"':
            request.send_response(304)
            request.end_headers()
        elif request.headers.get("X-Key") == "s3same":
            give(request, ETag='"v1"')
        else:
            give(request, b"Who are you?", status=403)

    origin.answer = answer
    keyed = web(origin, tmp_path, headers={"X-Key": "s3same"})
    (first,), (again,) = keyed.fetch(), keyed.fetch()  # the second by 304
    assert first.digest == again.digest
    with pytest.raises(Unavailable, match="403"):
        list(web(origin, tmp_path).fetch())
    with pytest.raises(Unavailable, match="403"):
        list(web(origin, tmp_path, sha256=hashlib.sha256(BODY).hexdigest()).fetch())
    with pytest.raises(Unavailable, match="403"):
        list(web(origin, tmp_path, headers={"X-Key": "another"}).fetch())
    for file in (tmp_path / "addresses").iterdir():
        assert "s3same" not in file.name + file.read_text("utf-8")
