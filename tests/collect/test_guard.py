import socket
import threading
import time
from collections.abc import Iterator

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.collect.deadline import _left, within
from citycommons.collect.guard import checked, is_public
from citycommons.collect.polite import Polite
from citycommons.collect.web import Web
from citycommons.core.errors import Forbidden, Invalid, Unavailable

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["140.82.121.4", "2606:50c0:8000::154", "::ffff:8.8.8.8"])
def test_an_address_outside_is_public(address):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_never_makes_it_public(address):
    wrapped = f"::ffff:{address}"
    assert is_public(wrapped) == is_public(str(address))


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused(address):
    with pytest.raises(Forbidden, match="allow_hosts"):
        checked("http://innocent.example/", resolver=lambda host, port: [address])


def test_one_address_inside_among_many_is_enough_to_refuse():
    with pytest.raises(Forbidden):
        checked("http://a.example/", resolver=lambda host, port: ["140.82.121.4", "10.0.0.1"])


def test_an_allowed_name_may_lead_inside():
    assert checked("http://nas/", ("nas",), lambda host, port: ["10.0.0.1"]) == "10.0.0.1"


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://a.example/", "gopher://a/", "http://", "https://u:p@a/", "x"],
)
def test_another_scheme_or_a_password_is_invalid(url):
    with pytest.raises(Invalid):
        checked(url)


def test_an_unknown_host_is_unavailable():
    def unknown(host, port):
        raise OSError("no such name")

    with pytest.raises(Unavailable, match="cannot be found"):
        checked("http://nowhere.example/", resolver=unknown)


def test_a_name_that_changes_its_answer_is_asked_only_once(origin, tmp_path):
    """DNS rebinding: the first answer is checked and connected to, a second is never asked for."""
    asked: list[str] = []

    def rebinding(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["203.0.113.7"]

    connector = Web(
        url=f"http://rebind.example:{origin.port}/",
        client=Polite(cache=tmp_path, resolver=rebinding, attempts=1, timeout_s=0.3),
    )
    with pytest.raises((Unavailable, Forbidden)):
        list(connector.fetch())
    assert (len(asked), origin.asked) == (1, [])


def test_the_connection_goes_to_the_checked_address_under_the_hosts_name(origin, tmp_path):
    def answer(request, _):
        request.send_response(200)
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"ok")

    origin.answer = answer
    connector = Web(
        url=f"http://city.example:{origin.port}/",
        client=Polite(
            cache=tmp_path,
            allow_hosts=("city.example",),
            resolver=lambda host, port: ["127.0.0.1"],
        ),
    )
    assert [parcel.path.read_bytes() for parcel in connector.fetch()] == [b"ok"]
    assert origin.asked[0]["host"] == f"city.example:{origin.port}"


def _dripping(what: str, stop: threading.Event) -> Iterator[bytes]:
    """One byte at a time, each well within the timeout between two of them."""
    head = b"HTTP/1.1 200 OK\r\n"
    if what == "headers":
        yield head
        while not stop.is_set():
            yield b"X"
    yield head + b"Transfer-Encoding: chunked\r\n\r\n"
    while not stop.is_set():
        yield b"0"  # the size of a piece, which never ends


@pytest.mark.parametrize("what", ["headers", "size of a piece"])
@pytest.mark.parametrize("way", ["file", "document", "look", "robots.txt"])
def test_an_answer_that_drips_ends_with_the_time_of_the_request(tmp_path, what, way):
    stop, server = threading.Event(), socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                asked = connection.recv(65_536)
                if way == "robots.txt" and b"/robots.txt" not in asked:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                    continue
                try:
                    for piece in _dripping(what, stop):
                        connection.sendall(piece)
                        time.sleep(0.02)
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    robots = way == "robots.txt"
    polite = Polite(
        cache=tmp_path,
        allow_hosts=("127.0.0.1",),
        timeout_s=0.5,
        total_s=30.0 if robots else 0.5,
        attempts=2,
    )
    started = time.monotonic()
    try:
        with polite:
            if robots:
                assert polite._robots_txt(f"{url}robots.txt") == (404, "")
            elif way == "look" and what != "headers":
                assert polite.look(url) == (200, None)
            else:
                ask = {"file": polite.file, "document": polite.document, "look": polite.look}[way]
                with pytest.raises(Unavailable, match="longer than"):
                    ask(url)
        assert time.monotonic() - started < 3
    finally:
        stop.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def test_a_deadline_inside_another_ends_with_the_earlier_one():
    with within(0.0), within(time.monotonic() + 99), pytest.raises(httpcore.ReadTimeout):
        _left(5.0)
    assert _left(5.0) == 5.0
