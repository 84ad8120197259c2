"""What works will do to traffic: delay, streets, who is touched, each with its 90 % range."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import note, print_columns, print_json
from citycommons.core.errors import Invalid, NotFound, Unavailable

if TYPE_CHECKING:
    from citycommons.act.model.types import TrafficModel
    from citycommons.act.roadworks.asked import Asked
    from citycommons.act.roadworks.question import Options
    from citycommons.act.roadworks.types import Forecast
    from citycommons.store.work import Work

EXAMPLES = """\
  citycommons roadworks whatif --close "Wolbecker Straße"
  citycommons roadworks whatif --works w-2026-17 --report forecast.html
  citycommons roadworks whatif --file works.geojson --day saturday --hour 11 --json
"""

_DAYS = ("workday", "saturday", "sunday", "vacation")
_SHOWN = 12


def arguments(parser: ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--works", metavar="ID", help="works of the register, as they stand")
    what.add_argument(
        "--close",
        metavar="STREET|FROM-TO",
        action="append",
        help="close a street by its name, or the links between two nodes; may be repeated",
    )
    what.add_argument(
        "--file",
        metavar="GEOJSON",
        type=Path,
        help="lines with the properties effect, both_directions, lanes_open, speed_kmh, "
        "first_day, last_day (default: closed)",
    )
    parser.add_argument("--day", choices=_DAYS, default="workday", help="default: workday")
    parser.add_argument("--hour", type=int, help="to look at: 8 is 8:00 to 9:00 (default: busiest)")
    parser.add_argument("--runs", type=int, default=24, help="behind each range (default: 24)")
    parser.add_argument("--seed", type=int, default=0, help="of the runs (default: 0)")
    parser.add_argument("--model", metavar="ID", help="traffic model (default: the newest)")
    parser.add_argument("--country", default="EU-25", help="whose value of time (default: EU-25)")
    parser.add_argument("--keep", action="store_true", help="keep it, to be measured against later")
    parser.add_argument("--report", metavar="OUT.html|csv", type=Path, help="write a report")
    parser.set_defaults(run=_run)


def _run(args: Namespace) -> None:
    from citycommons.act.assignment.preload import first_answer

    if args.keep and not args.works:
        raise Invalid("Only a forecast of works in the register is kept: name them with --works.")
    with first_answer(), city_of(args) as city:
        with city.work(operator(), may_write=False) as work:
            model = model_of(work, args.model)
            asked = _asked(work, model, args)
        found = _forecast(model, asked, args)
        if args.keep:
            from citycommons.act.roadworks import kept

            with city.work(operator()) as work:
                kept.keep(work, found)
    if args.report:
        _write(found, args.report)
    _present(found, args)


def model_of(work: "Work", id: str | None) -> "TrafficModel":
    """The traffic model of this id, or the newest; `NotFound` says how one is built."""
    from citycommons.act.model import kept

    found = kept.get(work, id) if id else kept.latest(work)
    if found is None:
        raise NotFound(
            "There is no traffic model yet. Build it: citycommons roadworks model build."
        )
    return found


def _asked(work: "Work", model: "TrafficModel", args: Namespace) -> "Asked":
    from citycommons.act.roadworks import asked, changes
    from citycommons.core.works import WorksId

    if args.works:
        return asked.of_works(work, model, WorksId(args.works))
    if args.file:
        from citycommons.act.roadworks.drawn import read_phases

        return asked.of_phases(work, model, read_phases(args.file))
    links: frozenset[int] = frozenset()
    for name in args.close:
        links |= _links(model, name)
    return asked.of_effects(work, model, changes.closing(links))


def _links(model: "TrafficModel", name: str) -> frozenset[int]:
    from citycommons.act.roadworks import changes

    first, dash, last = name.partition("-")
    if dash and first.strip().isdecimal() and last.strip().isdecimal():
        return changes.between(model.network, int(first), int(last))
    return changes.of_street(model.network, name)


def _forecast(model: "TrafficModel", asked: "Asked", args: Namespace) -> "Forecast":
    from citycommons.act.roadworks.asked import completed
    from citycommons.act.roadworks.forecast import forecast

    options = _options(args, asked, model)
    found = forecast(model, asked.stages, options, days=asked.days, works=asked.works)
    return completed(found, asked)


def _options(args: Namespace, asked: "Asked", model: "TrafficModel") -> "Options":
    from citycommons.act.model.types import DayType
    from citycommons.act.roadworks.question import Options
    from citycommons.act.roadworks.response import level

    day = DayType(args.day)
    hour = args.hour
    if hour is None and (args.day != "workday" or asked.stages[0].phase is None):
        hour = max(range(24), key=lambda each: level(model, (day, each)))
    return Options(
        seed=args.seed,
        runs=args.runs,
        hour=None if hour is None else (day, hour),
        country=args.country,
        experience=asked.experience,
    )


def _write(found: "Forecast", target: Path) -> None:
    from citycommons.act.roadworks import report

    suffix = target.suffix.lower()
    if suffix not in (".html", ".csv"):
        raise Invalid(f"Which format is “{target}”? End it with .html or .csv.")
    text = (
        report.as_csv(found) if suffix == ".csv" else report.as_html(found, "Road works forecast")
    )
    try:
        target.write_text(text, "utf-8")
    except OSError as cause:
        raise Unavailable(f"{target} cannot be written: {cause.strerror or cause}.") from cause
    note(f"Wrote {target}.")


def _present(found: "Forecast", args: Namespace) -> None:
    from citycommons.act.roadworks import report

    if wants_json(args):
        print_json(found)
        return
    for line in report.lines(found):
        print(line)
    for hour in found.hours:
        print()
        rows: list[list[Any]] = [
            [
                *(name, round(one.before)),
                *(round(one.after.middle), report.said(one.change, 0)),
            ]
            for name, one in report.by_street(hour)[:_SHOWN]
        ]
        print_columns(("street", "before", "after", "change an hour"), rows)
    print()
    for line in report.basis(found):
        print(f"- {line}")
