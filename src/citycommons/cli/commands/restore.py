"""Bring a backup back into an empty folder; every checksum is verified first."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from citycommons.cli.place import wants_json
from citycommons.cli.present import note, print_json
from citycommons.cli.progress import Bar
from citycommons.core.errors import Invalid

EXAMPLES = """\
  citycommons restore lecce-2026-03-31.tar ./lecce
  citycommons restore lecce.tar ./lecce --database postgresql://city@localhost/lecce
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE.tar", help="a backup")
    parser.add_argument("folder", metavar="HOME", nargs="?", help="new or empty folder")
    parser.add_argument("--database", default="", help="an empty PostgreSQL database to restore to")
    parser.add_argument(
        "--lake-of", metavar="HOME", help="where lake files lie, for a backup made by upgrade"
    )


def run(args: Namespace) -> None:
    from citycommons.store.backup import restore

    given = args.folder or getattr(args, "home", None)
    if given is None:
        raise Invalid("Restore where? citycommons restore FILE.tar HOME.")
    home = Path(given).expanduser().resolve()
    lake_of = Path(args.lake_of).expanduser().resolve() if args.lake_of else None
    source = Path(args.file).expanduser().resolve()
    with Bar("Restoring", "files") as bar:
        done = restore(source, home, database=args.database, lake_of=lake_of, progress=bar.update)
    if wants_json(args):
        print_json(done)
    else:
        made = f"{done.contents.created:%Y-%m-%d %H:%M} UTC"
        print(f"Restored the city of {made} into {home}.")
    if lost := done.contents.missing:
        note(f"{len(lost)} lake files were lost before the backup; see: citycommons doctor")
