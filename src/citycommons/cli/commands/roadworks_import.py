"""Bring works of a partner into the register, from DATEX II, WZDx or any table.

The same file twice changes nothing. What a whole delivery no longer lists is marked, not removed.
Rows that cannot be used are told, and stop no other.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import note, print_json
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import LANGUAGES, DatasetId, PublisherId
from citycommons.core.works import Party

if TYPE_CHECKING:
    from citycommons.act.roadworks.bringing import Read
    from citycommons.core.settings import Settings
    from citycommons.store.work import Work

EXAMPLES = """\
  citycommons roadworks import digs.csv --owner water --party utility
  citycommons roadworks import situations.xml --owner roads --source "State road authority"
  citycommons roadworks import feed.geojson --owner roads --format wzdx --partial
  citycommons roadworks import --dataset closures --language en --json
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, nargs="?", help="what to bring in")
    parser.add_argument("--dataset", metavar="ID", help="a published dataset instead of a file")
    parser.add_argument("--owner", metavar="ID", help="publisher that owns works without owner")
    parser.add_argument(
        "--party", choices=[str(one) for one in Party], help="which kind of owner that is"
    )
    parser.add_argument("--source", metavar="NAME", help="of the feed (default: the file's name)")
    parser.add_argument(
        "--format", choices=("datex2", "wzdx", "table"), help="default: seen in the content"
    )
    parser.add_argument(
        "--language", choices=LANGUAGES, help="of texts in a table (default: the city's)"
    )
    parser.add_argument(
        "--partial", action="store_true", help="works that are not in the file are still there"
    )
    parser.set_defaults(run=run)


def run(args: Namespace) -> None:
    from citycommons.act.roadworks import bringing

    if (args.file is None) == (args.dataset is None):
        raise Invalid("Name a FILE, or a published dataset with --dataset ID.")
    if args.file is not None and not args.file.is_file():
        raise NotFound(f"There is no file {args.file}. Check the path.")
    with city_of(args) as city:
        with city.work(operator(), may_write=False) as work:
            found = _read(args, work, city.settings)
        with city.work(operator()) as work:
            done = bringing.take(work, found)
    if wants_json(args):
        print_json(done)
        return
    for remark in done.remarks:
        note(remark)
    for fault in done.received.faults:
        note(f"not taken: {fault.value or f'row {fault.line}'}: {fault.message}")
    got = done.received
    print(
        f"{done.format}: {len(got.added)} new, {len(got.changed)} changed, {len(got.same)} as "
        f"before, {len(got.vanished)} no longer listed, {len(got.faults)} not taken"
    )


def _read(args: Namespace, work: "Work", settings: "Settings") -> "Read":
    from citycommons.act.roadworks import bringing

    language = args.language or settings.language
    party = Party(args.party) if args.party else None
    if args.dataset:
        id = DatasetId(args.dataset)
        return bringing.read_dataset(work, settings, id, language=language, party=party)
    if not args.owner:
        raise Invalid("Say whose works these are, with --owner ID of a publisher.")
    delivery = bringing.Delivery(
        source=args.source or args.file.name,
        owner=PublisherId(args.owner),
        party=party or Party.UTILITY,
        language=language,
        is_complete=not args.partial,
    )
    return bringing.read_file(work, settings, args.file, delivery, format=args.format or "")
