"""`/desk/worth`: each dataset's value against its cost; costs proposed from the log, to confirm."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.copies import Certainty
from citycommons.core.errors import CityError, Forbidden, Invalid, NotFound
from citycommons.core.goals import ValueId
from citycommons.core.types import DatasetId, PublisherId
from citycommons.govern.access import Action, allows, allows_anywhere
from citycommons.measure.appraisal.assets import indices
from citycommons.measure.appraisal.effort import Proposal, costs_from_log, hosting_from_bytes
from citycommons.measure.appraisal.worth import Money, Worth, worth
from citycommons.measure.goals import ledger
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.web.addresses import number
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.goals import words
from citycommons.web.goals.money import money, numbers, span
from citycommons.web.goals.typed import Typed, typed
from citycommons.web.language import N_
from citycommons.web.negotiate import as_json as json_answer
from citycommons.web.presentation import Says
from citycommons.web.render import speaker
from citycommons.web.running import Running

_SIZE = 100
_FIRST_YEAR = 2000
SORTS: dict[str, tuple[str, Callable[[Worth], Any]]] = {
    "uses": (N_("Uses"), lambda one: -one.uses),
    "cost": (N_("Cost"), lambda one: -_likely(one.costs)),
    "per-use": (N_("Cost of a use"), lambda one: -_likely((one.per_use,) if one.per_use else ())),
    "benefit": (N_("Proven benefit"), lambda one: -_likely(one.benefits)),
    "title": (N_("Dataset"), lambda one: str(one.dataset)),
}


def _likely(amounts: tuple[Money, ...]) -> float:
    return sum(one.amount.likely for one in amounts)


@get("/desk/worth", sync_to_thread=True, opt={"may": Action.READ_LEDGER})
def table(running: Running) -> Response[str]:
    """The table of a year; the address sorts it and turns its pages."""
    says = speaker(running.view())
    sort = running.get("sort") if running.get("sort") in SORTS else "cost"
    offset = number(running, "offset", 0)
    with running.work() as work:
        year = _year(running, work)
        found = sorted(worth(work, year=year), key=SORTS[sort][1])
    return answer(
        running,
        "goals/worth.html",
        lines=[_line(one, says) for one in found[offset : offset + _SIZE]],
        total=len(found),
        offset=offset,
        size=_SIZE,
        year=year,
        sort=sort,
        sorts={name: words_of for name, (words_of, _) in SORTS.items()},
        may_keep=allows_anywhere(running.actor, Action.KEEP_LEDGER),
    )


def _year(running: Running, work: Work) -> int:
    year = number(running, "year", work.now.year - 1, most=9999)
    if not _FIRST_YEAR <= year <= work.now.year:
        raise Invalid(f"Take a year from {_FIRST_YEAR} to {work.now.year}.", parameter="year")
    return year


def _line(one: Worth, says: Says) -> dict[str, Any]:
    return {
        "one": one,
        "elsewhere": [
            (says.number(count), says._(_SURE[sure])) for sure, count in one.elsewhere.items()
        ],
        "benefits": _monies(one.benefits, says),
        "costs": _monies(one.costs, says),
        "per_use": money(says, one.per_use.amount.likely, one.per_use.currency)
        if one.per_use
        else "–",
        "verdict": says._(words.VERDICTS[one.verdict]),
        "is_bad": one.verdict.value == "unused",
    }


_SURE = {
    Certainty.MEASURED: N_("measured"),
    Certainty.REPORTED: N_("reported"),
    Certainty.DECLARED: N_("declared"),
    Certainty.ESTIMATED: N_("estimated"),
}


def _monies(amounts: tuple[Money, ...], says: Says) -> str:
    found = (span(says, one.amount.low, one.amount.high, one.currency) for one in amounts)
    return " + ".join(found) or "–"


@get("/desk/worth/costs", sync_to_thread=True, opt={"may": Action.KEEP_LEDGER})
def proposals(running: Running) -> Response[str]:
    """Costs that the platform proposes for a publisher and a year, each to be confirmed."""
    return _proposals(running, Typed(dict(running.query)))


def _proposals(running: Running, given: Typed, error: CityError | None = None) -> Response[str]:
    says = speaker(running.view())
    with running.work() as work:
        mine = [
            one
            for one in catalogue.publishers(work.db)
            if allows(running.actor, Action.KEEP_LEDGER, one.id)
        ]
        publisher = given.get("publisher") or (mine[0].id if mine else "")
        year = _asked_year(given, work)
        values = [one for one in ledger.unit_values(work) if one.unit == "h"]
        try:
            found = _proposed(work, PublisherId(publisher), year, given) if publisher else ()
        except CityError as fault:
            found, error = (), error or fault
    return answer(
        running,
        "goals/costs.html",
        error=error,
        t=given,
        publishers=mine,
        publisher=publisher,
        year=year,
        hours=values,
        proposals=[
            {
                "key": _key(one),
                "title": says.text(one.cost.title),
                "hours": numbers(says, one.cost.quantity)
                if one.acts
                else span(says, one.cost.quantity.low, one.cost.quantity.high, one.cost.currency),
                "acts": [(each.count, each.assumed) for each in one.acts],
                "source": one.cost.source,
                "entered": one.entered,
            }
            for one in found
        ],
    )


def _asked_year(given: Typed, work: Work) -> int:
    text = given.get("year")
    return int(text) if text.isdecimal() and len(text) == 4 else work.now.year


def _key(one: Proposal) -> str:
    return f"{one.cost.kind.value}:{one.cost.dataset or ''}"


def _proposed(work: Work, publisher: PublisherId, year: int, given: Typed) -> tuple[Proposal, ...]:
    hour = ValueId(given.get("hour")) if given.get("hour") else None
    found = costs_from_log(work, publisher, year, hour=hour)
    if given.get("amount-likely"):
        amount = given.range("amount")
        given.check()
        found += hosting_from_bytes(
            work,
            publisher,
            year,
            amount=amount,
            currency=(given.get("currency") or words.CURRENCY).upper()[:3],
            source=given.text("source"),
        )
    return found


@post(
    "/desk/worth/costs",
    sync_to_thread=True,
    opt={"may": Action.KEEP_LEDGER},
    dependencies=WITH_FORM,
)
def confirm(running: Running, form: Form) -> Response[str]:
    """Enter the chosen proposals as costs, counted again now."""
    given = typed(form)
    wanted = set(form.all("take"))
    try:
        with running.work(may_write=True) as work:
            publisher = PublisherId(given.get("publisher"))
            found = _proposed(work, publisher, _asked_year(given, work), given)
            for one in found:
                if _key(one) in wanted and one.entered is None:
                    ledger.save(work, one.cost, "Proposed from the log, and confirmed")
    except (NotFound, Forbidden):
        raise
    except CityError as error:
        return _proposals(running, given, error)
    return running.see(f"/desk/worth?year={_year_text(given)}&saved=1")


def _year_text(given: Typed) -> str:
    text = given.get("year")
    return text if text.isdecimal() else ""


@get("/desk/worth/table", sync_to_thread=True, opt={"may": Action.READ_LEDGER})
def as_json(running: Running) -> Response[bytes]:
    """The same table for programs."""
    with running.work() as work:
        year = _year(running, work)
        found = worth(work, year=year)
    body = [msgspec.to_builtins(one, order="deterministic") | {"uses": one.uses} for one in found]
    return json_answer(running, {"year": year, "datasets": body})


@get("/desk/worth/of/{id:str}", sync_to_thread=True, opt={"may": Action.READ_LEDGER})
def of_dataset(running: Running, id: FromPath[str]) -> Response[str]:
    """The indices of one dataset as an asset, each with its inputs."""
    with running.work() as work:
        year = _year(running, work)
        found = indices(work, DatasetId(id), year=year)
        title = speaker(running.view()).text(catalogue.dataset(work.db, DatasetId(id)).title)
    return answer(
        running,
        "goals/asset.html",
        title=title,
        id=id,
        year=year,
        indices=found,
        names=words.INDICES,
        inputs=words.INDEX_INPUTS,
        how=words.HOW,
    )


HANDLERS = [table, proposals, confirm, as_json, of_dataset]
