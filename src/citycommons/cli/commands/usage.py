"""How the data are used: a summary, COUNTER's report, and statistics of the portal before.

Counts are exact here, small ones included: whoever runs this command keeps the city's house. Use
--public for what everybody may see.
"""

import csv
import io
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citycommons.cli.main import add_action
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import note, print_columns, print_json
from citycommons.core.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from citycommons.core.types import Actor
    from citycommons.measure.usage.overview import Overview, Span, Sum

EXAMPLES = """\
  citycommons usage
  citycommons usage --from 2026-01 --to 2026-06 --json
  citycommons usage report --month 2026-10 -o dsr-2026-10.json
  citycommons usage report --from 2026-01 --to 2026-12 --csv --public
  citycommons usage import zugriffszahlen.csv --license dl-de/by-2.0 --publisher stadt-muenster
  citycommons usage import access.log access.log.1.gz --access-log --host data.example
"""
_SHOWN = 15


def arguments(parser: ArgumentParser) -> None:
    _period(parser)
    actions = parser.add_subparsers(metavar="ACTION")
    report = add_action(actions, "report", "the Dataset Report (DSR) of COUNTER, as JSON or CSV")
    report.add_argument("--month", metavar="2026-10", help="one month")
    _period(report)
    report.add_argument("--day", action="store_true", help="by day in place of by month")
    report.add_argument("--csv", action="store_true", help="a row for each count")
    report.add_argument("-o", "--output", metavar="FILE", type=Path, help="write it there")
    report.set_defaults(run=_report)
    bring = add_action(
        actions, "import", "monthly statistics of the portal before, or its access logs"
    )
    bring.add_argument(
        "files",
        metavar="FILE|URL",
        nargs="+",
        help="CSV, Excel, …, one row a month; or all access logs of some days",
    )
    bring.add_argument(
        "--access-log",
        action="store_true",
        help="combined format: counted by our own rules; days that have counts are passed over",
    )
    bring.add_argument("--host", default="", help="of the portal, as the logs' referrers name it")
    bring.add_argument("--dry-run", action="store_true", help="count the logs, and keep nothing")
    bring.add_argument("--license", metavar="ID", help="of statistics, such as dl-de/by-2.0")
    bring.add_argument("--publisher", metavar="ID", help="needed when there are several")
    bring.add_argument("--dataset", metavar="ID", help="default: portal-statistics-before")
    bring.add_argument("--attribution", default="", help="how the source wants to be named")
    bring.set_defaults(run=_import)
    parser.set_defaults(run=run)


def _period(parser: ArgumentParser) -> None:
    parser.add_argument("--from", dest="first", metavar="2026-01", help="first month")
    parser.add_argument("--to", dest="last", metavar="2026-12", help="last month; belongs to it")
    parser.add_argument("--public", action="store_true", help="only what everybody may see")


def run(args: Namespace) -> None:
    from citycommons.measure.usage import overview
    from citycommons.share import catalogue

    with city_of(args) as city, city.work(_asker(args), may_write=False) as work:
        found = overview.of_portal(work, _span(args, city.clock().date()))
        listed = catalogue.of_ids(work, tuple(id for id, _ in found.datasets[:_SHOWN]))
        titles = {one.dataset.id: next(iter(one.dataset.title.values()), "") for one in listed}
    if wants_json(args):
        print_json(_plain(found))
        return
    _print(found, titles)


def _print(found: "Overview", titles: Mapping[Any, str]) -> None:
    from citycommons.core.counting import Method

    rows = [
        (f"{month:%Y-%m}", *_pair(by[Method.REGULAR]), *_pair(by[Method.MACHINE]))
        for month, by in found.months.items()
    ]
    print_columns(("month", "people", "taken", "programs", "taken"), rows)
    total = found.total
    print(
        f"\n{total.investigations} uses, {total.requests} of them took data; "
        f"{found.robots} by robots, apart.\n"
    )
    if found.datasets:
        most = found.datasets[:_SHOWN]
        lines = [(id, *_pair(one), titles.get(id, "")) for id, one in most]
        print_columns(("dataset", "uses", "taken", "title"), lines)


def _pair(one: "Sum") -> tuple[int, int]:
    return one.investigations, one.requests


def _plain(found: "Overview") -> dict[str, Any]:
    return {
        "first_day": found.span.first_day,
        "last_day": found.span.last_day,
        "is_exact": found.is_exact,
        "total": found.total,
        "before": found.before,
        "robots": found.robots,
        "months": [{"month": f"{month:%Y-%m}", **by} for month, by in found.months.items()],
        "datasets": [{"dataset": id, "total": one} for id, one in found.datasets],
        "publishers": [{"publisher": id, "total": one} for id, one in found.publishers],
    }


def _asker(args: Namespace) -> "Actor":
    from citycommons.core.types import ANYONE

    return ANYONE if args.public else operator()


