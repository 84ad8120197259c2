"""Add people, grant and revoke roles, set passwords, disable accounts."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from citycommons.cli.ask import password_from
from citycommons.cli.main import add_action
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import print_columns, print_json
from citycommons.core.errors import Invalid
from citycommons.core.types import LANGUAGES, Grant, PublisherId, Role

if TYPE_CHECKING:
    from citycommons.store.people import Account

EXAMPLES = """\
  citycommons user add ada@example.org --name "Ada Rossi" --administrator
  citycommons user grant ada@example.org data-manager --publisher roads
  citycommons user revoke ada@example.org data-manager --publisher roads
  citycommons user password ada@example.org --password-file -  < secret.txt
  citycommons user list --json
"""


def arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add = add_action(actions, "add", "add an account")
    add.add_argument("who", metavar="EMAIL")
    add.add_argument("--name", help="the first half of the address when left out")
    add.add_argument("--language", choices=LANGUAGES, default=None)
    add.add_argument("--administrator", action="store_true", help="of the whole city")
    _password(add)
    add.set_defaults(run=_add)
    add_action(actions, "list", "list accounts and roles").set_defaults(run=_list)
    for name, help, act in (
        ("grant", "give a role, at a publisher or for the whole city", _grant),
        ("revoke", "take a role away", _revoke),
    ):
        role = add_action(actions, name, help)
        role.add_argument("who", metavar="EMAIL|ID")
        role.add_argument("role", choices=[one.value for one in Role])
        role.add_argument("--publisher", metavar="ID", help="the whole city when left out")
        role.set_defaults(run=act)
    for name, help, act in (
        ("disable", "shut an account; what it did stays written down", _disable),
        ("enable", "open a disabled account again", _enable),
        ("password", "set a new password; all sessions end", _set_password),
    ):
        one = add_action(actions, name, help)
        one.add_argument("who", metavar="EMAIL|ID")
        one.set_defaults(run=act)
        if name == "password":
            _password(one)


def _password(parser: ArgumentParser) -> None:
    parser.add_argument("--password", help="better: --password-file, or be asked")
    parser.add_argument("--password-file", metavar="FILE", help="first line; - is stdin")


def _add(args: Namespace) -> None:
    from citycommons.govern import people

    password = password_from(args.password, args.password_file, whose=args.who)
    with city_of(args) as city, city.work(operator()) as work:
        actor = people.create(
            work,
            name=args.name or args.who.partition("@")[0],
            email=args.who,
            password=password or "",
            language=args.language or city.settings.language,
        )
        if args.administrator:
            people.give(work, actor.id, Grant(role=Role.ADMINISTRATOR))
        account = people.account(work, actor.id)
    _say(args, account, f"Added {args.who} as {actor.id}.")
    if password is None and not wants_json(args):
        print(f"No password yet: citycommons user password {args.who}")


def _list(args: Namespace) -> None:
    from citycommons.govern import people

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        accounts = people.accounts(work)
    if wants_json(args):
        print_json(accounts)
        return
    rows = [
        (
            one.actor.id,
            one.actor.email,
            one.actor.name,
            "disabled" if one.disabled else _roles(one),
        )
        for one in accounts
    ]
    print_columns(("id", "email", "name", "roles"), rows)


def _roles(account: "Account") -> str:
    found = account.actor.grants
    return ", ".join(f"{one.role.value} of {one.publisher or 'the city'}" for one in found)


def _grant(args: Namespace) -> None:
    from citycommons.cli.people import named
    from citycommons.govern import people

    grant = Grant(role=Role(args.role), publisher=_publisher(args))
    with city_of(args) as city, city.work(operator()) as work:
        id = named(work, args.who).actor.id
        people.give(work, id, grant)
        account = people.account(work, id)
    _say(args, account, f"{args.who} is now {_roles(account)}.")


def _revoke(args: Namespace) -> None:
    from citycommons.cli.people import named
    from citycommons.govern import people

    grant = Grant(role=Role(args.role), publisher=_publisher(args))
    with city_of(args) as city, city.work(operator()) as work:
        id = named(work, args.who).actor.id
        people.take(work, id, grant)
        account = people.account(work, id)
    _say(args, account, f"{args.who} is now {_roles(account) or 'without any role'}.")


def _publisher(args: Namespace) -> PublisherId | None:
    return PublisherId(args.publisher) if args.publisher else None


def _disable(args: Namespace) -> None:
    from citycommons.cli.people import named
    from citycommons.govern import people

    with city_of(args) as city, city.work(operator()) as work:
        id = named(work, args.who).actor.id
        people.disable(work, id)
        account = people.account(work, id)
    _say(args, account, f"{args.who} can no longer sign in, nor use keys.")


def _enable(args: Namespace) -> None:
    from citycommons.cli.people import named
    from citycommons.govern import people

    with city_of(args) as city, city.work(operator()) as work:
        id = named(work, args.who).actor.id
        people.enable(work, id)
        account = people.account(work, id)
    _say(args, account, f"{args.who} can sign in again.")


def _set_password(args: Namespace) -> None:
    from citycommons.cli.people import named
    from citycommons.govern import people

    password = password_from(args.password, args.password_file, whose=args.who)
    if password is None:
        raise Invalid("Nobody can be asked here: give --password-file FILE (- is stdin).")
    with city_of(args) as city, city.work(operator()) as work:
        id = named(work, args.who).actor.id
        people.set_password(work, id, password)
        account = people.account(work, id)
    _say(args, account, f"The password of {args.who} was set; all sessions ended.")


def _say(args: Namespace, account: "Account", text: str) -> None:
    if wants_json(args):
        print_json(account)
    else:
        print(text)
