"""List the datasets of a city, with their newest versions."""

from argparse import ArgumentParser, Namespace

from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import print_columns, print_json

EXAMPLES = """\
  citycommons list
  citycommons list --publisher roads --json
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--publisher", metavar="ID", help="only those of this publisher")


def run(args: Namespace) -> None:
    from citycommons.store import catalogue

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        datasets = catalogue.datasets(work.db)
        latest = catalogue.latest_versions(work.db)
    if args.publisher:
        datasets = [one for one in datasets if one.publisher == args.publisher]
    rows = []
    for one in datasets:
        version = latest.get(one.id)
        rows.append(
            {
                "dataset": one.id,
                "title": next(iter(one.title.values()), ""),
                "publisher": one.publisher,
                "access": one.access.value,
                "license": one.license,
                "version": version.number if version else None,
                "rows": version.rows if version else None,
                "created": version.created.isoformat(timespec="seconds") if version else None,
                "links": len(one.links),
            }
        )
    if wants_json(args):
        print_json(rows)
        return
    names = ("dataset", "version", "rows", "publisher", "access", "title")
    print_columns(names, [[row[name] for name in names] for row in rows])
    with_data = sum(row["version"] is not None for row in rows)
    print(f"{len(rows)} datasets, {with_data} of them with data here.")
