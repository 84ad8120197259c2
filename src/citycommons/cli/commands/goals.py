"""The benefits ledger: problems, goals, how they are measured, and how far benefits are proven."""

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from citycommons.cli import goals_shown as shown
from citycommons.cli.main import add_action
from citycommons.cli.named import texts
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import print_columns, print_json
from citycommons.core.errors import Invalid, Unavailable
from citycommons.core.types import PublisherId

if TYPE_CHECKING:
    from citycommons.core.goals import Goal

EXAMPLES = """\
  citycommons goals
  citycommons goals templates
  citycommons goals start safer-cycling --publisher mobility \\
      --with crashes=crashes --with crash_day=day --with bicycles=bicycles \\
      --with counts=cycle-counts --with count_day=day --with cyclists=bicycles
  citycommons goals set GOAL --owner "Office for Mobility" --target 2.5 --due 2028-12-31 \\
      --why "agreed by the council"
  citycommons goals measure GOAL --day 2025-12-31 --baseline
  citycommons goals measure GOAL --value 312 --day 2026-06-30 --source "telephone log of June"
  citycommons goals show GOAL
  citycommons goals recompute GOAL
  citycommons goals export ledger.json
"""


def arguments(parser: ArgumentParser) -> None:
    parser.set_defaults(run=_list)
    actions = parser.add_subparsers(metavar="ACTION")
    add_action(actions, "list", "list the goals and where they stand").set_defaults(run=_list)
    known = add_action(actions, "templates", "list the templates, or show one")
    known.add_argument("template", nargs="?", metavar="TEMPLATE")
    known.set_defaults(run=_templates)
    start = add_action(actions, "start", "begin a ledger from a template")
    start.add_argument("template", metavar="TEMPLATE")
    start.add_argument("--publisher", required=True, metavar="ID", help="whose ledger it becomes")
    start.add_argument(
        "--with",
        dest="given",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a dataset or column that the template's question asks for",
    )
    start.set_defaults(run=_start)
    for name, help, act in (
        ("show", "show a goal with its measurements, benefits, costs and marks", _show),
        (
            "recompute",
            "compute measurements of a goal again, on the versions they read",
            _recompute,
        ),
    ):
        one = add_action(actions, name, help)
        one.add_argument("id", metavar="GOAL")
        one.set_defaults(run=act)
    _arguments_of_change(actions)
    values = add_action(actions, "values", "list unit values, or take in those that come with us")
    values.add_argument("--load", nargs="*", metavar="ID", help="all, or the named ones")
    values.set_defaults(run=_values)
    out = add_action(actions, "export", "write the whole ledger as JSON")
    out.add_argument("file", nargs="?", metavar="FILE", help="default: standard output")
    out.set_defaults(run=_export)
    take = add_action(actions, "import", "take in a ledger that was exported")
    take.add_argument("file", metavar="FILE", help="- for standard input")
    take.set_defaults(run=_import)


def _arguments_of_change(actions: "shown.Actions") -> None:
    measure = add_action(
        actions, "measure", "put a goal's question to the data, and keep the answer"
    )
    measure.add_argument("id", metavar="GOAL")
    measure.add_argument("--day", type=_day, metavar="DAY", help="which day it is about")
    measure.add_argument("--value", type=float, help="a number from elsewhere")
    measure.add_argument("--source", default="", help="where that number is from")
    measure.add_argument("--baseline", action="store_true", help="make it the goal's baseline")
    measure.set_defaults(run=_measure)
    change = add_action(actions, "set", "change a goal; the reason stands in its history")
    change.add_argument("id", metavar="GOAL")
    change.add_argument("--owner", help="the office or role that answers for it")
    change.add_argument("--target", type=float)
    change.add_argument("--due", type=_day, metavar="DAY")
    change.add_argument(
        "--baseline", type=float, metavar="VALUE", help="a stated one; measured: measure --baseline"
    )
    change.add_argument("--baseline-day", type=_day, metavar="DAY")
    change.add_argument("--baseline-source", default="", metavar="WORDS")
    change.add_argument("--step", metavar="TITLE", help="add something that is done for it")
    change.add_argument(
        "--from", dest="first", type=_day, metavar="DAY", help="the step's first day"
    )
    change.add_argument("--link", default="", help="the step's works, page or study")
    change.add_argument("--why", default="", help="needed")
    change.set_defaults(run=_set)
    review = add_action(actions, "review", "write down what was seen, beside the objective")
    review.add_argument("id", metavar="GOAL")
    review.add_argument("--seen", required=True, help="what was evaluated, and what it showed")
    review.add_argument("--changes", default="", help="what is done differently from now on")
    review.set_defaults(run=_review)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"“{text}” is no day. Write it as 2026-06-30.") from None


def _list(args: Namespace) -> None:
    from citycommons.measure.goals import ledger

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        outcomes = ledger.outcomes(work, ledger.goals(work))
    if wants_json(args):
        print_json([shown.plain_outcome(one) for one in outcomes.values()])
        return
    shown.list_of(list(outcomes.values()))


def _templates(args: Namespace) -> None:
    from citycommons.measure.goals import templates

    found = (
        [templates.template(args.template)] if args.template else [*templates.templates().values()]
    )
    if wants_json(args):
        print_json([{**shown.fields(one), "shortfall": one.shortfall} for one in found])
    elif args.template:
        shown.template(found[0])
    else:
        print_columns(("template", "title"), [(one.id, shown.words(one.title)) for one in found])


