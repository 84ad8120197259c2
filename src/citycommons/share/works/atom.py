"""Works as an Atom feed: one entry each, new when the works change (RFC 4287)."""

from collections.abc import Sequence

from citycommons.core.works import Works
from citycommons.share import atom
from citycommons.share.works.edition import Edition, lines, said
from citycommons.share.works.places import bounds

MEDIA = atom.MEDIA


def entry(one: Works, edition: Edition) -> atom.Entry:
    """The works as they are now; the id stays over their whole life."""
    delay = edition.delays.get(one.id)
    parts = (
        ", ".join(one.streets),
        f"{one.first_day.isoformat()} – {one.last_day.isoformat()}",
        said(one.description, edition.language),
        said(one.detour_words, edition.language),
        said(delay.words, edition.language) if delay else "",
    )
    return atom.Entry(
        id=atom.urn("works", edition.city, one.id),
        title=said(one.title, edition.language) or ", ".join(one.streets),
        updated=one.updated,
        published=one.created,
        summary="\n".join(part for part in parts if part)[:2000],
        author=edition.owner(one),
        rights=edition.license,
        links=(atom.Link(href=edition.page(one), media="text/html"),),
        categories=(one.state.value,),
        bounds=bounds(lines(one)),
    )


def written(works: Sequence[Works], edition: Edition, title: str, path: str) -> bytes:
    """The feed, what changed last first; `path` is its own address on the portal."""
    newest = sorted(works, key=lambda one: (one.updated, one.id), reverse=True)
    feed = atom.Feed(
        id=atom.urn("works-feed", edition.city, path),
        title=title,
        author=edition.city,
        language=edition.language,
        generator="City Commons",
        links=(
            atom.Link(href=edition.url + path, rel="self", media=MEDIA),
            atom.Link(href=f"{edition.url}/roadworks", media="text/html"),
        ),
        entries=tuple(entry(one, edition) for one in newest),
    )
    return atom.packed(feed)
