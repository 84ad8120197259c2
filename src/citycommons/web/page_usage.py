"""How often something was used, as pages say it; counted by COUNTER's rules, robots apart."""

from dataclasses import replace
from typing import Any

from citycommons.core.types import ANYONE, Channel, ClientKind, DatasetId
from citycommons.measure import usage
from citycommons.measure.usage import Summary
from citycommons.measure.usage.cells import sees_all
from citycommons.share import catalogue
from citycommons.store.work import Work
from citycommons.web.language import N_
from citycommons.web.momentary import Momentary
from citycommons.web.page_elsewhere import Said
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.sparks import sparkline
from citycommons.web.view import View

YEAR, MONTH = 365, 30  # days
FACES = {
    Channel.CKAN: N_("through the CKAN API"),
    Channel.OGC: N_("through the OGC API"),
    Channel.TILE: N_("as map tiles"),
    Channel.SENSORTHINGS: N_("through SensorThings"),
    Channel.OPENDATASOFT: N_("through the Opendatasoft API"),
    Channel.SODA: N_("through the SODA API"),
    Channel.WFS: N_("through WFS"),
    Channel.WMS: N_("through WMS"),
    Channel.FEED: N_("through feeds"),
    Channel.SUBSCRIPTION: N_("by subscription (webhooks)"),
    Channel.EMBED: N_("embedded in other pages"),
    Channel.MCP: N_("by assistants (MCP)"),
}
CHANNELS = {
    Channel.PAGE: N_("on this page"),
    Channel.API: N_("through the API"),
    Channel.FILE: N_("as a file"),
    Channel.MAP: N_("on the map"),
    Channel.COMMAND: N_("by a command on the server"),
    **FACES,
}
CLIENTS = {
    ClientKind.PERSON: N_("people"),
    ClientKind.MACHINE: N_("programs"),
    ClientKind.ROBOT: N_("robots, such as search engines (not in the total)"),
}


_kept: Momentary[Summary] = Momentary()


def used(work: Work, id: DatasetId) -> Summary:
    """Uses of a dataset in the last year, at most half a minute old.

    A year of a busy dataset is thousands of rows: summing them takes longer than the page that
    shows them, so the sums are kept for a moment. Ask only for what the actor was let in to.
    """
    owner = catalogue.get(work, id).publisher
    name = f"{id} {sees_all(work, owner)}"
    return _kept.get(work, name, lambda: usage.of_dataset(work, id, days=YEAR))


def by_itself(work: Work) -> Work:
    """The same work in the portal's own name: it sees what anyone sees, and counts as no use.

    For figures that the portal draws before anybody asked for these very data.
    """
    return replace(work, actor=ANYONE, uses=None)


def used_words(uses: Summary, elsewhere: Said, says: Says) -> dict[str, Any]:
    """The total, and where the uses were, or the two channels that bring the most."""
    words = ""
    if uses.total:
        parts = [
            f"{says.number(n)} {says._(CHANNELS[c])}" for c, n in list(uses.channels.items())[:2]
        ]
        words = " · ".join(parts)
    return {"used": elsewhere.total, "used_words": words, "elsewhere": elsewhere}


def usage_words(view: View, uses: Summary, elsewhere: Said, copies: str) -> str:
    """The section on use; `copies` is the address of the page of copies."""
    says = speaker(view)
    words, lately = "", uses.lately
    if uses.first:
        words = says._(N_("Uses since {day}: {count}; in the last 30 days: {recent}.")).format(
            count=says.number(uses.total),
            day=says.date(max(uses.first, uses.since)),
            recent=says.number(lately.total),
        )
    return render(
        view,
        "usage.html",
        u={
            "total": uses.total,
            "words": words,
            "elsewhere": elsewhere,
            "copies": copies,
            "chart": sparkline(lately.daily, 360, 60) if any(lately.daily) else "",
            "channels": [(says._(CHANNELS[c]), n) for c, n in uses.channels.items()],
            "clients": [(says._(CLIENTS[c]), n) for c, n in uses.clients.items()],
            "is_exact": uses.is_exact,
        },
    )
