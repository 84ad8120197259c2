"""What is proven of a quarter: the report as files, now or as it was told, with all its tables."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import note, print_json
from citycommons.core.errors import Invalid

if TYPE_CHECKING:
    from citycommons.measure.impact.reports import Report
    from citycommons.store.work import City

EXAMPLES = """\
  citycommons report --quarter 2026-Q3                     keep it in the city's folder, once
  citycommons report --quarter 2026-Q3 -o . --format pdf   as things are known now
  citycommons report --quarter 2026 -o value.zip --export  all tables of a year
  citycommons report --list
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--quarter", metavar="PERIOD", help="2026-Q3, or a year: 2026")
    parser.add_argument(
        "-o", "--output", metavar="DIR", help="write it there, as things are known now"
    )
    parser.add_argument("--format", choices=("pdf", "html", "json", "csv"), help="only this one")
    parser.add_argument("--language", choices=("en", "it", "fr", "de"), help="of the files")
    parser.add_argument("--public", action="store_true", help="as everybody may read it")
    parser.add_argument("--export", action="store_true", help="all tables as a data package (ZIP)")
    parser.add_argument("--list", action="store_true", help="reports that were made")


def run(args: Namespace) -> None:
    from citycommons.measure.impact import reports

    with city_of(args) as city:
        if args.list:
            found = reports.listed(city.settings, is_public=args.public)
            if wants_json(args):
                print_json({"reports": [_told(one, city.settings.home) for one in found]})
                return
            for one in found:
                print(f"{one.stem}  {one.made}  {one.digest}")
            if not found:
                note("There is no report yet. The first is made when a quarter is over.")
            return
        if not args.quarter:
            raise Invalid("Name a quarter: --quarter 2026-Q3.")
        written = _elsewhere(args, city) if args.output else [_kept(args, city)]
    if wants_json(args):
        print_json({"reports": written})
        return
    for line in written:
        note(f"Wrote {line['file']}, sha-256 of the statement {line['digest']}.")


def _told(one: "Report", home: Path) -> dict[str, object]:
    from citycommons.measure.impact.reports import FOLDER

    return {
        "period": one.period.name,
        "revision": one.revision,
        "made": one.made,
        "digest": one.digest,
        "file": home / FOLDER / f"{one.stem}.json",
    }


def _kept(args: Namespace, city: "City") -> dict[str, object]:
    """The report that the portal keeps, made if it is due and not there."""
    from citycommons.measure.impact import reports
    from citycommons.measure.impact.period import parse

    if args.export or args.format or args.language or args.public:
        raise Invalid("Say where to write it: -o DIR.")
    return _told(reports.make(city, parse(args.quarter)), city.settings.home)


def _elsewhere(args: Namespace, city: "City") -> list[dict[str, object]]:
    from citycommons.measure.impact import export, reports
    from citycommons.measure.impact.period import parse
    from citycommons.measure.impact.scope import Audience, Scope
    from citycommons.measure.impact.statement import digest, statement

    audience = Audience.PUBLIC if args.public else Audience.COUNCIL
    scope = Scope(period=parse(args.quarter), audience=audience)
    with city.work(operator(), may_write=False) as work:
        one = statement(work, scope, city.settings)
    language, base = args.language or city.settings.language, city.settings.url
    place = Path(args.output).expanduser()
    if args.export:
        target = place if place.suffix == ".zip" else place / f"value-{scope.period.name}.zip"
        reports.keep_file(target, export.package(one, language, base))
        return [{"period": scope.period.name, "file": target, "digest": digest(one)}]
    found: list[dict[str, object]] = []
    for kind in (args.format,) if args.format else reports.KINDS:
        target = place / f"{reports.stem(scope.period, 1, is_public=args.public)}.{kind}"
        made = city.clock().date()
        reports.keep_file(target, reports.written(one, language, kind, made=made, base=base))
        found.append({"period": scope.period.name, "file": target, "digest": digest(one)})
    return found
