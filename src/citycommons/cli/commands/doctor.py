"""Say what is wrong with this installation, and which command or action helps.

Exit code 0 means that nothing serious was found, 1 that something was.
"""

import os
import re
import shutil
import socket
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

from citycommons.cli.place import operator, settings_of, wants_json
from citycommons.cli.present import in_bytes, print_json
from citycommons.cli.progress import Bar

if TYPE_CHECKING:
    from citycommons.core.settings import Settings
    from citycommons.store.health import Finding

EXAMPLES = """\
  citycommons doctor
  citycommons doctor --deep --json      read every file and compare its checksum
  citycommons doctor --retry --tidy     try failed work again, remove files nobody names
"""

_LITTLE = 1_000_000_000  # bytes free below which a publication may fail


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--deep", action="store_true", help="read every file of the lake")
    parser.add_argument("--tidy", action="store_true", help="remove files no version names")
    parser.add_argument("--retry", action="store_true", help="try failed work of the jobs again")


def run(args: Namespace) -> int:
    settings = settings_of(args)
    found = [*_program(), *_folder(settings), *_port(settings)]
    found += _city(args, settings)
    serious = [one for one in found if one.is_serious]
    if wants_json(args):
        print_json({"is_well": not serious, "findings": found})
        return 1 if serious else 0
    for one in found:
        print(f"{'✗' if one.is_serious else '!'} {one.check}: {one.what}\n  → {one.help}")
    if not found:
        print(f"{settings.name} in {settings.home} is well.")
    return 1 if serious else 0


def _city(args: Namespace, settings: "Settings") -> list["Finding"]:
    from citycommons.core.errors import CityError
    from citycommons.store import health, outbox
    from citycommons.store.work import City

    if not settings.database and not (settings.home / "city.db").exists():
        what = f"There is no city in {settings.home}."
        help = f"citycommons init {settings.home}, or name another folder with --home"
        return [health.Finding(check="home", what=what, help=help)]
    try:
        city = City(settings)
    except CityError as error:
        return [health.Finding(check="settings", what=error.message, help="Mend city.toml.")]
    try:
        with Bar("Checking", "files") as bar:
            found = list(health.findings(city, deep=args.deep, progress=bar.update))
        if any(one.check == "schema" for one in found):
            return found
        if args.retry:
            with city.work(operator()) as work:
                print(f"{outbox.retry(work.db)} facts will be tried again.", file=sys.stderr)
            found = [one for one in found if one.check != "outbox"]
        if args.tidy:
            number, size = health.tidy(city)
            print(f"{number} files removed, {in_bytes(size)}.", file=sys.stderr)
            found = [one for one in found if one.is_serious or one.check != "lake"]
    finally:
        city.close()
    return found


def _program() -> Iterator["Finding"]:
    from citycommons.store.health import Finding

    if sys.version_info < (3, 11):  # noqa: UP036 - a wheel can be forced into an older Python
        what = f"Python {sys.version.split()[0]} is too old."
        yield Finding(check="python", what=what, help="Install Python 3.11 or newer.")
    for line in requires("citycommons") or ():
        if "extra ==" in line or not (parts := re.match(r"([\w.-]+)(?:\[[\w,]+\])?", line)):
            continue
        name = parts.group(1)
        try:
            there = version(name)
        except PackageNotFoundError:
            yield Finding(
                check="packages", what=f"{name} is not installed.", help=f"pip install '{line}'"
            )
            continue
        least = re.search(r"(>=|==)([\d.]+)", line)
        if least and _wrong(there, least.group(1), least.group(2)):
            what = f"{name} is {there}, needed is {least.group(0)}."
            yield Finding(check="packages", what=what, help=f"pip install '{line}'")


def _wrong(there: str, relation: str, wanted: str) -> bool:
    def numbers(text: str) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", text.partition("+")[0])[:3]]

    have, need = numbers(there), numbers(wanted)
    return have < need if relation == ">=" else have[: len(need)] != need


def _folder(settings: "Settings") -> Iterator["Finding"]:
    from citycommons.store.health import Finding

    home = settings.home
    if not home.is_dir():
        return
    for path in (home, home / "lake", home / "city.db"):
        if path.exists() and not os.access(path, os.W_OK):
            what = f"{path} cannot be written by this account."
            yield Finding(check="rights", what=what, help=f"chown -R $(id -un) {home}")
    database = home / "city.db"
    if _is_for_all(home) and database.exists() and _is_for_all(database):
        what = f"Every account of this machine can read {database}."
        yield Finding(check="rights", what=what, help=f"chmod 700 {home}", is_serious=False)
    free = shutil.disk_usage(home).free
    if free < _LITTLE:
        what = f"Only {in_bytes(free)} are free under {home}."
        yield Finding(
            check="disk", what=what, help="Make room; publishing fails on a full disk, safely."
        )


def _is_for_all(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o005)


def _port(settings: "Settings") -> Iterator["Finding"]:
    from citycommons.store.health import Finding

    with socket.socket() as tried:
        tried.settimeout(2)
        is_taken = settings.port != 0 and not tried.connect_ex((settings.host, settings.port))
    if is_taken and not _is_ours(settings):
        yield Finding(
            check="port",
            what=f"Port {settings.port} is used by another program.",
            help="Serve on another one: citycommons serve --port 8001",
            is_serious=False,
        )


def _is_ours(settings: "Settings") -> bool:
    from http.client import HTTPConnection, HTTPException

    asked = HTTPConnection(settings.host, settings.port, timeout=3)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status in (200, 503)
    except (OSError, HTTPException):
        return False
    finally:
        asked.close()
