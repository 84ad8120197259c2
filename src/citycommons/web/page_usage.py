"""How often something was used, as pages say it; counted by COUNTER's rules, robots apart."""

import threading
import time
from dataclasses import replace

from citycommons.core.types import ANYONE, Channel, ClientKind, DatasetId
from citycommons.measure import usage
from citycommons.measure.usage import Summary
from citycommons.store.work import Work
from citycommons.web.language import N_

KEPT_S = 30.0
YEAR, MONTH = 365, 30  # days
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


_kept: dict[tuple[str, str], tuple[float, Summary]] = {}
_lock = threading.Lock()


def used(work: Work, id: DatasetId) -> Summary:
    """Uses of a dataset in the last year, at most half a minute old.

    A year of a busy dataset is thousands of rows: summing them takes longer than the page that
    shows them, so the sums are kept for a moment. Ask only for what the actor was let in to.
    """
    key = (str(work.db.engine.url), id)
    now = time.monotonic()
    with _lock:
        if key in _kept and now - _kept[key][0] < KEPT_S:
            return _kept[key][1]
    found = usage.of_dataset(work, id, days=YEAR)
    with _lock:
        if len(_kept) > 5000:
            _kept.clear()
        _kept[key] = (now, found)
    return found


def by_itself(work: Work) -> Work:
    """The same work in the portal's own name: it sees what anyone sees, and counts as a robot.

    For figures that the portal draws before anybody asked for these very data.
    """
    return replace(work, actor=ANYONE, client=ClientKind.ROBOT, visitor="portal")
