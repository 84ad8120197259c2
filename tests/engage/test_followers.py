"""Followers: asked before told, told once, forgotten when they stop; mail and push as RFCs say."""

import base64
import email
import email.policy
import signal
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tests.share.works.works_given import NOW, STREET, example

from citycommons.act.roadworks import register
from citycommons.collect.sending import Sent
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.settings import Settings
from citycommons.core.types import ANYONE, SYSTEM
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.engage.followers import following, mail, push, telling
from citycommons.engage.followers.mail import Posted
from citycommons.engage.followers.telling import Ways
from citycommons.jobs import reactions
from citycommons.store import followers as rows
from citycommons.store import outbox
from citycommons.store.work import City


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(city: City) -> Clock:
    made = Clock()
    city.clock = made
    return made


@pytest.fixture
def town(city: City, clock: Clock) -> City:
    return city


def react(city: City) -> None:
    """Act on all facts, as a worker does."""
    with city.work(SYSTEM) as work:
        leased = outbox.lease(work.db, work.now, limit=100)
    for one in leased:
        for reaction in reactions.REACTIONS[type(one.fact)]:
            reaction(city, one.fact)
        with city.work(SYSTEM) as work:
            outbox.finish(work.db, one.seq, work.now)


def permitted(city: City, one: Works) -> Works:
    with city.work(SYSTEM) as work:
        made = register.propose(work, one)
        for state in (WorksState.COORDINATED, WorksState.PERMITTED):
            made = register.advance(work, made.id, state)
        return made


def deliver(city: City, ways: Ways | None = None) -> int:
    count = 0
    while telling.deliver_next(city, ways):
        count += 1
    return count


def letters(city: City) -> list[Any]:
    found = sorted((city.settings.home / mail.FOLDER).glob("*.eml"))
    return [email.message_from_bytes(f.read_bytes(), policy=email.policy.default) for f in found]


def follow(city: City, street: str = "Wolbecker Straße", language: str = "en", **more: Any) -> str:
    """Somebody asks, and says yes; answers their id."""
    with city.work(ANYONE) as work:
        given = {"email": "Jo@Example.org", "language": language, "street": street} | more
        following.by_email(work, **given)
        one = rows.of_address(work.db, "email", following.clean_email(given["email"]))[0]
        following.confirm(work, one.id, following.token_of(work, one))
    deliver(city)
    for path in (city.settings.home / mail.FOLDER).glob("*.eml"):
        path.unlink()
    return one.id


def test_nobody_is_told_before_they_said_yes(town: City) -> None:
    with town.work(ANYONE) as work:
        following.by_email(work, email="jo@example.org", language="de", street="Wolbecker Str.")
    deliver(town)
    (asked,) = letters(town)
    assert asked["To"] == "jo@example.org"
    assert asked["Subject"].startswith("Möchten Sie")
    link = next(line for line in asked.get_content().splitlines() if line.startswith("http"))
    permitted(town, example())
    react(town)
    assert deliver(town) == 0
    id, token = link.rpartition("/")[2].split("?token=")
    with town.work(ANYONE) as work:
        following.confirm(work, id, token.partition("&")[0])
    permitted(town, example())
    react(town)
    assert deliver(town) == 1


def test_a_follower_of_the_street_hears_of_permit_start_change_end_and_cancellation(
    town: City,
) -> None:
    follow(town, "wolbecker str.")
    made = permitted(town, example())
    with town.work(SYSTEM) as work:
        made = register.advance(work, made.id, WorksState.ACTIVE)
        longer = replace(made.phases[1], last_day=made.phases[1].last_day + timedelta(days=7))
        made = register.change(work, replace(made, phases=(made.phases[0], longer)))
        register.change(work, replace(made, contractor="Another one"))  # of no interest
        register.cancel(work, made.id, why="no money")
    react(town)
    deliver(town)
    subjects = sorted(letter["Subject"] for letter in letters(town))
    assert subjects == [
        "Wolbecker Straße, Hansaring: begun, until 22 May 2026",
        "Wolbecker Straße, Hansaring: cancelled",
        "Wolbecker Straße, Hansaring: changed, 7 Apr 2026 to 29 May 2026",
        "Wolbecker Straße, Hansaring: permitted, 7 Apr 2026 to 22 May 2026",
    ]


