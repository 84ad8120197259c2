"""`/reuses`: what was made with the data; one of them; its badge; how badges are given."""

from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Response
from markupsafe import escape

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.reuses import ReuseId, ReuseKind, ReuseState
from citycommons.core.types import DatasetId, PublisherId
from citycommons.engage import badges, reuses
from citycommons.engage.reuses import Asked
from citycommons.share import catalogue
from citycommons.web.addresses import number
from citycommons.web.language import N_
from citycommons.web.linking import as_linked
from citycommons.web.made import shown, words
from citycommons.web.negotiate import LINKED, Kind, as_json, wanted
from citycommons.web.presentation import says
from citycommons.web.render import render
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May

SIZE = 20


def asked(running: RunningRequest) -> Asked:
    """What an address asks for. Raises `Invalid` that names a wrong parameter."""
    kind = running.get("kind")
    if kind and kind not in set(ReuseKind):
        raise Invalid(f"“kind” is one of {', '.join(ReuseKind)}.", parameter="kind")
    return Asked(
        kind=ReuseKind(kind) if kind else None,
        publisher=PublisherId(running.get("publisher")) or None,
        dataset=DatasetId(running.get("dataset")) or None,
        text=running.get("q").strip()[:200],
        limit=number(running, "limit", SIZE, most=reuses.MOST),
        offset=number(running, "offset", 0, most=1_000_000),
    )


@get(
    "/reuses",
    sync_to_thread=True,
    opt={"may": May.ANYONE},
)
def listed(running: Running) -> Response[Any]:
    """Confirmed reuses, narrowed by kind, publisher or dataset."""
    kind = wanted(running, offered=(Kind.HTML, Kind.JSON))
    with running.work() as work:
        sought = asked(running)
        found = reuses.find(work, sought)
        rows = shown.named(work, found.reuses)
        names = {one.id: one.name for one in catalogue.all_publishers(work)}
        of = shown.datasets_of(work, [sought.dataset]) if sought.dataset else {}
    if kind is Kind.JSON:
        body = {
            "total": found.total,
            "kinds": {kind.value: count for kind, count in found.kinds.items()},
            "reuses": [shown.reuse_json(one, running.url) for one in rows],
        }
        return as_json(running, body)
    view = running.view()
    html = render(
        view,
        "engage/reuses.html",
        rows=rows,
        total=found.total,
        counted=found.kinds,
        asked=sought,
        kinds=words.KINDS,
        publishers=[(id, names[id], n) for id, n in found.publishers.items() if id in names],
        of=next(iter(of.values()), None),
        pages=pages(view, sought.offset, sought.limit, found.total),
        is_narrowed=any((sought.kind, sought.publisher, sought.dataset, sought.text)),
    )
    return running.page(html)


def pages(view: Any, offset: int, limit: int, total: int) -> dict[str, Any]:
    """Where the page lies, and the addresses of those beside it."""
    last = min(total, offset + limit)
    before = max(0, offset - limit)
    return {
        "first": offset + 1,
        "last": last,
        "total": total,
        "previous": view.address(offset=str(before) if before else "") if offset else "",
        "next": view.address(offset=str(last)) if last < total else "",
    }


@get(
    "/reuses/{id:str}",
    sync_to_thread=True,
    opt={"may": May.ANYONE},
)
def one_reuse(running: Running, id: FromPath[str]) -> Response[Any]:
    """One reuse: its page, JSON, or linked data."""
    kind = wanted(running)
    with running.work() as work:
        found = reuses.get(work, ReuseId(id))
        [one] = shown.named(work, [found])
        is_mine = reuses.may_decide(work, found) if running.is_signed_in else False
    if kind in LINKED:
        return as_linked(running, shown.reuse_linked(one, running.url), kind)
    if kind is Kind.JSON:
        return as_json(running, shown.reuse_json(one, running.url))
    view = running.view()
    html = render(
        view,
        "engage/reuse.html",
        one=one,
        kinds=words.KINDS,
        state=words.REUSE_STATES[found.state],
        is_public=found.state is ReuseState.CONFIRMED,
        is_mine=is_mine,
        badge=view.absolute(f"/reuses/{found.id}/badge.svg"),
        page=view.absolute(f"/reuses/{found.id}"),
        jsonld=shown.in_script(shown.reuse_linked(one, running.url)),
    )
    return running.page(html)


@get("/reuses/badges", sync_to_thread=True, opt={"may": May.ANYONE, "operation": None})
def criteria(running: Running) -> Response[str]:
    """How badges are given: the criteria as they stand in the data."""
    said = says(running.language)
    found = [
        {"shape": words.shape(one.shape), "words": words.criterion_words(one, said)}
        for one in badges.criteria()
    ]
    return running.page(render(running.view(), "engage/badges.html", criteria=found))


@get("/reuses/{id:str}/badge.svg", sync_to_thread=True, opt={"may": May.ANYONE, "operation": None})
def badge(running: Running, id: FromPath[str]) -> Response[str]:
    """The badge a confirmed reuse may show on its own page."""
    with running.work() as work:
        found = reuses.get(work, ReuseId(id))
    if found.state is not ReuseState.CONFIRMED:
        raise NotFound("There is a badge once a steward confirmed the reuse.", reuse=id)
    said = says(running.language)
    text = said._(N_("Made with data of %(city)s")) % {"city": running.city.settings.name}
    headers = {"cache-control": "public, max-age=3600", "vary": "accept-language, cookie"}
    return Response(drawn(text), media_type="image/svg+xml", headers=headers)


def drawn(text: str) -> str:
    """The badge: a tick in a ring beside the words; its width follows them on any machine."""
    words_ = escape(text[:80])
    width = round(6.6 * len(text[:80]))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + 44}" height="28" role="img" '
        f'aria-label="{words_}"><title>{words_}</title>'
        f'<rect x=".5" y=".5" width="{width + 43}" height="27" rx="4" fill="#fcfbf8" '
        'stroke="#222a33"/><circle cx="16" cy="14" r="8" fill="none" stroke="#222a33" '
        'stroke-width="1.6"/><path d="M12 14.5l3 3 5-6.5" fill="none" stroke="#222a33" '
        f'stroke-width="1.8"/><text x="32" y="18.5" textLength="{width}" '
        'lengthAdjust="spacingAndGlyphs" fill="#222a33" '
        f'font-family="Public Sans, Helvetica, Arial, sans-serif" font-size="13">{words_}</text>'
        "</svg>"
    )


HANDLERS = [criteria, badge, listed, one_reuse]
