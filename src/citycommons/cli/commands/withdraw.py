"""Take a version back: its rows can no longer be read, a tombstone with the reason stays."""

from argparse import ArgumentParser, Namespace

from citycommons.cli.named import named_version
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import print_json
from citycommons.core.errors import Invalid
from citycommons.core.types import DatasetId

EXAMPLES = """\
  citycommons withdraw counts@3 --reason "Counter 12 was calibrated wrongly"
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET@VERSION", help="id and number")
    parser.add_argument("--reason", required=True, help="readers see it on the tombstone")


def run(args: Namespace) -> None:
    from citycommons.share import open as door
    from citycommons.share.publish import withdraw
    from citycommons.store import usage

    id, number = named_version(args.dataset)
    if number is None:
        raise Invalid(f"Which version of {id}? Write it as {id}@NUMBER.")
    with city_of(args) as city, city.work(operator()) as work:
        _, found = door.find(work, DatasetId(id), number)
        version = withdraw(work, found.dataset, found.number, reason=args.reason)
        counted = usage.uses(work.db, dataset=version.dataset)
        uses = sum(one.count for one in counted if one.version == version.number)
    if wants_json(args):
        print_json({"version": version, "uses": uses})
        return
    print(f"Withdrawn {id}@{version.number}: {version.withdrawn_reason}")
    print(f"It had been read {uses} times." if uses else "Nobody had read it.")
