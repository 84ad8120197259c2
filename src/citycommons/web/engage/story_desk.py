"""`/desk/stories`: staff write stories, see what changed from state to state, bring one back."""

from datetime import date
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response
from markupsafe import Markup

from citycommons.core.errors import CityError, Invalid
from citycommons.core.reuses import Story, StoryId
from citycommons.core.types import LANGUAGES
from citycommons.engage import markdown, naming, stories
from citycommons.engage.stories import Draft
from citycommons.govern.access import Action
from citycommons.web.addresses import number
from citycommons.web.desk.tabs import answer
from citycommons.web.engage.reuses import pages
from citycommons.web.forms import WITH_FORM, Form, FormBody
from citycommons.web.language import N_, NAMES
from citycommons.web.running import Running, RunningRequest

_MAY = {"may": Action.KEEP_LEDGER, "operation": None}  # whoever describes data has it too
_HERE = "/desk/stories"
SIZE = 25
_PARTS = {
    "title": N_("Title"),
    "lead": N_("Lead"),
    "body": N_("Text"),
    "datasets": N_("Datasets"),
    "reuses": N_("Reuses"),
    "goals": N_("Goals"),
    "day": N_("Day"),
    "is_public": N_("Public"),
}


@get(_HERE, sync_to_thread=True, opt=_MAY)
def listed(running: Running) -> Response[str]:
    """Drafts and public stories."""
    offset = number(running, "offset", 0, most=1_000_000)
    with running.work() as work:
        found = stories.find(work, with_drafts=True, limit=SIZE, offset=offset)
    return answer(
        running,
        "engage/story_desk.html",
        stories=found.stories,
        pages=pages(running.view(), offset, SIZE, found.total),
    )


def _form(
    running: RunningRequest,
    given: dict[str, Any],
    story: Story | None,
    error: CityError | None = None,
    preview: str | None = None,
) -> Response[str]:
    first = running.language
    return answer(
        running,
        "engage/story_form.html",
        error=error,
        t=given,
        story=story,
        tags=(first, *(tag for tag in LANGUAGES if tag != first)),
        names=NAMES,
        preview=None if preview is None else Markup(markdown.to_html(preview)),  # noqa: S704
    )


@get(_HERE + "/new", sync_to_thread=True, opt=_MAY)
def new(running: Running) -> Response[str]:
    """An empty form."""
    with running.work() as work:
        stories.find(work, with_drafts=True, limit=0)  # refuses who may not write
    return _form(running, {"datasets": running.get("dataset")[:300]}, None)


@post(_HERE + "/new", sync_to_thread=True, opt=_MAY, dependencies=WITH_FORM)
def written(running: Running, form: Form) -> Response[str]:
    """Keep a draft, or show how it will look."""
    return _written(running, form, None)


@get(_HERE + "/{id:str}", sync_to_thread=True, opt=_MAY)
def editing(running: Running, id: FromPath[str]) -> Response[str]:
    """The story as it is, to be changed."""
    with running.work() as work:
        stories.find(work, with_drafts=True, limit=0)
        one = stories.get(work, StoryId(id))
    return _form(running, _typed_of(one), one)


