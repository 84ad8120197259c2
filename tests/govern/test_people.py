"""Accounts, roles, sessions and keys, on each store."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound, TooOften
from citycommons.core.types import (
    ANYONE,
    SYSTEM,
    Actor,
    ActorKind,
    Grant,
    PublisherId,
    Role,
)
from citycommons.govern import audit, keys, people, sessions
from citycommons.govern.access import Action, allows
from citycommons.govern.sessions import Attempts
from citycommons.store.work import City

PASSWORD = "long enough to keep"
ROADS = PublisherId("roads")


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 31, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(any_city: City) -> Clock:
    any_city.clock = Clock()
    return any_city.clock


Make = Callable[..., Actor]


@pytest.fixture
def make(any_city: City) -> Make:
    """`make("ada", Grant(…))`: an account with a password and roles."""

    def made(name: str, *grants: Grant, **more: object) -> Actor:
        with any_city.work(SYSTEM) as work:
            given = {"email": f"{name}@city.example", "password": PASSWORD, **more}
            actor = people.create(work, name=name, id=name, **given)  # type: ignore[arg-type]
            for grant in grants:
                people.give(work, actor.id, grant)
            return people.account(work, actor.id).actor

    return made


def sign_in(city: City, email: str, password: str = PASSWORD) -> sessions.SignedIn | None:
    return sessions.sign_in(city, Attempts(), email=email, password=password, address="::1")


CITY_ADMIN = Grant(role=Role.ADMINISTRATOR)
ROADS_ADMIN = Grant(role=Role.ADMINISTRATOR, publisher=ROADS)


def test_an_account_signs_in_with_its_password_and_nothing_else(any_city: City, make: Make) -> None:
    actor = make("ada", Grant(role=Role.DATA_OFFICER, publisher=ROADS))
    signed = sign_in(any_city, " ADA@city.example ")
    assert signed is not None
    assert sessions.holder(any_city, signed.token) == actor
    assert actor.grants == (Grant(role=Role.DATA_OFFICER, publisher=ROADS),)
    assert sign_in(any_city, "ada@city.example", PASSWORD + "!") is None
    assert sign_in(any_city, "eve@city.example") is None
    assert sign_in(any_city, "") is None


def test_neither_passwords_nor_tokens_nor_secrets_are_kept(any_city: City, make: Make) -> None:
    actor = make("ada")
    signed = sign_in(any_city, "ada@city.example")
    assert signed is not None
    with any_city.work(actor) as work:
        new = keys.create(work, label="script", scopes=("read",))
        kept = [
            str(row)
            for table in ("actors", "sessions", "keys", "audit")
            for row in work.db.exec_driver_sql(f"SELECT * FROM {table}")
        ]
    secret = new.text.rpartition("_")[2]
    for text in (PASSWORD, signed.token, secret):
        assert not [row for row in kept if text in row]


def test_a_session_ends_after_12_hours_idle_and_7_days_in_all(
    any_city: City, clock: Clock, make: Make
) -> None:
    make("ada")
    signed = sign_in(any_city, "ada@city.example")
    assert signed is not None
    for _ in range(15):  # used each 11 hours: lives on, until 7 days are over
        clock.now += timedelta(hours=11)
        assert sessions.holder(any_city, signed.token)
    clock.now += timedelta(hours=11)
    assert sessions.holder(any_city, signed.token) is None
    again = sign_in(any_city, "ada@city.example")
    assert again is not None
    clock.now += timedelta(hours=12)
    assert sessions.holder(any_city, again.token) is None


def test_signing_out_ends_the_session(any_city: City, make: Make) -> None:
    actor = make("ada")
    signed = sign_in(any_city, "ada@city.example")
    assert signed is not None
    with any_city.work(actor) as work:
        sessions.sign_out(work, signed.token)
    assert sessions.holder(any_city, signed.token) is None


def test_a_disabled_account_is_shut_at_once_and_can_be_opened_again(
    any_city: City, make: Make
) -> None:
    make("boss", CITY_ADMIN)
    actor = make("ada")
    signed = sign_in(any_city, "ada@city.example")
    assert signed is not None
    with any_city.work(actor) as work:
        new = keys.create(work, label="script", scopes=("read",))
    with any_city.work(SYSTEM) as work:
        people.disable(work, actor.id)
    assert sessions.holder(any_city, signed.token) is None
    assert keys.holder(any_city, new.text) is None
    assert sign_in(any_city, "ada@city.example") is None
    with any_city.work(SYSTEM) as work:
        people.enable(work, actor.id)
    assert sign_in(any_city, "ada@city.example")
    assert sessions.holder(any_city, signed.token) is None


def test_too_many_failures_wait_and_others_do_not_wait_with_them(
    any_city: City, clock: Clock, make: Make
) -> None:
    make("ada")
    attempts = Attempts()

    def tried(password: str, address: str = "10.0.0.1") -> bool:
        return bool(
            sessions.sign_in(
                any_city, attempts, email="ada@city.example", password=password, address=address
            )
        )

    for _ in range(Attempts.PER_ACCOUNT):
        assert not tried("wrong password")
    with pytest.raises(TooOften) as error:
        tried(PASSWORD)
    assert error.value.where["retry_after_s"] > 0
    assert tried(PASSWORD, address="10.0.0.2")
    clock.now += Attempts.WINDOW + timedelta(seconds=1)
    assert tried(PASSWORD)


def test_one_address_cannot_try_many_accounts() -> None:
    attempts, now = Attempts(), datetime(2026, 3, 31, tzinfo=UTC)
    for number in range(Attempts.PER_ADDRESS):
        attempts.check(f"{number}@x.example", "10.0.0.1", now)
        attempts.failed(f"{number}@x.example", "10.0.0.1", now)
    with pytest.raises(TooOften):
        attempts.check("new@x.example", "10.0.0.1", now)


@pytest.mark.parametrize(
    "password",
    ["short", "password123", "ada@city.example", "aaaaaaaaaaaa", "ada@city.example1", "x" * 201],
)
def test_a_poor_password_is_refused(any_city: City, make: Make, password: str) -> None:
    with pytest.raises(Invalid, match="password"):
        make("ada", password=password)


@pytest.mark.parametrize("email", ["ada", "ada@", "ada@x", "a b@x.example", ""])
def test_a_malformed_address_is_refused(any_city: City, make: Make, email: str) -> None:
    with pytest.raises(Invalid, match="e-mail"):
        make("ada", email=email)


def test_an_address_or_id_is_given_once(any_city: City, make: Make) -> None:
    make("ada")
    with pytest.raises(Conflict, match="e-mail"):
        make("bob", email="ADA@city.example")
    with pytest.raises(Conflict, match="ada"):
        make("ada", email="other@city.example")
    with pytest.raises(Invalid):
        make("system", email="s@city.example")


def test_changing_the_password_needs_the_old_one_and_ends_other_sessions(
    any_city: City, make: Make
) -> None:
    actor = make("ada")
    here, there = (sign_in(any_city, "ada@city.example") for _ in range(2))
    assert here
    assert there
    with any_city.work(actor) as work:
        with pytest.raises(Invalid, match="old"):
            people.change_password(work, old="nonsense nonsense", new="another sentence")
        people.change_password(work, old=PASSWORD, new="another sentence", token=here.token)
    assert sessions.holder(any_city, here.token)
    assert sessions.holder(any_city, there.token) is None
    assert sign_in(any_city, "ada@city.example") is None
    assert sign_in(any_city, "ada@city.example", "another sentence")


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.ADMINISTRATOR])
def test_only_administrators_of_the_city_see_and_make_accounts(
    any_city: City, make: Make, role: Role
) -> None:
    make("other")
    for actor in (ANYONE, make("ada", Grant(role=role)), make("pat", ROADS_ADMIN)):
        with any_city.work(actor) as work:
            for act in (
                lambda: people.create(work, name="x"),
                lambda: people.accounts(work),
                lambda: people.account(work, "other"),
                lambda: people.account_by_email(work, "other@city.example"),
                lambda: people.disable(work, "other"),
                lambda: people.set_password(work, "other", PASSWORD + "2"),
                lambda: keys.keys(work, every=True),
            ):
                with pytest.raises(Forbidden):
                    act()


def test_an_administrator_of_a_publisher_gives_its_roles_only(any_city: City, make: Make) -> None:
    boss, ada = make("boss", ROADS_ADMIN), make("ada")
    officer = Grant(role=Role.DATA_OFFICER, publisher=ROADS)
    with any_city.work(boss) as work:
        people.give(work, ada.id, officer)
        with pytest.raises(Forbidden):
            people.give(work, ada.id, Grant(role=Role.DATA_OFFICER))
        with pytest.raises(Forbidden):
            people.give(work, boss.id, CITY_ADMIN)
        with pytest.raises(Forbidden):
            people.give(work, ada.id, Grant(role=Role.DATA_PROTECTION_OFFICER, publisher=ROADS))
        with pytest.raises(Forbidden):
            people.give(work, ada.id, Grant(role=Role.READER, publisher=PublisherId("parks")))
        people.take(work, ada.id, officer)
        with pytest.raises(NotFound):
            people.take(work, ada.id, officer)


def test_nobody_makes_themselves_data_protection_officer(any_city: City, make: Make) -> None:
    boss, ada = make("boss", CITY_ADMIN), make("ada")
    dpo = Grant(role=Role.DATA_PROTECTION_OFFICER)
    with any_city.work(boss) as work:
        with pytest.raises(Forbidden):
            people.give(work, boss.id, dpo)
        people.give(work, ada.id, dpo)
        assert allows(people.account(work, ada.id).actor, Action.DECIDE_PRIVACY)
        with pytest.raises(Conflict):
            people.give(work, ada.id, dpo)


def test_the_last_administrator_stays(any_city: City, make: Make) -> None:
    boss = make("boss", CITY_ADMIN)
    with any_city.work(boss) as work, pytest.raises(Conflict, match="last administrator"):
        people.take(work, boss.id, CITY_ADMIN)
    make("second", CITY_ADMIN)
    with any_city.work(boss) as work:
        people.disable(work, "second")
    with any_city.work(boss) as work, pytest.raises(Conflict, match="last administrator"):
        people.disable(work, boss.id)
    assert sign_in(any_city, "boss@city.example")


def test_a_key_may_what_its_scopes_say_and_no_more(any_city: City, make: Make) -> None:
    officer = make("ada", Grant(role=Role.DATA_OFFICER, publisher=ROADS))
    with any_city.work(officer) as work:
        new = keys.create(work, label="nightly", scopes=("publish", "publish"))
        assert new.key.scopes == ("publish",)
        for scopes in (("withdraw",), ("fly",), ()):
            with pytest.raises(Invalid, match=r"scope|role"):
                keys.create(work, label="x", scopes=scopes)
    held = keys.holder(any_city, new.text)
    assert held is not None
    assert allows(held, Action.PUBLISH, ROADS)
    assert not allows(held, Action.DESCRIBE, ROADS)
    assert not allows(held, Action.READ, ROADS)
    with any_city.work(held) as work:
        with pytest.raises(Forbidden):
            keys.create(work, label="more", scopes=("describe",))
        with pytest.raises(Forbidden):
            keys.revoke(work, new.key.id)
        with pytest.raises(Forbidden):
            people.change_password(work, old=PASSWORD, new="another sentence")


def test_a_key_ends_when_it_expires_or_is_revoked(any_city: City, clock: Clock, make: Make) -> None:
    actor, other = make("ada"), make("bob")
    with any_city.work(actor) as work:
        short = keys.create(work, label="a week", scopes=("read",), days=7)
        long = keys.create(work, label="ever", scopes=("read",), days=None)
    clock.now += timedelta(days=6)
    assert keys.holder(any_city, short.text)
    with any_city.work(actor) as work:
        used = {one.id: one.used for one in keys.keys(work)}
    assert used == {short.key.id: clock.now, long.key.id: None}
    clock.now += timedelta(days=1)
    assert keys.holder(any_city, short.text) is None
    with any_city.work(other) as work, pytest.raises(NotFound):
        keys.revoke(work, long.key.id)
    assert keys.holder(any_city, long.text)
    with any_city.work(actor) as work:
        keys.revoke(work, long.key.id)
        with pytest.raises(Conflict):
            keys.revoke(work, long.key.id)
    assert keys.holder(any_city, long.text) is None


def test_a_changed_or_strange_key_opens_nothing(any_city: City, make: Make) -> None:
    with any_city.work(make("ada")) as work:
        text = keys.create(work, label="x", scopes=("read",)).text
    last = "0" if text[-1] != "0" else "1"
    for wrong in (text[:-1] + last, text + "0", text[3:], "", "cc_", "cc__", "x" * 5000, "cc_a_b"):
        assert keys.holder(any_city, wrong) is None
    assert keys.holder(any_city, text)


def test_keys_of_people_are_made_by_themselves(any_city: City, make: Make) -> None:
    boss, ada = make("boss", CITY_ADMIN), make("ada")
    device = make("sensor", kind=ActorKind.DEVICE, email="", password="")
    with any_city.work(boss) as work:
        assert keys.create(work, label="x", scopes=("read",), owner=device.id).key.actor == "sensor"
        with pytest.raises(Forbidden):
            keys.create(work, label="x", scopes=("read",), owner=ada.id)
    with any_city.work(ada) as work, pytest.raises(Forbidden):
        keys.create(work, label="x", scopes=("read",), owner=device.id)


def test_each_act_is_in_the_audit_log(any_city: City, make: Make) -> None:
    boss = make("boss", CITY_ADMIN)
    ada = make("ada", Grant(role=Role.READER))
    sign_in(any_city, "ada@city.example", "wrong password")
    sign_in(any_city, "ada@city.example")
    sign_in(any_city, "nobody@city.example")
    with any_city.work(boss) as work:
        people.take(work, ada.id, Grant(role=Role.READER))
        people.set_password(work, ada.id, "another sentence")
        people.disable(work, ada.id)
    with any_city.work(SYSTEM) as work:
        seen = [(one.action, one.thing) for one in audit.entries(work)]
        assert audit.first_break(work) is None
    assert seen == [
        ("disable-account", "ada"),
        ("set-password", "ada"),
        ("take-role", "ada"),
        ("sign-in-failed", "nobody"),
        ("sign-in", "ada"),
        ("sign-in-failed", "ada"),
        ("give-role", "ada"),
        ("create-account", "ada"),
        ("give-role", "boss"),
        ("create-account", "boss"),
    ]
