"""Reports by mail: to council members and administrators, once each, through the mail service."""

import json
import logging

from citycommons.core.types import SYSTEM, Actor, Role
from citycommons.engage.followers import mail
from citycommons.engage.followers.mail import Attachment, Letter
from citycommons.measure.impact import reports
from citycommons.measure.impact.reports import KINDS, Report
from citycommons.measure.impact.words import say
from citycommons.store import people
from citycommons.store.work import City

_ROLES = frozenset({Role.COUNCIL, Role.ADMINISTRATOR})
_ATTACHED = ("pdf", "json", "csv")
log = logging.getLogger("citycommons.measure")


def readers(city: City) -> tuple[Actor, ...]:
    """Who gets reports: members of the council and administrators of the whole city."""
    with city.work(SYSTEM, may_write=False) as work:
        accounts = people.accounts(work.db)
    return tuple(
        one.actor
        for one in sorted(accounts, key=lambda account: account.actor.id)
        if one.disabled is None
        and one.actor.email
        and any(grant.publisher is None and grant.role in _ROLES for grant in one.actor.grants)
    )


def post_due(city: City) -> int:
    """Send each report to who has not got it yet; answers how many messages were taken.

    Who was sent one is written down after each: a sender that was killed sends at most one message
    twice, under the same Message-ID. Who comes later gets the newest report only.
    """
    found = reports.listed(city.settings, is_public=False)[:1]
    return sum(_post(city, one) for one in found)


def _post(city: City, one: Report) -> int:
    mark = reports.folder(city.settings) / f".{one.stem}.sent"
    sent = set(json.loads(mark.read_bytes())) if mark.exists() else set()
    taken = 0
    for reader in readers(city):
        if reader.id in sent:
            continue
        answer = mail.send(_letter(city, one, reader), city.settings)
        if not answer.is_taken and not answer.is_final:
            log.warning("the report %s waits for %s: %s", one.stem, reader.id, answer.reason)
            continue
        sent.add(reader.id)
        reports.keep_file(mark, json.dumps(sorted(sent)).encode())
        taken += answer.is_taken
    return taken


def _letter(city: City, one: Report, reader: Actor) -> Letter:
    settings, speak = city.settings, say(reader.language)
    words = {"title": speak("title", city=settings.name), "period": speak.period(one.period)}
    again = f" ({speak('revised', number=one.revision)})" if one.revision > 1 else ""
    return Letter(
        id=f"report-{one.stem}-{reader.id}".lower(),
        follower=f"report-{reader.id}",
        to=reader.email,
        language=speak.language,
        subject=speak("mail_subject", **words) + again,
        text=speak(
            "mail_text",
            period=speak.period(one.period),
            link=f"{settings.url}/council?period={one.period.name}",
            digest=one.digest,
        ),
        stop="",
        made=city.clock(),
        attachments=tuple(
            Attachment(
                name=f"{one.stem}.{kind}",
                media_type=KINDS[kind],
                content=reports.read(settings, f"{one.stem}.{kind}", is_public=False)[0],
            )
            for kind in _ATTACHED
        ),
    )
