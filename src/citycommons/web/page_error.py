"""An error as a page."""

from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.view import View

_HEADS = {
    400: N_("This request cannot be read"),
    401: N_("Please sign in"),
    403: N_("You may not do this"),
    404: N_("Nothing here"),
    405: N_("This address does not do that"),
    409: N_("Somebody was faster"),
    410: N_("Withdrawn"),
    413: N_("Too much at once"),
    422: N_("This cannot be used as it is"),
    429: N_("Too often"),
    500: N_("Something went wrong on our side"),
    503: N_("Not available at the moment"),
}


def error(view: View, status: int, title: str, message: str, number: str = "") -> str:
    """An error as a page: what, where, what next; a search where something was not found."""
    shown = head(status, title, speaker(view))
    values = {"status": status, "head": shown, "message": message, "number": number}
    return render(view, "error.html", e=values)


def head(status: int, title: str, says: Says) -> str:
    """What an error is called on a page."""
    return says._(_HEADS[status]) if status in _HEADS else says._(title)
