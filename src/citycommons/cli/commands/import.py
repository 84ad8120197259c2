"""Take in the catalogue of a CKAN, Opendatasoft or Socrata portal, from a dump of it.

Each dataset becomes an entry, once, however often the dump is taken in. What its addresses were on
the old portal is kept: when the old host name leads here, they are answered with where it is now.
"""

import shutil
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import note, print_json
from citycommons.cli.progress import Bar
from citycommons.core.errors import Invalid, NotFound, Unavailable
from citycommons.core.ids import checked_id, slug
from citycommons.core.types import ActorId, PublisherId, Source, SourceId

if TYPE_CHECKING:
    from citycommons.store.work import City

EXAMPLES = """\
  ckanapi dump datasets --all -r https://data.city.org -O datasets.jsonl.gz -z
  citycommons import datasets.jsonl.gz --from ckan --portal https://data.city.org
  citycommons import catalog.json --from opendatasoft --portal https://data.city.org --json
  citycommons import views.json --from socrata --portal https://data.city.org --publisher roads
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("dump", metavar="FILE|DIR", type=Path, help="JSON or JSON lines, .gz too")
    parser.add_argument(
        "--from",
        dest="system",
        choices=("ckan", "opendatasoft", "socrata"),
        required=True,
        help="what the old portal runs",
    )
    parser.add_argument("--portal", metavar="URL", required=True, help="address of the old portal")
    parser.add_argument("--publisher", metavar="ID", help="needed when there are several")
    parser.add_argument("--license", metavar="ID", help="of datasets that say nothing themselves")
    parser.add_argument("--prefix", default="", help="stands before the ids of entries")
    parser.add_argument(
        "--with-data",
        action="store_true",
        help="bring the best readable file of each dataset, too, while the old portal answers",
    )
    parser.add_argument(
        "--confirm", action="store_true", help="it is right that most known datasets are gone"
    )


def run(args: Namespace) -> None:
    from citycommons.collect import sources
    from citycommons.share import arrive, old_addresses

    if not args.dump.exists():
        raise NotFound(f"There is no {args.dump}. Check the path.")
    if not args.portal.startswith(("http://", "https://")):
        raise Invalid(f"“{args.portal}” is no address. Write it like https://data.city.org.")
    with city_of(args) as city:
        source = _source(args, city)
        _bring_in(args.dump, Path(source.options["path"]))
        with city.work(operator()) as work:
            sources.save(work, source)
        with Bar(f"Importing {args.dump.name}", unit="datasets") as bar:

            def told(counts: Mapping[str, int]) -> None:
                bar.update(counts.get("parcels", 0))

            done = arrive.run_named(city, operator(), source.id, confirm=args.confirm, told=told)
        if done.outcome == "failed":
            raise Unavailable(f"The import failed: {done.message}")
        with city.work(operator()) as work:
            kept = old_addresses.remember(city, work, source)
    if wants_json(args):
        print_json({"source": source.id, "run": done, "old_addresses": kept})
        return
    print(done.message)
    print(f"{kept} old names are kept; their addresses lead to what is here now.")
    for fault in done.faults[:10]:
        note(f"{fault.column}: {fault.message}")


def _source(args: Namespace, city: "City") -> Source:
    """The source that stands for the old portal: the same for each import of it."""
    from citycommons.store import catalogue

    with city.work(operator(), may_write=False) as work:
        known = [one.id for one in catalogue.publishers(work.db)]
    publisher = args.publisher or (known[0] if len(known) == 1 else "")
    if publisher not in known:
        raise Invalid(
            f"Who answers for these datasets? Name one with --publisher ({', '.join(known)})."
        )
    host = args.portal.split("://", 1)[1].rstrip("/")
    id = SourceId(checked_id(slug(f"import-{host}", 60), "source"))
    inbox = city.settings.home / "inbox" / publisher / id
    return Source(
        id=id,
        title=f"Import from {host}",
        connector="dump",
        options={"path": str(inbox), "system": args.system, "portal": args.portal},
        publisher=PublisherId(publisher),
        owner=ActorId(operator().id),
        license=args.license or "unspecified",
        with_data=args.with_data,
        prefix=args.prefix,
    )


def _bring_in(dump: Path, folder: Path) -> None:
    """Copy the dump to where its publisher's sources may read, in place of an earlier one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = sorted(dump.iterdir()) if dump.is_dir() else [dump]
    for one in files:
        if one.is_file():
            shutil.copyfile(one, folder / one.name)
