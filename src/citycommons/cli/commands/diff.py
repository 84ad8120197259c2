"""Compare two versions of a dataset, row by row, by the key that identifies a row."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from citycommons.cli.named import words
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import print_json
from citycommons.core.types import DatasetId

if TYPE_CHECKING:
    from citycommons.share.diff import Change, Diff

EXAMPLES = """\
  citycommons diff trees 1 2
  citycommons diff trees 1 latest --key id --only changed --limit 1000 --json
"""

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET")
    parser.add_argument("older", metavar="A", help="number, digest or latest")
    parser.add_argument("newer", metavar="B")
    parser.add_argument("--key", metavar="COLS", help="the dataset's when left out")
    parser.add_argument("--only", choices=list(_SIGNS))
    parser.add_argument("--limit", type=int, default=20, help="rows to print (default: 20)")
    parser.add_argument("--offset", type=int, default=0)


def run(args: Namespace) -> None:
    from citycommons.share import open as door
    from citycommons.share.diff import Kind, diff

    with city_of(args) as city:
        with city.work(operator()) as work:
            older = door.open(work, DatasetId(args.dataset), args.older)
            newer = door.open(work, DatasetId(args.dataset), args.newer)
        found = diff(
            older,
            newer,
            key=words(args.key) or None,
            only=Kind(args.only) if args.only else None,
            limit=max(0, args.limit),
            offset=max(0, args.offset),
        )
    if wants_json(args):
        print_json(found)
    else:
        _print(args.dataset, found)


def _print(dataset: str, found: "Diff") -> None:
    print(
        f"{dataset}, version {found.older} → {found.newer}: {found.added} rows added, "
        f"{found.removed} removed, {found.changed} changed, {found.unchanged} unchanged."
    )
    if found.note:
        print(found.note)
    for field in found.fields:
        before = (
            f"{field.before.type.value} {field.before.unit}".strip() if field.before else "none"
        )
        after = f"{field.after.type.value} {field.after.unit}".strip() if field.after else "none"
        print(f"column {field.name}: {before} → {after}")
    for change in found.changes:
        print(f"{_SIGNS[change.kind.value]} {_row(change, found.key)}")


def _row(change: "Change", key: tuple[str, ...]) -> str:
    if change.before is None or change.after is None:
        whole = change.after or change.before or {}
        return ", ".join(f"{name}={value}" for name, value in whole.items())
    named = ", ".join(f"{name}={change.after[name]}" for name in key)
    cells = (f"{name}: {change.before[name]} → {change.after[name]}" for name in change.columns)
    return f"{named}: {'; '.join(cells)}"
