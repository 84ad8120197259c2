import os
import time
from datetime import UTC, datetime

import pytest

from citycommons.collect.cache import Begun, Cache, Remembered, digest_of
from citycommons.core.errors import Unavailable

URL = "https://city.example/a.csv"


def put(cache: Cache, content: bytes) -> str:
    part = cache.partial(URL)
    part.write_bytes(content)
    digest = digest_of(part)
    cache.keep(part, digest)
    cache.remember(
        Remembered(address=URL, digest=digest, bytes=len(content), received=datetime.now(UTC))
    )
    return digest


def test_what_was_kept_is_recalled(tmp_path):
    cache = Cache(tmp_path)
    digest = put(cache, b"one")
    assert Cache(tmp_path).recall(URL).digest == digest
    assert cache.path(digest).read_bytes() == b"one"
    assert not cache.partial(URL).exists()


def test_a_damaged_content_is_not_recalled(tmp_path):
    cache = Cache(tmp_path)
    cache.path(put(cache, b"one")).write_bytes(b"two")
    assert cache.recall(URL) is None


@pytest.mark.parametrize("note", [b"", b"{", b'{"address": 1}'])
def test_a_damaged_note_is_as_none(tmp_path, note):
    cache = Cache(tmp_path)
    put(cache, b"one")
    for path in tmp_path.glob("addresses/*.json"):
        path.write_bytes(note)
    cache.partial(URL).with_suffix(".json").write_bytes(note)
    assert cache.recall(URL) is None
    assert cache.begun(URL) is None


def test_an_unknown_address_is_not_recalled(tmp_path):
    assert Cache(tmp_path).recall(URL) is None


def test_a_download_begun_is_known_until_it_is_forgotten(tmp_path):
    cache = Cache(tmp_path)
    cache.begin(URL, Begun(etag='"v1"'))
    cache.partial(URL).write_bytes(b"half")
    assert Cache(tmp_path).begun(URL) == Begun(etag='"v1"')
    cache.forget_partial(URL)
    assert cache.begun(URL) is None
    assert not cache.partial(URL).exists()


def test_unpacked_members_are_tidied_and_contents_stay(tmp_path):
    cache = Cache(tmp_path)
    digest = put(cache, b"one")
    (cache.unpacked(digest) / "a.csv").write_bytes(b"1")
    cache.tidy()
    assert list((tmp_path / "unpacked").iterdir()) == []
    assert cache.has(digest)


def test_what_a_killed_process_left_goes_after_a_day(tmp_path):
    cache = Cache(tmp_path)
    left = [tmp_path / "unpacked" / "abc-1", tmp_path / "addresses" / "x.json.1.tmp"]
    left[0].mkdir(parents=True)
    left[1].write_bytes(b"")
    cache.tidy()
    assert all(path.exists() for path in left)
    for path in left:
        os.utime(path, (0, 0))
    cache.tidy()
    assert not any(path.exists() for path in left)


def test_a_place_where_nothing_can_be_kept_says_so(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="cannot be kept"):
        Cache(tmp_path / "file")


def test_old_contents_go_unless_an_address_gave_them_last(tmp_path):
    cache, now = Cache(tmp_path), time.time()
    kept = {name: cache.store([name.encode()], 1 << 20) for name in ("last", "old", "new")}
    for name in ("last", "old"):
        os.utime(kept[name][1], (now - 1000, now - 1000))
    received = datetime.now(UTC)
    cache.remember(Remembered(address=URL, digest=kept["last"][0], bytes=4, received=received))
    assert cache.sweep(500, now) == 1
    assert {name for name, (_, path) in kept.items() if path.exists()} == {"last", "new"}


def test_a_small_thing_is_written_once_and_again_when_it_is_broken(tmp_path):
    cache = Cache(tmp_path)
    digest, path = cache.store_small(b"whole")
    path.write_bytes(b"broke")
    assert not cache.has(digest)
    assert cache.store_small(b"whole") == (digest, path)
    assert path.read_bytes() == b"whole"
    assert not list(tmp_path.glob("partial/*"))
