"""What the dataset page says was made with it, and its badges."""

from collections.abc import Hashable
from typing import Any

from citycommons.core.copies import CopyState
from citycommons.core.types import Dataset, DatasetId, Version
from citycommons.engage import badges, reuses
from citycommons.engage.badges import Record
from citycommons.engage.reuses import Asked
from citycommons.store import copies, wanted
from citycommons.store.work import Work
from citycommons.understand import quality
from citycommons.web.made import shown, words
from citycommons.web.render import speaker
from citycommons.web.view import View

_ROWS = 6


def made_state(work: Work, id: DatasetId) -> Hashable:
    """Changes whenever what the page says of it changes; remembered until anybody writes."""
    return work.known(("made", id), lambda: _state(work, id))


def _state(work: Work, id: DatasetId) -> Hashable:
    found = reuses.confirmed(work, (id,), limit=100)
    seen = tuple((one.id, one.title, one.maker, one.link_failed) for one in found)
    return hash((seen, _elsewhere(work, id), _answers(work, id)))


def made_of(work: Work, view: View, one: Dataset, version: Version | None) -> dict[str, Any]:
    """The first reuses, how many there are, and badges with their reasons."""
    says = speaker(view)
    found = reuses.find(work, Asked(dataset=one.id, limit=_ROWS))
    record = Record(
        reuses=reuses.counts(work, (one.id,)).get(one.id, {}),
        elsewhere=_elsewhere(work, one.id),
        answers=_answers(work, one.id),
        quality=quality.marks(one, version, work.now),
    )
    return {
        "total": found.total,
        "rows": shown.named(work, found.reuses),
        "kinds": words.KINDS,
        "badges": [
            {"shape": words.shape(each.criterion.shape), "words": words.badge_words(each, says)}
            for each in badges.of(record)
        ],
    }


def _elsewhere(work: Work, id: DatasetId) -> int:
    """Other portals with a verified copy."""
    found = copies.copies_of(work.db, datasets=[id], states=[CopyState.VERIFIED])
    return len({one.portal for one in found})


def _answers(work: Work, id: DatasetId) -> int:
    return wanted.answered_by(work.db, (id,)).get(id, 0)
