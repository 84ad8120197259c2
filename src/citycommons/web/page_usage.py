"""How often something was used, as pages say it; counted by COUNTER's rules, robots apart."""

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from citycommons.core.types import ANYONE, Channel, ClientKind, Usage
from citycommons.store import usage as counted
from citycommons.store.work import Work
from citycommons.web.language import N_

KEPT_S = 30.0
YEAR = timedelta(days=365)
CHANNELS = {
    Channel.PAGE: N_("on this page"),
    Channel.API: N_("through the API"),
    Channel.FILE: N_("as a file"),
    Channel.MAP: N_("on the map"),
    Channel.COMMAND: N_("by a command on the server"),
}
CLIENTS = {
    ClientKind.PERSON: N_("people"),
    ClientKind.MACHINE: N_("programs"),
    ClientKind.ROBOT: N_("robots, such as search engines (not in the total)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Uses in the last year by people and programs, and how they came."""

    total: int
    recent: int  # of the last 30 days
    daily: tuple[int, ...]  # of the last 30 days, oldest first
    channels: tuple[tuple[Channel, int], ...]
    clients: tuple[tuple[ClientKind, int], ...]
    first: date | None


_kept: dict[tuple[str, str], tuple[float, "dict[str, Used]"]] = {}
_lock = threading.Lock()


def used(work: Work, dataset: str | None = None) -> dict[str, Used]:
    """Uses by dataset (all, or the one asked for), at most half a minute old."""
    key = (str(work.db.engine.url), dataset or "")
    now = time.monotonic()
    with _lock:
        if key in _kept and now - _kept[key][0] < KEPT_S:
            return _kept[key][1]
    today = work.now.date()
    groups: dict[str, list[Usage]] = {}
    for one in counted.uses(work.db, since=today - YEAR, dataset=dataset):
        groups.setdefault(one.dataset, []).append(one)
    found = {id: summed(uses, today) for id, uses in groups.items()}
    with _lock:
        if len(_kept) > 5000:
            _kept.clear()
        _kept[key] = (now, found)
    return found


def summed(uses: Iterable[Usage], today: date) -> Used:
    """The uses of one dataset, or of the whole city, in one summary."""
    channels: Counter[Channel] = Counter()
    clients: Counter[ClientKind] = Counter()
    daily: Counter[int] = Counter()
    first: date | None = None
    for one in uses:
        clients[one.client] += one.count
        if one.client is ClientKind.ROBOT:
            continue
        channels[one.channel] += one.count
        first = min(first or one.day, one.day)
        if (age := (today - one.day).days) < 30:
            daily[29 - age] += one.count
    return Used(
        total=sum(channels.values()),
        recent=sum(daily.values()),
        daily=tuple(daily[i] for i in range(30)),
        channels=tuple(channels.most_common()),
        clients=tuple(clients.most_common()),
        first=first,
    )


def by_itself(work: Work) -> Work:
    """The same work in the portal's own name: it sees what anyone sees, and counts as a robot.

    For figures that the portal draws before anybody asked for these very data.
    """
    return replace(work, actor=ANYONE, client=ClientKind.ROBOT, visitor="portal")


def everything(found: dict[str, Used]) -> tuple[int, tuple[int, ...]]:
    """Uses of all datasets in the last 30 days, and day by day."""
    days = [sum(column) for column in zip(*(one.daily for one in found.values()), strict=True)]
    return sum(days), tuple(days)


NOTHING = Used(total=0, recent=0, daily=(0,) * 30, channels=(), clients=(), first=None)
