"""The invented town shows reuses that say they are invented; a real city shows none."""

import tomllib
from importlib.resources import files

from tests.engage.impact_given import describe, with_data

from citycommons.core.types import ANYONE, SYSTEM, PublisherId
from citycommons.engage import demo, reuses, stories
from citycommons.engage.wanted import open_requests
from citycommons.store.work import City


def test_what_is_invented_says_so_and_comes_once(any_city: City):
    with_data(any_city)
    text = files("citycommons.engage").joinpath("demo_ideal.toml").read_text("utf-8")
    given = tomllib.loads(text)
    named = {
        id for one in (*given["reuse"], *given["claim"], *given["story"]) for id in one["datasets"]
    }
    with any_city.work(SYSTEM) as work:
        for id in named:
            describe(work, id, PublisherId("roads"))
        assert demo.build(work, "ideal") == 6
        assert demo.build(work, "ideal") == 0
    with any_city.work(ANYONE, may_write=False) as work:
        shown = reuses.confirmed(work)
        assert len(shown) == 3
        assert all("invented" in one.title for one in shown)
        assert all("invented" in one.title["en"] for one in stories.published(work, 9))
        assert [one.votes for one in open_requests(work, 9)] == [4]


def test_a_real_city_gets_nothing_invented(any_city: City):
    with any_city.work(SYSTEM) as work:
        assert demo.build(work, "muenster") == 0
        assert reuses.confirmed(work) == ()
