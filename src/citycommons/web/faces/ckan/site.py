"""Actions about the portal itself: may it be read, how is it, what can it do."""

from typing import Any

from citycommons.core.errors import NotFound
from citycommons.web.faces.ckan.call import Act, Call, written

SPOKEN = "2.11.3"
"""The CKAN whose API is spoken here: clients choose their ways by it."""


def site_read(_call: Call) -> object:
    """Whether the portal may be read: it may."""
    return True


def status_show(call: Call) -> object:
    """What the portal says of itself."""
    return status(call)


def status(call: Call) -> dict[str, Any]:
    """The same for `/api/util/status`."""
    settings = call.running.city.settings
    return {
        "ckan_version": SPOKEN,
        "site_url": call.base,
        "site_title": settings.name,
        "site_description": "",
        "error_emails_to": None,
        "locale_default": settings.language,
        "extensions": ["datastore"],
    }


def helping(acts: dict[str, Act]) -> dict[str, Act]:
    """`help_show` over these actions and itself."""

    def help_show(call: Call) -> object:
        """What an action does. `name`: its name."""
        name = call.needed("name")
        if (found := every.get(name)) is None:
            raise NotFound(f"Action “{name[:60]}” was not found.")
        return found.help

    every = {**acts, "help_show": Act(run=help_show)}
    return every


ACTIONS = written(site_read, status_show)
