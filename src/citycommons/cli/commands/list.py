"""List the datasets of a city, all or those that a search finds, with their newest versions."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import note, print_columns, print_json

if TYPE_CHECKING:
    from citycommons.share.catalogue import Entry

_PAGE = 500

EXAMPLES = """\
  citycommons list
  citycommons list "bicycle counts"
  citycommons list --publisher roads --json
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("text", nargs="?", default="", help="words to search for")
    parser.add_argument("--publisher", metavar="ID", help="only those of this publisher")


def run(args: Namespace) -> None:
    rows = []
    for entry in _entries(args):
        one, version = entry.dataset, entry.version
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


def _entries(args: Namespace) -> "list[Entry]":
    """All that is found, page by page; by title unless something is searched for."""
    from citycommons.share.catalogue import Search, Sort, find

    found: list[Entry] = []
    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        while True:
            page = find(
                work,
                Search(
                    text=args.text,
                    chosen={"publisher": (args.publisher,)} if args.publisher else {},
                    sort=Sort.RELEVANCE if args.text else Sort.TITLE,
                    limit=_PAGE,
                    offset=len(found),
                ),
            )
            found += page.entries
            if len(found) >= page.total or not page.entries:
                break
    if page.corrected:
        note(f"Nothing was found for “{args.text}”; this is for “{page.corrected}”.")
    return found
