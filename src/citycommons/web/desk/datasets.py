"""`/desk/datasets/{id}`: the description, its versions, and the way to the next one."""

from dataclasses import fields as parts_of
from dataclasses import replace

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.collect import sources
from citycommons.core.errors import CityError, Conflict
from citycommons.core.types import Dataset, DatasetId
from citycommons.govern import privacy
from citycommons.govern.access import Action, allows, require
from citycommons.share import drafts
from citycommons.share.publish import describe as save_entry
from citycommons.share.tasks import is_dead
from citycommons.store import catalogue
from citycommons.web.desk.describing import choices, description_of, kept_inside, terms_of
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.language import N_
from citycommons.web.presentation import says
from citycommons.web.running import Running
from citycommons.web.scores import scored
from citycommons.web.source_words import EVERY, HEALTH

_PARTS = {
    "title": N_("title"),
    "description": N_("description"),
    "publisher": N_("publisher"),
    "steward": N_("steward"),
    "theme": N_("theme"),
    "keywords": N_("keywords"),
    "frequency": N_("frequency"),
    "place": N_("place"),
    "landing_page": N_("web page"),
    "key": N_("key"),
    "license": N_("licence"),
    "attribution": N_("attribution"),
    "category": N_("category"),
    "access": N_("access"),
}


def page(
    running: Running,
    id: str,
    error: CityError | None = None,
    typed: Dataset | None = None,
    differing: tuple[str, ...] = (),
) -> Response[str]:
    with running.work() as work:
        dataset = catalogue.dataset(work.db, DatasetId(id))
        require(work, Action.DESCRIBE, dataset)
        versions = catalogue.versions(work.db, dataset.id)
        decided = privacy.decision(work, dataset)
        publisher = catalogue.publisher(work.db, dataset.publisher)
        comes = [one for one in sources.find(work) if one.source.dataset == dataset.id]
    newest = next((one for one in versions if not one.withdrawn), None)
    return answer(
        running,
        "desk/dataset.html",
        error=error,
        current=dataset,
        dataset=typed or dataset,
        versions=versions,
        newest=newest,
        comes=comes,
        better=scored(dataset, newest, publisher, running.city.clock(), says(running.language))[
            "next_steps"
        ],
        repaired={
            name: int(running.get(name))
            for name in ("added", "still", "unknown")
            if running.get(name).isdecimal()
        },
        marks_of=HEALTH,
        every_words=EVERY,
        columns=[field.name for field in newest.fields] if newest else list(dataset.key),
        dead=[link for link in dataset.links if is_dead(link.status)],
        decided=decided,
        differing=differing,
        stamp=stamp(dataset),
        is_saved=running.get("saved") == "1",
        may_publish=allows(running.actor, Action.PUBLISH, dataset),
        may_withdraw=allows(running.actor, Action.WITHDRAW, dataset),
        **choices(running, Action.DESCRIBE),
    )


@get("/desk/datasets/{id:str}", sync_to_thread=True, opt={"may": Action.DESCRIBE, "of": "dataset"})
def edit(running: Running, id: FromPath[str]) -> Response[str]:
    """The description to change, and the versions to withdraw or follow up."""
    return page(running, id)


@post(
    "/desk/datasets/{id:str}",
    sync_to_thread=True,
    opt={"may": Action.DESCRIBE, "of": "dataset"},
    dependencies=WITH_FORM,
)
def save(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Save the description, unless somebody else changed it since it was opened."""
    with running.work() as work:
        before = catalogue.dataset(work.db, DatasetId(id))
        require(work, Action.DESCRIBE, before)
    typed = before
    try:
        typed = description_of(form, before)
        typed = replace(kept_inside(running, terms_of(form, typed)), id=before.id)
        drafts.check_description(typed)
        with running.work(may_write=True) as work:
            _check_unchanged(catalogue.dataset(work.db, before.id), form.get("seen"))
            save_entry(work, typed)
    except Conflict as error:
        return page(running, id, error, typed, _differing(before, typed))
    except CityError as error:
        return page(running, id, error, typed)
    return running.see(f"/desk/datasets/{id}?saved=1")


def _check_unchanged(current: Dataset, seen: str) -> None:
    if seen != stamp(current):
        raise Conflict("Somebody changed this description since you opened it.")


def stamp(dataset: Dataset) -> str:
    """Tells one state of a description from the next."""
    return dataset.modified.isoformat() if dataset.modified else ""


def _differing(current: Dataset, typed: Dataset) -> tuple[str, ...]:
    names = (part.name for part in parts_of(Dataset))
    return tuple(
        _PARTS[name]
        for name in names
        if name in _PARTS and getattr(current, name) != getattr(typed, name)
    )


HANDLERS = [edit, save]
