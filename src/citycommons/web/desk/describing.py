"""`…/describe` and `…/license`: what the data are, and what may be done with them."""

from dataclasses import replace
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid
from citycommons.core.ids import slug
from citycommons.core.types import (
    LANGUAGES,
    Access,
    Category,
    Dataset,
    DatasetId,
    Publisher,
    PublisherId,
)
from citycommons.govern import privacy
from citycommons.govern.access import Action, allows
from citycommons.govern.licenses import LICENSES
from citycommons.share import drafts
from citycommons.store import catalogue
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.language import N_
from citycommons.web.presentation import FREQUENCIES, THEMES
from citycommons.web.running import Running

_LONG = 10_000
USUAL = {  # licences that cities of a language mostly choose; the others stand behind a click
    "en": ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "ODbL-1.0"),
    "de": ("dl-de/by-2.0", "dl-de/zero-2.0", "CC0-1.0", "CC-BY-4.0"),
    "fr": ("etalab-2.0", "ODbL-1.0", "CC0-1.0", "CC-BY-4.0"),
    "it": ("IODL-2.0", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0"),
}
CATEGORY_WORDS = {
    Category.ENVIRONMENTAL: N_(
        "About the city and its surroundings: streets, air, water, traffic, buildings. "
        "Nobody is described."
    ),
    Category.TRANSPARENCY: N_(
        "About what the administration decides, spends and does: budgets, minutes, waiting times."
    ),
    Category.PERSONAL: N_(
        "Rows that are about people, or by which somebody could be recognised. They stay internal "
        "until the data protection officer records a decision to release them."
    ),
}
ACCESS_WORDS = {
    Access.PUBLIC: N_("Everybody can find and read it."),
    Access.RESTRICTED: N_("Whoever signs in can find and read it."),
    Access.INTERNAL: N_("Only people with a role at this publisher can find and read it."),
}


def description_of(form: Form, before: Dataset) -> Dataset:
    """The dataset as typed in the first half of the description."""
    title = dict(_texts(form, "title-", 300))
    given = form.get("id").lower()
    first = next(iter(title.values()), "")
    return replace(
        before,
        id=DatasetId(given or before.id or slug(first)),
        title=title,
        description=dict(_texts(form, "description-", _LONG)),
        publisher=PublisherId(form.get("publisher") or before.publisher),
        steward=form.get("steward")[:200],
        theme=_one_of(form.get("theme"), THEMES, "theme"),
        keywords=_words(form.get("keywords")),
        frequency=_one_of(form.get("frequency"), FREQUENCIES, "frequency"),
        place=form.get("place")[:200],
        landing_page=_address(form.get("landing_page")),
        key=tuple(form.all("key")),
    )


def terms_of(form: Form, before: Dataset) -> Dataset:
    """The dataset with licence, category and access as chosen; personal data stay internal."""
    license = form.get("license")
    if license not in LICENSES:
        raise Invalid("Choose a licence: it tells readers what they may do.", column="license")
    try:
        category, access = Category(form.get("category")), Access(form.get("access"))
    except ValueError as cause:
        raise Invalid("Choose a category, and who may read.", column="category") from cause
    return replace(
        before,
        license=license,
        attribution=form.get("attribution")[:500],
        category=category,
        access=access,
    )


def kept_inside(running: Running, dataset: Dataset) -> Dataset:
    """Personal data that nobody released stay internal, whatever access was chosen."""
    if dataset.category is not Category.PERSONAL:
        return dataset
    with running.work() as work:
        decided = privacy.decision(work, dataset) if dataset.id else None
    may = decided is not None and decided.may_be_released
    return dataset if may else replace(dataset, access=Access.INTERNAL)


def _texts(form: Form, prefix: str, longest: int) -> list[tuple[str, str]]:
    found = ((tag, form.get(prefix + tag)[:longest]) for tag in LANGUAGES)
    return [(tag, text) for tag, text in found if text]


def _words(text: str) -> tuple[str, ...]:
    found = (word.strip()[:60] for word in text.split(","))
    return tuple(dict.fromkeys(word for word in found if word))[:30]


def _one_of(value: str, known: dict[str, str], name: str) -> str:
    if value and value not in known:
        raise Invalid(f"“{value}” is not known; choose one of the list.", column=name)
    return value


def _address(value: str) -> str:
    if value and not value.startswith(("https://", "http://")):
        raise Invalid("A web page's address begins with https://.", column="landing_page")
    return value[:2000]


def my_publishers(running: Running, action: Action) -> list[Publisher]:
    """Publishers for whom the actor may do this."""
    with running.work() as work:
        return [p for p in catalogue.publishers(work.db) if allows(running.actor, action, p.id)]


def choices(running: Running, action: Action = Action.PUBLISH) -> dict[str, Any]:
    """What the forms of a description offer."""
    first = running.language
    return {
        "tags": (first, *(tag for tag in LANGUAGES if tag != first)),
        "publishers": my_publishers(running, action),
        "themes": THEMES,
        "frequencies": {k: v for k, v in FREQUENCIES.items() if k != "UPDATE_CONT"},
        "licenses": LICENSES,
        "usual": USUAL.get(running.city.settings.language, USUAL["en"]),
        "categories": CATEGORY_WORDS,
        "accesses": ACCESS_WORDS,
    }


def _describe_page(
    running: Running, id: str, error: CityError | None = None, typed: Dataset | None = None
) -> Response[str]:
    draft, reading = drafts.read(running.city, running.actor, id)
    return answer(
        running,
        "desk/describe.html",
        error=error,
        draft=draft,
        dataset=typed or draft.dataset,
        columns=[field.name for field in reading.fields],
        **choices(running),
    )


@get("/desk/drafts/{id:str}/describe", sync_to_thread=True, opt={"may": Action.PUBLISH})
def describe(running: Running, id: FromPath[str]) -> Response[str]:
    """The second step: title, description, address, theme, key."""
    return _describe_page(running, id)


@post(
    "/desk/drafts/{id:str}/describe",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
)
def save_description(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    draft = drafts.get(running.city, running.actor, id)
    typed = draft.dataset
    try:
        typed = description_of(form, draft.dataset)
        drafts.describe(running.city, running.actor, id, typed, step="describe")
    except CityError as error:
        return _describe_page(running, id, error, typed)
    return running.see(f"/desk/drafts/{id}/license")


def _terms_page(
    running: Running, id: str, error: CityError | None = None, typed: Dataset | None = None
) -> Response[str]:
    draft = drafts.get(running.city, running.actor, id)
    with running.work() as work:
        decided = privacy.decision(work, draft.dataset) if draft.dataset.id else None
    return answer(
        running,
        "desk/license.html",
        error=error,
        draft=draft,
        dataset=typed or draft.dataset,
        decided=decided,
        is_chosen=draft.is_licensed or typed is not None,
        **choices(running),
    )


@get("/desk/drafts/{id:str}/license", sync_to_thread=True, opt={"may": Action.PUBLISH})
def terms(running: Running, id: FromPath[str]) -> Response[str]:
    """The third step: licence, category, and who may read."""
    return _terms_page(running, id)


@post(
    "/desk/drafts/{id:str}/license",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
)
def save_terms(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    draft = drafts.get(running.city, running.actor, id)
    typed = draft.dataset
    try:
        typed = kept_inside(running, terms_of(form, draft.dataset))
        drafts.describe(running.city, running.actor, id, typed, step="license")
    except CityError as error:
        return _terms_page(running, id, error, typed)
    return running.see(f"/desk/drafts/{id}/publish")


HANDLERS = [describe, save_description, terms, save_terms]
