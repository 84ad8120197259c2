"""What the house lends a connector: its own hosts, its own folders, its own secrets."""

import json

import pytest

from citycommons.collect.connect import connect, own_hosts
from citycommons.core.errors import Forbidden
from citycommons.core.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings.model_construct(home=tmp_path, allow_hosts=("127.0.0.1", "localhost"))


@pytest.mark.parametrize(
    ("options", "own"),
    [
        ({"url": "https://vault.city:8443/api", "query": "a:b", "rows": 5}, ("vault.city",)),
        ({"url": "https://VAULT.city/"}, ("vault.city",)),
        ({"host": "vault.city", "port": 22}, ("vault.city",)),
        ({"host": "Vault.City "}, ("vault.city",)),
        ({"endpoint": "http://vault.city:9000"}, ("vault.city",)),
        ({"url": "postgresql://vault.city/traffic"}, ("vault.city",)),
        ({"urls": ["https://a.org/x", "https://vault.city/y"]}, ("vault.city",)),
        ({"headers": {"Referer": "https://vault.city/"}}, ("vault.city",)),
        ({"url": "https://a.org/?next=https://vault.city/"}, ()),
        ({"url": "https://vault.city@a.org/"}, ()),
        ({"url": "https://vault.city.a.org/", "query": "vault.city"}, ()),
        ({"url": "https://[broken/"}, ()),
    ],
)
def test_a_source_may_ask_the_inner_hosts_that_its_options_name(options, own):
    assert own_hosts(options, ("vault.city", "archive.city")) == own


def given(request, body: bytes) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def test_a_feed_at_another_inner_host_stays_closed(origin, settings):
    """The city's own service answers, and names a host that only another source may ask."""
    other = origin.url("/station_information.json", host="localhost")

    def answer(request, _):
        feeds = [{"name": "station_information", "url": other}]
        given(request, json.dumps({"data": {"en": {"feeds": feeds}}}).encode())

    origin.answer = answer
    with pytest.raises(Forbidden, match="localhost"):
        list(connect("gbfs", {"url": origin.url("/gbfs.json")}, settings).fetch())
    assert [one["path"] for one in origin.asked] == ["/gbfs.json"]


def test_a_redirect_to_another_inner_host_stays_closed(origin, settings):
    def answer(request, number):
        if number == 1:
            request.send_response(302)
            request.send_header("Location", origin.url("/secret.csv", host="localhost"))
            request.send_header("Content-Length", "0")
            request.end_headers()
        else:
            given(request, b"a\n1\n")

    origin.answer = answer
    with pytest.raises(Forbidden, match="localhost"):
        list(connect("web", {"url": origin.url()}, settings).fetch())
    assert len(origin.asked) == 1
