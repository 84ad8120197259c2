"""Errands: what is due by the clock. Sources are run, and links asked, beside the facts.

Each kind has threads of its own, so a long download never keeps a fact waiting.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from citycommons.act.roadworks import after, clock
from citycommons.core.errors import CityError
from citycommons.core.types import SYSTEM
from citycommons.engage import answers, reuse_links, telling
from citycommons.engage.followers import telling as followers
from citycommons.measure.impact import peers, posting, reports
from citycommons.measure.republication import announce, inbox, pull, scanning, verifying
from citycommons.measure.usage import published as usage_published
from citycommons.share import arrive, encoders, links, meaning
from citycommons.share.holding import Stopped
from citycommons.store.usage import settle
from citycommons.store.work import City

POLL_S = 2.0
AFTER_TROUBLE_S = 30.0
SOURCES_AT_ONCE = 2  # of one worker
WEBHOOKS_AT_ONCE = 2  # a receiver that is slow keeps one of them
_GRACE_S = 8.0
_REST_S = 20.0
_REPORTS_REST_S = 600.0  # counts of four quarters are compared each time
_USES_PACE = 20  # rests so many times as long as counting took

log = logging.getLogger("citycommons.jobs")


def run_sources(city: City, stop: threading.Event) -> int:
    """Run every source that is due now, one after the other; answers how many runs ended."""
    done = 0
    while not stop.is_set() and arrive.is_due(city):
        done += arrive.run_due(city, is_stopping=stop.is_set) is not None
    return done


def check_links(city: City, stop: threading.Event) -> int:
    """Ask for every link that is due now; answers how many were asked."""
    done = 0
    while not stop.is_set() and (asked := links.check_due(city)):
        done += asked
    return done


def tell_webhooks(city: City, stop: threading.Event) -> int:
    """Send every message to webhooks that is due now; answers how many were tried."""
    done = 0
    while not stop.is_set() and telling.deliver_next(city):
        done += 1
    return done


def tell_followers(city: City, stop: threading.Event) -> int:
    """Send every message to followers of road works that is due now; answers how many."""
    done = 0
    while not stop.is_set() and followers.deliver_next(city):
        done += 1
    return done


def check_reuses(city: City, stop: threading.Event) -> int:
    """Ask whether reuses still answer; answers how many were asked."""
    done = 0
    while not stop.is_set() and (asked := reuse_links.check_due(city)):
        done += asked
    stop.wait(_REST_S)
    return done


def tell_askers(city: City, stop: threading.Event) -> int:
    """Tell who claimed a reuse or asked for data what became of it; answers how many."""
    done = 0
    while not stop.is_set() and answers.deliver_next(city):
        done += 1
    stop.wait(_REST_S)
    return done


def note_meanings(city: City, stop: threading.Event) -> int:
    """Keep what entries mean up to date with the catalogue; answers how many texts were new."""
    done = meaning.refresh(city, stop.is_set)
    if done:  # a harvest changes entries for minutes: not all are read again after each
        stop.wait(_REST_S)
    return done


def keep_works_in_time(city: City, stop: threading.Event) -> int:
    """Let works begin and end whose days say so, by the city's own calendar."""
    done = begin_and_end_works(city)
    stop.wait(_REST_S)
    return done


def tell_origins(city: City, stop: threading.Event) -> int:
    """Tell origins of our copies of theirs; answers how many announcements were tried."""
    done = announce.announce_due(city)
    stop.wait(3 * _REST_S)
    return done


def read_inbox(city: City, stop: threading.Event) -> int:
    """Look into messages of other portals, and at copies whose time has come."""
    done = 0
    while not stop.is_set() and (looked := inbox.work_off(city, 10) + verifying.check_due(city, 5)):
        done += looked
    return done


def pull_usage(city: City, stop: threading.Event) -> int:
    """Ask portals with copies of ours for their counts; answers how many were asked."""
    done = 0
    while not stop.is_set() and pull.pull_due(city, 1):
        done += 1
    return done


