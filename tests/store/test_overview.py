"""The overview of a catalogue answers what SQL answers, on both stores."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from citycommons.core.types import (
    SYSTEM,
    Access,
    Category,
    Dataset,
    DatasetId,
    Publisher,
    PublisherId,
)
from citycommons.store import catalogue, overview, search
from citycommons.store.conditions import Every, Has, Not, Says, Some, Within
from citycommons.store.find import Wanted, find

START = datetime(2026, 1, 1, tzinfo=UTC)
ANYBODY = Wanted(limit=7, counts_keywords=True)
BOSS = replace(ANYBODY, publishers=None)


@pytest.fixture
def filled(any_city):
    """Sixty entries of all sorts."""
    with any_city.work(SYSTEM) as work:
        for name in ("roads", "parks"):
            catalogue.save_publisher(work.db, Publisher(id=PublisherId(name), name=name))
        subjects, kinds = ("parking", "cycling", "tree"), ("counts", "plan")
        for n, (subject, kind, _) in enumerate(product(subjects, kinds, range(10))):
            moment = START + timedelta(hours=n * 7 % 60)
            dataset = Dataset(
                id=DatasetId(f"{subject}-{kind}-{n}"),
                title={"en": f"{subject} {kind}" if n % 3 else f"{kind} of {n}"},
                description={"en": "about parking" if n % 4 == 0 else "about the town"},
                publisher=PublisherId("roads" if n % 2 else "parks"),
                license="CC0-1.0" if n % 5 else "CC-BY-4.0",
                access=Access.INTERNAL if n % 11 == 0 else Access.PUBLIC,
                category=list(Category)[n % 2],
                theme="TRAN" if n % 3 == 1 else "",
                keywords=(subject, "Stadt") if n % 2 else (),
                created=moment,
                modified=moment,
            )
            catalogue.save_dataset(work.db, dataset)
            entry = search.Entry(
                dataset=dataset,
                publisher_name="Office",
                formats=("csv", "GeoJSON") if n % 2 else (),
                has_data=bool(n % 2),
                modified=moment,
            )
            search.index(work.db, entry)
    return any_city


ORDERS = (
    {},
    {"by_title": True},
    {"newest_first": True},
    {"order": (("modified", True),)},
    {"order": (("title", False), ("id", True))},
    {"order": (("created", True),)},  # which it does not know
)
FILTERS = (
    {},
    {"chosen": {"publisher": ("roads",), "license": ("CC0-1.0", "CC-BY-4.0")}},
    {"chosen": {"format": ("csv",)}, "has_data": True},
    {"condition": Has("publisher", "parks")},
    {"condition": Every((Has("format", "geojson"), Not(Has("theme", "TRAN"))))},
    {"condition": Some((Has("keyword", "tree"), Says(("plan",), in_title=True)))},
    {"condition": Within("modified", START, START + timedelta(hours=30), has_last=False)},
    {"condition": Within("created", START, None)},
    {"condition": Has("id", "tree-*", is_pattern=True)},
    {"condition": Every(())},
    {"condition": Some(())},
)


@pytest.mark.parametrize("words", [(), ("parking",), ("plan", "town"), ("nothing",)])
@pytest.mark.parametrize("who", [ANYBODY, BOSS])
def test_it_answers_what_sql_answers(filled, words, who):
    with filled.work(SYSTEM, may_write=False) as work:
        glance = overview.load(work.db)
        for order, chosen, offset in product(ORDERS, FILTERS, (0, 5)):
            wanted = replace(who, words=words, offset=offset, **order, **chosen)
            assert find(work.db, wanted, glance) == find(work.db, wanted), wanted


def test_of_very_many_those_that_say_it_in_their_title_come_first(filled, monkeypatch):
    monkeypatch.setattr("citycommons.store.find.MOST_RANKED", 3)
    with filled.work(SYSTEM, may_write=False) as work:
        glance = overview.load(work.db)
        wanted = replace(BOSS, words=("parking",), limit=60)
        mine, plain = find(work.db, wanted, glance), find(work.db, wanted)
        page = find(work.db, replace(wanted, limit=5, offset=5), glance).ids
    assert (mine.total, mine.facets) == (plain.total, plain.facets)
    assert set(mine.ids) == set(plain.ids)
    in_title = [id.startswith("parking") for id in mine.ids]
    assert in_title == sorted(in_title, reverse=True)
    assert page == mine.ids[5:10]
