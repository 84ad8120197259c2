"""Looking at a copy, as Webmention does: it is one only if it says itself what it was made of.

References
----------
W3C: Webmention, 2017, section 3.2.2 (verification).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from citycommons.collect.asking import Document
from citycommons.collect.hosts import Robots
from citycommons.collect.polite import Polite
from citycommons.core.errors import CityError, Forbidden, Invalid, TooMuch, Unavailable
from citycommons.core.settings import Settings
from citycommons.measure.republication import backlinks, iris
from citycommons.measure.republication.messages import INBOX, USAGE

_MOST_BYTES = 4 << 20
_TIMEOUT_S, _TOTAL_S = 10.0, 20.0
_REPORTS = "/reports"


class Outcome(StrEnum):
    """What was seen at the copy's address."""

    LINKED = "linked"  # it names ours
    UNLINKED = "unlinked"  # it is there, and does not
    GONE = "gone"  # 404 or 410
    SILENT = "silent"  # nothing answers, so nothing is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen, and what the portal says of itself on the way."""

    outcome: Outcome
    reason: str = ""  # for a person
    origins: tuple[str, ...] = ()  # those that lead to ours, as the copy names them
    base: str = ""  # where the portal gives usage reports (its `/reports` without that)
    inbox: str = ""


def guest(settings: Settings) -> Polite:
    """A client for what strangers named: guarded, small and short; it does not insist."""
    return Polite(
        allow_hosts=settings.allow_hosts,
        timeout_s=_TIMEOUT_S,
        total_s=_TOTAL_S,
        attempts=1,
        most_document_bytes=_MOST_BYTES,
        robots=Robots.PACE,
    )


def look(client: Polite, copy: str, is_origin: Callable[[str], bool]) -> Seen:
    """Fetch the copy and look for a link to what it was made of; never raises for what is there."""
    try:
        found = client.document(copy, accept=backlinks.ACCEPT)
    except (Unavailable, Forbidden, TooMuch, Invalid) as error:
        return _failed(error)
    if iris.host_of(found.url) != iris.host_of(copy):
        return Seen(outcome=Outcome.UNLINKED, reason="Its address leads to another host.")
    try:
        named = backlinks.origins(found.content, found.media_type, found.url, copy)
    except Invalid as error:
        return Seen(outcome=Outcome.UNLINKED, reason=error.message[:500])
    leading = tuple(dict.fromkeys(one for one in named if is_origin(one)))
    if not leading:
        return Seen(
            outcome=Outcome.UNLINKED,
            reason="It does not say that it was made of this dataset: neither "
            "prov:wasDerivedFrom nor dct:source, nor a link, leads to it.",
        )
    base, inbox = services(found, copy)
    return Seen(outcome=Outcome.LINKED, origins=leading, base=base, inbox=inbox)


def services(found: Document, address: str) -> tuple[str, str]:
    """Where the portal of a document gives reports, and its inbox; on its own host or nowhere."""
    headers = {name.lower(): text for name, text in found.headers.items()}
    said = backlinks.advertised(headers, found.content, found.media_type, found.url)
    host = iris.host_of(address)
    own = {relation: one for relation, one in said.items() if iris.host_of(one) == host}
    reports = own.get(USAGE, "").rstrip("/")
    base = reports.removesuffix(_REPORTS) if reports.endswith(_REPORTS) else ""
    return base, own.get(INBOX, "")


def _failed(error: CityError) -> Seen:
    status = error.where.get("status")
    if status in (404, 410):
        return Seen(outcome=Outcome.GONE, reason=f"Its address answers {status}.")
    is_ours = isinstance(error, Forbidden | TooMuch | Invalid)
    outcome = Outcome.UNLINKED if is_ours or status in (401, 403) else Outcome.SILENT
    return Seen(outcome=outcome, reason=error.message[:500])
