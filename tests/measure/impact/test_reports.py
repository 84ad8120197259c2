"""Reports of quarters: made once, never changed, corrected in the open, sent once."""

import email
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from email.policy import default
from hashlib import sha256

import pytest
from tests.measure.impact.whole import LATER, filled

from citycommons.core.errors import Invalid, NotFound, Unavailable
from citycommons.core.types import SYSTEM, ActorKind, Channel, ClientKind, Grant, Role, Use
from citycommons.govern import people
from citycommons.measure.impact import posting, reports
from citycommons.measure.impact.changed import changed
from citycommons.measure.impact.period import parse
from citycommons.measure.impact.scope import Scope
from citycommons.measure.impact.statement import canonical, statement
from citycommons.store import usage
from citycommons.store.work import City

Q1 = parse("2026-Q1")


def member(city: City, name: str = "Cora", role: Role = Role.COUNCIL, language: str = "de") -> None:
    with city.work(SYSTEM) as work:
        found = people.create(
            work,
            name=name,
            email=f"{name.lower()}@city.example",
            password="a long enough password",
            kind=ActorKind.PERSON,
            language=language,
        )
        people.give(work, found.id, Grant(role=role))


def used(city: City, count: int, day: date = date(2026, 2, 1)) -> None:
    key = ("counts", 1, Use.REQUEST, Channel.FILE, ClientKind.PERSON, day)
    with city.work(SYSTEM) as work:
        usage.add_counts(work.db, Counter({key: count}))  # type: ignore[arg-type]


def mails(city: City) -> list[email.message.EmailMessage]:
    files = sorted((city.settings.home / "mail").glob("report-*.eml"))
    return [email.message_from_bytes(one.read_bytes(), policy=default) for one in files]  # type: ignore[misc]


def test_a_report_is_made_once_when_the_quarter_is_over(any_city: City) -> None:
    city = filled(any_city)
    city.clock = lambda: datetime(2026, 4, 3, tzinfo=UTC)
    assert [one.period.name for one in reports.make_due(city)] == ["2025-Q4"]
    city.clock = lambda: LATER
    (made,) = reports.make_due(city)
    assert (made.period, made.revision, made.made) == (Q1, 1, "2026-04-20")
    folder = reports.folder(city.settings)
    before = {path: path.read_bytes() for path in folder.glob("2026-Q1*")}
    assert {path.suffix for path in before} == {".pdf", ".html", ".csv", ".json"}
    assert len(before) == 8
    assert reports.make_due(city) == ()
    assert {path: path.read_bytes() for path in folder.glob("2026-Q1*")} == before
    told = json.loads((folder / "2026-Q1.json").read_bytes())
    assert sha256(canonical(told["statement"])).hexdigest() == told["digest"] == made.digest


def test_what_the_public_may_not_read_is_not_in_the_public_report(city: City) -> None:
    reports.make(filled(city), Q1)
    folder = reports.folder(city.settings)
    public = (folder / "2026-Q1-public.json").read_text()
    assert "trinkbrunnen" not in public
    assert "trinkbrunnen" in (folder / "2026-Q1.json").read_text()
    with pytest.raises(NotFound):
        reports.read(city.settings, "2026-Q1.json", is_public=True)
    for name in ("../city.db", "2026-Q1-public.json/../../city.db", ".lock", "2026-Q1.sent"):
        with pytest.raises(NotFound):
            reports.read(city.settings, name, is_public=True)


def test_counts_that_come_late_make_a_dated_revision_and_the_page_says_so(any_city: City) -> None:
    city = filled(any_city)
    reports.make_due(city)
    first = (reports.folder(city.settings) / "2026-Q1.json").read_bytes()
    used(city, 58)
    city.clock = lambda: datetime(2026, 5, 2, tzinfo=UTC)
    (again,) = reports.make_due(city)
    assert (again.period, again.revision, again.made) == (Q1, 2, "2026-05-02")
    assert (reports.folder(city.settings) / "2026-Q1.json").read_bytes() == first
    assert reports.make_due(city) == ()
    with city.work(SYSTEM, may_write=False) as work:
        for period in (Q1, parse("2026-Q2")):
            one = statement(work, Scope(period=period), city.settings)
            words = changed(one, city.settings, "en")
            assert "1,300 → 1,358" in words


