"""`/stories`: what changed in the city, told with its data."""

from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Response
from markupsafe import Markup

from citycommons.core.reuses import Story, StoryId
from citycommons.engage import markdown, reuses, stories
from citycommons.web.addresses import number
from citycommons.web.engage.reuses import pages
from citycommons.web.made import shown, words
from citycommons.web.negotiate import Kind, as_json, wanted
from citycommons.web.presentation import Says, says
from citycommons.web.render import render
from citycommons.web.running import Running
from citycommons.web.security import May

SIZE = 20
_BOTH = (Kind.HTML, Kind.JSON)


@get(
    "/stories",
    sync_to_thread=True,
    opt={"may": May.ANYONE},
)
def listed(running: Running) -> Response[Any]:
    """Public stories, newest day first."""
    kind = wanted(running, offered=_BOTH)
    limit = number(running, "limit", SIZE, most=stories.MOST)
    offset = number(running, "offset", 0, most=1_000_000)
    with running.work() as work:
        found = stories.find(work, limit=limit, offset=offset)
        may_write = running.is_signed_in and stories.may_write(work)
        if kind is Kind.JSON:
            body = shown.stories_json(work, found.stories, running.url)
            return as_json(running, {"total": found.total, "stories": body})
    view = running.view()
    html = render(
        view,
        "engage/stories.html",
        stories=found.stories,
        pages=pages(view, offset, limit, found.total),
        may_write=may_write,
    )
    return running.page(html)


@get(
    "/stories/{id:str}",
    sync_to_thread=True,
    opt={"may": May.ANYONE},
)
def one_story(running: Running, id: FromPath[str]) -> Response[Any]:
    """One story."""
    kind = wanted(running, offered=_BOTH)
    with running.work() as work:
        one = stories.get(work, StoryId(id))
        if kind is Kind.JSON:
            return as_json(running, shown.stories_json(work, [one], running.url)[0])
        datasets = shown.datasets_of(work, one.datasets)
        made = shown.named(work, reuses.named(work, one.reuses)) if one.reuses else []
        may_write = running.is_signed_in and stories.may_write(work)
    said = says(running.language)
    view = running.view()
    html = render(
        view,
        "engage/story.html",
        story=one,
        body=told(one, said),
        tongue=said.tongue(one.body),
        datasets=[datasets[each] for each in one.datasets if each in datasets],
        reuses=made,
        kinds=words.KINDS,
        may_write=may_write,
        page=view.absolute(f"/stories/{one.id}"),
    )
    return running.page(html)


def told(one: Story, said: Says) -> Markup:
    """The story's text in the reader's language, sanitised."""
    return Markup(markdown.to_html(said.text(one.body)))  # noqa: S704


HANDLERS = [listed, one_story]
