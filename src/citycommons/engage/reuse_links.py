"""Links of reuses: asked for every week; one that fails twice does not answer, and since when.

The address came from a stranger: only public hosts are asked, politely, by the checker of links.
"""

from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from citycommons.collect import probe as probing
from citycommons.collect.polite import Polite
from citycommons.collect.probe import Answer, probe
from citycommons.core.reuses import Reuse, ReuseState
from citycommons.core.types import SYSTEM
from citycommons.share import links
from citycommons.store import reuses as rows
from citycommons.store.work import City

AT_ONCE = 50
_WEEK, _AGAIN, _MONTH = timedelta(days=7), timedelta(hours=6), timedelta(days=30)
_LEASE = timedelta(hours=1)


def check_due(city: City, client: Polite | None = None) -> int:
    """Ask for links of reuses that are due; answers how many were asked.

    A killed checker loses nothing: what it took is due again after an hour.
    """
    with city.work(SYSTEM, may_write=False) as work:
        if not rows.is_due(work.db, work.now):
            return 0
    with city.work(SYSTEM) as work:
        taken = rows.claim_links(work.db, work.now, limit=AT_ONCE, lease=_LEASE)
    opened = nullcontext(client) if client else probing.polite(links.folder(city), ())
    with opened as polite:
        for one in taken:
            _save(city, one, _asked(polite, one.url))
    return len(taken)


def _asked(client: Polite, url: str) -> Answer:
    """Names that lead nowhere by definition (RFC 6761) are not asked for: examples, inventions."""
    host = urlsplit(url).hostname or ""
    if host.endswith((".example", ".invalid", ".test")):
        return Answer(status=0, is_known=False)
    return probe(client, url, with_copy=False)


def judged(one: Reuse, answer: Answer, now: datetime) -> tuple[Reuse, datetime]:
    """The reuse after an answer, and when it is asked for again."""
    if answer.is_good:
        return replace(one, link_failed=None), now + _WEEK
    if not answer.is_known:  # robots.txt or the guard: nobody knows, and it stays as it was
        return one, now + _MONTH
    return replace(one, link_failed=one.link_failed or now), now + _AGAIN


def does_not_answer(one: Reuse, now: datetime) -> bool:
    """Whether to say so: a single failure may be a bad moment of the network."""
    return one.link_failed is not None and now - one.link_failed >= _AGAIN


def _save(city: City, asked: Reuse, answer: Answer) -> None:
    with city.work(SYSTEM) as work:
        one = rows.get(work.db, asked.id)
        if one is None or one.url != asked.url:  # edited meanwhile: its new address is due
            return
        after, due = judged(one, answer, work.now)
        if one.state is ReuseState.REFUSED:
            due = work.now + _MONTH
        elif after.link_failed and work.now - after.link_failed > _MONTH:
            due = work.now + _WEEK  # long gone: asked for less often
        rows.save(work.db, after, due=due)
