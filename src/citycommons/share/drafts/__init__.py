"""From a file a steward drops to a version everybody reads, with nothing lost on the way.

A draft is a folder in `home/drafts`: the file as uploaded, and what was decided about it so far.
Only its owner sees it; it goes after a week. A delivery that came by itself and waits for a person
is a draft, too.
"""

from citycommons.share.drafts.draft import LIFE, Draft, parcel_of, parcels_of
from citycommons.share.drafts.drift import Drift, DriftKind
from citycommons.share.drafts.hold import hold, waiting
from citycommons.share.drafts.keep import (
    check_description,
    choose_table,
    correct,
    describe,
    discard,
    folder_of,
    get,
    mine,
    plan,
    reset,
    restore,
    start,
    sweep,
)
from citycommons.share.drafts.reading import HEAD, Reading, read
from citycommons.share.drafts.ready import Ready, catch_up, publish, ready
from citycommons.share.drafts.repair import rejects, repaired, undo_repair

__all__ = [
    "HEAD",
    "LIFE",
    "Draft",
    "Drift",
    "DriftKind",
    "Reading",
    "Ready",
    "catch_up",
    "check_description",
    "choose_table",
    "correct",
    "describe",
    "discard",
    "folder_of",
    "get",
    "hold",
    "mine",
    "parcel_of",
    "parcels_of",
    "plan",
    "publish",
    "read",
    "ready",
    "rejects",
    "repaired",
    "reset",
    "restore",
    "start",
    "sweep",
    "undo_repair",
    "waiting",
]
