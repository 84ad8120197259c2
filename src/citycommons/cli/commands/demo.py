"""Build a demo city from open data, and serve it.

Münster's real data come from their publishers, or from a folder with copies (--mirror). Where
neither answers, Città Ideale is built: an invented, seeded town on which every page works. A
second start serves what is there.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from citycommons.cli.place import demo_home, wants_json
from citycommons.cli.present import note, print_json
from citycommons.core.errors import Conflict, Invalid, NotFound, Unavailable

if TYPE_CHECKING:
    from citycommons.collect.manifest import Manifest
    from citycommons.core.settings import Settings
    from citycommons.share.deliver import Delivered
    from citycommons.store.work import City

EXAMPLES = """\
  citycommons demo
  citycommons demo --city ideal --port 8001
  citycommons demo --once --mirror ./copies    build, then exit
  citycommons demo --federation                three portals that copy one another, and a
                                               city that knows of each use of its copies
"""

REAL, IDEAL = "muenster", "ideal"
EMAIL = "admin@demo.example"
CONTACT = "open-data@demo.example"
_PORT = 8000  # of the first of three; a single demo takes the setting's
_BUILT = "demo.json"  # written last: what it names is whole
_PASSWORD = "demo-administrator.txt"  # noqa: S105 - the name of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """What stands in a demo home."""

    city: str
    datasets: int
    rows: int
    failures: tuple[str, ...]
    seconds: float


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--city", choices=(REAL, IDEAL), help=f"default: {REAL}")
    parser.add_argument(
        "--federation",
        action="store_true",
        help="three portals: a region copies the invented town, a country copies the region, and "
        "the town learns how often its copies are used",
    )
    parser.add_argument("--once", action="store_true", help="build and exit, without serving")
    parser.add_argument("--refresh", action="store_true", help="collect again what is built")
    parser.add_argument(
        "--mirror", metavar="DIR", help="folder with copies of the sources (or found beside us)"
    )
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port (default: 8000)")


def run(args: Namespace) -> int:
    if args.federation:
        return _federation(args)
    home = _home(args)
    built = _built(home)
    if built is None or args.refresh:
        if not args.once:
            _check_port(home, args)  # before minutes of work, not after
        built = _build(home, args, built)
    else:
        _bring_up_to_date(home)
    if args.once:
        return _report(home, built, wants_json(args))
    return _serve(home, args)


def _bring_up_to_date(home: Path) -> None:
    """A demo of an older program is served by this one: all that it holds can be built again."""
    from citycommons.core.settings import read_settings
    from citycommons.store.work import City

    City.create(read_settings(home)).close()


def _federation(args: Namespace) -> int:
    from citycommons.cli.federation import run as federation
    from citycommons.cli.federation.told import Hands

    for name in ("city", "refresh", "mirror", "host"):
        if getattr(args, name):
            raise Invalid(f"--{name} does not go with --federation: its towns are invented.")
    given = getattr(args, "home", None) or os.environ.get("CITYCOMMONS_HOME")
    base = Path(given).expanduser().resolve() if given else Path(f"{demo_home()}-federation")
    hands = Hands(build=_build_invented, administrator=_make_administrator, note=note)
    return federation.run(base, args.port or _PORT, hands, once=args.once, is_json=wants_json(args))


def _build_invented(home: Path, values: Mapping[str, Any]) -> int:
    """The invented town without its traffic model, which nobody asks for here."""
    from citycommons.collect import manifest as manifests

    built = _deliver(home, manifests.find(IDEAL), None, values, has_model=False)
    return built.datasets


def _make_administrator(city: "City", home: Path) -> None:
    from citycommons.cli.people import administrator

    administrator(city, EMAIL, "Demo administrator", _password(home), city.settings.language)


def _home(args: Namespace) -> Path:
    from citycommons.core.settings import FILE

    given = getattr(args, "home", None) or os.environ.get("CITYCOMMONS_HOME")
    home = Path(given).expanduser().resolve() if given else demo_home()
    built = _built(home)
    if args.city and built and built.city != args.city:
        if given:
            raise Conflict(f"{home} holds the demo “{built.city}”. Choose another --home.")
        home = home.with_name(f"{home.name}-{args.city}")
    if (home / FILE).exists() and not (home / _PASSWORD).exists():
        raise Conflict(f"{home} holds a city that is no demo. Choose another --home.")
    return home


def _built(home: Path) -> _Built | None:
    try:
        said = json.loads((home / _BUILT).read_text("utf-8"))
        return _Built(**{**said, "failures": tuple(said["failures"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _check_port(home: Path, args: Namespace) -> None:
    from citycommons.cli.supervise import check_port
    from citycommons.core.settings import read_settings

    settings = read_settings(home, host=args.host, port=args.port)
    check_port(settings.host, settings.port)


def _build(home: Path, args: Namespace, before: _Built | None) -> _Built:
    from citycommons.collect import manifest as manifests

    wanted = before.city if before else args.city or REAL
    if wanted == REAL:
        manifest = manifests.find(REAL)
        mirror = _mirror(args)
        if mirror or _is_online(manifest):
            built = _deliver(home, manifest, mirror)
            if built.datasets or before or args.city == REAL:
                return built
            note("None of the real sources answers; building Città Ideale, an invented town.")
        elif args.city == REAL:
            raise Unavailable(
                "Neither a mirror nor the network is there for Münster's data. Name a folder with "
                "--mirror DIR, or take the invented town: citycommons demo --city ideal"
            )
        else:
            note("There is no mirror and no network; building Città Ideale, an invented town.")
    return _deliver(home, manifests.find(IDEAL), None)


def _mirror(args: Namespace) -> Path | None:
    """The folder of copies: the one named, or `../shared/data` beside the checkout or here."""
    if args.mirror:
        folder = Path(args.mirror).expanduser().resolve()
        if not folder.is_dir():
            raise NotFound(f"There is no folder {folder} to take copies from.")
        return folder
    checkout = Path(__file__).resolve().parents[4]
    for base in (Path.cwd(), checkout):
        folder = base.parent / "shared" / "data"
        if (base / "cities").is_dir() and folder.is_dir():
            return folder
    return None


def _is_online(manifest: "Manifest") -> bool:
    """Whether any of the publishers' hosts can be reached at all."""
    import socket
    from concurrent.futures import ThreadPoolExecutor
    from urllib.parse import urlsplit

    addresses = (one.address for one in manifest.sources.values() if one.address)
    hosts = sorted({host for one in addresses if (host := urlsplit(one).hostname)})

    def answers(host: str) -> bool:
        try:
            socket.create_connection((host, 443), timeout=5).close()
        except OSError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        return any(pool.map(answers, hosts))


