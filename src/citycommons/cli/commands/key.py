"""Make, list and revoke API keys; a key may do no more than its owner, and less if you say so."""

from argparse import ArgumentParser, Namespace

from citycommons.cli.main import add_action
from citycommons.cli.named import words
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import print_columns, print_json

EXAMPLES = """\
  citycommons key add ada@example.org --label "nightly upload" --scopes publish,describe
  citycommons key list
  citycommons key revoke 3f9a1c22b7d0
"""


def arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add = add_action(actions, "add", "make a key; it is shown once")
    add.add_argument("who", metavar="EMAIL|ID", help="its owner")
    add.add_argument("--label", required=True, help="what it is for")
    add.add_argument(
        "--scopes",
        metavar="A,B",
        default="discover,read",
        help="names of actions: discover, read, describe, publish, withdraw, … "
        "(default: discover,read)",
    )
    add.add_argument("--days", type=int, default=365, help="how long it lives (default: 365)")
    add.set_defaults(run=_add)
    listed = add_action(actions, "list", "list keys, without their secrets")
    listed.add_argument("who", metavar="EMAIL|ID", nargs="?", help="only those of this owner")
    listed.set_defaults(run=_list)
    revoke = add_action(actions, "revoke", "end a key at once")
    revoke.add_argument("key", metavar="KEY", help="the id that `key list` shows")
    revoke.set_defaults(run=_revoke)


def _add(args: Namespace) -> None:
    from citycommons.cli.people import named
    from citycommons.core.types import SYSTEM
    from citycommons.govern import keys

    # Not the operator's own name: a person's key is made by that person, or by the house itself.
    with city_of(args) as city, city.work(SYSTEM) as work:
        owner = named(work, args.who).actor.id
        made = keys.create(
            work, label=args.label, scopes=words(args.scopes), days=args.days, owner=owner
        )
    if wants_json(args):
        print_json({"key": made.key, "text": made.text})
        return
    print(made.text)
    print(f"This is shown once. Send it as: Authorization: Bearer {made.text[:8]}…")


def _list(args: Namespace) -> None:
    from citycommons.cli.people import named
    from citycommons.govern import keys

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        owner = named(work, args.who).actor.id if args.who else None
        found = keys.keys(work, owner, every=owner is None)
    if wants_json(args):
        print_json(found)
        return
    rows = [
        (
            one.id,
            one.actor,
            one.label,
            ", ".join(one.scopes) if one.scopes is not None else "all",
            f"{one.expires:%Y-%m-%d}" if one.expires else "never",
            "revoked" if one.revoked else f"{one.used:%Y-%m-%d}" if one.used else "never",
        )
        for one in found
    ]
    print_columns(("key", "owner", "label", "may", "ends", "used"), rows)


def _revoke(args: Namespace) -> None:
    from citycommons.govern import keys

    with city_of(args) as city, city.work(operator()) as work:
        keys.revoke(work, args.key)
    if wants_json(args):
        print_json({"key": args.key, "is_revoked": True})
        return
    print(f"The key {args.key} opens nothing any more.")
