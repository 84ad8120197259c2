"""`/desk/values`: what one unit is worth, as data with a source, and which have to be looked up."""

from litestar import get, post
from litestar.response import Response

from citycommons.core.errors import CityError, Forbidden, NotFound
from citycommons.core.goals import ValueId
from citycommons.govern.access import Action, allows
from citycommons.measure.goals import ledger, values
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.goals.money import money
from citycommons.web.goals.one import span_of
from citycommons.web.render import speaker
from citycommons.web.running import Running


@get("/desk/values", sync_to_thread=True, opt={"may": Action.READ_LEDGER})
def unit_values(running: Running) -> Response[str]:
    """All unit values of the city, those that are out of date first."""
    return _page(running)


def _page(running: Running, error: CityError | None = None) -> Response[str]:
    says = speaker(running.view())
    with running.work() as work:
        today = work.now.date()
        found = ledger.unit_values(work)
    known = {one.id for one in found}
    lines = [
        {
            "one": one,
            "amount": span_of(one, says),
            "is_expired": one.expires is not None and one.expires <= today,
            "doubts": ledger.doubts_of(one, today),
        }
        for one in found
    ]
    return answer(
        running,
        "goals/values.html",
        error=error,
        lines=sorted(lines, key=lambda line: (not line["is_expired"], str(line["one"].id))),
        shipped=[
            (one, money(says, one.amount.likely, one.currency, exact=True))
            for id, one in values.shipped().items()
            if id not in known
        ],
        may_keep=allows(running.actor, Action.KEEP_LEDGER, None),
    )


@post("/desk/values", sync_to_thread=True, opt={"may": Action.KEEP_LEDGER}, dependencies=WITH_FORM)
def load(running: Running, form: Form) -> Response[str]:
    """Take chosen values that come with the program into the ledger."""
    wanted = [ValueId(one) for one in form.all("value")]
    try:
        with running.work(may_write=True) as work:
            if wanted:
                values.load(work, *wanted)
    except (NotFound, Forbidden):
        raise
    except CityError as error:
        return _page(running, error)
    return running.see("/desk/values?saved=1")


HANDLERS = [unit_values, load]
