"""`/admin`: people and their roles, publishers, audit log, health and settings."""

import json
import secrets
import shutil
import tomllib
from pathlib import Path
from typing import TypeGuard

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid, NotFound
from citycommons.core.settings import FILE, Settings
from citycommons.core.types import (
    LANGUAGES,
    ActorId,
    ActorKind,
    Grant,
    Publisher,
    PublisherId,
    Role,
)
from citycommons.govern import audit, people
from citycommons.govern.access import Action, allows, allows_anywhere
from citycommons.share import publishers as sharing
from citycommons.store import audit as log
from citycommons.store import catalogue, health
from citycommons.web.desk.tabs import answer as desk_answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.role_words import ROLE_DUTIES, ROLE_NAMES
from citycommons.web.running import Running
from citycommons.web.security import May

_PAGE = 50
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that look alike


def answer(
    running: Running, room: str, *, error: CityError | None = None, **values: object
) -> Response[str]:
    """A page of the administration, with the rooms that the actor may enter."""
    rooms = {
        "people": allows(running.actor, Action.MANAGE_PEOPLE),
        "publishers": allows_anywhere(running.actor, Action.MANAGE_PUBLISHER),
        "audit": allows(running.actor, Action.READ_AUDIT),
        "health": allows(running.actor, Action.MANAGE_CITY),
        "settings": allows(running.actor, Action.MANAGE_CITY),
        "peers": allows(running.actor, Action.MANAGE_CITY),
    }
    return desk_answer(running, f"admin/{room}.html", error=error, rooms=rooms, **values)


def one_time_password() -> str:
    """Four groups of four signs, some 80 bits: easy to read out, hard to guess."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


@get("/admin", sync_to_thread=True, opt={"may": May.SIGNED_IN})
def admin(running: Running) -> Response[str]:
    """The first room of the administration that the actor may enter."""
    rooms = (
        (Action.MANAGE_PEOPLE, "/admin/people"),
        (Action.MANAGE_CITY, "/admin/publishers"),
        (Action.READ_AUDIT, "/admin/audit"),
    )
    for action, address in rooms:
        if allows(running.actor, action):
            return running.see(address)
    if allows_anywhere(running.actor, Action.MANAGE_PUBLISHER):
        return running.see("/admin/publishers")
    return running.see("/desk")


# People


def _people(
    running: Running,
    *,
    error: CityError | None = None,
    typed: Form | None = None,
    made: tuple[str, str] | None = None,
) -> Response[str]:
    with running.work() as work:
        accounts = people.accounts(work)
    return answer(
        running,
        "people",
        error=error,
        accounts=accounts,
        made=made,
        name=typed.get("name") if typed else "",
        email=typed.get("email") if typed else "",
        kind=typed.get("kind") if typed else "person",
        kinds=[kind for kind in ActorKind if kind is not ActorKind.ANYONE],
        role_names=ROLE_NAMES,
    )


@get("/admin/people", sync_to_thread=True, opt={"may": Action.MANAGE_PEOPLE})
def list_people(running: Running) -> Response[str]:
    return _people(running)


@post(
    "/admin/people",
    sync_to_thread=True,
    opt={"may": Action.MANAGE_PEOPLE},
    dependencies=WITH_FORM,
)
def add_person(running: Running, form: Form) -> Response[str]:
    """Add an account; a person's first password is shown once, to be handed over."""
    kind = ActorKind(form.get("kind")) if form.get("kind") in set(ActorKind) else ActorKind.PERSON
    password = one_time_password() if kind is ActorKind.PERSON else ""
    language = form.get("language")
    try:
        with running.work(may_write=True) as work:
            actor = people.create(
                work,
                name=form.get("name")[:200],
                email=form.get("email")[:300],
                password=password,
                kind=kind,
                language=language if language in LANGUAGES else running.language,
            )
    except CityError as error:
        return _people(running, error=error, typed=form)
    return _person(running, actor.id, password=password)


def _person(
    running: Running, id: ActorId, *, error: CityError | None = None, password: str = ""
) -> Response[str]:
    with running.work() as work:
        account = people.account(work, id)
        publishers = catalogue.publishers(work.db)
        acts = log.entries(work.db, limit=10, thing=id) if _may_read_log(running) else []
    return answer(
        running,
        "person",
        error=error,
        account=account,
        publishers=publishers,
        password=password,
        acts=acts,
        role_names=ROLE_NAMES,
        role_duties=ROLE_DUTIES,
        saved=running.get("saved"),
    )


def _may_read_log(running: Running) -> bool:
    return allows(running.actor, Action.READ_AUDIT)


@get("/admin/people/{id:str}", sync_to_thread=True, opt={"may": Action.MANAGE_PEOPLE})
def person(running: Running, id: FromPath[str]) -> Response[str]:
    return _person(running, ActorId(id))


@post(
    "/admin/people/{id:str}/{act:str}",
    sync_to_thread=True,
    opt={"may": Action.MANAGE_PEOPLE},
    dependencies=WITH_FORM,
)
def change_person(
    running: Running, id: FromPath[str], act: FromPath[str], form: Form
) -> Response[str]:
    """Give or take a role, disable or enable, or make a one-time password."""
    who, password = ActorId(id), ""
    try:
        with running.work(may_write=True) as work:
            if act == "give":
                people.give(work, who, _grant(form))
            elif act == "take":
                people.take(work, who, _grant(form))
            elif act == "disable":
                people.disable(work, who)
            elif act == "enable":
                people.enable(work, who)
            elif act == "password":
                password = one_time_password()
                people.set_password(work, who, password)
            else:
                raise NotFound("There is nothing of this name to do.")
    except CityError as error:
        if isinstance(error, NotFound):
            raise
        return _person(running, who, error=error)
    if password:
        return _person(running, who, password=password)
    return running.see(f"/admin/people/{id}?saved=1")


