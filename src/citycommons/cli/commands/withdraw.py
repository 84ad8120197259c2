"""Take a version back: its rows can no longer be read, a tombstone with the reason stays.

The answer says by which doors it was read, and by what kind of client.
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from citycommons.cli.named import named_version
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import print_columns, print_json
from citycommons.core.errors import Invalid
from citycommons.core.types import DatasetId, Usage, Version

if TYPE_CHECKING:
    from citycommons.store.work import Work

EXAMPLES = """\
  citycommons withdraw counts@3 --reason "Counter 12 was calibrated wrongly"
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET@VERSION", help="id and number")
    parser.add_argument("--reason", required=True, help="readers see it on the tombstone")


def run(args: Namespace) -> None:
    id, number = named_version(args.dataset)
    if number is None:
        raise Invalid(f"Which version of {id}? Write it as {id}@NUMBER.")
    with city_of(args) as city:
        city.usage.flush()  # what the portal has written, and nobody counted yet
        with city.work(operator()) as work:
            version, users = _withdrawn(work, DatasetId(id), number, args.reason)
    if wants_json(args):
        print_json({"version": version, "users": users})
        return
    print(f"Withdrawn {id}@{version.number}: {version.withdrawn_reason}")
    if not users:
        print("Nobody had read it.")
        return
    print("Who read it, and may have to be told:")
    print_columns(("by", "who", "times", "last"), [list(one.values()) for one in users])


def _withdrawn(
    work: "Work", id: DatasetId, number: str, reason: str
) -> tuple[Version, list[dict[str, Any]]]:
    from citycommons.share import open as door
    from citycommons.share.publish import withdraw
    from citycommons.store import usage

    _, found = door.find(work, id, number)
    version = withdraw(work, found.dataset, found.number, reason=reason)
    counted = usage.uses(work.db, dataset=version.dataset)
    return version, _users([one for one in counted if one.version == version.number])


def _users(counted: list[Usage]) -> list[dict[str, Any]]:
    """Uses by door and kind of client; more is not kept of anybody."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in counted:
        key = (one.channel.value, one.client.value)
        line = found.setdefault(key, {"channel": key[0], "client": key[1], "count": 0, "last": ""})
        line["count"] += one.count
        line["last"] = max(line["last"], one.day.isoformat())
    return sorted(found.values(), key=lambda line: -line["count"])