def _span(args: Namespace, today: date) -> "Span":
    from citycommons.measure.usage.cells import months_before
    from citycommons.measure.usage.overview import Span

    if month := getattr(args, "month", None):
        return Span.of(_month(month), _month(month))
    last = _month(args.last) if args.last else today
    first = _month(args.first) if args.first else months_before(last, 11)
    return Span.of(first, last)


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01" if len(text) == 7 else text)
    except ValueError as cause:
        raise Invalid(f"“{text}” is no month. Write it as 2026-10.") from cause


def _report(args: Namespace) -> None:
    from citycommons.measure.usage.report import Asked, dsr

    with city_of(args) as city, city.work(_asker(args), may_write=False) as work:
        span = _span(args, city.clock().date())
        found = dsr(
            work,
            Asked(
                first_day=span.first_day,
                last_day=span.last_day,
                grain="day" if args.day else "month",
                limit=10**9,
            ),
            url=city.settings.url,
            platform=city.settings.name,
            exact=not args.public,
        )
    text = _as_csv(found) if args.csv else json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    if args.output is None:
        print(text, end="")
        return
    try:
        args.output.write_text(text, "utf-8", newline="")
    except OSError as cause:
        raise Unavailable(f"{args.output} cannot be written: {cause.strerror}.") from cause
    for one in found["exceptions"]:
        note(f"{one['message']}: {one['data']}")
    print(f"{args.output}: {len(found['report-datasets'])} datasets")


def _as_csv(found: Mapping[str, Any]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(("dataset", "platform", "first_day", "last_day", *_COUNT))
    rows.writerows(_rows(found["report-datasets"]))
    return text.getvalue()


_COUNT = ("access-method", "metric-type", "count")


def _rows(listed: Iterable[Mapping[str, Any]]) -> Iterable[tuple[Any, ...]]:
    for one in listed:
        for each in one["performance"]:
            period = each["period"]["begin-date"], each["period"]["end-date"]
            for instance in each["instance"]:
                yield (one["uri"], one["platform"], *period, *(instance[name] for name in _COUNT))


def _import(args: Namespace) -> None:
    if args.access_log:
        _import_logs(args)
        return
    if len(args.files) != 1:
        raise Invalid("Statistics are imported file by file; access logs with --access-log.")
    if not args.license:
        raise Invalid("Under which licence are these statistics? --license ID, or unspecified.")
    _import_statistics(args)


def _import_logs(args: Namespace) -> None:
    from citycommons.measure.usage import logbook

    paths = [Path(name).expanduser() for name in args.files]
    with city_of(args) as city:
        if args.dry_run:
            found = logbook.read(city, paths, host=args.host)
            taken = logbook.Taken(counts=found, days=tuple(sorted(found.days)), passed=())
        else:
            taken = logbook.take(city, operator(), paths, host=args.host)
    found, days, passed = taken.counts, taken.days, taken.passed
    told = {
        "lines": found.lines,
        "unread": found.unread,
        "failed": found.failed,
        "elsewhere": found.elsewhere,
        "robots": found.robots,
        "repeated": found.repeated,
        "days": len(days),
        "passed": len(passed),
    }
    if wants_json(args):
        print_json(told | {"metrics": found.counted()} if args.dry_run else told)
        return
    print_columns(("lines", *list(told)[1:]), [tuple(told.values())])
    if passed:
        note(f"{len(passed)} days from {passed[0]} have counts already and stay as they are.")
    if args.dry_run:
        note("Nothing was kept (--dry-run).")


def _import_statistics(args: Namespace) -> None:
    from citycommons.cli.reading import parcels
    from citycommons.core.ids import checked_id
    from citycommons.core.types import DatasetId, PublisherId
    from citycommons.measure.usage import importing
    from citycommons.store import catalogue

    with city_of(args) as city:
        with city.work(operator(), may_write=False) as work:
            known = [one.id for one in catalogue.publishers(work.db)]
        if (publisher := args.publisher or (known[0] if len(known) == 1 else None)) is None:
            raise Invalid(f"Who publishes? Name it with --publisher ID ({', '.join(known)}).")
        with parcels(args.files, city.settings) as (parcel,):
            version, found, is_new = importing.bring(
                city,
                operator(),
                parcel,
                PublisherId(publisher),
                args.license,
                id=DatasetId(checked_id(args.dataset or importing.ID)),
                attribution=args.attribution,
            )
        shown = city.settings.statistics_before
    if wants_json(args):
        told = {"dataset": version.dataset, "version": version.number, "is_new": is_new}
        print_json(told | {"months": found.table.num_rows, "faults": found.report.summary})
        return
    for fault in found.report.summary:
        note(f"{fault.count} × {fault.message}")
    state = "" if is_new else " (as before)"
    print(f"{version.dataset}@{version.number}: {found.table.num_rows} months{state}")
    if version.dataset != shown:
        note(f"To show it on /usage, set statistics_before = “{version.dataset}” in city.toml.")