def _start(args: Namespace) -> None:
    from citycommons.measure.goals import templates

    pairs = [text.partition("=") for text in args.given]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise Invalid(f"“{wrong[0]}” is no NAME=VALUE.")
    given = {name: value for name, _, value in pairs}
    with city_of(args) as city, city.work(operator()) as work:
        done = templates.start(work, args.template, PublisherId(args.publisher), given)
    if wants_json(args):
        print_json(done)
        return
    print(f"Started {done.goal.id}: {shown.words(done.goal.title)}")
    print(f"{len(done.benefits)} benefits and {len(done.costs)} costs wait for their amounts.")
    if gap := templates.template(args.template).gap:
        print(gap)
    print(f"Next: citycommons goals set {done.goal.id} --owner OFFICE --why “…”")


def _show(args: Namespace) -> None:
    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        sheet = shown.sheet(work, args.id)
    if wants_json(args):
        print_json(shown.plain_sheet(sheet))
    else:
        shown.goal(sheet)


def _measure(args: Namespace) -> None:
    from citycommons.measure.goals import ledger

    with city_of(args) as city:
        if args.value is None:
            # The question may take its time: nobody else is kept from writing meanwhile.
            with city.work(operator(), may_write=False) as work:
                answer = ledger.answer(work, args.id, day=args.day)
        with city.work(operator()) as work:
            if args.value is None:
                kept = ledger.keep(work, answer)
            else:
                day = args.day or work.now.date()
                kept = ledger.state(work, args.id, value=args.value, day=day, source=args.source)
            if args.baseline:
                ledger.set_baseline(work, kept.id)
    if wants_json(args):
        print_json(kept)
        return
    print(f"{kept.value:g} on {kept.day}, kept as {kept.id}")
    for pin in kept.inputs:
        print(f"read: {pin}")


def _set(args: Namespace) -> None:
    from citycommons.measure.goals import ledger

    with city_of(args) as city, city.work(operator()) as work:
        goal = ledger.save(work, _changed(ledger.goal(work, args.id), args), args.why)
    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        changes = ledger.baseline_changes(work, goal.id)
    if wants_json(args):
        print_json(goal)
        return
    print(f"Kept {goal.id}, revision {goal.revision}.")
    for one in changes:
        if one.revision == goal.revision:
            print(shown.mark(one))


def _changed(goal: "Goal", args: Namespace) -> "Goal":
    from citycommons.core.goals import Baseline, Step

    if args.owner is not None:
        goal = replace(goal, owner=args.owner)
    if args.target is not None:
        goal = replace(goal, target=args.target)
    if args.due is not None:
        goal = replace(goal, due=args.due)
    if args.baseline is not None:
        if args.baseline_day is None:
            raise Invalid("Say of which day the baseline is: --baseline-day 2025-12-31.")
        said = Baseline(value=args.baseline, day=args.baseline_day, source=args.baseline_source)
        goal = replace(goal, baseline=said)
    if args.step:
        step = Step(title=texts([args.step], "en"), first_day=args.first, link=args.link)
        goal = replace(goal, steps=(*goal.steps, step))
    return goal


def _review(args: Namespace) -> None:
    from citycommons.measure.goals import ledger

    with city_of(args) as city, city.work(operator()) as work:
        goal = ledger.review(work, ledger.goal(work, args.id), seen=args.seen, changes=args.changes)
    if wants_json(args):
        print_json(goal)
    else:
        print(f"Kept {goal.id}, revision {goal.revision}: review {len(goal.reviews)}.")


def _recompute(args: Namespace) -> None:
    from citycommons.measure.goals import ledger

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        kept = ledger.measurements(work, ledger.goal(work, args.id).id)
        again = [ledger.recompute(work, one.id) for ones in kept.values() for one in ones]
    if wants_json(args):
        print_json([{**shown.fields(one), "is_same": one.is_same} for one in again])
    else:
        shown.again(again)


def _values(args: Namespace) -> None:
    from citycommons.measure.goals import ledger, values

    with city_of(args) as city:
        if args.load is not None:
            with city.work(operator()) as work:
                values.load(work, *args.load)
        with city.work(operator(), may_write=False) as work:
            found = ledger.unit_values(work)
            doubts = {one.id: ledger.warnings_of(work, one) for one in found}
    if wants_json(args):
        print_json([{**shown.fields(one), "warnings": doubts[one.id]} for one in found])
        return
    if not found:
        print("There are no unit values yet. Take in those that come with us: goals values --load")
    shown.unit_values(found, doubts)


def _export(args: Namespace) -> None:
    from citycommons.measure.goals import exchange

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        document = exchange.to_json(exchange.export(work))
    if args.file:
        try:
            Path(args.file).write_bytes(document)
        except OSError as cause:
            raise Unavailable(f"Cannot write {args.file}: {cause.strerror}.") from cause
    else:
        sys.stdout.write(document.decode() + "\n")


def _import(args: Namespace) -> None:
    from citycommons.measure.goals import exchange

    try:
        document = sys.stdin.buffer.read() if args.file == "-" else Path(args.file).read_bytes()
    except OSError as cause:
        raise Invalid(f"Cannot read {args.file}: {cause.strerror}.") from cause
    with city_of(args) as city, city.work(operator()) as work:
        done = exchange.take(work, exchange.read(document))
    if wants_json(args):
        print_json(done)
    else:
        print(
            f"Took in {done.entries} entries and {done.measurements} measurements; "
            f"{done.known} entries were here already."
        )
