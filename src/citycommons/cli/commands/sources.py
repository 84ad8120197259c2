"""Where data come from by themselves: other portals, feeds, shares, databases.

A source runs when it is due, as long as the portal or a worker runs. Without an action the sources
are listed, with how they do: new, good, held (something waits for a person), failing, dead, paused,
running.
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from citycommons.cli import adding
from citycommons.cli.main import add_action
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import in_bytes, note, print_columns, print_json
from citycommons.cli.progress import Bar
from citycommons.core.errors import CityError, Unavailable
from citycommons.core.types import Run, SourceId

if TYPE_CHECKING:
    from citycommons.collect.sources import Overview

EXAMPLES = """\
  citycommons sources
  citycommons sources --json
  citycommons sources connectors ckan
  citycommons sources add ckan --title "Open data of Lecce" --publisher roads \\
      --option url=https://dati.example.org --every P1D --offset PT3H
  citycommons sources add web --title "Air quality" --publisher roads --dataset air \\
      --option url=https://example.org/air.csv --every PT1H --describe
  citycommons sources run air
  citycommons sources show air
  citycommons sources pause air
"""


def arguments(parser: ArgumentParser) -> None:
    parser.set_defaults(run=_list)
    actions = parser.add_subparsers(metavar="ACTION")
    add_action(actions, "list", "list the sources with their health").set_defaults(run=_list)
    add = add_action(actions, "add", "add a source, or change one")
    adding.arguments(add)
    add.set_defaults(run=_add)
    show = add_action(actions, "show", "show a source with its log")
    show.add_argument("id", metavar="SOURCE")
    show.add_argument("--runs", type=int, default=10, metavar="N", help="of the log (default: 10)")
    show.set_defaults(run=_show)
    run = add_action(actions, "run", "run a source now, and wait for its end")
    run.add_argument("id", metavar="SOURCE")
    run.add_argument(
        "--confirm", action="store_true", help="it is right that most of its records are gone"
    )
    run.set_defaults(run=_run)
    for name, help, act in (
        ("pause", "let a source rest; a run that is under way stops", _pause),
        ("resume", "let a paused source run again", _resume),
        ("remove", "take a source away; what it brought stays", _remove),
    ):
        one = add_action(actions, name, help)
        one.add_argument("id", metavar="SOURCE")
        one.set_defaults(run=act)
    known = add_action(actions, "connectors", "list the connectors, or the options of one")
    known.add_argument("name", metavar="CONNECTOR", nargs="?")
    known.set_defaults(run=_connectors)


def _add(args: Namespace) -> None:
    is_new, overview = adding.add(args)
    if wants_json(args):
        print_json(_plain(overview))
        return
    source = overview.source
    print(f"{'Added' if is_new else 'Changed'} {source.id}: {source.title}.")
    if not source.every:
        print(f"It runs when somebody says so: citycommons sources run {source.id}")
    elif overview.next_run:
        print(f"Next run: {_moment(overview.next_run)}, by the portal's worker.")


def _list(args: Namespace) -> None:
    from citycommons.collect import sources

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        found = sources.find(work)
    if wants_json(args):
        print_json([_plain(one) for one in found])
        return
    rows = [
        (
            one.source.id,
            one.health.value,
            one.source.connector,
            one.source.publisher,
            one.source.every or "by hand",
            _moment(one.last.ended) if one.last and one.last.ended else "never",
            _moment(one.next_run) if one.next_run else "",
            one.message,
        )
        for one in found
    ]
    names = ("source", "health", "connector", "publisher", "every", "last run", "next run")
    print_columns((*names, "message"), rows)
    waiting = sum(one.health.value in ("held", "failing", "dead") for one in found)
    print(f"{len(found)} sources; {waiting} of them need somebody.")


def _show(args: Namespace) -> None:
    from citycommons.collect import sources

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        one = sources.get(work, SourceId(args.id))
        log = sources.runs(work, SourceId(args.id), limit=args.runs)
    if wants_json(args):
        print_json({**_plain(one), "runs": log})
        return
    source = one.source
    print(f"{source.id}: {source.title} ({source.connector}, {source.publisher})")
    print(f"health: {one.health.value}" + (f", {one.message}" if one.message else ""))
    if one.failures:
        print(f"failed {one.failures} times in a row since {_moment(one.failing_since)}")
    print(f"every: {source.every or 'by hand'} {source.offset}".rstrip())
    print(f"next run: {_moment(one.next_run) if one.next_run else 'when somebody says so'}")
    print(f"dataset: {source.dataset}" if source.dataset else f"records: {one.records}")
    for name, value in source.options.items():
        print(f"option {name}: {_shown(value)}")
    for run in log:
        _print_run(run)


def _run(args: Namespace) -> None:
    from citycommons.share import arrive

    with city_of(args) as city, Bar(f"Running {args.id}", unit="records") as bar:

        def told(counts: Mapping[str, int]) -> None:
            if counts.get("parcels"):
                bar.update(counts["parcels"])
            else:
                bar.update(0, title=f"Fetching {args.id}: {in_bytes(counts.get('bytes', 0))}")

        run = arrive.run_named(city, operator(), SourceId(args.id), confirm=args.confirm, told=told)
    if wants_json(args):
        print_json(run)
    else:
        _print_run(run)
    if run.outcome == "failed":
        raise Unavailable(f"The run of {args.id} failed: {run.message}")


def _pause(args: Namespace) -> None:
    from citycommons.collect import sources

    _act(args, lambda work: sources.pause(work, SourceId(args.id)), "Paused")


def _resume(args: Namespace) -> None:
    from citycommons.collect import sources

    _act(args, lambda work: sources.resume(work, SourceId(args.id)), "Resumed")


def _act(args: Namespace, act: Any, word: str) -> None:
    with city_of(args) as city, city.work(operator()) as work:
        overview = act(work)
    if wants_json(args):
        print_json(_plain(overview))
    else:
        print(f"{word} {args.id}.")


def _remove(args: Namespace) -> None:
    from citycommons.collect import sources

    with city_of(args) as city, city.work(operator()) as work:
        sources.remove(work, SourceId(args.id))
    if wants_json(args):
        print_json({"removed": args.id})
    else:
        print(f"Removed {args.id}; what it brought stays.")


def _connectors(args: Namespace) -> None:
    from citycommons.collect.connect import brings, options_of
    from citycommons.core import plugs

    if args.name:
        options = options_of(args.name)
        if wants_json(args):
            print_json({"connector": args.name, "brings": brings(args.name), "options": options})
            return
        print(_first_line(args.name))
        rows = [
            (
                one.name,
                "needed" if one.is_required else _shown(one.default),
                "secret" if one.is_secret else ", ".join(one.choices) or one.type,
                one.description,
            )
            for one in options
        ]
        print_columns(("option", "default", "type", "meaning"), rows)
        return
    found = []
    for name in plugs.names("connectors"):
        try:
            found.append((name, brings(name).value, _first_line(name)))
        except CityError as error:  # a package is missing; the others are listed
            found.append((name, "", error.message))
    if wants_json(args):
        print_json([dict(zip(("connector", "brings", "says"), row, strict=True)) for row in found])
        return
    print_columns(("connector", "brings", "what it is"), found)


def _first_line(connector: str) -> str:
    from citycommons.core import plugs

    text = plugs.load("connectors", connector).__doc__ or ""
    return " ".join(text.strip().split("\n\n")[0].split())


def _plain(one: "Overview") -> dict[str, Any]:
    """What a program wants to know of a source; secrets are named, never shown."""
    source = one.source
    return {
        "source": source.id,
        "title": source.title,
        "health": one.health,
        "message": one.message,
        "connector": source.connector,
        "options": source.options,
        "publisher": source.publisher,
        "owner": source.owner,
        "dataset": source.dataset,
        "mode": source.mode,
        "every": source.every,
        "offset": source.offset,
        "is_paused": source.is_paused,
        "next_run": one.next_run,
        "failures": one.failures,
        "failing_since": one.failing_since,
        "records": one.records,
        "gone": one.gone,
        "can_confirm": one.can_confirm,
        "last": one.last,
        "running": one.running,
    }


def _print_run(run: Run) -> None:
    when = _moment(run.started)
    took = f" in {(run.ended - run.started).total_seconds():.1f} s" if run.ended else ""
    print(f"run {run.id}, {when}: {run.outcome or 'under way'}{took}. {run.message}".rstrip())
    for fault in run.faults[:10]:
        print(f"! {fault.value or fault.column}: {fault.message}")
    if len(run.faults) > 10:
        note(f"… {len(run.faults)} faults in all; see: citycommons sources show --json")


def _moment(time: Any) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M") if time else ""


def _shown(value: Any) -> str:
    if isinstance(value, Mapping) and set(value) == {"secret"}:
        return f"secret {value['secret']}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
