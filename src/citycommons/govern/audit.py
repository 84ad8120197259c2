"""Each act that changes something is written into the audit log, in the act's own transaction."""

from typing import Any

from citycommons.govern.access import Action, require
from citycommons.store import audit
from citycommons.store.audit import Entry
from citycommons.store.work import Work


def record(work: Work, action: str, thing: str, **details: Any) -> None:
    """Write down who did what; details must not hold secrets or personal data."""
    audit.append(
        work.db, time=work.now, actor=work.actor.id, action=action, thing=thing, details=details
    )


def entries(
    work: Work, *, limit: int = 50, before: int | None = None, thing: str | None = None
) -> list[Entry]:
    """Newest entries first, for those who may read the log."""
    require(work, Action.READ_AUDIT)
    return audit.entries(work.db, limit=limit, before=before, thing=thing)


def first_break(work: Work) -> int | None:
    """Where the chain of hashes breaks; None when it holds."""
    require(work, Action.READ_AUDIT)
    return audit.first_break(work.db)
