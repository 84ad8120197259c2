"""The city's traffic model: build it from what is published, and show what it is made of."""

from argparse import ArgumentParser, Namespace
from datetime import date
from typing import TYPE_CHECKING, Any

from citycommons.cli.main import add_action
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import print_columns, print_json
from citycommons.cli.progress import Bar
from citycommons.core.errors import Invalid

if TYPE_CHECKING:
    from citycommons.act.model.inputs import Inputs
    from citycommons.act.model.kept import Summary

EXAMPLES = """\
  citycommons roadworks model build
  citycommons roadworks model build --until 2016-06-28     only counts before that day
  citycommons roadworks model show --json
"""

_DATASETS = ("streets", "junctions", "drawn", "areas", "survey", "counts", "detectors")


def arguments(parser: ArgumentParser) -> None:
    parser.set_defaults(run=_show, model=None)
    actions = parser.add_subparsers(metavar="build|show")
    build = add_action(actions, "build", "build the model and keep it")
    build.add_argument(
        "--until", metavar="DAY", type=_day, help="only counts before this day, 2016-06-28"
    )
    for name in _DATASETS:
        build.add_argument(
            f"--{name}", metavar="DATASET", help="instead of the one found by its columns"
        )
    build.set_defaults(run=_build)
    show = add_action(actions, "show", "what the model is made of, and how well it fits")
    show.add_argument("model", metavar="ID", nargs="?", help="default: the newest")
    show.set_defaults(run=_show)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"“{text}” is no day. Write it as 2016-06-28.") from None


def _build(args: Namespace) -> None:
    from citycommons.act.model import build, kept

    with city_of(args) as city:
        with (
            Bar("Traffic model", "steps") as bar,
            city.work(operator(), may_write=False) as work,
        ):

            def tell(what: str, done: int, of: int) -> None:
                bar.update(done, of, title=what)

            model = build.build(work, until=args.until, inputs=_inputs(args), progress=tell)
        with city.work(operator()) as work:
            done = kept.keep(work, model)
    _present(done, args)


def _inputs(args: Namespace) -> "Inputs":
    from citycommons.act.model.inputs import Inputs

    given: dict[str, Any] = {name: getattr(args, name) for name in _DATASETS}
    return Inputs(**given)


def _show(args: Namespace) -> None:
    from citycommons.act.model import kept

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        _present(kept.shown(work, args.model), args)


def _present(one: "Summary", args: Namespace) -> None:
    if wants_json(args):
        print_json({"id": one.id, "created": one.created, "by": one.by, **one.said})
        return
    said = one.said
    print(
        f"Traffic model {one.id}, made {one.created:%Y-%m-%d %H:%M}: {said['zones']} zones, "
        f"{said['nodes']} nodes, {said['links']} links."
    )
    heading = ("day", "hour", "trips", "vehicle-h", "counters", "error", "held out", "GEH<5")
    print_columns(heading, (_row(period) for period in said["periods"]))
    print("From: " + ", ".join(name.partition("@")[0] for name in said["inputs"]))
    for limit in said["limits"]:
        print(f"- {limit}")


def _row(period: dict[str, Any]) -> tuple[object, ...]:
    fit = period["fit"]
    start = (period["day"], f"{period['hour']:02d}:00", round(period["trips"]))
    if fit is None:
        return (*start, round(period["vehicle_hours"]), 0, "", "", "")
    shares = (fit["error"], fit["held_out_error"], fit["geh_under_5"])
    return (
        *start,
        round(period["vehicle_hours"]),
        fit["counters"],
        *("" if share is None else f"{share:.0%}" for share in shares),
    )
