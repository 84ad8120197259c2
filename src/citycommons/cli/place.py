"""Which city a command works on, and who works there: the operator of this machine."""

import getpass
import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citycommons.core.errors import Invalid

if TYPE_CHECKING:
    from citycommons.core.settings import Settings
    from citycommons.core.types import Actor
    from citycommons.store.work import City


def home_of(args: Namespace) -> Path:
    """The folder named by --home, by CITYCOMMONS_HOME, or the present one if it holds a city."""
    if given := getattr(args, "home", None) or os.environ.get("CITYCOMMONS_HOME"):
        return Path(given).expanduser().resolve()
    from citycommons.core.settings import FILE

    if (Path.cwd() / FILE).exists():
        return Path.cwd()
    hint = " (the demo city: --home " + str(demo_home()) + ")" if demo_home().exists() else ""
    raise Invalid(f"Which city? Name its folder with --home DIR or CITYCOMMONS_HOME{hint}.")


def demo_home() -> Path:
    """Where the demo city lives when nothing else is said: the user's folder for data."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "citycommons-demo"


def settings_of(args: Namespace, **given: Any) -> "Settings":
    """The city's settings; `Unavailable` or `Invalid` say what is missing or wrong."""
    from citycommons.core.settings import read_settings

    home = home_of(args)
    host, port = getattr(args, "host", None), getattr(args, "port", None)
    return read_settings(home, **{"host": host, "port": port, **given})


@contextmanager
def city_of(args: Namespace) -> Iterator["City"]:
    """The city, open as long as the command runs."""
    from citycommons.store.work import City

    city = City.open(settings_of(args))
    try:
        yield city
    finally:
        city.close()


def operator() -> "Actor":
    """Whoever may write the home folder may do everything there; the log names the account."""
    from citycommons.core.types import Actor, ActorId, Grant, Role

    try:
        account = getpass.getuser()
    except (OSError, KeyError):
        account = str(os.getuid())
    return Actor(
        id=ActorId(f"operator:{account}"),
        name=account,
        grants=(Grant(role=Role.ADMINISTRATOR),),
    )


def wants_json(args: Namespace) -> bool:
    """Whether the answer is for a program."""
    return bool(getattr(args, "json", False))
