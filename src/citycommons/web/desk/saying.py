"""What a person says of a file on its check page: answers, columns, rules, and taking it back."""

from collections.abc import Callable
from dataclasses import replace

from litestar import post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid
from citycommons.core.types import Field, FieldRole, FieldType, Plan, Policy
from citycommons.govern.access import Action
from citycommons.share import drafts
from citycommons.share.drafts import Draft, Reading
from citycommons.standardise.plan import answered
from citycommons.web.desk.check import page
from citycommons.web.desk.rules import rule_of
from citycommons.web.forms import WITH_FORM, Form, FormBody
from citycommons.web.running import Running, RunningRequest

_NAME = 120  # signs of a column's name


def columns_said(
    reading: Reading, draft: Draft, form: FormBody, language: str
) -> tuple[list[Field], dict[str, str]]:
    """Columns that the steward reads or describes otherwise than found, and their new names."""
    before = {field.name: field for field in draft.plan.fields}
    files = {ours: file for file, ours in draft.plan.renames.items()}
    found: list[Field] = []
    renames: dict[str, str] = {}
    for number, field in enumerate(reading.fields):
        name = form.get(f"name-{number}")[:_NAME] or field.name
        file = files.get(field.name, field.name)
        if name != file:
            renames[file] = name
        if not form.has(f"type-{number}"):
            if field.name in before:
                found.append(before[field.name])
            continue
        try:
            wanted = replace(
                field,
                type=FieldType(form.get(f"type-{number}")),
                role=FieldRole(form.get(f"role-{number}")),
                unit=form.get(f"unit-{number}")[:40],
                title=_said(field.title, language, form.get(f"title-{number}")[:200]),
                description=_said(
                    field.description, language, form.get(f"description-{number}")[:2000]
                ),
                is_sensitive=form.has(f"sensitive-{number}"),
            )
        except ValueError as cause:
            raise Invalid(f"Column “{field.name}”: {cause}.", column=field.name) from cause
        if field.name in before or wanted != field:
            found.append(replace(wanted, name=name, evidence="declared"))
    return found, renames


def _said(text: object, language: str, value: str) -> dict[str, str]:
    kept = {tag: words for tag, words in dict(text or {}).items() if tag != language}  # type: ignore[call-overload]
    return {**kept, language: value} if value else kept


@post(
    "/desk/drafts/{id:str}/columns",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
)
def columns(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Read the columns as said; then look again, or go on to the description."""
    try:
        draft, reading = drafts.read(running.city, running.actor, id)
        fields, renames = columns_said(reading, draft, form, running.language)
        drafts.correct(running.city, running.actor, id, fields, renames=renames)
        if number := form.get("reset"):
            name = _column(reading, number)
            drafts.reset(running.city, running.actor, id, renames.get(name, name))
    except CityError as error:
        return page(running, id, error)
    if form.get("go") == "on":
        return running.see(f"/desk/drafts/{id}/describe")
    return running.see(f"/desk/drafts/{id}?read=again#columns")


def _column(reading: Reading, number: str) -> str:
    if not number.isdecimal() or int(number) >= len(reading.fields):
        raise Invalid("There is no such column.")
    return reading.fields[int(number)].name


@post("/desk/drafts/{id:str}/afresh", sync_to_thread=True, opt={"may": Action.PUBLISH})
def afresh(running: Running, id: FromPath[str]) -> Response[str]:
    """Forget everything that was said of this file; only what its values say counts."""
    drafts.reset(running.city, running.actor, id)
    return running.see(f"/desk/drafts/{id}?read=again")


@post(
    "/desk/drafts/{id:str}/sheet",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
)
def sheet(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Read another sheet, layer or member of the file."""
    drafts.choose_table(running.city, running.actor, id, form.get("sheet"))
    return running.see(f"/desk/drafts/{id}")


@post(
    "/desk/drafts/{id:str}/answer",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
)
def answer(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """One answer: it becomes part of the plan, and the file is read again by it."""

    def said(plan: Plan) -> Plan:
        wanted = form.get("question")
        question = next((one for one in reading.report.questions if one.id == wanted), None)
        if question is None:
            raise Invalid("This question is answered already.")
        return answered(plan, question, form.get("other") or form.get("answer"))

    try:
        _, reading = drafts.read(running.city, running.actor, id)
        drafts.plan(running.city, running.actor, id, said)
    except CityError as error:
        return page(running, id, error)
    return running.see(f"/desk/drafts/{id}?read=again#questions")


@post(
    "/desk/drafts/{id:str}/policy",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
)
def policy(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """What happens to values that do not fit."""

    def said(plan: Plan) -> Plan:
        try:
            return replace(plan, policy=Policy(form.get("policy")))
        except ValueError as cause:
            raise Invalid("Choose what happens to values that do not fit.") from cause

    return _change(running, id, said)


@post(
    "/desk/drafts/{id:str}/rules",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
)
def rules(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Add a rule, or take one away by its number."""

    def said(plan: Plan) -> Plan:
        if number := form.get("remove"):
            kept = (one for place, one in enumerate(plan.rules) if str(place) != number)
            return replace(plan, rules=tuple(kept))
        rule = rule_of(form)
        return replace(plan, rules=(*(one for one in plan.rules if one != rule), rule))

    return _change(running, id, said)


def _change(running: RunningRequest, id: str, how: Callable[[Plan], Plan]) -> Response[str]:
    try:
        drafts.plan(running.city, running.actor, id, how)
        drafts.read(running.city, running.actor, id)
    except CityError as error:
        return page(running, id, error)
    return running.see(f"/desk/drafts/{id}?read=again#rules")


HANDLERS = [columns, afresh, sheet, answer, policy, rules]
