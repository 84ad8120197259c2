"""Write feeds of road works as files, and say which works break a rule of Waze, and why.

The portal serves the same at /roadworks/feeds/…; files are for a server of another kind, and for
looking at before anything is sent. Permitted and active works are in them, and those closed in
the last week.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citycommons.cli.place import city_of, wants_json
from citycommons.cli.present import in_bytes, note, print_columns, print_json
from citycommons.core.errors import Invalid, Unavailable
from citycommons.core.types import ANYONE, Text
from citycommons.core.works import WorksId

if TYPE_CHECKING:
    from citycommons.act.roadworks.feeds import Asked
    from citycommons.share.works.edition import Delay

EXAMPLES = """\
  citycommons roadworks publish --format datex2 --out feeds
  citycommons roadworks publish --format all --out feeds --json
  citycommons roadworks publish --check
"""

FORMATS = {
    "datex2": ("datex2.xml",),
    "wzdx": ("wzdx.json",),
    "cifs": ("waze.xml", "waze.json"),
    "gtfs-rt": ("alerts.pb", "alerts.json"),
    "ical": ("calendar.ics",),
    "atom": ("feed.atom",),
    "geojson": ("roadworks.geojson",),
    "ngsi-ld": ("ngsi-ld.jsonld",),
}


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--format", choices=(*FORMATS, "all"), default="all", help="which feeds (default: all)"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, default=Path(), help="where to (default: here)"
    )
    parser.add_argument(
        "--check", action="store_true", help="only say what breaks a rule; exit code 5 if any does"
    )
    parser.add_argument("--street", metavar="NAME", default="", help="only works in this street")
    parser.add_argument("--works", metavar="ID", help="only these works")
    parser.set_defaults(run=run)


def run(args: Namespace) -> None:
    from citycommons.act.roadworks import publication
    from citycommons.act.roadworks.feeds import Asked

    # What is published is what anyone may see, whoever runs the command.
    with city_of(args) as city, city.work(ANYONE, may_write=False) as work:
        settings = city.settings
        wanted = publication.Wanted(
            works=WorksId(args.works) if args.works else None, street=args.street
        )
        works = publication.published(work, wanted, work.now.date())
        edition = publication.edition(
            work, works, settings, url=settings.url, language=settings.language, words=_words
        )
        asked = Asked(
            work=work,
            works=works,
            edition=edition,
            stops=settings.stops,
            path="/roadworks/feeds/feed.atom",
            title=settings.name,
        )
        _, broken = publication.sent_to_waze(works, edition)
        files = [] if args.check else _write(args, asked)
    found = [
        {"works": id, "rule": one.rule, "where": one.where, "message": one.message}
        for id, violations in broken.items()
        for one in violations
        if one.rule != "state" or args.check  # closed works are told to others, never to Waze
    ]
    _say(args, len(works), files, found)
    if args.check and found:
        raise Invalid(
            f"{len(broken)} of {len(works)} works break a rule of Waze and are not sent to it."
        )


def _write(args: Namespace, asked: "Asked") -> list[dict[str, Any]]:
    from citycommons.act.roadworks.feeds import KINDS

    chosen = FORMATS.values() if args.format == "all" else (FORMATS[args.format],)
    files = []
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        for name in (name for names in chosen for name in names):
            body = KINDS[name].make(asked)
            path = args.out / name
            half = path.with_name(f".{name}.part")
            half.write_bytes(body)
            half.replace(path)  # whoever reads meanwhile reads the old or the new one, whole
            files.append({"file": str(path), "bytes": len(body), "media": KINDS[name].media})
    except OSError as error:
        raise Unavailable(f"Cannot write into {args.out}: {error.strerror}.") from error
    return files


def _words(delay: "Delay") -> Text:
    from citycommons.engage.followers import saying

    return saying.delay_texts(delay.low, delay.middle, delay.high)


def _say(
    args: Namespace, count: int, files: list[dict[str, Any]], found: list[dict[str, str]]
) -> None:
    if wants_json(args):
        print_json({"works": count, "files": files, "violations": found})
        return
    print(f"{count} works are published.")
    if files:
        print_columns(("file", "size"), [(f["file"], in_bytes(f["bytes"])) for f in files])
    for one in found:
        where = f" ({one['where']})" if one["where"] else ""
        note(f"{one['works']}{where}, not sent to Waze: {one['message']}")
