"""Write the whole city into one tar file, consistent while the portal runs."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from citycommons.cli.place import city_of, wants_json
from citycommons.cli.present import in_bytes, print_json
from citycommons.cli.progress import Bar
from citycommons.core.errors import Unavailable

EXAMPLES = """\
  citycommons backup lecce-2026-03-31.tar
  citycommons backup /backups/lecce.tar --home ./lecce --json
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE.tar", help="where to write; must not exist")


def run(args: Namespace) -> None:
    from citycommons.store.backup import backup

    target = Path(args.file).expanduser().resolve()
    with city_of(args) as city, Bar("Backing up", "files") as bar:
        done = backup(city, target, progress=bar.update)
    if wants_json(args):
        print_json(done)
    else:
        number = len(done.contents.lake)
        print(f"Backed up database and {number} lake files: {target} ({in_bytes(done.bytes)}).")
        print(f"Bring it back with: citycommons restore {target} NEW_HOME")
    if lost := done.contents.missing:
        raise Unavailable(
            f"The backup was written without {len(lost)} lake files that are missing or damaged; "
            "see: citycommons doctor --deep"
        )