def test_who_follows_an_area_hears_of_what_touches_it_and_nobody_of_other_places(
    town: City,
) -> None:
    west, south = STREET[0]
    follow(town, street="", area=(west - 0.01, south - 0.01, west + 0.01, south + 0.01))
    follow(town, "Hafenweg")  # the same address follows a second thing
    permitted(town, example())
    far = tuple((lon + 1, lat) for lon, lat in STREET)
    phase = example().phases[0]
    moved = replace(phase, measures=(replace(phase.measures[0], line=far),))
    permitted(town, example(streets=("Elsewhere",), phases=(moved,)))
    react(town)
    assert deliver(town) == 1


def test_who_follows_a_street_and_the_area_around_it_is_told_once(town: City) -> None:
    west, south = STREET[0]
    follow(town)
    follow(town, street="", area=(west - 0.01, south - 0.01, west + 0.01, south + 0.01))
    permitted(town, example())
    react(town)
    assert deliver(town) == 1


@pytest.mark.parametrize(
    ("language", "word"),
    [("en", "permitted"), ("de", "genehmigt"), ("fr", "autorisés"), ("it", "autorizzati")],
)
def test_messages_speak_the_follower_s_language_with_a_way_out(
    town: City, language: str, word: str
) -> None:
    id = follow(town, language=language)
    permitted(town, example())
    react(town)
    deliver(town)
    (letter,) = letters(town)
    assert word in letter["Subject"]
    assert letter["Content-Language"] == language
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"/roadworks/follow/{id}/unsubscribe?token=" in letter["List-Unsubscribe"]
    assert f"/roadworks/follow/{id}?token=" in letter.get_content()


def test_a_fact_that_is_acted_on_twice_tells_once(town: City) -> None:
    follow(town)
    made = permitted(town, example())
    fact = outbox.WorksStateChanged(
        works=made.id,
        revision=made.revision,
        before=WorksState.COORDINATED,
        state=WorksState.PERMITTED,
    )
    for _ in range(3):
        telling.tell(town, fact)
    react(town)
    assert deliver(town) == 1


def test_nobody_is_told_what_happened_before_they_followed(town: City, clock: Clock) -> None:
    permitted(town, example())
    clock.now += timedelta(minutes=1)
    follow(town)
    react(town)
    assert deliver(town) == 0


def test_the_forecast_delay_is_told_as_a_range(town: City) -> None:
    follow(town)
    made = permitted(town, example())
    fact = outbox.WorksChanged(works=made.id, revision=made.revision, state=made.state)
    state = outbox.WorksStateChanged(
        works=fact.works,
        revision=fact.revision,
        before=WorksState.COORDINATED,
        state=fact.state,
    )
    telling.tell(town, state, lambda *_: (2.1, 4.2, 7.3))
    deliver(town)
    (letter,) = letters(town)
    assert "4 minutes longer, 90 % sure between 2 and 7" in letter.get_content()


def test_stopping_forgets_address_messages_and_files(town: City) -> None:
    id = follow(town)
    permitted(town, example())
    react(town)
    deliver(town)
    assert len(letters(town)) == 1
    with town.work(ANYONE) as work:
        one = rows.get(work.db, id)
        assert one is not None
        token = following.token_of(work, one)
        with pytest.raises(NotFound):
            following.stop(work, id, token[:-1] + "x", town.settings.home)
        following.stop(work, id, token, town.settings.home)
        assert rows.get(work.db, id) is None
        assert rows.of_follower(work.db, id) == []
        with pytest.raises(NotFound):
            following.get(work, id, token)
    assert letters(town) == []


def test_who_never_says_yes_is_forgotten_after_two_days(town: City, clock: Clock) -> None:
    with town.work(ANYONE) as work:
        following.by_email(work, email="a@example.org", language="en", street="Hansaring")
    deliver(town)
    clock.now += timedelta(days=2, minutes=1)
    assert telling.sweep(town) == 1
    with town.work(ANYONE) as work:
        assert rows.of_address(work.db, "email", "a@example.org") == []
    assert letters(town) == []


def test_a_stranger_s_form_floods_nobody(town: City) -> None:
    with town.work(ANYONE) as work:
        for number in range(20):
            street = f"Street number {number}"
            following.by_email(work, email="a@example.org", language="en", street=street)
    assert deliver(town) == 3


def test_the_database_holds_no_token_that_opens_a_link(town: City) -> None:
    id = follow(town)
    with town.work(ANYONE) as work:
        one = rows.get(work.db, id)
        assert one is not None
        assert following.token_of(work, one) not in repr(one)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "jo",
        "jo@",
        "a b@c.de",
        "a@b",
        "a@b.de\nBcc: x@y.de",
        "<a@b.de>",
        "a@b.de,c@d.de",
        "ä@b.de",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid, match="e-mail"):
        following.clean_email(address.replace("\\n", "\n"))


