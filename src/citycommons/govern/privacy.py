"""Nothing personal becomes public without a data protection officer's recorded decision."""

from dataclasses import dataclass
from datetime import datetime

from citycommons.core.errors import Forbidden, Invalid
from citycommons.core.types import Access, Category, Dataset
from citycommons.govern import audit
from citycommons.govern.access import Action, require
from citycommons.store import notes
from citycommons.store.work import Work


def require_release(work: Work, dataset: Dataset, before: Dataset | None = None) -> None:
    """Go on unless this would make personal data public without a decision.

    What was personal `before` does not stop being so by another word: calling it something else
    is a release too. Raises `Forbidden` that says who can decide.
    """
    was_personal = before is not None and before.category is Category.PERSONAL
    is_personal = dataset.category is Category.PERSONAL
    is_kept = is_personal and dataset.access is Access.INTERNAL
    if is_kept or not (is_personal or was_personal):
        return
    decision = notes.read(work.db, _name(dataset))
    if not decision or not decision.get("may_be_released"):
        raise Forbidden(
            f"“{dataset.id}” holds personal data: it stays internal until the data protection "
            "officer records a decision to release it. Set access to internal, or ask for one."
        )


def decide(work: Work, dataset: Dataset, *, may_be_released: bool, reason: str) -> None:
    """Record the data protection officer's decision, with its reason, in the audit log."""
    require(work, Action.DECIDE_PRIVACY, dataset)
    if not reason.strip():
        raise Invalid("A decision needs its reason in words.")
    body = {
        "may_be_released": may_be_released,
        "reason": reason.strip(),
        "by": work.actor.id,
        "time": work.now.isoformat(),
    }
    notes.write(work.db, _name(dataset), body)
    audit.record(
        work, Action.DECIDE_PRIVACY, dataset.id, may_be_released=may_be_released, reason=reason
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the data protection officer decided about a dataset, and why."""

    may_be_released: bool
    reason: str
    by: str
    time: datetime


def decision(work: Work, dataset: Dataset) -> Decision | None:
    """The recorded decision; None while it waits for one."""
    body = notes.read(work.db, _name(dataset))
    if not body:
        return None
    return Decision(**{**body, "time": datetime.fromisoformat(body["time"])})


def _name(dataset: Dataset) -> str:
    return f"privacy:{dataset.id}"
