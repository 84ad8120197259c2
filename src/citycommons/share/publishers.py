"""Publishers are added and changed by those who manage them; each change is written down."""

import re
from dataclasses import replace

from citycommons.core.errors import Conflict, Invalid
from citycommons.core.types import Publisher
from citycommons.govern import audit
from citycommons.govern.access import Action, require
from citycommons.store import catalogue
from citycommons.store.work import Work

_ID = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")


def save(work: Work, publisher: Publisher, *, is_new: bool) -> Publisher:
    """Add the publisher, or change what is known of it.

    Raises `Forbidden`, `Invalid` that names the input, or `Conflict` for an id that is taken.
    """
    require(work, Action.MANAGE_CITY if is_new else Action.MANAGE_PUBLISHER, publisher.id)
    if not _ID.match(publisher.id) or len(publisher.id) > 60:
        raise Invalid("An id has small letters, digits and single hyphens only.", column="id")
    if not publisher.name.strip():
        raise Invalid("A publisher needs a name.", column="name")
    if publisher.homepage and not publisher.homepage.startswith(("https://", "http://")):
        raise Invalid("A web page's address begins with https://.", column="homepage")
    if is_new and any(one.id == publisher.id for one in catalogue.publishers(work.db)):
        raise Conflict(f"There is a publisher “{publisher.id}” already.", column="id")
    publisher = replace(publisher, name=publisher.name.strip())
    catalogue.save_publisher(work.db, publisher)
    audit.record(work, Action.MANAGE_PUBLISHER, publisher.id, is_new=is_new)
    return publisher
