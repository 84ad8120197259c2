"""What every face must keep to; a stranger runs it on a plug of their own."""

from typing import Any

from litestar.handlers import HTTPRouteHandler

from citycommons.core.errors import Invalid
from citycommons.govern.access import Action
from citycommons.web.plugged import handlers_of
from citycommons.web.security import UNSAFE, May


def check_face(face: Any) -> list[HTTPRouteHandler]:
    """The face's handlers.

    Raises `Invalid` that says what the face does not keep to.
    """
    name = type(face).__name__
    found = handlers_of(list(face.routes()))
    if not found:
        raise Invalid(f"{name} answers nothing: routes() gives no handler.")
    for one in found:
        where = f"{name}: {one.fn.__qualname__}"
        if not isinstance(one.opt.get("may"), May | Action):
            raise Invalid(f"{where} does not say who may call it: opt={{'may': …}}.")
        if "operation" not in one.opt:
            raise Invalid(f"{where} is not described: opt={{'operation': operation(…)}}.")
        is_open = one.opt["may"] in (May.ANYONE, Action.DISCOVER, Action.READ)
        if is_open and one.http_methods & UNSAFE and one.opt.get("by") != "key":
            taken = ", ".join(sorted(one.http_methods))
            raise Invalid(f"{where} takes {taken} by cookie: say opt={{'by': 'key'}}.")
    return found
