"""From a connector's name and options, as they stand in a manifest or a form, to the connector.

A connector is a frozen dataclass whose fields are its options; what the house lends it (`client`,
`since`, `home`, `roots`) is filled in here and is no option.
"""

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit

import msgspec

from citycommons.collect.polite import Polite, Progress
from citycommons.core import plugs
from citycommons.core.errors import Invalid, Unavailable
from citycommons.core.plugs import Connector
from citycommons.core.settings import Settings
from citycommons.core.types import Brings

LENT = frozenset({"client", "since", "home", "roots", "now", "most_unpacked_bytes"})
SECRETS = "secrets.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a connector, as a form or `--help` shows it."""

    name: str
    type: str  # "str", "int", "bool", "tuple[str, ...]", "Mapping[str, str]"
    is_required: bool
    default: Any = None
    description: str = ""
    choices: tuple[str, ...] = ()
    is_secret: bool = False


def brings(connector: str) -> Brings:
    """Whether the connector's parcels are tables or records of a catalogue."""
    found: Brings = getattr(plugs.load("connectors", connector), "brings", Brings.TABLES)
    return found


def options_of(connector: str) -> tuple[Option, ...]:
    """The options of a connector in the order of its fields; `NotFound` lists the connectors.

    A field says more in its metadata: `field(metadata={"says": "Address of the portal",
    "choices": ("csv", "json"), "secret": True})`.
    """
    kind = plugs.load("connectors", connector)
    hints = get_type_hints(kind)
    return tuple(
        Option(
            name=one.name,
            type=_plain(hints[one.name]),
            is_required=one.default is MISSING and one.default_factory is MISSING,
            default=None if one.default is MISSING else one.default,
            description=one.metadata.get("says", ""),
            choices=tuple(one.metadata.get("choices", ())),
            is_secret=bool(one.metadata.get("secret", False)),
        )
        for one in fields(kind)
        if one.name not in LENT and one.init
    )


def connect(
    connector: str,
    options: Mapping[str, Any],
    settings: Settings,
    *,
    since: str = "",
    name: str = "",
    publisher: str = "",
    is_trusted: bool = False,
    progress: Progress | None = None,
) -> Connector:
    """The connector, ready to fetch.

    `name` is the source's, for what a connector keeps of its own between runs. Folders it may read
    are those of `roots_of`. Raises `Invalid`
    that names each option that is unknown, missing or of a wrong type, and `Unavailable` for a
    secret that is nowhere to be found.
    """
    kind = plugs.load("connectors", connector)
    known = {one.name: one for one in options_of(connector)}
    if unknown := [name for name in options if name not in known]:
        raise Invalid(
            f"The connector {connector} has no option “{unknown[0]}”; it has {', '.join(known)}.",
            column=unknown[0],
        )
    missing = [one.name for one in known.values() if one.is_required and one.name not in options]
    if missing:
        raise Invalid(f"The connector {connector} needs {', '.join(missing)}.", column=missing[0])
    hints = get_type_hints(kind)
    given: dict[str, Any] = {}
    for option, value in options.items():
        value = _revealed(value, settings.home)
        try:
            given[option] = msgspec.convert(value, hints[option], strict=False, dec_hook=_path)
        except msgspec.ValidationError as cause:
            raise Invalid(f"Option “{option}” of {connector}: {cause}.", column=option) from cause
    lent = {
        "client": Polite(
            cache=settings.home / "parcels",
            allow_hosts=own_hosts(given, settings.allow_hosts),
            progress=progress,
        ),
        "since": since,
        "home": settings.home / "sources" / name if name else settings.home / "sources",
        "roots": roots_of(settings, publisher, is_trusted=is_trusted),
        "most_unpacked_bytes": settings.unpacked_limit_mb << 20,
    }
    there = {one.name for one in fields(kind)}
    found: Connector = kind(**given | {key: lent[key] for key in lent.keys() & there})
    return found


def roots_of(settings: Settings, publisher: str, *, is_trusted: bool) -> tuple[Path, ...]:
    """Folders that a source of this publisher may read: `inbox/<publisher>`, which is its own.

    The rest of `inbox` and the setting `folders` hold files of others too. A source reads them when
    it `is_trusted`: somebody who answers for the whole city saved it.
    """
    inbox = settings.home / "inbox"
    own = (inbox / publisher,) if publisher else ()
    return (*own, inbox, *settings.folders) if is_trusted else own


def reads_folders(connector: str) -> bool:
    """Whether the connector is lent folders of this machine."""
    return any(one.name == "roots" for one in fields(plugs.load("connectors", connector)))


def own_hosts(options: Mapping[str, Any], allow_hosts: Iterable[str]) -> tuple[str, ...]:
    """Of the hosts inside that are allowed by name, those that a source's options name.

    What a source's origin lists, links or redirects to may lead to these alone: it must not send us
    to others, of which only their own sources know.
    """
    named = {_host(value) for value in _texts(options)}
    if isinstance(host := options.get("host"), str):
        named.add(host.strip().casefold())
    return tuple(host for host in allow_hosts if host in named)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _host(text: str) -> str:
    try:
        return urlsplit(text.strip()).hostname or ""
    except ValueError:
        return ""


def secrets_in(value: Any) -> frozenset[str]:
    """Names of the secrets that options stand for, however deep they are."""
    if not isinstance(value, Mapping):
        return frozenset()
    if set(value) == {"secret"}:
        return frozenset((str(value["secret"]),))
    return frozenset().union(*map(secrets_in, value.values()))


def publishers_of_secret(name: str, home: Path) -> frozenset[str]:
    """Publishers whose people may use this secret in sources, as `secrets.toml` says.

    None may use one of the environment, or one that is written as a mere text: a source can send
    it anywhere, so that is for administrators.
    """
    found = {} if _in_environment(name) else _kept(home).get(name)
    named = found.get("publishers", ()) if isinstance(found, Mapping) else ()
    return frozenset(map(str, named)) if isinstance(named, list) else frozenset()


def _plain(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not hasattr(hint, "__args__") else str(hint)


def _path(kind: type, value: Any) -> Any:
    """A path from its text; msgspec knows no paths."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"{kind.__name__} is no type of an option")


def _revealed(value: Any, home: Path) -> Any:
    """The value, or the secret it stands for: of the environment, or of `secrets.toml`."""
    if not isinstance(value, Mapping):
        return value
    if set(value) != {"secret"}:  # headers, of which one may be secret
        return {key: _revealed(one, home) for key, one in value.items()}
    name = str(value["secret"])
    if found := _in_environment(name):
        return found
    kept = _kept(home).get(name)
    kept = kept.get("value") if isinstance(kept, Mapping) else kept
    if kept is None:
        raise Unavailable(
            f"The secret “{name}” is missing. Set CITYCOMMONS_SECRET_{name.upper()}, or write "
            f'{name} = "…" into {SECRETS} of the city\'s folder.'
        )
    return str(kept)


def _in_environment(name: str) -> str:
    return os.environ.get(f"CITYCOMMONS_SECRET_{name.upper()}", "")


def _kept(home: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((home / SECRETS).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise Invalid(f"{SECRETS} is no TOML: {cause}.") from cause
