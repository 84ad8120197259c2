"""Asking portals for what their copies of ours were used: each day, signed, both ways.

All is fetched before anything is written, and written in one transaction: a worker that dies on the
way has taken nothing, and the next one asks again. Months since the last time are asked for whole,
and the last days one by one; what comes replaces what was known of the same periods.
"""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from citycommons.collect.polite import Polite
from citycommons.core.copies import Copy, CopyState, Portal, PortalId, PortalKind
from citycommons.core.errors import CityError, Unavailable
from citycommons.core.types import SYSTEM
from citycommons.govern import audit
from citycommons.measure.republication import declared, partners, reports, signatures, verifying
from citycommons.measure.republication.looking import guest
from citycommons.measure.republication.reports import Entry, Report
from citycommons.measure.republication.signatures import Answer, NotGenuine, Request
from citycommons.measure.republication.taking import MOST_HOPS, take, unseen, weigh
from citycommons.store import copies, copy_sums
from citycommons.store.signing_key import signing_key
from citycommons.store.work import City, Work

DAY = timedelta(days=1)
AFTER_FAILURE = timedelta(hours=6)
DEAD = timedelta(days=30)  # silent for so long: asked once a week
WEEK = timedelta(days=7)
DAYS = 35  # that are asked for one by one
ON_A_PAGE = 250  # datasets
MOST_PAGES = 40
MOST_NEW = 50  # copies that are looked at because a report names them, in one pull

_MOST_BYTES = 16 << 20
_TOTAL_S = 60.0
_LEASE_S = 900
_JITTER = 0.1
_ACCEPT = "application/json"


def pull_due(city: City, limit: int = 50) -> int:
    """Ask each portal that is due for its counts; answers how many were asked."""
    done = 0
    while done < limit and (portal := _claimed(city)) is not None:
        pull(city, portal)
        done += 1
    return done


def pull_now(city: City) -> int:
    """Ask every portal with copies of ours at once, due or not; answers how many were asked."""
    with city.work(SYSTEM) as work:
        with_copies = copy_sums.copies_per_portal(work.db)
        for one in copies.portals_of(work.db, with_copies.keys()).values():
            if one.kind is not PortalKind.PUSH and not one.is_blocked:
                copies.set_portal_due(work.db, one.id, work.now)
    return pull_due(city)


def _claimed(city: City) -> Portal | None:
    with city.work(SYSTEM, may_write=False) as work:
        if not copies.is_portal_due(work.db, work.now):
            return None
    with city.work(SYSTEM) as work:
        return copies.claim_portal(work.db, work.now, seconds=_LEASE_S)


def pull(city: City, portal: Portal) -> None:
    """Ask one portal, and take what it says; what went wrong is kept with the portal."""
    try:
        if portal.is_blocked or portal.kind is PortalKind.PUSH:
            _never(city, portal)
        elif portal.kind is PortalKind.SUSHI:
            _pull_reports(city, portal)
        else:
            declared.pull(city, portal)
            _settle(city, portal)
    except CityError as error:
        _failed(city, portal, error)


def _pull_reports(city: City, portal: Portal) -> None:
    with guest(city.settings) as client:
        if not portal.key:
            portal = partners.learn(city, client, portal.url)
        found = _direct(city, portal.id)
        if not found:
            _never(city, portal)
            return
        if not portal.key:
            raise Unavailable(portal.failure or f"{portal.url} shows no key.")
        with replace(client, most_document_bytes=_MOST_BYTES, total_s=_TOTAL_S) as asking:
            said = _ask(city, asking, portal, found)
        for _ in range(MOST_HOPS):  # copies of copies that are new to us lead to others
            if not (new := _unknown(city, portal, said)) or not _look_at(city, client, new):
                break
    _take(city, portal, said)


def _direct(city: City, id: PortalId) -> list[Copy]:
    """Copies at a portal that were made of ours itself, and are or were there."""
    with city.work(SYSTEM, may_write=False) as work:
        found = copies.copies_of(work.db, portal=id, states=[CopyState.VERIFIED, CopyState.GONE])
    return [one for one in found if not one.via]


def _ask(city: City, client: Polite, portal: Portal, found: list[Copy]) -> list[Report]:
    today = city.clock().date()
    seen = min((one.seen for one in found if one.seen), default=city.clock())
    since = portal.pulled.date() if portal.pulled else seen.date()
    month = (since.replace(day=1) - DAY).replace(day=1) if portal.pulled else since.replace(day=1)
    day = max(since - DAY if portal.pulled else since, today - DAYS * DAY)
    said = _pages(city, client, portal, month, today, "month")
    return said + _pages(city, client, portal, day, today, "day")