def find_copies(city: City, stop: threading.Event) -> int:
    """Look for copies nobody announced at portals whose time has come; answers how many."""
    done = 0
    while not stop.is_set() and scanning.scan_due(city):
        done += 1
    stop.wait(_REST_S if not done else 0.0)
    return done


def begin_and_end_works(city: City) -> int:
    """The same once; answers how many works changed."""
    zone = ZoneInfo(city.settings.timezone)
    with city.work(SYSTEM, may_write=False) as work:
        if not clock.is_due(work, work.now.astimezone(zone).date()):
            return 0
    with city.work(SYSTEM) as work:
        return clock.keep_time(work, work.now.astimezone(zone).date())


def measure_works(city: City, stop: threading.Event) -> int:
    """Measure works that are over and settled; answers how many were looked at."""
    done = 0
    while not stop.is_set() and after.evaluate_next(city):
        done += 1
    if not done:  # days pass between works: no need to ask every other second
        stop.wait(_REST_S)
    return done


def count_uses(city: City, stop: threading.Event) -> int:
    """Count what was used since the last time; answers how many days changed.

    A busy day takes longer: then it is done less often, so that it never takes more than a
    twentieth of one processor.
    """
    begun = time.monotonic()
    done = settle(city.engine, city.clock())
    stop.wait(_USES_PACE * (time.monotonic() - begun))
    return done


def publish_usage(city: City, stop: threading.Event) -> int:
    """Publish what was used, once a month is over; answers how many versions were new."""
    done = usage_published.publish_due(city)
    stop.wait(_REST_S)
    return int(done is not None)


def make_reports(city: City, stop: threading.Event) -> int:
    """Make the report of a quarter that is over, and send it; answers how many files or mails."""
    done = len(reports.make_due(city)) + posting.post_due(city)
    stop.wait(_REPORTS_REST_S)
    return done


def ask_peers(city: City, stop: threading.Event) -> int:
    """Ask other cities what they say of themselves; answers how many were asked."""
    done = peers.fetch_due(city)
    stop.wait(_REST_S)
    return done


def work_off(city: City) -> int:
    """Run the sources that are due now, and begin and end works; answers how many runs ended."""
    begin_and_end_works(city)
    return run_sources(city, threading.Event())


@contextmanager
def running(city: City, stop: threading.Event) -> Iterator[None]:
    """Do errands in the background until the block ends; a run that is cut short goes on later."""
    tasks = [("sources", run_sources)] * SOURCES_AT_ONCE + [("links", check_links)]
    tasks += [("webhooks", tell_webhooks)] * WEBHOOKS_AT_ONCE
    tasks += [("followers", tell_followers), ("works", keep_works_in_time)]
    tasks += [("measurements", measure_works), ("uses", count_uses)]
    tasks.append(("publication", publish_usage))
    tasks += [("reuses", check_reuses), ("askers", tell_askers)]
    tasks += [("origins", tell_origins), ("inbox", read_inbox), ("usage", pull_usage)]
    tasks.append(("copies", find_copies))
    tasks += [("reports", make_reports), ("peers", ask_peers)]
    if encoders.is_installed():
        tasks.append(("meanings", note_meanings))
    threads = [
        threading.Thread(
            target=_again_and_again, args=(city, stop, act), name=f"{name}-{number}", daemon=True
        )
        for number, (name, act) in enumerate(tasks)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(_GRACE_S)


def _again_and_again(
    city: City, stop: threading.Event, act: Callable[[City, threading.Event], int]
) -> None:
    while not stop.is_set():
        try:
            act(city, stop)
            stop.wait(POLL_S)
        except Stopped:
            return
        except (CityError, OSError) as error:
            log.warning("waiting: %s", error)
            stop.wait(AFTER_TROUBLE_S)
        except Exception:
            log.exception("an errand failed")
            stop.wait(AFTER_TROUBLE_S)
