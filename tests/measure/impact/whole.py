"""A city that has something of everything a statement tells, in the first quarter of 2026."""

from collections import Counter
from datetime import UTC, date, datetime

from tests.measure.appraisal.ledgers import priced
from tests.measure.republication.places import keep, said

from citycommons.core.counting import Asker, Metric
from citycommons.core.types import ANYONE, SYSTEM, Channel, ClientKind, Use
from citycommons.engage import reuses, stories
from citycommons.engage.reuses import Claim
from citycommons.engage.stories import Draft
from citycommons.engage.wanted import asking
from citycommons.measure import appraisal
from citycommons.store import copies, missed, usage
from citycommons.store.work import City

_STORY = {
    "title": {"en": "Fewer cars, more air", "de": "Weniger Autos, mehr Luft"},
    "lead": {"en": "A lane changed a street."},
    "body": {"en": "It began with counts."},
    "datasets": ("counts",),
    "goals": ("fewer-cars",),
}
_REUSE = {
    "title": "=Bike <b>map</b> of class 7b",
    "kind": "school",
    "url": "https://school.example/bikes",
    "maker": "Class 7b",
    "datasets": ("counts",),
}
AT = datetime(2026, 3, 31, 20, tzinfo=UTC)
LATER = datetime(2026, 4, 20, 9, tzinfo=UTC)


def filled(city: City) -> City:
    """Uses, a copy with reports, a goal with money, a reuse, a story, a request, a vain search."""
    priced(city)
    city.clock = lambda: AT
    keep(city)
    _used(city)
    with city.work(SYSTEM) as work:
        copies.replace(work.db, [said(2, 3311), said(2, 3000, metric=Metric.TOTAL_REQUESTS)])
        appraisal.appraise(work, None)
        missed.add(work.db, Counter({("trinkbrunnen", date(2026, 3, 1)): 12}))
        story = stories.write(work, Draft(**_STORY))
        stories.show(work, story.id, is_public=True)
    with city.work(ANYONE, asker=Asker("somebody")) as work:
        claim = reuses.claim(work, Claim(**_REUSE))
        asking.ask(work, title="Where the fountains are", purpose="a map for hot days")
    with city.work(SYSTEM) as work:
        reuses.confirm(work, claim.id)
    city.clock = lambda: LATER
    return city


def _used(city: City) -> None:
    days = {
        ("trees", Use.REQUEST, ClientKind.PERSON, date(2026, 1, 5)): 1204,
        ("counts", Use.REQUEST, ClientKind.MACHINE, date(2026, 3, 9)): 96,
        ("counts", Use.INVESTIGATION, ClientKind.PERSON, date(2026, 3, 9)): 310,
        ("counts", Use.REQUEST, ClientKind.ROBOT, date(2026, 3, 9)): 5000,
        ("counts", Use.REQUEST, ClientKind.PERSON, date(2025, 1, 1)): 1000,
        ("counts", Use.REQUEST, ClientKind.PERSON, date(2025, 12, 1)): 1250,
    }
    keys = {
        (dataset, 1, use, Channel.FILE, client, day): count
        for (dataset, use, client, day), count in days.items()
    }
    with city.work(SYSTEM) as work:
        usage.add_counts(work.db, Counter(keys))  # type: ignore[arg-type]
