"""`/account`: one's own password, language and API keys."""

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid
from citycommons.core.types import LANGUAGES
from citycommons.govern import keys, people, sessions
from citycommons.govern.access import Action, allows_anywhere
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.language import N_
from citycommons.web.role_words import ROLE_NAMES
from citycommons.web.running import LANGUAGE_COOKIE, YEAR_S, Running
from citycommons.web.security import May

SCOPES = {
    Action.DISCOVER: N_("find datasets and read their descriptions"),
    Action.READ: N_("read data that are not public"),
    Action.DESCRIBE: N_("change descriptions"),
    Action.PUBLISH: N_("publish versions"),
    Action.WITHDRAW: N_("withdraw versions"),
    Action.DECIDE_PRIVACY: N_("decide on personal data"),
    Action.MANAGE_PUBLISHER: N_("change publishers"),
    Action.MANAGE_PEOPLE: N_("manage people"),
    Action.MANAGE_CITY: N_("manage the city"),
    Action.READ_AUDIT: N_("read the audit log"),
    Action.READ_LEDGER: N_("read goals, costs and the council's page"),
    Action.KEEP_LEDGER: N_("keep goals, benefits and costs"),
    Action.PROPOSE_WORKS: N_("propose works in the road, and change them"),
    Action.RUN_WORKS: N_("say when works begin and end"),
    Action.COORDINATE_WORKS: N_("coordinate works"),
    Action.PERMIT_WORKS: N_("permit works"),
}


def _page(
    running: Running,
    *,
    error: CityError | None = None,
    part: str = "",
    made: keys.NewKey | None = None,
    label: str = "",
) -> Response[str]:
    with running.work() as work:
        account = people.account(work, running.actor.id)
        mine = keys.keys(work)
        now = work.now
    able = [
        action
        for action in SCOPES
        if action in (Action.DISCOVER, Action.READ) or allows_anywhere(running.actor, action)
    ]
    return answer(
        running,
        "account/account.html",
        error=error,
        part=part,
        account=account,
        keys=mine,
        now=now,
        made=made,
        label=label,
        scopes=SCOPES,
        role_words=ROLE_NAMES,
        able=able,
        saved=running.get("saved"),
    )


@get("/account", sync_to_thread=True, opt={"may": May.SIGNED_IN})
def account(running: Running) -> Response[str]:
    return _page(running)


@post("/account/password", sync_to_thread=True, opt={"may": May.SIGNED_IN}, dependencies=WITH_FORM)
def change_password(running: Running, form: Form) -> Response[str]:
    """Change the password; other browsers are signed out."""
    try:
        with running.work(may_write=True) as work:
            people.change_password(
                work, old=form.raw("old"), new=form.raw("new"), token=running.token
            )
    except CityError as error:
        return _page(running, error=error, part="password")
    return running.see("/account?saved=password")


@post("/account/language", sync_to_thread=True, opt={"may": May.SIGNED_IN}, dependencies=WITH_FORM)
def change_language(running: Running, form: Form) -> Response[str]:
    language = form.get("language")
    if language not in LANGUAGES:
        raise Invalid("Choose one of the languages.", column="language")
    with running.work(may_write=True) as work:
        people.set_language(work, language)
    running.set_cookie(LANGUAGE_COOKIE, language, seconds=YEAR_S, is_private=False)
    return running.see("/account?saved=language")


@post("/account/keys", sync_to_thread=True, opt={"may": May.SIGNED_IN}, dependencies=WITH_FORM)
def create_key(running: Running, form: Form) -> Response[str]:
    """Make a key; its text is on this one answer and nowhere else."""
    days = form.get("days")
    try:
        with running.work(may_write=True) as work:
            made = keys.create(
                work,
                label=form.get("label"),
                scopes=tuple(form.all("scope")),
                days=int(days) if days.isdecimal() else keys.DAYS,
            )
    except CityError as error:
        return _page(running, error=error, part="keys", label=form.get("label"))
    return _page(running, made=made)


@post("/account/keys/{id:str}/revoke", sync_to_thread=True, opt={"may": May.SIGNED_IN})
def revoke_key(running: Running, id: FromPath[str]) -> Response[str]:
    with running.work(may_write=True) as work:
        keys.revoke(work, id)
    return running.see("/account?saved=revoked")


@post("/account/sign-out-everywhere", sync_to_thread=True, opt={"may": May.SIGNED_IN})
def sign_out_everywhere(running: Running) -> Response[str]:
    """End all sessions, this one included."""
    with running.work(may_write=True) as work:
        sessions.sign_out_everywhere(work)
    running.set_cookie("session", "", seconds=0)
    return running.see("/sign-in")


HANDLERS = [
    account,
    change_password,
    change_language,
    create_key,
    revoke_key,
    sign_out_everywhere,
]
