"""Which statement a request asks for."""

from datetime import date

from citycommons.core.types import PublisherId
from citycommons.govern.access import Action, publishers_for
from citycommons.measure.impact.period import Period, parse, quarter_of
from citycommons.measure.impact.scope import Audience, Scope
from citycommons.store import usage_sums
from citycommons.store.work import Work
from citycommons.web.running import Running


def scope_of(running: Running, work: Work, audience: Audience) -> Scope:
    """The scope that the address names.

    Without a publisher it is the whole city, or the first one whose ledger the actor may read.
    """
    return Scope(
        period=_period(running, work),
        publisher=_publisher(running, audience),
        audience=audience,
    )


def _publisher(running: Running, audience: Audience) -> PublisherId | None:
    if asked := running.get("publisher"):
        return PublisherId(asked)
    if audience is Audience.PUBLIC:
        return None
    able = publishers_for(running.actor, Action.READ_LEDGER)
    return min(able) if able else None


def _period(running: Running, work: Work) -> Period:
    if asked := running.get("period"):
        return parse(asked)
    return usual(work.now.date(), usage_sums.first_day(work.db))


def usual(today: date, first: date | None) -> Period:
    """The last quarter that is over, or the present one where nothing was counted before."""
    present = quarter_of(today)
    return present.before if first and first <= present.before.last_day else present


def neighbours(period: Period, today: date) -> tuple[Period, ...]:
    """Periods that a reader may want next: the one before, the one after, and the whole year."""
    found = [period.before, period.following]
    found.append(Period(year=period.year) if period.quarter else quarter_of(period.last_day))
    return tuple(one for one in found if one.first_day <= today)