def _pages(
    city: City, client: Polite, portal: Portal, first: date, last: date, grain: str
) -> list[Report]:
    found: list[Report] = []
    for page in range(MOST_PAGES):
        wanted = {
            "origin": f"{city.settings.url}/",
            "begin-date": first.isoformat(),
            "end-date": last.isoformat(),
            "granularity": grain,
            "limit": ON_A_PAGE,
            "offset": page * ON_A_PAGE,
        }
        url = f"{portal.url}/reports/dsr?{urlencode(wanted)}"
        report = reports.read(_signed(city, client, portal, url), city.clock())
        found.append(report)
        if sum(not one.via for one in report.entries) < ON_A_PAGE:
            return found
    raise Unavailable(f"{portal.url} has more than {MOST_PAGES * ON_A_PAGE} copies of ours.")


def _signed(city: City, client: Polite, portal: Portal, url: str) -> object:
    """The answer as JSON, if it is signed by the portal for this very question."""
    asked = Request(method="GET", url=url, headers={"accept": _ACCEPT})
    own = partners.keyid(city.settings.url)
    signatures.sign_request(asked, signing_key(city.settings.home), own, city.clock())
    given = client.document(url, headers=asked.headers)
    answer = Answer(
        status_code=given.status,
        request=asked,
        headers={name.lower(): text for name, text in given.headers.items()},
        body=given.content,
    )
    if not signatures.is_signed(answer.headers):
        raise NotGenuine(f"{portal.url} does not sign its report.")
    try:
        signatures.verify_answer(answer, signatures.public_key(portal.key), city.clock())
    except NotGenuine as error:
        raise NotGenuine(f"The report of {portal.url}: {error.message} {_hint()}") from error
    return given.json()


def _hint() -> str:
    return "If its key has changed, confirm the portal (trust)."


def _unknown(city: City, portal: Portal, said: list[Report]) -> list[Entry]:
    """Copies that the reports name and nobody has looked at yet."""
    with city.work(SYSTEM, may_write=False) as work:
        found = [weigh(work, portal, report, city.settings.url) for report in said]
    return list({entry.uri: entry for one in found for entry in one.unknown}.values())


def _look_at(city: City, client: Polite, entries: list[Entry]) -> int:
    """Verify copies that a report names; answers how many are now known."""
    done = 0
    for entry in unseen(entries, MOST_NEW):
        origins = [entry.via] if entry.via else list(entry.origins)
        for origin in origins:
            try:
                seen = verifying.note(city, client, entry.uri, origin, name=entry.platform)
            except CityError:
                continue
            done += seen is not None and seen.state is CopyState.VERIFIED
    return done


def _take(city: City, portal: Portal, said: list[Report]) -> None:
    with city.work(SYSTEM) as work:
        found = [take(work, portal, report, city.settings.url) for report in said]
        periods, aside = sum(one.periods for one in found), sum(one.aside for one in found)
        audit.record(work, "pull-reports", portal.id, periods=periods, aside=aside)
        _note(work, portal)


def _settle(city: City, portal: Portal) -> None:
    with city.work(SYSTEM) as work:
        _note(work, portal)


def _note(work: Work, portal: Portal) -> None:
    """It went well; tomorrow it is asked again."""
    now = copies.portal(work.db, portal.id) or portal
    copies.save_portal(work.db, replace(now, pulled=work.now, failure=""))
    copies.set_portal_due(work.db, portal.id, work.now + _jittered(DAY))


def _never(city: City, portal: Portal) -> None:
    """Nothing to ask for: its key was read, or it has no copy that was made of ours itself."""
    with city.work(SYSTEM) as work:
        copies.set_portal_due(work.db, portal.id, None)


def _failed(city: City, portal: Portal, error: CityError) -> None:
    with city.work(SYSTEM) as work:
        now = copies.portal(work.db, portal.id) or portal
        is_new = now.failure != error.message[:500]
        copies.save_portal(work.db, replace(now, failure=error.message[:500]))
        pause = WEEK if _is_dead(now, work.now) else _jittered(AFTER_FAILURE)
        copies.set_portal_due(work.db, portal.id, work.now + pause)
        if is_new:
            audit.record(work, "fail-pull", portal.id, reason=error.message[:200])


def _is_dead(portal: Portal, now: datetime) -> bool:
    return portal.pulled is not None and now - portal.pulled > DEAD


def _jittered(pause: timedelta) -> timedelta:
    return pause * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
