"""What was made with the data: list it, or bring it over from a portal that is left behind."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from citycommons.cli.main import add_action
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import note, print_columns, print_json
from citycommons.core.errors import NotFound

EXAMPLES = """\
  citycommons reuses list
  curl -s 'https://data.city.org/api/1/reuses/?page_size=1000' > reuses.json   # a udata portal
  citycommons reuses import reuses.json
  citycommons reuses import showcases.json --confirm --json
"""


def arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = add_action(actions, "list", "list confirmed reuses, newest first")
    listing.set_defaults(run=_list)
    bring = add_action(actions, "import", "bring over udata's reuses or CKAN's showcases")
    bring.add_argument("file", metavar="FILE", type=Path, help="JSON as the old portal gave it")
    bring.add_argument(
        "--confirm",
        action="store_true",
        help="list them at once: the old portal had looked at them (else a steward looks first)",
    )
    bring.set_defaults(run=_import)


def _list(args: Namespace) -> None:
    from citycommons.engage import reuses

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        found = reuses.confirmed(work)
    if wants_json(args):
        print_json(found)
        return
    if not found:
        print("No reuse is listed yet. People tell of theirs at /reuses/new.")
        return
    rows = [(one.id, one.kind.value, one.title[:50], one.url[:60]) for one in found]
    print_columns(("id", "kind", "title", "address"), rows)


def _import(args: Namespace) -> None:
    from citycommons.engage import reuse_import

    if not args.file.is_file():
        raise NotFound(f"There is no file {args.file}. Check the path.")
    records = reuse_import.read(args.file)
    with city_of(args) as city, city.work(operator()) as work:
        done = reuse_import.take(work, records, confirms=args.confirm)
    if wants_json(args):
        print_json(done)
        return
    for fault in done.faults:
        note(f"not taken: {fault}")
    state = "listed" if args.confirm else "waiting for a steward at /desk/reuses"
    print(
        f"{len(done.added)} {state}, {done.known} known before, {done.without_data} of data that "
        f"are not here, {len(done.faults)} not taken"
    )