def test_titles_add_no_header(town: City) -> None:
    follow(town, "a\nBcc: evil@example.org Straße")
    evil = "a\r\nBcc: evil@example.org"
    permitted(town, example(title={"en": evil}, streets=("a Bcc: evil@example.org Straße", evil)))
    react(town)
    assert deliver(town) == 1
    (letter,) = letters(town)
    assert letter["Bcc"] is None
    assert "\n" not in letter["Subject"]


def test_a_mail_server_that_is_down_is_tried_again_and_a_refused_address_forgotten(
    town: City, clock: Clock
) -> None:
    id = follow(town)
    permitted(town, example())
    react(town)
    tried: list[str] = []

    def down(letter: mail.Letter, _: Settings) -> Posted:
        tried.append(letter.id)
        return Posted(is_taken=False, reason="421 not now")

    assert deliver(town, Ways(mail=down)) == 1
    clock.now += timedelta(minutes=2)
    assert deliver(town, Ways(mail=down)) == 1
    assert len(set(tried)) == 1
    clock.now += timedelta(minutes=6)

    def refused(*_: Any) -> Posted:
        return Posted(is_taken=False, reason="550 unknown", is_final=True)

    assert deliver(town, Ways(mail=refused)) == 1
    with town.work(ANYONE) as work:
        assert rows.get(work.db, id) is None


def test_a_wrong_setting_or_a_dead_server_is_an_answer(town: City) -> None:
    letter = mail.Letter(
        id="m",
        follower="f",
        to="a@example.org",
        language="en",
        subject="s",
        text="t",
        stop="https://x.example",
        made=NOW,
    )
    for server in ("ftp://x", "smtp+plain://127.0.0.1:9"):
        settings = town.settings.model_copy(update={"mail_server": server})
        posted = mail.send(letter, settings)
        assert not posted.is_taken
        assert posted.reason


_WORKER = """
import sys, time
from pathlib import Path
from citycommons.core.settings import Settings
from citycommons.engage.followers import mail, telling
from citycommons.engage.followers.telling import Ways
from citycommons.store.work import City

def slow(letter, settings):
    posted = mail.send(letter, settings)
    print("written", flush=True)
    time.sleep(60)
    return posted

telling.deliver_next(City.open(Settings(home=Path(sys.argv[1]))), Ways(mail=slow))
"""


def test_a_worker_killed_between_writing_and_noting_leaves_one_message(
    town: City, clock: Clock
) -> None:
    clock.now = datetime.now(NOW.tzinfo)
    follow(town)
    permitted(town, example())
    react(town)
    worker = subprocess.Popen(
        [sys.executable, "-c", _WORKER, str(town.settings.home)], stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "written\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    assert deliver(town) == 0  # leased to the dead one
    clock.now = datetime.now(NOW.tzinfo) + timedelta(minutes=5)
    assert deliver(town) == 1
    assert len(letters(town)) == 1
    assert deliver(town) == 0


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(_bytes(text)), ec.SECP256R1())


