"""Dates that harm least: first days for several works, each within its window, on one calendar."""

from argparse import ArgumentParser, Namespace
from datetime import date
from typing import TYPE_CHECKING

from citycommons.cli.commands.roadworks_whatif import model_of
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import print_columns, print_json
from citycommons.core.errors import Invalid

if TYPE_CHECKING:
    from citycommons.act.model.types import TrafficModel
    from citycommons.act.roadworks.calendar import Job, Proposal
    from citycommons.store.work import Work

EXAMPLES = """\
  citycommons roadworks calendar --from 2026-05-01 --to 2026-09-30
  citycommons roadworks calendar --works w-2026-17 --works w-2026-21 --within 60 --json
"""

_SHOWN = 10


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--works", metavar="ID", action="append", default=[], help="only these; may be repeated"
    )
    parser.add_argument("--from", dest="first", metavar="DAY", type=_day, help="all works from …")
    parser.add_argument("--to", dest="last", metavar="DAY", type=_day, help="… to this day")
    parser.add_argument(
        "--within",
        metavar="DAYS",
        type=int,
        default=28,
        help="how far proposed works may move (default: 28); permitted ones stay",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the search (default: 0)")
    parser.add_argument("--model", metavar="ID", help="traffic model (default: the newest)")
    parser.set_defaults(run=_run)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"“{text}” is no day. Write it as 2026-05-01.") from None


def _run(args: Namespace) -> None:
    from citycommons.act.roadworks.asked import days_of
    from citycommons.act.roadworks.calendar import search

    if not args.works and not (args.first and args.last):
        raise Invalid("Which works? Name them with --works, or a calendar with --from and --to.")
    with city_of(args) as city:
        with city.work(operator(), may_write=False) as work:
            model = model_of(work, args.model)
            jobs, notes = _jobs(work, model, args)
            spread = work.spread
        found = search(model, jobs, spread=spread, days=days_of(model), seed=args.seed)
    _present(found, notes, args)


def _jobs(
    work: "Work", model: "TrafficModel", args: Namespace
) -> "tuple[tuple[Job, ...], tuple[str, ...]]":
    from citycommons.act.roadworks.planning import jobs_between, jobs_of
    from citycommons.core.works import WorksId

    if args.works:
        return jobs_of(work, model, [WorksId(id) for id in args.works], within=args.within)
    return jobs_between(work, model, args.first, args.last, within=args.within)


def _present(found: "Proposal", notes: tuple[str, ...], args: Namespace) -> None:
    if wants_json(args):
        print_json({"proposal": found, "notes": notes})
        return
    planned, better = found.planned.first_days, found.better.first_days
    rows = [
        [
            name,
            str(planned[name]),
            str(better[name]),
            "" if planned[name] == better[name] else "moved",
        ]
        for name in sorted(planned, key=lambda each: planned[each])
    ]
    print_columns(("works", "planned from", "better from", ""), rows)
    print(
        f"As planned {found.planned.delay:.0f} vehicle-hours, so {found.better.delay:.0f}: "
        f"{found.saved:.0f} less. {found.scenarios} scenarios were solved."
    )
    for title, dates in (("As planned", found.planned), ("With the better dates", found.better)):
        for one in dates.together[:_SHOWN]:
            more = f"{abs(one.more):.0%} {'more' if one.more >= 0 else 'less'}"
            names = " + ".join(one.names)
            print(f"{title}: {names}, {one.days} days together, cost {more} than apart.")
    for note in (*found.notes, *notes):
        print(f"- {note}")