def _grant(form: Form) -> Grant:
    publisher = form.get("publisher")
    try:
        role = Role(form.get("role"))
    except ValueError as cause:
        raise Invalid("Choose a role.", column="role") from cause
    return Grant(role=role, publisher=PublisherId(publisher) if publisher else None)


# Publishers


def _publishers(
    running: Running, *, error: CityError | None = None, typed: Publisher | None = None
) -> Response[str]:
    with running.work() as work:
        every = catalogue.publishers(work.db)
    mine = [p for p in every if allows(running.actor, Action.MANAGE_PUBLISHER, p.id)]
    return answer(
        running,
        "publishers",
        error=error,
        publishers=mine,
        typed=typed,
        may_add=allows(running.actor, Action.MANAGE_CITY),
        first=running.language,
        saved=running.get("saved"),
    )


@get("/admin/publishers", sync_to_thread=True, opt={"may": Action.MANAGE_PUBLISHER})
def list_publishers(running: Running) -> Response[str]:
    return _publishers(running)


@post(
    "/admin/publishers",
    sync_to_thread=True,
    opt={"may": Action.MANAGE_PUBLISHER},
    dependencies=WITH_FORM,
)
def save_publisher(running: Running, form: Form) -> Response[str]:
    """Add a publisher, or change one."""
    is_new = form.get("is_new") == "1"
    id = PublisherId(form.get("id").lower())
    try:
        with running.work(may_write=True) as work:
            before = None if is_new else catalogue.publisher(work.db, id)
            typed = _typed_publisher(form, id, before, running.language)
            sharing.save(work, typed, is_new=is_new)
    except CityError as error:
        typed = _typed_publisher(form, id, None, running.language)
        return _publishers(running, error=error, typed=typed)
    return running.see(f"/admin/publishers?saved={id}")


def _typed_publisher(
    form: Form, id: PublisherId, before: Publisher | None, language: str
) -> Publisher:
    words = dict(before.description) if before else {}
    words[language] = form.get("description")[:2000]
    return Publisher(
        id=id,
        name=form.get("name")[:200],
        description={tag: text for tag, text in words.items() if text},
        homepage=form.get("homepage")[:500],
        kind=before.kind if before else ActorKind.DEPARTMENT,
    )


# Audit, health, settings


@get("/admin/audit", sync_to_thread=True, opt={"may": Action.READ_AUDIT})
def read_audit(running: Running) -> Response[str]:
    """Who did what, newest first, and whether the chain holds."""
    before = running.get("before")
    thing = running.get("thing")
    with running.work() as work:
        found = audit.entries(
            work,
            limit=_PAGE + 1,
            before=int(before) if before.isdecimal() and len(before) < 16 else None,
            thing=thing or None,
        )
        broken = audit.first_break(work)
        total = log.count(work.db)
    return answer(
        running,
        "audit",
        entries=[(one, details(one.details)) for one in found[:_PAGE]],
        has_more=len(found) > _PAGE,
        broken=broken,
        total=total,
        thing=thing,
    )


def details(packed: str) -> list[tuple[str, str]]:
    """An entry's details as names and short values; long digests keep their beginning."""
    found: dict[str, object] = json.loads(packed)
    return [
        (name.replace("_", " "), f"{value[:12]}…" if _is_digest(value) else _plain(value))
        for name, value in found.items()
        if value is not None
    ]


def _is_digest(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) == 64 and " " not in value


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


@get("/admin/health", sync_to_thread=True, opt={"may": Action.MANAGE_CITY})
def read_health(running: Running) -> Response[str]:
    """What is not as it should be, and what helps."""
    home = running.city.settings.home
    disk = shutil.disk_usage(home)
    with running.work() as work:
        datasets, with_data, rows = catalogue.totals(work.db)
    return answer(
        running,
        "health",
        findings=list(health.findings(running.city)),
        free=disk.free,
        size=disk.total,
        used=_size(home / "lake"),
        datasets=datasets,
        with_data=with_data,
        rows=rows,
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@get("/admin/settings", sync_to_thread=True, opt={"may": Action.MANAGE_CITY})
def read_settings(running: Running) -> Response[str]:
    """The settings as they are, and where each can be changed."""
    settings = running.city.settings
    file = settings.home / FILE
    try:
        in_file = set(tomllib.loads(file.read_text()))
    except (OSError, tomllib.TOMLDecodeError):
        in_file = set()
    shown = [
        (
            name,
            _shown(name, getattr(settings, name)),
            part.description or "",
            FILE if name in in_file else "",
        )
        for name, part in Settings.model_fields.items()
    ]
    return answer(running, "settings", shown=shown, file=FILE)


def _shown(name: str, value: object) -> str:
    if name in ("database", "mail_server") and value:
        # A password may stand in the address.
        return str(value).partition("://")[0] + "://…"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


HANDLERS = [
    admin,
    list_people,
    add_person,
    person,
    change_person,
    list_publishers,
    save_publisher,
    read_audit,
    read_health,
    read_settings,
]
