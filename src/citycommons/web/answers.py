"""`/forms/{source}`: a form made of a dataset's fields; each answer becomes a row.

It holds what an open form must: the form token, a limit for each address and for the form, a trap
for programs that fill in everything, and bounds on what is taken.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.collect.form import submit
from citycommons.core.errors import CityError, Conflict, Invalid, NotFound
from citycommons.core.ids import checked_id
from citycommons.core.types import (
    Dataset,
    Field,
    FieldRole,
    FieldType,
    Rule,
    Source,
    SourceId,
    Version,
)
from citycommons.store import catalogue
from citycommons.store import sources as rows
from citycommons.web.forms import WITH_FORM, Form, FormBody
from citycommons.web.limits import Limiter
from citycommons.web.refusals import NotSignedIn
from citycommons.web.render import render
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May

PREFIX = "answer-"
TRAP = "website"  # no person sees it; who fills it in is a program
LONGEST = 2000
_MOST_OFFERED = 60
_each = Limiter(6)  # answers a minute from one address
_all = Limiter(240)  # answers a minute to one form


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One question of the form."""

    field: Field
    kind: str  # of the input: "text", "long", "number", "date", "choice", "yes-no", …
    is_required: bool = False
    choices: tuple[str, ...] = ()  # the only answers there are
    offered: tuple[str, ...] = ()  # answers that others gave
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A form that is open."""

    source: Source
    dataset: Dataset
    inputs: tuple[Input, ...]


_KINDS = {
    FieldType.INTEGER: "number",
    FieldType.NUMBER: "number",
    FieldType.BOOLEAN: "yes-no",
    FieldType.DATE: "date",
    FieldType.DATETIME: "datetime-local",
    FieldType.TIME: "time",
}


def asking(running: RunningRequest, id: str) -> Asking:
    """The form of a source.

    Raises `NotFound` where there is none, `NotSignedIn` where an account is needed, `Conflict` for
    one that rests.
    """
    with running.work() as work:
        state = rows.get(work.db, SourceId(id))
        is_form = state is not None and not state.removed and state.source.connector == "form"
        if state is None or not is_form or state.source.dataset is None:
            raise NotFound("There is no form at this address.")
        source = state.source
        if source.options.get("who", "signed-in") != "anyone" and not running.is_signed_in:
            raise NotSignedIn("Sign in to fill in this form.")
        dataset = catalogue.find_dataset(work.db, state.source.dataset)
        version = catalogue.version(work.db, dataset.id) if dataset else None
    if dataset is None or not (found := inputs(dataset, version)):
        raise NotFound("This form has no questions yet: its dataset is not described.")
    if source.is_paused:
        raise Conflict("This form takes no answers at the moment.")
    return Asking(source=source, dataset=dataset, inputs=found)


def inputs(dataset: Dataset, version: Version | None) -> tuple[Input, ...]:
    """A question for each column but shapes: those are made of columns of coordinates."""
    fields = version.fields if version else dataset.fields
    top = {one.name: one for one in version.statistics} if version else {}
    found = []
    for field in fields:
        if field.type is FieldType.GEOMETRY:
            continue
        mine = [rule for rule in dataset.rules if field.name in rule.columns]
        choices = _choices(mine)
        known = top.get(field.name)
        offered: tuple[str, ...] = ()
        if field.role is FieldRole.CATEGORY and not field.is_sensitive and known:
            offered = tuple(str(value) for value, _ in known.top[:_MOST_OFFERED])
        found.append(
            Input(
                field=field,
                kind="choice" if choices else _kind(field),
                is_required=field.name in dataset.key or any(r.kind == "required" for r in mine),
                choices=choices,
                offered=offered,
                minimum=_limit(mine, "minimum"),
                maximum=_limit(mine, "maximum"),
            )
        )
    return tuple(found)


def _kind(field: Field) -> str:
    if field.type is FieldType.STRING:
        return "long" if field.role is FieldRole.TEXT else "text"
    return _KINDS.get(field.type, "text")


def _choices(rules: list[Rule]) -> tuple[str, ...]:
    listed = next((rule.options.get("values", ()) for rule in rules if rule.kind == "one-of"), ())
    return tuple(str(one) for one in listed)


def _limit(rules: list[Rule], name: str) -> float | None:
    found = next((rule.options.get(name) for rule in rules if rule.kind == "range"), None)
    return float(found) if isinstance(found, int | float) else None


def answer_of(asked: Asking, form: FormBody) -> dict[str, Any]:
    """What was typed, column by column; raises `Invalid` that names the question."""
    found: dict[str, Any] = {}
    for place, one in enumerate(asked.inputs):
        typed = form.get(f"{PREFIX}{place}")
        if len(typed) > LONGEST:
            raise Invalid(f"At most {LONGEST} signs here.", column=f"{PREFIX}{place}")
        if not typed and one.is_required:
            raise Invalid("This needs an answer.", column=f"{PREFIX}{place}")
        found[one.field.name] = _value(one, typed, f"{PREFIX}{place}") if typed else None
    if not any(value is not None for value in found.values()):
        raise Invalid("Answer at least one question.", column=f"{PREFIX}0")
    return found


def _value(one: Input, typed: str, name: str) -> Any:
    if one.choices and typed not in one.choices:
        raise Invalid("Choose one of the answers.", column=name)
    try:
        return _typed(one.field.type, typed, one)
    except ValueError as cause:
        raise Invalid(f"“{typed[:60]}” does not fit here.", column=name) from cause


def _typed(kind: FieldType, typed: str, one: Input) -> Any:
    if kind in (FieldType.INTEGER, FieldType.NUMBER):
        number = float(typed.replace(",", "."))
        low = -math.inf if one.minimum is None else one.minimum
        high = math.inf if one.maximum is None else one.maximum
        if not math.isfinite(number) or not low <= number <= high:
            raise ValueError(typed)
        if kind is FieldType.INTEGER:
            if not number.is_integer():
                raise ValueError(typed)
            return int(number)
        return number
    if kind is FieldType.BOOLEAN:
        if typed not in ("yes", "no"):
            raise ValueError(typed)
        return typed == "yes"
    if kind is FieldType.DATE:
        return date.fromisoformat(typed).isoformat()
    if kind is FieldType.DATETIME:
        return datetime.fromisoformat(typed).isoformat()
    if kind is FieldType.TIME:
        return time.fromisoformat(typed).isoformat()
    return typed


@get("/forms/{id:str}", sync_to_thread=True, opt={"may": May.ANYONE})
def show(running: Running, id: FromPath[str]) -> Response[str]:
    """The questions, or thanks for the answer."""
    return _page(running, asking(running, id))


@post(
    "/forms/{id:str}",
    sync_to_thread=True,
    opt={"may": May.ANYONE},
    dependencies=WITH_FORM,
)
def answer(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Keep one answer; it becomes a row with the next run of its source."""
    asked = asking(running, id)
    try:
        _each.take(f"{id}:{running.address}")
        _all.take(id)
        found = answer_of(asked, form)
        if not form.get(TRAP):  # a program is thanked like anybody else, and learns nothing
            folder = running.city.settings.home / "sources" / checked_id(asked.source.id, "source")
            submit(folder, found)
    except CityError as error:
        return _page(running, asked, error, form)
    return running.see(f"/forms/{id}?done=1")


def _page(
    running: RunningRequest,
    asked: Asking,
    error: CityError | None = None,
    form: FormBody | None = None,
) -> Response[str]:
    typed: Mapping[str, str] = form.starting(PREFIX) if form else {}
    html = render(
        running.view(has_form=True),
        "form.html",
        asked=asked,
        source=asked.source,
        dataset=asked.dataset,
        error=error,
        typed=typed,
        is_done=running.get("done") == "1",
    )
    return running.page(html, error.http_status if error else 200)


HANDLERS = [show, answer]