def _deliver(
    home: Path,
    manifest: "Manifest",
    mirror: Path | None,
    values: Mapping[str, Any] = MappingProxyType({}),
    *,
    has_model: bool = True,
) -> _Built:
    from citycommons.cli.city_toml import write_settings
    from citycommons.core.settings import read_settings
    from citycommons.share.deliver import build
    from citycommons.store.work import City

    begun = time.monotonic()
    values = {
        "name": manifest.name,
        "language": manifest.languages[0],
        "timezone": manifest.timezone or None,
        "accent": manifest.accent or None,
        "boundary": manifest.bounds,
        "basemap": manifest.basemap,
        "works_datasets": dict(manifest.works) or None,
        "school_region": manifest.school_region or None,
        "stops": manifest.stops or None,
        "statistics_before": manifest.statistics_before or None,
        "inhabitants": manifest.inhabitants,
        "contact": CONTACT,
        **values,
    }
    settings = read_settings(home, **values)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    city = City.create(settings)
    try:
        _make_administrator(city, home)
        write_settings(home, values)
        with _Listener() as listener:
            done = build(city, manifest, mirror=mirror, progress=listener)
    finally:
        city.close()
    if any(one.is_new for one in done):
        # Maps and charts are prepared at once, so that the first reader does not wait for them.
        worker = [sys.executable, "-m", "citycommons.jobs.run", "--home", str(home), "--once"]
        subprocess.run(worker, check=False)  # noqa: S603 - our own interpreter and module
    built = _summed(manifest.id, done, time.monotonic() - begun)
    if built.datasets:
        part = home / f"{_BUILT}.part"
        part.write_text(json.dumps(_plain(built), ensure_ascii=False), "utf-8")
        part.replace(home / _BUILT)
    for failure in built.failures:
        note(f"! {failure}")
    if has_model and any(one.is_new for one in done):
        _build_model(settings)
    _build_ledger(settings, manifest.id)
    _build_reuses(settings, manifest.id)
    return built