def test_what_is_only_told_otherwise_makes_no_revision(city: City) -> None:
    reports.make_due(filled(city))
    city.settings = city.settings.model_copy(update={"contact": "data@city.example"})
    assert reports.make_due(city) == ()


def test_a_quarter_that_is_not_over_has_no_report(city: City) -> None:
    filled(city)
    for name in ("2026-Q2", "2026"):
        with pytest.raises(Invalid, match="-o DIR"):
            reports.make(city, parse(name))


def test_a_city_that_counted_nothing_makes_no_report(any_city: City) -> None:
    assert reports.make_due(any_city) == ()


def test_two_makers_at_once_make_one_report(city: City) -> None:
    filled(city)
    with reports._alone(reports.folder(city.settings)) as is_mine:
        assert is_mine
        assert reports.make_due(city) == ()
    assert len(reports.make_due(city)) == 1


def test_a_maker_that_is_killed_leaves_nothing_half_and_the_next_one_ends_it(city: City) -> None:
    filled(city)
    program = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC;"
        "from citycommons.core.settings import Settings; from citycommons.store.work import City;"
        "from citycommons.measure.impact import reports; import os, signal;"
        "real = reports.keep_file\n"
        "def once(target, content):\n"
        "    real(target, content)\n"
        "    if target.name == '2026-Q1.html': os.kill(os.getpid(), signal.SIGKILL)\n"
        "reports.keep_file = once\n"
        "city = City.open(Settings(home=Path(sys.argv[1]), name='Testville'),"
        " lambda: datetime(2026, 4, 20, 9, tzinfo=UTC))\n"
        "reports.make_due(city)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(city.settings.home)], check=False, timeout=120
    )
    assert done.returncode == -signal.SIGKILL
    assert reports.listed(city.settings, is_public=False) == ()
    (made,) = reports.make_due(city)
    assert made.revision == 1
    assert list(reports.folder(city.settings).glob(".*.part")) == []


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(city: City) -> None:
    filled(city)
    place = reports.folder(city.settings)
    place.mkdir()
    place.chmod(0o500)
    with pytest.raises(Unavailable, match="cannot be written"):
        reports.make_due(city)


def test_council_and_administrators_get_it_by_mail_once(any_city: City) -> None:
    city = filled(any_city)
    member(city)
    member(city, "Ada", Role.ADMINISTRATOR, "en")
    member(city, "Rita", Role.READER)
    reports.make_due(city)
    assert posting.post_due(city) == 2
    assert posting.post_due(city) == 0
    german = next(one for one in mails(city) if one["To"] == "cora@city.example")
    assert "1. Quartal 2026" in german["Subject"]
    found = {one.get_filename(): one.get_content() for one in german.iter_attachments()}
    assert set(found) == {"2026-Q1.pdf", "2026-Q1.json", "2026-Q1.csv"}
    assert found["2026-Q1.pdf"].startswith(b"%PDF")
    text = german.get_body().get_content()  # type: ignore[union-attr]
    assert "/council?period=2026-Q1" in text
    assert reports.listed(city.settings, is_public=False)[0].digest in text


def test_a_mail_server_that_does_not_answer_is_asked_again_later(city: City) -> None:
    filled(city)
    member(city)
    reports.make_due(city)
    home = city.settings
    city.settings = home.model_copy(update={"mail_server": "smtp+plain://127.0.0.1:9"})
    started = time.monotonic()
    assert posting.post_due(city) == 0
    assert time.monotonic() - started < 30
    city.settings = home
    assert posting.post_due(city) == 1
