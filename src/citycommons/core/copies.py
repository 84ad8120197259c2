"""Copies of our datasets at other portals, and what those portals say of their use.

Words of PROV (`wasDerivedFrom`), Linked Data Notifications, COAR Notify (Announce Relationship)
and the COUNTER Code of Practice for Research Data.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import NewType

from citycommons.core.counting import Method, Metric
from citycommons.core.ids import slug
from citycommons.core.types import DatasetId

CopyId = NewType("CopyId", str)
PortalId = NewType("PortalId", str)


def portal_id(url: str) -> PortalId:
    """The id of the portal at an address; the same address gives the same."""
    plain = url.rstrip("/")
    name = slug(plain.partition("://")[2], longest=40)
    return PortalId(f"{name}-{sha256(plain.encode()).hexdigest()[:6]}")


def copy_id(iri: str) -> CopyId:
    """The id of the copy at an address; the same address gives the same."""
    return CopyId(sha256(iri.encode()).hexdigest()[:20])


class Certainty(StrEnum):
    """How a number of uses is known, the surest first."""

    MEASURED = "measured"  # we served and counted them
    REPORTED = "reported"  # a verified copy counted by the same rules, and signed its report
    DECLARED = "declared"  # a portal's own counter, by rules of its own
    ESTIMATED = "estimated"  # of a copy that nobody announced


class CopyState(StrEnum):
    """What became of a copy; counts of one that is gone stay."""

    ANNOUNCED = "announced"  # somebody says so
    VERIFIED = "verified"  # its page or record links back to ours
    FOUND = "found"  # our fingerprint recognised it; nobody announced it
    REFUSED = "refused"  # it does not link back
    GONE = "gone"  # it was there


class PortalKind(StrEnum):
    """How a portal is asked for its counts."""

    SUSHI = "sushi"  # the Research-Data SUSHI API, as ours
    CKAN = "ckan"  # package_show?include_tracking=true
    UDATA = "udata"
    OPENDATASOFT = "opendatasoft"
    PUSH = "push"  # it sends reports by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """A portal that republishes, or may.

    `key` is its public key (a JSON Web Key) once it was verified; `secret_hash` stands for a
    secret shared with a portal that signs with HMAC.
    """

    id: PortalId
    name: str
    url: str  # without a slash at the end
    kind: PortalKind
    inbox: str = ""
    key: str = ""
    is_trusted: bool = False  # a person of the city confirmed it
    is_blocked: bool = False  # a person refused it: neither asked nor listened to; history stays
    pulled: datetime | None = None
    failure: str = ""  # of the last pull, for a person; empty when it went well


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One dataset of ours as it stands at another portal.

    `iri` is the copy's own address and its identity: counts of a copy that are reported on two
    ways (by itself, and by the portal it was copied from) are those of one copy.
    """

    id: CopyId
    dataset: DatasetId  # ours
    iri: str
    portal: PortalId
    state: CopyState
    version: str = ""  # of ours, as the copy says (dcat:version)
    via: str = ""  # IRI of the copy it was made of, where that is not ours
    similarity: float | None = None  # estimated Jaccard index of rows, of one that was found
    seen: datetime | None = None  # when its link back was last seen
    reason: str = ""  # why it was refused, or since when it is gone
    accepted: int = 0  # uses in one period that a person looked at and took for true


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyCount:
    """What a copy's portal says of one period; a later report of the period replaces it."""

    copy: CopyId
    first_day: date
    last_day: date  # belongs to it; a whole month, or the same day
    metric: Metric
    method: Method
    count: int
    certainty: Certainty
    reported: datetime
    is_outlier: bool = False  # far from what was known: shown apart until a person accepts it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a portal's own counter of a copy stood at; such counters only know a sum since ever."""

    copy: CopyId
    word: str  # the portal's own name of it, such as `tracking_summary.total`
    day: date  # the last reading of a day stays
    value: int
    read: datetime
