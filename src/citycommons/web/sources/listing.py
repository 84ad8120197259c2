"""`/desk/sources`: what comes by itself, how it does, and what came last."""

from typing import Any

import msgspec
from litestar import get
from litestar.response import Response

from citycommons.collect import sources
from citycommons.collect.sources import Overview
from citycommons.core.types import Health
from citycommons.govern.access import Action
from citycommons.web.desk.tabs import answer
from citycommons.web.negotiate import Kind, as_json, wanted
from citycommons.web.running import Running, RunningRequest
from citycommons.web.source_words import COUNTS, EVERY, HEALTH, OUTCOMES, title_of

PAGE = 50
_WORRIES = (Health.HELD, Health.DEAD, Health.FAILING)


@get("/desk/sources", sync_to_thread=True, opt={"may": Action.PUBLISH})
def listed(running: Running) -> Response[Any]:
    """Every source of the publishers one may publish for, those in trouble first."""
    kind = wanted(running, offered=(Kind.HTML, Kind.JSON))
    with running.work() as work:
        every = sources.find(work)
    if kind is Kind.JSON:
        return as_json(running, {"sources": [as_record(one) for one in every]})
    found = sorted(every, key=_order)
    if words := running.get("q").casefold().split():
        found = [one for one in found if all(word in _text(one) for word in words)]
    if (health := running.get("health")) in set(Health):
        found = [one for one in found if one.health == health]
    page = int(running.get("page")) if running.get("page").isdecimal() else 1
    pages = -(-len(found) // PAGE)
    page = min(max(1, page), max(1, pages))
    return answer(
        running,
        "sources/list.html",
        total=len(every),
        found=len(found),
        shown=found[(page - 1) * PAGE : page * PAGE],
        page=page,
        pages=pages,
        counted={mark: sum(one.health is mark for one in every) for mark in Health},
        removed=running.get("removed"),
        **says_of_sources(),
    )


def says_of_sources() -> dict[str, Any]:
    """What every page of sources needs to speak of them."""
    return {
        "marks_of": HEALTH,
        "every_words": EVERY,
        "outcomes": OUTCOMES,
        "count_words": COUNTS,
        "title_of": title_of,
    }


def as_record(one: Overview) -> dict[str, Any]:
    """A source for programs; options are as stored, where secrets are names."""
    found: dict[str, Any] = msgspec.to_builtins(one)
    return found


def _order(one: Overview) -> tuple[int, str]:
    worry = _WORRIES.index(one.health) if one.health in _WORRIES else len(_WORRIES)
    return worry, one.source.title.casefold()


def _text(one: Overview) -> str:
    source = one.source
    parts = (source.id, source.title, source.connector, source.publisher, source.dataset or "")
    return " ".join(parts).casefold()


def checked_page(running: RunningRequest, name: str = "page") -> int:
    """The page asked for, 1 where it is none."""
    given = running.get(name)
    return max(1, int(given)) if given.isdecimal() and len(given) < 6 else 1


HANDLERS = [listed]