@post(_HERE + "/{id:str}", sync_to_thread=True, opt=_MAY, dependencies=WITH_FORM)
def edited(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Keep the next state, or show how it will look."""
    with running.work() as work:
        stories.find(work, with_drafts=True, limit=0)
        one = stories.get(work, StoryId(id))
    return _written(running, form, one)


def _written(running: RunningRequest, form: FormBody, one: Story | None) -> Response[str]:
    typed = _typed_in(form)
    if form.has("preview"):
        shown = next(
            (
                typed[f"body-{tag}"]
                for tag in (running.language, *LANGUAGES)
                if typed[f"body-{tag}"]
            ),
            "",
        )
        return _form(running, typed, one, preview=shown)
    revision = form.get("revision")
    try:
        with running.work() as work:
            draft = _draft(form, naming.dataset_ids(work, typed["datasets"].split("\n")))
        with running.work(may_write=True) as work:
            saved = stories.write(
                work,
                draft,
                id=one.id if one else None,
                revision=int(revision) if revision.isdecimal() and len(revision) < 9 else 0,
            )
    except CityError as error:
        return _form(running, typed, one, error)
    return running.see(f"/stories/{saved.id}")


@post(_HERE + "/{id:str}/publish", sync_to_thread=True, opt=_MAY)
def publish(running: Running, id: FromPath[str]) -> Response[str]:
    """Let everybody read it."""
    with running.work(may_write=True) as work:
        stories.show(work, StoryId(id), is_public=True)
    return running.see(f"/stories/{id}")


@post(_HERE + "/{id:str}/unpublish", sync_to_thread=True, opt=_MAY)
def unpublish(running: Running, id: FromPath[str]) -> Response[str]:
    """Make it a draft again."""
    with running.work(may_write=True) as work:
        stories.show(work, StoryId(id), is_public=False)
    return running.see(f"/stories/{id}")


@get(_HERE + "/{id:str}/history", sync_to_thread=True, opt=_MAY)
def history(running: Running, id: FromPath[str]) -> Response[str]:
    """Every saved state, with what changed from the one before."""
    with running.work() as work:
        found = stories.history(work, StoryId(id))
    befores = [one.story for one in found[1:]] + [None]
    steps = [
        (one, stories.difference(before, one.story))
        for one, before in zip(found, befores, strict=True)
    ]
    return answer(
        running, "engage/story_history.html", steps=steps, story=found[0].story, parts=_PARTS
    )


@post(_HERE + "/{id:str}/restore", sync_to_thread=True, opt=_MAY, dependencies=WITH_FORM)
def restore(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Bring a state back."""
    number_ = form.get("revision")
    if not (number_.isdecimal() and len(number_) < 9):
        raise Invalid("Which state? Choose one in the history.", column="revision")
    with running.work(may_write=True) as work:
        stories.restore(work, StoryId(id), int(number_))
    return running.see(f"/stories/{id}")


def _typed_in(form: FormBody) -> dict[str, Any]:
    found: dict[str, Any] = {
        f"{part}-{tag}": form.get(f"{part}-{tag}")[: 2 * markdown.LONGEST]
        for part in ("title", "lead", "body")
        for tag in LANGUAGES
    }
    return found | {
        name: form.get(name)[:10_000] for name in ("datasets", "reuses", "goals", "day", "revision")
    }


def _typed_of(one: Story) -> dict[str, Any]:
    texts = {"title": one.title, "lead": one.lead, "body": one.body}
    found: dict[str, Any] = {
        f"{part}-{tag}": text.get(tag, "") for part, text in texts.items() for tag in LANGUAGES
    }
    return found | {
        "datasets": "\n".join(one.datasets),
        "reuses": "\n".join(one.reuses),
        "goals": "\n".join(one.goals),
        "day": one.day.isoformat(),
        "revision": str(one.revision),
    }


def _draft(form: FormBody, datasets: tuple[str, ...]) -> Draft:
    texts = {
        part: {tag: form.get(f"{part}-{tag}") for tag in LANGUAGES}
        for part in ("title", "lead", "body")
    }
    return Draft(
        title=texts["title"],
        lead=texts["lead"],
        body=texts["body"],
        datasets=datasets,
        reuses=tuple(
            one.rpartition("/")[2].strip() for one in form.get("reuses")[:5000].splitlines()
        ),
        goals=tuple(form.get("goals")[:5000].splitlines()),
        day=_day(form.get("day")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as cause:
        raise Invalid(f"“{text[:20]}” is no day: write 2026-03-31.", column="day") from cause


HANDLERS = [listed, new, written, editing, edited, publish, unpublish, history, restore]
