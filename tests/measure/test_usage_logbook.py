"""Access logs of before fill days that have no counts, once; a cut run goes on."""

from datetime import date
from pathlib import Path

import pytest
from tests.measure.test_usage_report import ANYONE, used

from citycommons.core.errors import Forbidden
from citycommons.core.types import Actor, DatasetId
from citycommons.measure.usage import logbook, overview
from citycommons.measure.usage.overview import Span
from citycommons.store.work import City

__all__ = ["used"]  # a fixture

LINE = '{ip} - - [{day}:10:{minute:02}:00 +0000] "GET {path} HTTP/1.1" {status} 512 "-" "{agent}"\n'
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def line(day: str, ip: str = "192.0.2.1", minute: int = 0, **more: object) -> str:
    given = {"path": "/data/bikes@1.csv", "status": 200, "agent": FIREFOX} | more
    return LINE.format(ip=ip, day=day, minute=minute, **given)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Seven people on a day of May, three on one of July (that is counted), and much noise."""
    lines = [line("04/May/2026", f"192.0.2.{n}") for n in range(7)]
    lines += [line("15/Jul/2026", f"192.0.2.{n}") for n in range(3)]
    lines += [line("04/May/2026", path="/static/city.css"), line("04/May/2026", status=404)]
    lines += [line("04/May/2026", path="/data/nothing@1.csv"), "no line of a log\n"]
    path = tmp_path / "access.log"
    path.write_text("".join(lines), "utf-8")
    return path


def requests(city: City, month: date) -> int:
    with city.work(ANYONE, may_write=False) as work:
        found = overview.of_dataset(work, DatasetId("bikes"), Span.of(month, month))
    return found.total.requests


def test_a_day_without_counts_is_taken_and_others_stay(used: City, admin: Actor, log: Path):
    july = requests(used, date(2026, 7, 1))
    taken = logbook.take(used, admin, [log])
    assert (taken.days, taken.passed) == ((date(2026, 5, 4),), (date(2026, 7, 15),))
    assert requests(used, date(2026, 5, 1)) == 7
    assert requests(used, date(2026, 7, 1)) == july
    with used.work(ANYONE, may_write=False) as work:
        span = Span.of(date(2026, 5, 1), date(2026, 5, 1))
        found = overview.of_dataset(work, DatasetId("bikes"), span)
    assert found.apart["channel"].rest == 7  # too few to be told apart
    assert found.total.unique_requests == 7


def test_a_second_run_takes_nothing(used: City, admin: Actor, log: Path):
    logbook.take(used, admin, [log])
    taken = logbook.take(used, admin, [log])
    assert taken.days == ()
    assert requests(used, date(2026, 5, 1)) == 7


def test_a_day_of_which_our_own_count_may_still_come_is_passed_over(
    used: City, admin: Actor, tmp_path: Path
):
    path = tmp_path / "access.log"
    today = used.clock().date()
    path.write_text(line(f"{today:%d/%b/%Y}"), "utf-8")
    assert logbook.take(used, admin, [path]).passed == (today,)


def test_reading_alone_keeps_nothing(used: City, log: Path):
    found = logbook.read(used, [log])
    assert (found.lines, found.unread) == (14, 1)
    assert requests(used, date(2026, 5, 1)) == 0


def test_nobody_takes_over_logs_without_the_right(used: City, log: Path):
    with pytest.raises(Forbidden):
        logbook.take(used, ANYONE, [log])