def _build_model(settings: "Settings") -> None:
    """What forecasts of road works stand on, where streets and areas are among the data."""
    from citycommons.act.model import build, inputs, kept
    from citycommons.core.errors import CityError
    from citycommons.core.types import SYSTEM
    from citycommons.store.work import City

    city = City.open(settings)
    try:
        with city.work(SYSTEM, may_write=False) as work:
            if not inputs.has_inputs(work):
                return
            note("Building the traffic model of the city …")
            model = build.build(work)
        with city.work(SYSTEM) as work:
            kept.keep(work, model)
    except CityError as error:  # the portal works without it, and the command can build it later
        note(f"! traffic model: {error.message}")
    finally:
        city.close()


def _build_ledger(settings: "Settings", id: str) -> None:
    """Goals that the city's data measure, and what came of them, as far as they are not there."""
    from citycommons.core.errors import CityError
    from citycommons.core.types import SYSTEM
    from citycommons.measure.appraisal import demo as appraised
    from citycommons.measure.goals import demo
    from citycommons.store.work import City

    city = City.open(settings)
    try:
        with city.work(SYSTEM) as work:
            if goals := demo.build(work, id):
                note(f"Measured the ledger's {len(goals)} goals on the city's data.")
        with city.work(SYSTEM) as work:
            for failure in appraised.build(work, goals):
                note(f"! {failure}")
    except CityError as error:  # the portal works without it
        note(f"! ledger: {error.message}")
    finally:
        city.close()


def _build_reuses(settings: "Settings", id: str) -> None:
    """What an invented town shows as made with its data; a real one gets nothing invented."""
    from citycommons.core.types import SYSTEM
    from citycommons.engage import demo
    from citycommons.store.work import City

    city = City.open(settings)
    try:
        with city.work(SYSTEM) as work:
            demo.build(work, id)
    finally:
        city.close()


def _summed(city: str, done: "list[Delivered]", seconds: float) -> _Built:
    return _Built(
        city=city,
        datasets=sum(one.version is not None for one in done) + sum(one.entries for one in done),
        rows=sum(one.rows for one in done),
        failures=tuple(f"{one.item}: {one.failure}" for one in done if one.failure),
        seconds=round(seconds, 1),
    )


def _plain(built: _Built) -> dict[str, Any]:
    return {name: getattr(built, name) for name in _Built.__slots__}


def _password(home: Path) -> str:
    """The demo administrator's password: made once, kept where only this account can read."""
    path = home / _PASSWORD
    if path.exists():
        return path.read_text("utf-8").strip()
    password = "-".join(secrets.token_hex(3) for _ in range(4))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(password + "\n")
    note(f"Demo administrator: {EMAIL}, password {password} (kept in {path}).")
    return password


class _Listener:
    """Shows how far the building is: a bar on a terminal, a line for each item elsewhere."""

    def __init__(self) -> None:
        from citycommons.cli.progress import Bar

        self._bar = Bar("Building", "datasets")

    def __enter__(self) -> "_Listener":
        self._bar.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._bar.__exit__(*error)

    def __call__(self, event: Any) -> None:
        title = event.title.get("en") or next(iter(event.title.values()), event.item)
        if event.stage in ("done", "failed"):
            mark = "" if event.stage == "done" else " (failed)"
            self._bar.say(f"[{event.number}/{event.of}] {title}{mark}")
        self._bar.update(event.number - 1, event.of, title=f"{title}: {event.stage}")


def _report(home: Path, built: _Built, is_json: bool) -> int:
    if is_json:
        print_json({"home": home, **_plain(built)})
    else:
        print(
            f"Built “{built.city}” in {home}: {built.datasets} datasets, {built.rows} rows, "
            f"{built.seconds:.0f} s."
        )
    return 0 if built.datasets else Unavailable.exit_code


def _serve(home: Path, args: Namespace) -> int:
    from citycommons.cli import supervise
    from citycommons.core.settings import read_settings

    settings: Settings = read_settings(home, host=args.host, port=args.port)
    address = f"http://{settings.host}:{settings.port}"

    def ready() -> None:
        print(f"{settings.name} is open on {address} (Ctrl-C ends it).")
        print(f"Sign in on {address}/sign-in as {EMAIL}; the password is in {home / _PASSWORD}.")
        sys.stdout.flush()

    return supervise.run(settings, when_ready=ready)
