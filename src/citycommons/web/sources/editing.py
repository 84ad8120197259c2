"""`/desk/sources/new` and `…/change`: choose where data come from, try it, save it."""

from dataclasses import replace
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.collect import sources
from citycommons.collect.connect import Option, options_of
from citycommons.core.errors import CityError, Invalid
from citycommons.core.types import (
    Brings,
    Dataset,
    DatasetId,
    Mode,
    PublisherId,
    Source,
    SourceId,
)
from citycommons.govern.access import Action, allows, require
from citycommons.govern.licenses import LICENSES
from citycommons.store import catalogue
from citycommons.store import sources as rows
from citycommons.web.desk.describing import my_publishers
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form, FormBody
from citycommons.web.presentation import says
from citycommons.web.running import Running, RunningRequest
from citycommons.web.source_words import MODES, Offered, offered
from citycommons.web.sources import typed
from citycommons.web.sources.listing import says_of_sources
from citycommons.web.sources.trying import Tried, try_it
from citycommons.web.turns import long_turn

_EVERY = {"folder": "PT15M", "sftp": "PT1H", "s3": "PT1H", "form": "PT1H", "mqtt": "PT15M"}
_OFFSETS = ("", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H", "PT12H", "PT18H", "PT22H")


def _choose(running: RunningRequest) -> Response[str]:
    found = offered()
    dataset = _dataset(running, running.get("dataset"))
    tables = [one for one in found if one.brings is Brings.TABLES]
    records = [one for one in found if one.brings is Brings.RECORDS]
    return answer(
        running,
        "sources/choose.html",
        tables=tables,
        records=[] if dataset else records,
        dataset=dataset,
    )


def _dataset(running: RunningRequest, id: str) -> Dataset | None:
    if not id:
        return None
    with running.work() as work:
        dataset = catalogue.dataset(work.db, DatasetId(id))
        require(work, Action.PUBLISH, dataset)
    return dataset


def _form(
    running: RunningRequest,
    source: Source,
    *,
    is_new: bool,
    error: CityError | None = None,
    tried: Tried | None = None,
    given: FormBody | None = None,
) -> Response[str]:
    kind = next((one for one in offered() if one.name == source.connector), None)
    if kind is None or kind.lacks:
        raise Invalid(kind.lacks if kind else f"There is no connector “{source.connector}”.")
    found = options_of(source.connector)
    return answer(
        running,
        "sources/form.html",
        error=error,
        source=source,
        is_new=is_new,
        kind=kind,
        required=[one for one in found if one.is_required],
        others=[one for one in found if not one.is_required],
        value_of=_values(source, given),
        is_mapping=typed.is_mapping,
        is_list=typed.is_list,
        is_number=typed.is_number,
        publishers=my_publishers(running, Action.PUBLISH),
        licenses=LICENSES,
        offsets=_OFFSETS,
        modes=MODES,
        tried=tried,
        dataset=_known(running, source),
        **says_of_sources(),
    )


def _values(source: Source, given: FormBody | None) -> Any:
    """What stands in an option's input: as typed, or as saved."""

    def value_of(one: Option) -> str:
        if given is not None:
            if one.type == "bool":
                return "on" if given.has(typed.PREFIX + one.name) else ""
            return given.raw(typed.PREFIX + one.name)
        value = source.options.get(one.name, one.default)
        if one.type == "bool":
            return "on" if value else ""
        return typed.shown(value) if one.name in source.options else ""

    return value_of


def _known(running: RunningRequest, source: Source) -> Dataset | None:
    if not source.dataset:
        return None
    with running.work() as work:
        found = catalogue.find_dataset(work.db, source.dataset)
    return found if found and allows(running.actor, Action.DISCOVER, found) else None


def _blank(running: RunningRequest, kind: Offered) -> Source:
    dataset = _dataset(running, running.get("dataset"))
    able = my_publishers(running, Action.PUBLISH)
    publisher = dataset.publisher if dataset else (able[0].id if able else PublisherId(""))
    return Source(
        id=SourceId(""),
        title=running.get("title") or (_title(running, dataset) if dataset else ""),
        connector=kind.name,
        publisher=publisher,
        owner=running.actor.id,
        dataset=dataset.id if dataset else None,
        mode=Mode.APPEND if kind.name == "form" else Mode.REPLACE,
        every=_EVERY.get(kind.name, "P1D"),
        license=dataset.license if dataset else "unspecified",
        attribution=dataset.attribution if dataset else "",
    )


def _title(running: RunningRequest, dataset: Dataset) -> str:
    return says(running.language).text(dataset.title) or dataset.id


@get("/desk/sources/new", sync_to_thread=True, opt={"may": Action.PUBLISH})
def new(running: Running) -> Response[str]:
    """Choose a connector; with one chosen, its form. `dataset` says whose next versions come."""
    wanted = running.get("connector")
    kind = next((one for one in offered() if one.name == wanted and not one.lacks), None)
    if kind is None:
        return _choose(running)
    return _form(running, _blank(running, kind), is_new=True)


@post(
    "/desk/sources",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
)
def add(running: Running, form: Form) -> Response[str]:
    """Try it, or save it."""
    connector = form.get("connector")
    if not any(one.name == connector and not one.lacks for one in offered()):
        raise Invalid("Choose where the data come from.", column="connector")
    return _save(running, form, connector, None)


@get("/desk/sources/{id:str}/change", sync_to_thread=True, opt={"may": Action.PUBLISH})
def change(running: Running, id: FromPath[str]) -> Response[str]:
    with running.work() as work:
        source = sources.get(work, SourceId(id)).source
    return _form(running, source, is_new=False)


@post(
    "/desk/sources/{id:str}/change",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
)
def save(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    with running.work() as work:
        before = sources.get(work, SourceId(id)).source
    return _save(running, form, before.connector, before)


def _save(
    running: RunningRequest, form: FormBody, connector: str, before: Source | None
) -> Response[str]:
    shown = before or Source(
        id=SourceId(""),
        title=form.get("title"),
        connector=connector,
        publisher=PublisherId(form.get("publisher")),
        owner=running.actor.id,
    )
    tried = None
    try:
        shown = typed.source_of(form, connector, running.actor, before)
        source = replace(shown, options=typed.options(form, connector))
        if form.get("go") == "try":
            tried = _try(running, source)
        else:
            with running.work(may_write=True) as work:
                if before is None:
                    source = replace(source, id=SourceId(_free(work.db, source.id)))
                sources.save(work, source)
            return running.see(f"/desk/sources/{source.id}?done=saved")
    except CityError as error:
        return _form(running, shown, is_new=before is None, error=error, given=form)
    return _form(running, shown, is_new=before is None, tried=tried, given=form)


def _try(running: RunningRequest, source: Source) -> Tried:
    with running.work() as work:
        require(work, Action.PUBLISH, source.publisher)
        sources.require_secrets(work, source)
        is_trusted = sources.may_read_all_folders(work, source)
    sources.check_options(source.connector, source.options, running.city.settings.home)
    with long_turn():
        return try_it(running.city, source, is_trusted=is_trusted)


def _free(db: Any, id: str) -> str:
    """An id that no source has, removed ones included: each has its own log."""
    found, number = id, 1
    while rows.get(db, SourceId(found)) is not None:
        number += 1
        found = f"{id}-{number}"
    return found


HANDLERS = [new, add, change, save]
