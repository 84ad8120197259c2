"""Pages and records, whatever the catalogue."""

import os

import pytest
from tests.collect.scripted import polite

from citycommons.collect.listing import counted, followed, kept, link_to, once
from citycommons.core.errors import Unavailable


def record(client, content, identifier="a"):
    return kept(client, content, profile="p", identifier=identifier, origin="https://x.example")


def test_a_record_is_the_same_bytes_however_its_server_orders_the_keys(tmp_path):
    client = polite(tmp_path)
    first, again = record(client, {"a": 1, "b": [2]}), record(client, {"b": [2], "a": 1})
    assert first.digest == again.digest
    assert first.name == "a.json"
    assert record(client, {}, "/").name == "record.json"


def test_a_record_that_is_here_already_is_not_written_again(tmp_path, monkeypatch):
    client = polite(tmp_path)
    first = record(client, {"a": 1})
    monkeypatch.setattr(os, "fsync", lambda handle: pytest.fail("written again"))
    assert record(client, {"a": 1}).path == first.path
    first.path.write_bytes(b"damaged")
    monkeypatch.undo()
    assert record(client, {"a": 1}).path.read_bytes() == b'{"a":1}'


def test_records_without_an_identifier_are_never_taken_for_one(tmp_path):
    client = polite(tmp_path)
    records = [record(client, {"n": n}, id) for n, id in enumerate(["a", "", "", "a"])]
    assert [one.identifier for one in once(records)] == ["a", "", ""]


def test_pages_end_or_fail():
    pages = {"https://x.example/1": ("one", "/2"), "https://x.example/2": ("two", "")}
    assert list(followed("https://x.example/1", pages.__getitem__)) == ["one", "two"]
    with pytest.raises(Unavailable, match="round in a circle"):
        list(followed("https://x.example/1", lambda url: ("page", url)))
    assert list(counted(lambda at: ([at] if at < 3 else [], None), where="x")) == [0, 1, 2]


def test_links_are_found_by_their_relation():
    answer = {"links": [{"rel": "self"}, "what", {"rel": "next", "href": "/2"}]}
    assert link_to(answer, "next") == "/2"
    assert link_to(answer, "self") == link_to([], "next") == link_to({"links": 3}, "next") == ""
