"""Bring a city's data up to date with this program; a backup of the database comes first.

It may be run again and again: where nothing is to be done, nothing is done.
"""

from argparse import ArgumentParser, Namespace

from citycommons.cli.place import settings_of, wants_json
from citycommons.cli.present import print_json
from citycommons.core.errors import Unavailable

EXAMPLES = """\
  citycommons upgrade --home ./lecce
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--no-backup", action="store_true", help="you have one already")


def run(args: Namespace) -> None:
    from citycommons.store.backup import backup
    from citycommons.store.migrate import LATEST, schema_of, upgrade_schema
    from citycommons.store.work import City

    settings = settings_of(args)
    if not settings.database and not (settings.home / "city.db").exists():
        raise Unavailable(f"There is no city in {settings.home}. Make one with: citycommons init")
    city = City(settings)
    try:
        found = schema_of(city.engine)
        saved = None
        if found is not None and found < LATEST and not args.no_backup:
            stamp = f"{city.clock():%Y%m%dT%H%M%SZ}"
            target = settings.home / "backups" / f"{stamp}-schema-{found}.tar"
            saved = backup(city, target, has_lake=False).path
        before, after = upgrade_schema(city.engine)
    finally:
        city.close()
    if wants_json(args):
        print_json({"before": before, "after": after, "backup": saved})
        return
    if before == after:
        print(f"Nothing to do: the data are of schema {after} already.")
        return
    print(f"Upgraded from schema {before or 'none'} to {after}.")
    if saved:
        print(f"To go back: citycommons restore {saved} NEW_HOME --lake-of {settings.home}")
