"""People on the command line are named by their e-mail address or their id."""

from typing import TYPE_CHECKING

from citycommons.cli.place import operator
from citycommons.core.types import ActorId, Grant, Role

if TYPE_CHECKING:
    from citycommons.store.people import Account
    from citycommons.store.work import City, Work


def named(work: "Work", who: str) -> "Account":
    """The account of an address or id; `NotFound` if there is none."""
    from citycommons.govern import people

    if "@" in who:
        return people.account_by_email(work, who)
    return people.account(work, ActorId(who))


def administrator(
    city: "City", email: str, name: str, password: str | None, language: str = "en"
) -> ActorId:
    """Make the city's administrator; one who is there already gets the role and the password.

    So that an installation that was interrupted can simply be repeated.
    """
    from citycommons.core.errors import NotFound
    from citycommons.govern import people

    role = Grant(role=Role.ADMINISTRATOR)
    with city.work(operator()) as work:
        try:
            account = named(work, email)
        except NotFound:
            made = people.create(
                work, name=name, email=email, password=password or "", language=language
            )
            people.give(work, made.id, role)
            return made.id
        if password:
            people.set_password(work, account.actor.id, password)
        if role not in account.actor.grants:
            people.give(work, account.actor.id, role)
        return account.actor.id
