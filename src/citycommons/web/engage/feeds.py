"""Atom: new reuses, stories and requests, as anyone may know of them."""

from datetime import UTC, datetime, time

from litestar import get
from litestar.response import Response

from citycommons import __version__
from citycommons.core.types import ANYONE, Channel
from citycommons.engage import markdown, reuses, stories
from citycommons.engage.wanted import asking
from citycommons.share import atom
from citycommons.share.atom import Entry, Feed, Link
from citycommons.web.language import N_
from citycommons.web.presentation import says
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May

_SIZE = 50


def _feed(running: RunningRequest, name: str, title: str, entries: list[Entry]) -> Response[bytes]:
    base = running.url
    feed = Feed(
        id=atom.urn(running.city.settings.public_url or running.city.settings.name, name),
        title=f"{title} · {running.city.settings.name}",
        author=running.city.settings.name,
        language=running.language,
        generator=f"City Commons {__version__}",
        links=(
            Link(href=f"{base}/{name}", media="text/html"),
            Link(href=f"{base}/feeds/{name}.atom", rel="self", media=atom.MEDIA),
        ),
        entries=tuple(entries),
    )
    headers = {"cache-control": "public, no-cache", "vary": "accept-language"}
    return Response(atom.packed(feed), media_type=atom.MEDIA, headers=headers)


@get(
    "/feeds/reuses.atom",
    sync_to_thread=True,
    opt={"may": May.ANYONE},
)
def new_reuses(running: Running) -> Response[bytes]:
    """Confirmed reuses, newest first."""
    running.actor = ANYONE
    with running.work(channel=Channel.FEED) as work:
        found = reuses.confirmed(work, limit=_SIZE)
    entries = [
        Entry(
            id=atom.urn("reuse", one.id),
            title=one.title,
            updated=one.decided or one.created,
            published=one.created,
            summary=one.description,
            author=one.maker,
            links=(Link(href=f"{running.url}/reuses/{one.id}", media="text/html"),),
            categories=(one.kind.value,),
        )
        for one in found
    ]
    title = says(running.language)._(N_("Made with these data"))
    return _feed(running, "reuses", title, entries)


@get("/feeds/stories.atom", sync_to_thread=True, opt={"may": May.ANYONE})
def new_stories(running: Running) -> Response[bytes]:
    """Public stories, newest first."""
    running.actor, said = ANYONE, says(running.language)
    with running.work(channel=Channel.FEED) as work:
        found = stories.published(work, _SIZE)
    entries = [
        Entry(
            id=atom.urn(running.url, "story", one.id),
            title=said.text(one.title),
            updated=datetime.combine(one.day, time(), UTC),
            summary=said.text(one.lead) or markdown.plain(said.text(one.body)),
            author=running.city.settings.name,
            links=(Link(href=f"{running.url}/stories/{one.id}", media="text/html"),),
        )
        for one in found
    ]
    return _feed(running, "stories", said._(N_("Stories")), entries)


@get(
    "/feeds/requests.atom",
    sync_to_thread=True,
    opt={"may": May.ANYONE},
)
def new_requests(running: Running) -> Response[bytes]:
    """Requests for data and their answers, newest request first."""
    running.actor, said = ANYONE, says(running.language)
    with running.work(channel=Channel.FEED) as work:
        found = asking.find(work, newest_first=True, limit=_SIZE).requests
    entries = [
        Entry(
            id=atom.urn("request", one.id),
            title=one.title,
            updated=one.answered or one.created,
            published=one.created,
            summary=one.answer or one.purpose,
            author=running.city.settings.name,
            links=(Link(href=f"{running.url}/requests/{one.id}", media="text/html"),),
            categories=(one.state.value,),
        )
        for one in found
    ]
    return _feed(running, "requests", said._(N_("Requests for data")), entries)


HANDLERS = [new_reuses, new_stories, new_requests]
