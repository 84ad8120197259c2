"""`/sign-in` and `/sign-out`: a session begins and ends."""

from litestar import get, post
from litestar.response import Response

from citycommons.core.errors import CityError, Forbidden, TooOften
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.render import render
from citycommons.web.running import Running
from citycommons.web.security import May


def page(
    running: Running, *, to: str, error: CityError | None = None, email: str = "", status: int = 200
) -> Response[str]:
    """The form; `to` is where the browser goes afterwards."""
    html = render(
        running.view(has_form=True), "account/sign_in.html", error=error, email=email, to=to
    )
    return running.page(html, error.http_status if error else status)


@get("/sign-in", sync_to_thread=True, opt={"may": May.ANYONE})
def sign_in(running: Running) -> Response[str]:
    """Ask for e-mail and password; who is signed in goes on to the desk."""
    if running.is_signed_in:
        return running.see(running.get("next", "/desk"))
    return page(running, to=running.get("next", "/desk"))


@post("/sign-in", sync_to_thread=True, opt={"may": May.ANYONE}, dependencies=WITH_FORM)
def begin(running: Running, form: Form) -> Response[str]:
    """Start a session with a new token, so that none known before can be used."""
    email, to = form.get("email"), form.get("next", "/desk")
    try:
        is_open = running.sign_in(email, form.raw("password"))
    except TooOften as error:
        return page(running, to=to, error=error, email=email)
    if not is_open:
        wrong = Forbidden(
            "E-mail and password do not open an account. Check both; an administrator can give "
            "you a new password."
        )
        return page(running, to=to, error=wrong, email=email)
    return running.see(to)


@post("/sign-out", sync_to_thread=True, opt={"may": May.ANYONE})
def end(running: Running) -> Response[str]:
    """End the session on both sides."""
    if running.token:
        running.sign_out()
    return running.see("/")


HANDLERS = [sign_in, begin, end]
