"""Against a real Mosquitto, started here where the program is installed."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import orjson
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from tests.collect.services import polite
from tests.serving import free_port

from citycommons.collect.check import check_connector
from citycommons.collect.mqtt import Mqtt
from citycommons.collect.polite import Polite
from citycommons.core.errors import Forbidden, Invalid, Unavailable

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


@dataclass
class Broker:
    folder: Path
    config: str = "allow_anonymous true"
    port: int = field(default_factory=free_port)
    user: str = ""
    process: subprocess.Popen | None = None

    def start(self) -> None:
        lines = f"listener {self.port} 127.0.0.1\n{self.config}\n"
        lines += f"persistence true\npersistence_location {self.folder}/\nuser root\n"
        (self.folder / "mosquitto.conf").write_text(lines)
        command = [str(MOSQUITTO), "-c", str(self.folder / "mosquitto.conf")]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.publish()

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(10)

    def publish(self, *messages: tuple[str, bytes], retain: bool = False, qos: int = 1) -> None:
        client = paho.Client(CallbackAPIVersion.VERSION2)
        if "password_file" in self.config:
            client.username_pw_set("town", "geheim")
        for _ in range(50):
            try:
                client.connect("127.0.0.1", self.port)
                break
            except OSError:
                time.sleep(0.1)
        client.loop_start()
        for topic, payload in messages:
            client.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()


@pytest.fixture
def broker(tmp_path) -> Iterator[Broker]:
    if MOSQUITTO is None:
        pytest.skip("needs the program mosquitto")
    folder = tmp_path / "broker"
    folder.mkdir()
    found = Broker(folder=folder)
    found.start()
    yield found
    found.stop()


@pytest.fixture
def air(broker, tmp_path) -> Mqtt:
    return Mqtt(
        url=f"mqtt://127.0.0.1:{broker.port}",
        topics=("town/+/air", "town/text"),
        idle_s=0.4,
        home=tmp_path / "home",
        client=polite(tmp_path),
    )


def lines(parcels) -> list[dict]:
    return [
        orjson.loads(line) for parcel in parcels for line in parcel.path.read_bytes().splitlines()
    ]


def numbers(count: int, start: int = 0) -> list[tuple[str, bytes]]:
    return [("town/a/air", b'{"n": %d}' % n) for n in range(start, start + count)]


def test_messages_between_two_runs_are_kept_by_the_broker(air, broker):
    assert list(air.fetch()) == []  # from now on the broker knows us
    broker.publish(("town/a/air", b'{"no2": {"value": 21.5}}'), ("town/b/water", b"1"))
    broker.publish(("town/text", "Grüße".encode()), ("town/text", b"\xff\x00"))
    (parcel,) = check_connector(air)
    found = lines([parcel])
    assert [(one["topic"], one.get("payload"), one["retained"]) for one in found] == [
        ("town/a/air", {"no2": {"value": 21.5}}, False),
        ("town/text", "Grüße", False),
        ("town/text", None, False),
    ]
    assert found[2]["payload_base64"] == "/wA="
    assert datetime.fromisoformat(found[0]["received"]).utcoffset().total_seconds() == 0
    assert parcel.cursor == "1"
    assert parcel.origin == f"{air.url}/town/+/air,town/text"


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_many_messages_come_once_in_files_of_their_size(air, broker, protocol):
    air = replace(air, protocol=protocol, batch_count=100)
    assert list(air.fetch()) == []
    broker.publish(*numbers(450))
    parcels = list(air.fetch())
    assert [one["payload"]["n"] for one in lines(parcels)] == list(range(450))
    assert len(parcels) >= 4
    assert list(replace(air, since=parcels[-1].cursor).fetch()) == []


def test_what_was_not_taken_in_comes_again_and_then_no_more(air, broker):
    list(air.fetch())
    broker.publish(*numbers(3))
    first = list(air.fetch())
    broker.publish(*numbers(2, start=3))
    both = list(air.fetch())
    assert [one["payload"]["n"] for one in lines(both)] == [0, 1, 2, 3, 4]
    assert lines(both)[:3] == lines(first)
    new = list(replace(air, since=first[-1].cursor).fetch())
    assert [one["payload"]["n"] for one in lines(new)] == [3, 4]


KILLED = """
import os, sys
from pathlib import Path
from citycommons.collect.mqtt import Mqtt, session, spool
from citycommons.collect.polite import Polite
moment, port, home = sys.argv[1:]
if moment == "before the disk":
    spool.Spool.write = lambda *_: os._exit(9)
