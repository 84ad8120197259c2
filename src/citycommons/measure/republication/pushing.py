"""Reports that portals send by themselves: the same report, signed, posted to the inbox."""

import hashlib
from collections.abc import Mapping
from typing import Any

from citycommons.core.copies import Portal
from citycommons.core.errors import CityError, Conflict, Invalid
from citycommons.core.types import SYSTEM
from citycommons.govern import audit
from citycommons.measure.republication import partners, reports, signatures, taking
from citycommons.measure.republication.signatures import NotGenuine, Request
from citycommons.store import notices
from citycommons.store.notices import Notice
from citycommons.store.work import City, Work

MOST_BYTES = 1 << 20  # of a report that is sent; a longer one is sent by parts


def receive(city: City, request: Request, document: Mapping[str, Any]) -> Notice:
    """Take a report that a portal sends, at once and whole.

    Raises `NotGenuine` for one that nobody we know has signed, `Invalid` for what is wrong in it,
    `Conflict` for one that was taken before. What a known portal signed and was refused is kept in
    the inbox for the steward.
    """
    with city.work(SYSTEM) as work:
        portal = _sender(work, request)
    id = hashlib.sha256(request.body).hexdigest()[:24]
    try:
        with city.work(SYSTEM) as work:
            return _taken(work, portal, document, id, city.settings.url)
    except CityError as error:
        with city.work(SYSTEM) as work:
            _keep(work, portal, document, f"{id}-refused", "refused", error.message)
            audit.record(work, "refuse-report", portal.id, reason=error.message[:200])
        raise


def _sender(work: Work, request: Request) -> Portal:
    if not signatures.is_signed(request.headers):
        raise NotGenuine("A report is signed (RFC 9421); this one is not.")
    found = partners.signer(work, request)
    if found is None:
        raise NotGenuine(
            "Nobody here knows the key of this signature. Announce a copy first, or ask this "
            "portal's administrators for a shared secret."
        )
    return found


def _taken(work: Work, portal: Portal, document: Mapping[str, Any], id: str, base: str) -> Notice:
    report = reports.read(document, work.now)
    found = taking.take(work, portal, report, base)
    if found.unknown:
        raise Invalid(
            f"{found.unknown[0].uri[:200]} is no copy that was verified here. Announce it, then "
            "send the report again."
        )
    if found.is_replay:
        raise Conflict("Nothing in this report is newer than what was taken before.")
    audit.record(work, "take-report", portal.id, periods=found.periods, stale=found.stale)
    return _keep(work, portal, document, id, "taken", "")


def _keep(
    work: Work, portal: Portal, document: Mapping[str, Any], id: str, state: str, reason: str
) -> Notice:
    header = {name: document.get(name) for name in ("report-id", "created", "reporting-period")}
    made = Notice(
        id=id,
        received=work.now,
        sender=portal.url,
        state=state,
        reason=reason[:500],
        body={"report": header},
    )
    notices.add(work.db, made)
    return made
