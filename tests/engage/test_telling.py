"""Webhooks are told what happened, signed, again until they take it, and no more than they may."""

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pyarrow as pa
import pytest

from citycommons.collect.sending import Sent, send
from citycommons.core.errors import CityError, Conflict, Forbidden, Invalid, NotFound, TooMuch
from citycommons.core.types import (
    ANYONE,
    SYSTEM,
    Access,
    Actor,
    ActorId,
    Dataset,
    DatasetId,
    Grant,
    PublisherId,
    Role,
)
from citycommons.engage import telling, webhooks
from citycommons.engage.webhooks import MOST, Event
from citycommons.govern import keys
from citycommons.jobs import worker
from citycommons.share import publish as publishing
from citycommons.share import standard_webhooks
from citycommons.store import people, usage
from citycommons.store.audit import entries
from citycommons.store.work import City

ROADS = PublisherId("roads")
HOOK = "https://receiver.example/hook"
BIKES = Dataset(
    id=DatasetId("bikes"), title={"en": "Bikes"}, publisher=ROADS, license="CC0-1.0", key=("id",)
)


@dataclass
class Clock:
    now: datetime = datetime(2026, 3, 31, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Receiver:
    """Takes what is sent, or answers as it is told to."""

    answers: list[Sent] = field(default_factory=list)
    got: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    allowed: list[tuple[str, ...]] = field(default_factory=list)

    def __call__(self, url: str, body: bytes, headers: dict[str, str], **more: Any) -> Sent:
        self.got.append((url, json.loads(body), headers))
        self.allowed.append(more["allow_hosts"])
        return self.answers.pop(0) if self.answers else Sent(status=204)

    @property
    def events(self) -> list[str]:
        return [told["type"] for _, told, _ in self.got]


@pytest.fixture
def clock(any_city: City) -> Clock:
    any_city.clock = Clock()
    return any_city.clock


def person(city: City, name: str, *grants: Grant) -> Actor:
    actor = Actor(id=ActorId(name), name=name, email=f"{name}@city.example", grants=grants)
    with city.work(SYSTEM) as work:
        people.add_actor(work.db, actor, None, work.now)
        for grant in grants:
            people.add_grant(work.db, actor.id, grant, work.now, SYSTEM.id)
    return actor


@pytest.fixture
def ada(any_city: City, clock: Clock) -> Actor:
    return person(any_city, "ada")


def subscribe(city: City, actor: Actor, url: str = HOOK, **more: Any) -> Any:
    with city.work(actor) as work:
        return webhooks.subscribe(work, url=url, **more)


def publish(city: City, rows: int = 3, dataset: Dataset = BIKES) -> None:
    with city.work(SYSTEM) as work:
        publishing.describe(work, dataset)
    prepared = publishing.prepare(city.lake, dataset, pa.table({"id": list(range(rows))}))
    with city.work(SYSTEM) as work:
        publishing.publish(work, dataset, prepared, note="new")


def deliver(city: City, receiver: Receiver | None = None) -> Receiver:
    """React to what happened, and send what is due."""
    receiver = receiver or Receiver()
    worker.work_off(city)
    while telling.deliver_next(city, receiver):
        pass
    return receiver


def test_a_webhook_is_told_of_all_that_happens_to_its_dataset(any_city: City, ada: Actor) -> None:
    publish(any_city)
    deliver(any_city)
    subscribe(any_city, ada, dataset="bikes")
    publish(any_city, 5)
    with any_city.work(SYSTEM) as work:
        publishing.describe(work, replace(BIKES, title={"en": "All bikes"}))
        publishing.withdraw(work, BIKES.id, 1, reason="A wrong street")
        publishing.describe(
            work, replace(BIKES, removed=work.now, removed_reason="Merged", successor="cycles")
        )
    told = deliver(any_city)
    assert sorted(told.events) == sorted(Event)
    by_event = {body["type"]: body for _, body, _ in told.got}
    published = by_event[Event.PUBLISHED]["data"]
    assert (published["version"], published["rows"], published["note"]) == (2, 5, "new")
    assert published["url"].endswith("/datasets/bikes@2")
    assert by_event[Event.WITHDRAWN]["data"]["reason"] == "A wrong street"
    assert by_event[Event.REMOVED]["data"]["successor"] == "cycles"
    assert by_event[Event.PUBLISHED]["timestamp"] == "2026-03-31T12:00:00.000000Z"
    assert deliver(any_city).got == []


def test_a_message_that_was_taken_is_a_use_by_subscription(any_city: City, ada: Actor) -> None:
    any_city.usage._clock = any_city.clock
    today = any_city.clock().date()
    publish(any_city)
    subscribe(any_city, ada, dataset="bikes")
    publish(any_city, 5)
    for answers, uses in (([Sent(status=500)], 0), ([], 2)):  # two versions
        deliver(any_city, Receiver(answers=answers))
        any_city.clock.now += timedelta(hours=1)  # type: ignore[attr-defined]
        any_city.usage.flush()
        with any_city.work(SYSTEM, may_write=False) as work:
            counts, _ = usage.of_day(work.db, today)
        assert sum(n for key, n in counts.items() if key[3] == "subscription") == uses


def test_a_message_is_signed_so_that_the_receivers_library_takes_it(
    any_city: City, ada: Actor
) -> None:
    library = pytest.importorskip("standardwebhooks", reason="standardwebhooks is not installed")
    hook = subscribe(any_city, ada)
    any_city.clock = lambda: datetime.now(UTC)  # the library refuses what is five minutes old
    with any_city.work(ada) as work:
        webhooks.test(work, hook.id)
    seen: list[Any] = []

    def check(_url: str, body: bytes, headers: dict[str, str], **_: Any) -> Sent:
        seen.append(library.Webhook(hook.secret).verify(body, headers))
        with pytest.raises(library.WebhookVerificationError):
            library.Webhook(hook.secret).verify(body + b" ", headers)
        return Sent(status=200)

    assert telling.deliver_next(any_city, check)
    assert seen[0]["type"] == "webhook.test"


def test_the_signature_is_that_of_the_published_example() -> None:
    """Standard Webhooks, reference libraries: the example of all of them."""
    made = standard_webhooks.signature(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        '{"test": 2432232314}',
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )
    assert made == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_topics_and_events_choose_what_is_told(any_city: City, ada: Actor) -> None:
    subscribe(any_city, ada, url=f"{HOOK}/trees", dataset="", publisher="roads")
    subscribe(any_city, ada, url=f"{HOOK}/only", events=["version.withdrawn"])
    publish(any_city)
    told = deliver(any_city)
    assert {url for url, _, _ in told.got} == {f"{HOOK}/trees"}
    assert sorted(told.events) == ["dataset.described", "version.published"]


def test_who_may_not_discover_is_told_nothing(any_city: City, ada: Actor) -> None:
    subscribe(any_city, ada)
    publish(any_city, dataset=replace(BIKES, access=Access.INTERNAL))
    assert deliver(any_city).got == []
    with pytest.raises(NotFound):
        subscribe(any_city, ada, dataset="bikes")


def test_who_lost_the_right_meanwhile_is_told_nothing(any_city: City, clock: Clock) -> None:
    grant = Grant(role=Role.READER, publisher=ROADS)
    eve = person(any_city, "eve", grant)
    publish(any_city, dataset=replace(BIKES, access=Access.INTERNAL))
    subscribe(any_city, eve, dataset="bikes")
    publish(any_city, 4, dataset=replace(BIKES, access=Access.INTERNAL))
    worker.work_off(any_city)
    with any_city.work(SYSTEM) as work:
        people.remove_grant(work.db, eve.id, grant)
    told = Receiver()
    while telling.deliver_next(any_city, told):
        pass
    assert told.got == []
    with any_city.work(eve) as work:
        hook = webhooks.mine(work)[0]
        assert "may not know" in webhooks.deliveries(work, hook.id)[0].error


def test_a_disabled_account_is_told_nothing(any_city: City, ada: Actor) -> None:
    subscribe(any_city, ada)
    with any_city.work(SYSTEM) as work:
        people.set_disabled(work.db, ada.id, work.now)
    publish(any_city)
    assert deliver(any_city).got == []


def test_what_is_not_taken_comes_again_with_growing_pauses_then_is_given_up(
    any_city: City, ada: Actor, clock: Clock
) -> None:
    hook = subscribe(any_city, ada, events=["version.published"])
    publish(any_city)
    receiver = Receiver(answers=[Sent(status=500, reason="Oops")] * 20)
    begun, tries = clock.now, []
    deliver(any_city, receiver)
    while clock.now < begun + timedelta(days=4):
        before = len(receiver.got)
        while telling.deliver_next(any_city, receiver):
            pass
        if len(receiver.got) > before or not tries:
            tries.append(clock.now)
        clock.now += timedelta(minutes=10)
    assert len(receiver.got) == 8
    assert timedelta(days=1.6) < tries[-1] - begun < timedelta(days=2.4)
    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert pauses[2:] == sorted(pauses[2:])
    assert len({headers["webhook-id"] for _, _, headers in receiver.got}) == 1
    with any_city.work(ada) as work:
        found = webhooks.get(work, hook.id)
        assert found.disabled
        assert "given up after 8 tries: it answers 500 Oops" in found.disabled_reason
        assert next(one.action for one in entries(work.db)) == "disable-webhook"
    publish(any_city, 9)
    assert deliver(any_city).got == []
    with any_city.work(ada) as work:
        assert webhooks.enable(work, hook.id).disabled is None
    publish(any_city, 10)
    assert deliver(any_city).events == ["version.published"]


def test_an_address_that_says_it_is_gone_is_believed(any_city: City, ada: Actor) -> None:
    hook = subscribe(any_city, ada, events=["version.published"])
    publish(any_city)
    deliver(any_city, Receiver(answers=[Sent(status=410, reason="Gone")]))
    with any_city.work(ada) as work:
        assert "410" in webhooks.get(work, hook.id).disabled_reason


def test_a_fact_that_is_read_twice_is_told_once(any_city: City, ada: Actor) -> None:
    from citycommons.store.outbox import DatasetPublished

    subscribe(any_city, ada, events=["version.published"])
    publish(any_city)
    with any_city.work(SYSTEM, may_write=False) as work:
        version = publishing.catalogue.version(work.db, BIKES.id)
    fact = DatasetPublished(dataset=BIKES.id, version=1, file=version.file)
    telling.tell(any_city, fact)
    telling.tell(any_city, fact)
    assert len(deliver(any_city).got) == 1


def test_a_message_whose_worker_died_comes_again_under_the_same_id(
    any_city: City, ada: Actor, clock: Clock
) -> None:
    subscribe(any_city, ada, events=["version.published"])
    publish(any_city)
    worker.work_off(any_city)
    told = Receiver()

    def die(*given: Any, **more: Any) -> Sent:
        told(*given, **more)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        telling.deliver_next(any_city, die)
    assert not telling.deliver_next(any_city, told)  # still held
    clock.now += timedelta(minutes=1)
    assert telling.deliver_next(any_city, told)
    first, second = (headers["webhook-id"] for _, _, headers in told.got)
    assert first == second


def test_one_address_that_fails_keeps_no_other_waiting(any_city: City, ada: Actor) -> None:
    subscribe(any_city, ada, url=f"{HOOK}/bad", events=["version.published"])
    subscribe(any_city, ada, url=f"{HOOK}/good", events=["version.published"])
    got: list[str] = []

    def half(url: str, *_: Any, **__: Any) -> Sent:
        got.append(url)
        return Sent(status=200 if url.endswith("good") else None, reason="nothing answers there")

    for rows in (3, 4, 5):
        publish(any_city, rows)
    worker.work_off(any_city)
    while telling.deliver_next(any_city, half):
        pass
    assert got.count(f"{HOOK}/good") == 3
    assert got.count(f"{HOOK}/bad") == 1  # it rests


def test_hosts_inside_are_for_those_who_run_the_house(any_city: City, ada: Actor) -> None:
    any_city.settings = any_city.settings.model_copy(update={"allow_hosts": ("intranet.example",)})
    boss = person(any_city, "boss", Grant(role=Role.ADMINISTRATOR))
    for actor in (ada, boss):
        hook = subscribe(any_city, actor, url="http://intranet.example/hook")
        with any_city.work(actor) as work:
            webhooks.test(work, hook.id)
    assert sorted(deliver(any_city).allowed) == [(), ("intranet.example",)]


@pytest.mark.parametrize(
    "url",
    [
        *("", "receiver.example", "ftp://receiver.example/x", "https://", "javascript:alert(1)"),
        *("https://me:secret@receiver.example/", "http://127.0.0.1/x", "http://[::1]/x"),
        *("http://10.0.0.1/", "http://169.254.169.254/latest/", f"https://a.example/{'x' * 3000}"),
        "https://a.example/\r\nx-evil: 1",
    ],
)
def test_an_address_that_cannot_be_told_anything_is_refused(
    any_city: City, ada: Actor, url: str
) -> None:
    with pytest.raises(Invalid) as told:
        subscribe(any_city, ada, url=url)
    assert told.value.where["column"] == "url"


def test_what_is_asked_wrongly_is_told(any_city: City, ada: Actor) -> None:
    publish(any_city)
    wrong: list[tuple[type[CityError], dict[str, Any]]] = [
        (Invalid, {"events": ["version.eaten"]}),
        (Invalid, {"events": []}),
        (Invalid, {"dataset": "bikes", "publisher": "roads"}),
        (NotFound, {"dataset": "absent"}),
        (NotFound, {"publisher": "absent"}),
    ]
    for kind, given in wrong:
        with pytest.raises(kind):
            subscribe(any_city, ada, **given)
    with pytest.raises(Forbidden):
        subscribe(any_city, ANYONE)
    for _ in range(MOST):
        subscribe(any_city, ada)
    with pytest.raises(TooMuch):
        subscribe(any_city, ada)


def test_a_key_that_may_not_discover_has_no_webhooks(any_city: City) -> None:
    officer = person(any_city, "officer", Grant(role=Role.DATA_OFFICER, publisher=ROADS))
    with any_city.work(officer) as work:
        text = keys.create(work, label="up", scopes=("publish",)).text
    narrow = keys.holder(any_city, text)
    assert narrow is not None
    with pytest.raises(Forbidden):
        subscribe(any_city, narrow)


def test_another_persons_webhook_is_not_there(any_city: City, ada: Actor) -> None:
    hook = subscribe(any_city, ada)
    eve = person(any_city, "eve")
    for act in (webhooks.get, webhooks.remove, webhooks.enable, webhooks.test):
        with pytest.raises(NotFound), any_city.work(eve) as work:
            act(work, hook.id)
    with any_city.work(ada) as work:
        with pytest.raises(Conflict):
            webhooks.enable(work, hook.id)
        webhooks.test(work, hook.id)
        webhooks.remove(work, hook.id)
        assert webhooks.mine(work) == []
        actions = [one.action for one in entries(work.db)]
    assert actions[:3] == ["remove-webhook", "test-webhook", "create-webhook"]
    assert deliver(any_city).got == []


def test_old_deliveries_are_forgotten(any_city: City, ada: Actor, clock: Clock) -> None:
    hook = subscribe(any_city, ada)
    publish(any_city)
    deliver(any_city)
    clock.now += timedelta(days=31)
    assert telling.sweep(any_city) == 2
    with any_city.work(ada) as work:
        assert webhooks.deliveries(work, hook.id) == []


@contextmanager
def listening(act: Any) -> Iterator[str]:
    """A host on this machine that does something with each POST."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            act(self)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


LOCAL = {"allow_hosts": ("127.0.0.1",)}


def test_a_post_arrives_once_and_a_redirect_is_not_followed() -> None:
    seen: list[bytes] = []

    def redirect(request: BaseHTTPRequestHandler) -> None:
        seen.append(request.rfile.read(int(request.headers["content-length"])))
        request.send_response(307)
        request.send_header("Location", "http://127.0.0.1:1/inside")
        request.send_header("Content-Length", "0")
        request.end_headers()

    with listening(redirect) as url:
        sent = send(url, b"{}", {"content-type": "application/json"}, **LOCAL)
    assert (sent.status, sent.is_taken, seen) == (307, False, [b"{}"])


def test_a_host_that_answers_slowly_is_left_after_its_time() -> None:
    over = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not over.wait(0.05):
            try:
                request.wfile.write(b"x: y\r\n")
            except OSError:
                return

    with listening(drip) as url:
        sent = send(url, b"{}", {}, seconds=0.5, **LOCAL)
        over.set()
    assert sent.status is None
    assert "in time" in sent.reason


def test_a_name_that_leads_inside_is_not_asked() -> None:
    sent = send("http://rebound.example/", b"{}", {}, resolver=lambda *_: ["10.0.0.7"])
    assert sent.status is None
    assert "inside this network" in sent.reason
    assert send("http://127.0.0.1:1/", b"{}", {}).status is None
    assert send("not an address", b"{}", {}).status is None