elif moment == "before the answer":
    session.Session.acknowledge = lambda *_: os._exit(9)
elif moment == "before it is brought":
    Polite.keep = lambda *_, **__: os._exit(9)
client = Polite(cache=Path(home) / "parcels", allow_hosts=("127.0.0.1",))
topics = ("town/+/air", "town/text")
list(Mqtt(url=f"mqtt://127.0.0.1:{port}", topics=topics, idle_s=0.6, home=Path(home),
    client=client).fetch())
"""


@pytest.mark.parametrize("moment", ["before the disk", "before the answer", "before it is brought"])
def test_nothing_is_lost_and_nothing_comes_twice_whenever_it_is_killed(air, broker, moment):
    list(air.fetch())
    broker.publish(*numbers(30))
    for _ in range(2):
        command = [sys.executable, "-c", KILLED, moment, str(broker.port), str(air.home)]
        assert subprocess.run(command, check=False, env=dict(os.environ)).returncode == 9
        broker.publish(*numbers(1, start=100))
    found = lines(air.fetch())
    assert [one["payload"]["n"] for one in found] == [*range(30), 100, 100]
    assert len({one["key"] for one in found}) == 32


def test_messages_outlive_a_broker_that_starts_again(air, broker):
    list(air.fetch())
    broker.publish(*numbers(5))
    broker.stop()
    with pytest.raises(Unavailable, match="does not answer"):
        list(air.fetch())
    broker.start()
    assert [one["payload"]["n"] for one in lines(air.fetch())] == [0, 1, 2, 3, 4]


def test_a_retained_message_comes_once_and_says_so(air, broker):
    broker.publish(("town/a/air", b"7"), retain=True)
    parcels = list(air.fetch())
    assert [(one["payload"], one["retained"]) for one in lines(parcels)] == [(7, True)]
    assert list(replace(air, since=parcels[-1].cursor).fetch()) == []


def test_messages_without_promise_are_taken_as_they_come(air, broker):
    import threading

    publish = threading.Timer(0.3, lambda: broker.publish(*[("town/a/air", b"1")] * 3, qos=0))
    publish.start()
    found = lines(replace(air, idle_s=1.5).fetch())
    publish.join()
    assert [one["payload"] for one in found] == [1, 1, 1]
    assert len({one["key"] for one in found}) == 3


def test_it_ends_after_its_time_though_messages_go_on(air, broker):
    import threading

    over = threading.Event()

    def talk() -> None:
        while not over.wait(0.05):
            broker.publish(("town/a/air", b"1"))

    talking = threading.Thread(target=talk)
    talking.start()
    started = time.monotonic()
    parcels = list(replace(air, for_s=1.5, idle_s=60).fetch())
    assert 1.4 < time.monotonic() - started < 4
    over.set()
    talking.join()
    assert len(lines(parcels)) > 3


def test_user_and_password(tmp_path, broker, air):
    program = shutil.which("mosquitto_passwd")
    if program is None:
        pytest.skip("needs the program mosquitto_passwd")
    broker.stop()
    file = tmp_path / "passwords"
    subprocess.run([program, "-b", "-c", str(file), "town", "geheim"], check=True)
    broker.config = f"password_file {file}\nallow_anonymous false"
    broker.start()
    with pytest.raises(Unavailable, match=r"refuses: .*Check user, password") as wrong:
        list(replace(air, user="town", password="falsch").fetch())
    assert "falsch" not in str(wrong.value)
    known = replace(air, user="town", password="geheim")
    list(known.fetch())
    broker.publish(("town/a/air", b"1"))
    assert [one["payload"] for one in lines(known.fetch())] == [1]


def test_encrypted_and_the_certificate_is_checked(tmp_path, broker, air):
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("needs the program openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        f"{program} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "
        f"subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    port = free_port()
    broker.stop()
    broker.config = (
        f"allow_anonymous true\nlistener {port} 127.0.0.1\ncertfile {certificate}\nkeyfile {key}"
    )
    broker.start()
    secure = replace(air, url=f"mqtts://127.0.0.1:{port}")
    with pytest.raises(Unavailable, match="certificate"):
        list(secure.fetch())
    known = replace(secure, ca=certificate.read_text())
    list(known.fetch())
    broker.publish(("town/a/air", b"1"))
    assert [one["payload"] for one in lines(known.fetch())] == [1]


def test_a_broker_inside_is_asked_only_when_allowed_by_name(tmp_path):
    client = Polite(cache=tmp_path / "parcels")
    with pytest.raises(Forbidden, match="inside this network"):
        list(Mqtt(url="mqtt://127.0.0.1", topics=("a",), home=tmp_path, client=client).fetch())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "http://host"}, "is no broker"),
        ({"url": "mqtt://ada:geheim@host"}, "holds a name or a password"),
        ({"topics": ()}, "at least one topic"),
        ({"protocol": "4"}, "5 or 3"),
        ({"since": "2026-03-01"}, "of another kind"),
        ({"client_id": "../x"}, "letters, digits"),
        ({"url": "mqtts://127.0.0.1", "ca": "no certificate"}, "authority"),
    ],
)
def test_wrong_options_are_named(tmp_path, options, words):
    given = {"url": "mqtt://127.0.0.1:9", "topics": ("a",), "home": tmp_path}
    with pytest.raises(Invalid, match=words) as wrong:
        list(Mqtt(**given | {"client": polite(tmp_path)} | options).fetch())
    assert "geheim" not in str(wrong.value)


def test_a_message_too_large_is_told_in_its_place(air, broker):
    """MQTT 3.1.1 cannot tell the broker what is too large."""
    air = replace(air, protocol="3.1.1", most_payload_kb=1)
    assert list(air.fetch()) == []
    broker.publish(("town/a/air", b"1"), ("town/a/air", b"x" * 2000), ("town/a/air", b"2"))
    found = lines(list(air.fetch()))
    assert [(one["payload"], one.get("left_out_bytes")) for one in found] == [
        (1, None),
        (None, 2000),
        (2, None),
    ]
    (again,) = air.fetch()
    assert again.cursor == "1"  # acknowledged: it does not come again


def test_a_packet_that_would_fill_the_memory_is_not_gathered(air, broker, monkeypatch):
    from citycommons.collect.mqtt import session

    monkeypatch.setattr(session, "_LEAST_PACKET", 4096)
    air = replace(air, protocol="3.1.1", most_payload_kb=1)
    assert list(air.fetch()) == []
    broker.publish(("town/a/air", b"x" * 20_000))
    with pytest.raises(Unavailable, match="most_payload_kb"):
        list(air.fetch())


@pytest.mark.parametrize("qos", [0, 1])
def test_a_flood_waits_at_the_broker_and_comes_whole(air, broker, monkeypatch, qos):
    """However slowly it is written here, no more than a few messages are held in memory."""
    from citycommons.collect.mqtt import session, spool

    monkeypatch.setattr(session, "_MOST_HELD", 5)
    most, write = [], spool.Spool.write
    slow = session.Session.next

    def watched(self, within_s):
        most.append(self._came.qsize())
        return slow(self, within_s)

    def slowly(self, messages):
        time.sleep(0.02)
        write(self, messages)

    monkeypatch.setattr(session.Session, "next", watched)
    monkeypatch.setattr(spool.Spool, "write", slowly)
    air = replace(air, batch_count=20, idle_s=1.5)
    assert list(air.fetch()) == []
    flood = threading.Timer(0.5, lambda: broker.publish(*numbers(300), qos=qos))
    flood.start()
    try:
        found = [one["payload"]["n"] for one in lines(list(air.fetch()))]
    finally:
        flood.join()
    assert found == list(range(300))
    assert 0 < max(most) <= 5


def test_a_run_ends_when_it_has_taken_enough(air, broker, monkeypatch):
    from citycommons.collect import mqtt

    monkeypatch.setattr(mqtt, "_MOST_TAKEN", 100)
    assert list(air.fetch()) == []
    broker.publish(*numbers(100))
    first = list(air.fetch())
    second = list(replace(air, since=first[-1].cursor).fetch())
    found = [one["payload"]["n"] for one in lines(first)]
    assert 0 < len(found) < 100
    assert lines(second)[0]["payload"]["n"] == found[-1] + 1
