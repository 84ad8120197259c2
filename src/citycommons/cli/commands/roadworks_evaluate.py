"""What works did: measure them at the counters, beside what was forecast."""

from argparse import ArgumentParser, Namespace
from datetime import date
from typing import TYPE_CHECKING

from citycommons.cli.named import words
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import print_columns, print_json
from citycommons.core.errors import Invalid
from citycommons.core.works import WorksId

if TYPE_CHECKING:
    from citycommons.act.roadworks.evaluation import Evaluation
    from citycommons.act.roadworks.types import Range

EXAMPLES = """\
  citycommons roadworks evaluate --works W-2026-14           measured beside the forecast, and kept
  citycommons roadworks evaluate --junction 09060 --from 2016-06-28 --to 2016-08-08
  citycommons roadworks evaluate --sensors MQ_08062_FV1_G --from 2015-02-16 --to 2015-03-03 --json
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--works", metavar="ID", help="works of the register that are over")
    parser.add_argument("--sensors", metavar="IDS", help="detectors, with commas between them")
    parser.add_argument("--junction", metavar="ID", help="all detectors of a junction")
    parser.add_argument("--from", dest="first", metavar="DAY", type=_day, help="2016-06-28")
    parser.add_argument("--to", dest="last", metavar="DAY", type=_day, help="the last day")
    parser.add_argument(
        "--lasting", action="store_true", help="it was not over on the last day: look on"
    )
    parser.add_argument(
        "--documented",
        action="store_true",
        help="the days are known from elsewhere, not looked up in the counts",
    )
    parser.set_defaults(run=_run)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"“{text}” is no day. Write it as 2016-06-28.") from None


def _run(args: Namespace) -> None:
    from citycommons.act.roadworks import evaluate
    from citycommons.understand.cause.claim import Timing

    if not args.works and not ((args.sensors or args.junction) and args.first and args.last):
        raise Invalid("Say what: --works ID, or --sensors or --junction with --from and --to.")
    with city_of(args) as city:
        # Measuring takes a while: nobody else is kept from writing meanwhile.
        with city.work(operator(), may_write=False) as work:
            done = (
                evaluate.evaluate(work, WorksId(args.works))
                if args.works
                else evaluate.break_of(
                    work,
                    words(args.sensors or ""),
                    args.first,
                    args.last,
                    junction=args.junction or "",
                    is_over=not args.lasting,
                    timing=Timing.DOCUMENTED if args.documented else Timing.FROM_COUNTS,
                )
            )
        if args.works:
            with city.work(operator()) as work:
                evaluate.keep(work, done)
    if wants_json(args):
        print_json(done)
    else:
        _print(done)


def _print(done: "Evaluation") -> None:
    print(f"{done.title}, {done.first_day} to {done.last_day}")
    heading = (
        "counter",
        "a day",
        "without",
        "change",
        "90 %",
        "p",
        "counting",
        "claim",
        "forecast",
    )
    print_columns(
        heading,
        (
            (
                one.counter,
                round(one.seen_per_day),
                round(one.would_per_day),
                f"{one.change.middle:+.1%}",
                _ends(one.change),
                f"{one.p:.3f}",
                one.verdict,
                one.claim.value,
                "; ".join(
                    f"{hour.day} {hour.hour}:00 {_ends(hour.predicted)}" for hour in one.hours
                ),
            )
            for one in done.counters
        ),
    )
    for one in done.counters:
        for reason in one.reasons:
            print(f"{one.counter}: {reason}")
    for sentence in done.left_out:
        print(f"Left out: {sentence}")


def _ends(one: "Range") -> str:
    return f"{one.low:+.1%} to {one.high:+.1%}"
