"""A bucket on loopback that speaks as much of the protocol as reading needs (S3 API reference)."""

from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from citycommons.collect.check import check_connector
from citycommons.collect.polite import Polite
from citycommons.collect.s3 import S3
from citycommons.core.errors import Forbidden, Unavailable

FILES = {
    "open/trees-1.csv": (b"id\n1\n", datetime(2026, 1, 1, tzinfo=UTC)),
    "open/trees-2.csv": (b"id\n2\n", datetime(2026, 2, 1, tzinfo=UTC)),
    "open/readme.md": (b"hello", datetime(2026, 3, 1, tzinfo=UTC)),
}


def bucket(request, _):
    parts = urlsplit(request.path)
    query, key = parse_qs(parts.query), unquote(parts.path).removeprefix("/city/")
    if not parts.path.startswith("/city"):
        return send(request, 404, b"<Error><Code>NoSuchBucket</Code></Error>")
    if "list-type" in query:
        return send(request, 200, listing(query.get("prefix", [""])[0]))
    if key not in FILES:
        return send(request, 404, b"<Error><Code>NoSuchKey</Code></Error>")
    content, changed = FILES[key]
    given = {"Last-Modified": format_datetime(changed, usegmt=True), "ETag": '"1"'}
    return send(request, 200, content, **given)


def listing(prefix: str) -> bytes:
    rows = "".join(
        f"<Contents><Key>{key}</Key><Size>{len(content)}</Size>"
        f"<LastModified>{changed:%Y-%m-%dT%H:%M:%S.000Z}</LastModified></Contents>"
        for key, (content, changed) in FILES.items()
        if key.startswith(prefix)
    )
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    head = f'<?xml version="1.0"?><ListBucketResult xmlns="{space}"><Name>city</Name>'
    return f"{head}<IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()


def send(request, status: int, body: bytes, **headers: str) -> None:
    request.send_response(status)
    for name, text in {"Content-Length": str(len(body)), **headers}.items():
        request.send_header(name, text)
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(body)


def s3(origin, tmp_path, **options) -> S3:
    given = {"bucket": "city", "prefix": "open", "pattern": "*.csv", "region": "eu-test-1"}
    client = Polite(cache=tmp_path, allow_hosts=("127.0.0.1",), timeout_s=5, attempts=1)
    endpoint = f"http://127.0.0.1:{origin.port}"
    return S3(**given | {"endpoint": endpoint, "client": client} | options)


def test_files_of_a_bucket_arrive_once_in_order(origin, tmp_path):
    origin.answer = bucket
    parcels = check_connector(s3(origin, tmp_path, take="each"))
    assert [parcel.path.read_bytes() for parcel in parcels] == [b"id\n1\n", b"id\n2\n"]
    assert parcels[0].origin == "s3://city/open/trees-1.csv"
    assert list(s3(origin, tmp_path, take="each", since=parcels[1].cursor).fetch()) == []


def test_a_bucket_that_is_not_there_says_so(origin, tmp_path):
    origin.answer = bucket
    with pytest.raises(Unavailable, match="The bucket other cannot be read"):
        list(s3(origin, tmp_path, bucket="other").fetch())


def test_a_store_inside_the_network_needs_its_name_in_the_settings(origin, tmp_path):
    with pytest.raises(Forbidden, match="allow_hosts"):
        list(s3(origin, tmp_path, client=Polite(cache=tmp_path)).fetch())
    assert origin.asked == []
