"""Make a new city in an empty folder: settings, database, lake, first publisher, administrator."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citycommons.cli.ask import ask, can_ask, password_from
from citycommons.cli.city_toml import FILE, write_settings
from citycommons.cli.people import administrator
from citycommons.cli.place import operator, wants_json
from citycommons.cli.present import print_json
from citycommons.core.errors import Conflict, Invalid
from citycommons.core.ids import slug
from citycommons.core.places import joined, parse_bbox
from citycommons.core.types import LANGUAGES, Bbox

if TYPE_CHECKING:
    from citycommons.store.work import City

EXAMPLES = """\
  citycommons init ./mycity
  citycommons init ./mycity --name Lecce --language it --boundary 18.05,40.28,18.30,40.45 \\
      --admin-email ada@example.org --admin-password-file password.txt
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folder", metavar="HOME", nargs="?", help="folder of the new city")
    parser.add_argument("--name", help="name of the city")
    parser.add_argument("--language", choices=LANGUAGES, help="first language of the pages")
    parser.add_argument(
        "--boundary", metavar="W,S,E,N|FILE", help="box in degrees, or a GeoJSON file around it"
    )
    parser.add_argument("--timezone", help="that people live by, such as Europe/Rome")
    parser.add_argument("--accent", help="accent colour: CSS oklch(…) or #rrggbb")
    parser.add_argument("--database", help="postgresql://… (SQLite inside HOME when left out)")
    parser.add_argument("--publisher-name", help="first organisation that publishes (the city)")
    parser.add_argument("--admin-email", help="address the first administrator signs in with")
    parser.add_argument("--admin-name", help="the administrator's name")
    parser.add_argument("--admin-password", help="better: --admin-password-file, or be asked")
    parser.add_argument("--admin-password-file", metavar="FILE", help="first line is the password")


def run(args: Namespace) -> None:
    from citycommons.core.settings import read_settings
    from citycommons.store.work import City

    home = _folder(args)
    is_asked = can_ask() and args.name is None
    name = args.name or (ask("Name of the city", home.name.title(), str) if is_asked else None)
    language = args.language or (
        ask("Language (en, it, fr, de)", "en", _language) if is_asked else "en"
    )
    boundary = _boundary(args.boundary) if args.boundary else None
    if boundary is None and is_asked:
        question = "Boundary: west,south,east,north or a GeoJSON file (Enter for none)"
        boundary = ask(question, "", lambda text: _boundary(text) if text else None)
    email = args.admin_email or (
        ask("E-mail of the first administrator (Enter for none)", "", str) if is_asked else ""
    )
    password = (
        password_from(args.admin_password, args.admin_password_file, whose=email) if email else None
    )
    values: dict[str, Any] = {
        "name": name or home.name.title(),
        "language": language,
        "timezone": args.timezone,
        "accent": args.accent,
        "boundary": boundary,
        "database": args.database,
    }
    settings = read_settings(home, **values)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)  # it will hold accounts
    city = City.create(settings)
    try:
        publisher = first_publisher(city, args.publisher_name or settings.name)
        who = args.admin_name or email.partition("@")[0]
        admin = administrator(city, email, who, password, settings.language) if email else None
    finally:
        city.close()
    write_settings(home, values)
    if wants_json(args):
        print_json({"home": home, "name": settings.name, "publisher": publisher, "admin": admin})
        return
    print(f"{settings.name} stands in {home}.")
    if admin is None:
        print(f"Add an administrator: citycommons user add EMAIL --administrator --home {home}")
    print(f"Publish: citycommons publish FILE --dataset ID --license CC0-1.0 --home {home}")
    print(f"Open it: citycommons serve --home {home}")


def _folder(args: Namespace) -> Path:
    given = args.folder or getattr(args, "home", None)
    if given is None:
        if not can_ask():
            raise Invalid("Name the folder of the new city: citycommons init HOME.")
        given = ask("Folder of the new city", "./mycity", str)
    home = Path(given).expanduser().resolve()
    if home.exists() and not home.is_dir():
        raise Conflict(f"{home} is a file. Name a folder.")
    if (home / FILE).exists():
        raise Conflict(f"There is a city in {home} already. Choose another folder.")
    # What a killed `init` left is taken up again; anything else belongs to somebody.
    if home.exists() and any(one.name not in _OWN for one in home.iterdir()):
        raise Conflict(f"{home} is not empty. Choose a new folder, or empty this one.")
    return home


_FILE = "city.toml"  # as in core.settings, which takes long to load
_OWN = frozenset({"city.db", "city.db-wal", "city.db-shm", "lake", "city.toml.part"})


def first_publisher(city: "City", name: str) -> str:
    """The organisation that publishes, unless there is one already."""
    from citycommons.core.types import ActorKind, Publisher, PublisherId
    from citycommons.share import publishers
    from citycommons.store import catalogue

    with city.work(operator()) as work:
        if known := catalogue.publishers(work.db):
            return known[0].id
        id = PublisherId(slug(name) or "city")
        publishers.save(work, Publisher(id=id, name=name, kind=ActorKind.CITY), is_new=True)
    return id


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise Invalid(f"“{text}” is none of {', '.join(LANGUAGES)}.")
    return text


def _boundary(text: str) -> Bbox:
    if not Path(text).is_file():
        return parse_bbox(text)
    try:
        whole = json.loads(Path(text).read_text("utf-8"))
    except ValueError as cause:
        raise Invalid(f"{text} is no GeoJSON: {cause}.") from cause
    if (found := _box(whole)) is None:
        raise Invalid(f"{text} holds no coordinates.")
    return parse_bbox(",".join(map(str, found)))


def _box(node: Any) -> Bbox | None:
    """The box around all coordinates of a GeoJSON object."""
    if isinstance(node, dict):
        parts = [node.get(key) for key in ("features", "geometry", "geometries", "coordinates")]
        return _box([part for part in parts if part is not None])
    if not isinstance(node, list):
        return None
    if len(node) >= 2 and all(isinstance(value, int | float) for value in node[:2]):
        return node[0], node[1], node[0], node[1]
    found: Bbox | None = None
    for part in node:
        found = joined(found, _box(part))
    return found
