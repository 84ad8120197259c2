"""Webmentions: a page elsewhere says that it links to a dataset of ours.

It is looked at like a copy, and noted in the inbox; whether it is a reuse a person decides.

References
----------
W3C: Webmention, 2017, section 3.2 (receiving).
"""

import hashlib

from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, NotFound, TooOften
from citycommons.core.types import ANYONE, SYSTEM
from citycommons.govern.access import Action, allows
from citycommons.measure.republication import iris
from citycommons.measure.republication.looking import Outcome, look
from citycommons.store import catalogue, notices
from citycommons.store.notices import Notice
from citycommons.store.work import City

MOST_BYTES = 16 << 10
MOST_WAITING = 2_000
MENTION = "mention"


def receive(city: City, source: str, target: str) -> Notice:
    """Note a mention, to be looked at later. Raises `Invalid` and `NotFound` that say why not."""
    iris.checked(source, "source")
    iris.checked(target, "target")
    base = city.settings.url
    if iris.host_of(source) == iris.host_of(base) or iris.is_same(source, target):
        raise Invalid("The source is a page of this portal.")
    named = iris.dataset_at(target, base)
    id = hashlib.sha256(f"{MENTION}\n{source}\n{target}".encode()).hexdigest()[:24]
    with city.work(SYSTEM) as work:
        dataset = named and catalogue.find_dataset(work.db, named[0])
        if not dataset or not allows(ANYONE, Action.DISCOVER, dataset):
            raise NotFound(f"“{target[:200]}” names no dataset of this portal.")
        if notices.waiting(work.db) >= MOST_WAITING:
            raise TooOften("Too many messages wait here. Send it again in an hour.",
                           retry_after_s=3600)  # fmt: skip
        body = {MENTION: {"source": source, "target": target, "dataset": dataset.id}}
        made = Notice(id=id, received=work.now, sender="", state="waiting", due=work.now, body=body)
        if not notices.add(work.db, made):
            return notices.get(work.db, id) or made
    return made


def judged(city: City, client: Polite, notice: Notice) -> tuple[str, str] | None:
    """State and reason of a mention after a look at its page; None where nothing answers."""
    said = notice.body[MENTION]
    base = city.settings.url

    def is_ours(named: str) -> bool:
        found = iris.dataset_at(named, base)
        return found is not None and found[0] == said["dataset"]

    seen = look(client, said["source"], is_ours)
    if seen.outcome is Outcome.SILENT:
        return None
    is_linked = seen.outcome is Outcome.LINKED
    return ("mentioned", "") if is_linked else ("refused", seen.reason)