def test_push_messages_are_encrypted_as_the_example_of_rfc_8291() -> None:
    browser = _bytes(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    made = push.encrypted(
        b"When I grow up, I want to be a watermelon",
        browser,
        _bytes("BTBZMqHH6r4Tts7J_aSIgg"),
        salt=_bytes("DGv6ra1nlYgDCS1FRnbzlw"),
        own=_private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
    )
    assert made == _bytes(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmY"
        "WAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexS"
        "gSxsj_Qulcy4a-fN"
    )


def _opened(body: bytes, browser: ec.EllipticCurvePrivateKey, secret: bytes) -> bytes:
    """What the browser reads: RFC 8188 and 8291, written anew."""
    salt, length = body[:16], body[20]
    point, sealed = body[21 : 21 + length], body[21 + length :]
    there = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    form = serialization.PublicFormat.UncompressedPoint
    mine = browser.public_key().public_bytes(serialization.Encoding.X962, form)

    def derive(salt: bytes, secret: bytes, info: bytes, size: int) -> bytes:
        return HKDF(algorithm=hashes.SHA256(), length=size, salt=salt, info=info).derive(secret)

    shared = browser.exchange(ec.ECDH(), there)
    seed = derive(secret, shared, b"WebPush: info\0" + mine + point, 32)
    key = derive(salt, seed, b"Content-Encoding: aes128gcm\0", 16)
    nonce = derive(salt, seed, b"Content-Encoding: nonce\0", 12)
    return AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0").removesuffix(b"\x02")


def test_a_browser_reads_what_is_pushed_and_the_push_service_who_sent_it(town: City) -> None:
    browser, secret = ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef"
    form = serialization.PublicFormat.UncompressedPoint
    point = browser.public_key().public_bytes(serialization.Encoding.X962, form)
    encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()  # noqa: E731
    with town.work(ANYONE) as work:
        one = following.by_push(
            work,
            endpoint="https://push.example/abc",
            p256dh=encode(point),
            auth=encode(secret),
            language="fr",
            street="Wolbecker Straße",
        )
        key = push.public_text(push.house_key(work))
    permitted(town, example())
    react(town)
    sent: list[tuple[str, bytes, dict[str, str]]] = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> Sent:
        sent.append((url, body, headers))
        return Sent(status=201)

    assert deliver(town, Ways(push=post)) == 1
    ((url, body, headers),) = sent
    assert url == "https://push.example/abc"
    assert headers["content-encoding"] == "aes128gcm"
    shown = orjson.loads(_opened(body, browser, secret))
    assert shown["title"].startswith("Wolbecker Straße, Hansaring : autorisés")
    assert shown["url"].endswith("?lang=fr")
    token = headers["authorization"].removeprefix("vapid t=").partition(",")[0]
    head, claims, signature = token.split(".")
    assert orjson.loads(_bytes(claims))["aud"] == "https://push.example"
    raw = _bytes(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(key))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    with town.work(SYSTEM) as work:
        register.advance(work, WorksId(shown["tag"]), WorksState.ACTIVE)
    react(town)
    assert deliver(town, Ways(push=lambda *_: Sent(status=410, reason="Gone"))) == 1
    with town.work(ANYONE) as work:
        assert rows.get(work.db, one.id) is None


@pytest.mark.parametrize(
    "given",
    [
        {"endpoint": "http://push.example/a"},
        {"endpoint": "https://user:pass@push.example/a"},
        {"p256dh": "AAAA"},
        {"auth": "!!"},
        {"street": "x"},
    ],
)
def test_what_is_no_subscription_is_refused(town: City, given: dict[str, str]) -> None:
    good = {
        "endpoint": "https://push.example/a",
        "p256dh": base64.urlsafe_b64encode(b"\x04" + bytes(64)).decode(),
        "auth": base64.urlsafe_b64encode(bytes(16)).decode(),
        "street": "Wolbecker Straße",
        "language": "en",
    }
    with town.work(ANYONE) as work, pytest.raises(Invalid):
        following.by_push(work, **(good | given))


def test_push_goes_to_no_address_inside_the_network() -> None:
    sent = telling.Ways().push("https://127.0.0.1/x", b"", {})
    assert not sent.is_taken
    assert "inside this network" in sent.reason


class MailServer:
    """Takes mail on this machine as RFC 5321 says; refuses whom it does not know."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.say("220 here")
                while line := self.rfile.readline().decode().strip():
                    word = line[:4].upper()
                    if word == "DATA":
                        self.say("354 go on")
                        body = b""
                        while (part := self.rfile.readline()) != b".\r\n":
                            body += part
                        outer.got.append(body)
                        self.say("250 taken")
                    elif word == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say(
                            "550 unknown" if "nobody@" in line and word == "RCPT" else "250 ok"
                        )

            def say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"smtp+plain://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_mail_server_takes_the_message(town: City, mail_server: MailServer) -> None:
    with town.work(ANYONE) as work:
        following.by_email(work, email="jo@example.org", language="it", street="Hansaring")
        following.by_email(work, email="nobody@example.org", language="it", street="Hansaring")
    town.settings = town.settings.model_copy(
        update={"mail_server": mail_server.url, "mail_from": "city@example.org"}
    )
    assert deliver(town) == 2
    (body,) = mail_server.got
    letter = email.message_from_bytes(body, policy=email.policy.default)
    assert letter["To"] == "jo@example.org"
    assert letter["From"] == "city@example.org"
    assert "Vuole essere avvisato" in letter["Subject"]
    with town.work(ANYONE) as work:  # the server said that nobody is there: forgotten
        assert rows.of_address(work.db, "email", "nobody@example.org") == []
        assert len(rows.of_address(work.db, "email", "jo@example.org")) == 1
    assert letters(town) == []
