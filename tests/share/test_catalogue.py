"""Search finds what the asker may discover, whole words, begun ones and mistyped ones."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
import shapely
from sqlalchemy import event

from citycommons.core.errors import NotFound
from citycommons.core.types import (
    ANYONE,
    Access,
    Actor,
    ActorId,
    Category,
    Dataset,
    DatasetId,
    Field,
    FieldType,
    Grant,
    Link,
    Publisher,
    PublisherId,
    Role,
)
from citycommons.share import catalogue
from citycommons.share.catalogue import Matched, Search, Sort, find
from citycommons.share.publish import describe, prepare, publish
from citycommons.store import catalogue as stored
from citycommons.store.conditions import (
    Condition,
    Every,
    Has,
    Lasts,
    Meets,
    Not,
    Says,
    Some,
    Within,
)
from citycommons.store.work import City

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
READER = Actor(
    id=ActorId("r"),
    name="R",
    grants=(Grant(role=Role.READER, publisher=PublisherId("roads")),),
)


def dataset(id: str, title: str, **more) -> Dataset:
    plain = {"publisher": PublisherId("roads"), "license": "CC0-1.0", "theme": "TRAN"}
    return Dataset(id=DatasetId(id), title={"de": title}, **{**plain, **more})


ENTRIES = (
    dataset("bikes", "Fahrradzählstellen", description={"de": "Radverkehr an der Straße"}),
    dataset("parking", "Parkhäuser", keywords=("Auto",), description={"en": "Car parks, bikes"}),
    dataset("trees", "Bäume", theme="ENVI", publisher=PublisherId("green"), license="CC-BY-4.0"),
    dataset("works", "Baustellen", links=(Link(url="https://a.example/x", format="PDF"),)),
    dataset("staff", "Personalrat", access=Access.INTERNAL, category=Category.TRANSPARENCY),
    dataset("noise", "Lärm", access=Access.RESTRICTED, theme="ENVI"),
)


@pytest.fixture
def full(any_city: City, admin: Actor) -> City:
    with any_city.work(admin) as work:
        for id in ("roads", "green"):
            stored.save_publisher(work.db, Publisher(id=PublisherId(id), name=id.title()))
        for one in ENTRIES:
            describe(work, one)
    prepared = prepare(any_city.lake, ENTRIES[1], pa.table({"stellplaetze": [1, 2, 3]}))
    with any_city.work(admin) as work:
        publish(work, ENTRIES[1], prepared)
    return any_city


def ids(city: City, text: str = "", actor: Actor = ANYONE, **more) -> list[str]:
    with city.work(actor, may_write=False) as work:
        found = find(work, Search(text=text, **more))
        assert found.total >= len(found.entries)
        return [one.dataset.id for one in found.entries]


def test_words_are_found_whatever_their_case_accents_and_end(full):
    assert ids(full, "fahrradzahl") == ["bikes"]
    assert ids(full, "BÄUME") == ["trees"]
    assert ids(full, "strasse") == ["bikes"]
    assert ids(full, "stellplaetze") == ["parking"]
    assert ids(full, "green") == ["trees"]


def test_the_title_counts_more_than_the_text(full):
    assert ids(full, "bikes") == ["bikes", "parking"]


def test_mistyped_words_are_mended_and_said(full):
    with full.work(ANYONE) as work:
        found = find(work, Search(text="Parkhauser Fahradzählstellen"))
        assert found.corrected == "parkhauser fahrradzahlstellen"
        assert found.is_loose
        found = find(work, Search(text="Baustelen"))
        assert [one.dataset.id for one in found.entries] == ["works"]
        assert found.corrected == "baustellen"
        assert find(work, Search(text="qqqqqqq")).total == 0


def test_nobody_finds_or_counts_what_is_not_theirs(full, admin):
    public = {"bikes", "parking", "trees", "works"}
    assert set(ids(full)) == public
    assert set(ids(full, actor=Actor(id=ActorId("x"), name="X"))) == public | {"noise"}
    assert set(ids(full, actor=READER)) == public | {"noise", "staff"}
    assert set(ids(full, actor=admin)) == {one.id for one in ENTRIES}
    assert ids(full, actor=replace(admin, scopes=frozenset({"publish"}))) == []
    with full.work(ANYONE) as work:
        assert find(work, Search(text="Personalrat")).facets["category"] == {}
        assert catalogue.numbers(work) == catalogue.Numbers(
            datasets=4, with_data=1, rows=3, publishers=2
        )
        for ask in (catalogue.get, catalogue.entry, catalogue.versions):
            with pytest.raises(NotFound):
                ask(work, DatasetId("staff"))
        assert catalogue.of_ids(work, (DatasetId("staff"), DatasetId("gone"))) == ()
        assert [(p.id, n) for p, n in catalogue.publishers(work)] == [("green", 1), ("roads", 3)]


def test_facets_count_what_a_choice_would_give(full):
    with full.work(ANYONE) as work:
        found = find(work, Search(chosen={"theme": ("ENVI",)}))
        assert [one.dataset.id for one in found.entries] == ["trees"]
        assert found.facets["theme"] == {"TRAN": 3, "ENVI": 1}  # its own choice does not narrow it
        assert found.facets["publisher"] == {"green": 1}
        both = find(work, Search(chosen={"theme": ("ENVI", "TRAN"), "license": ("CC0-1.0",)}))
        assert both.total == 3
        assert both.facets["license"] == {"CC0-1.0": 3, "CC-BY-4.0": 1}
        assert find(work, Search(chosen={"format": ("pdf",)})).total == 1
        assert find(work, Search(chosen={"format": ("csv",)})).with_data == 1
        assert find(work, Search(has_data=True)).total == 1
        assert find(work, Search(has_data=False)).total == 3


def test_pages_and_orders(full):
    everything = ids(full, sort=Sort.TITLE)
    assert [ids(full, sort=Sort.TITLE, limit=1, offset=n)[0] for n in range(4)] == everything
    assert ids(full, sort=Sort.NEWEST, limit=1) == ["parking"]
    assert ids(full, offset=99) == []


@pytest.mark.parametrize("chosen", [{}, {"theme": ("TRAN",)}, {"format": ("csv",)}])
@pytest.mark.parametrize("has_data", [None, True, False])
def test_ranked_pages_hold_each_hit_of_a_choice_once(full, admin, chosen, has_data):
    for actor in (ANYONE, READER, admin):
        asked = {"text": "ba pe bi fa", "chosen": chosen, "has_data": has_data}
        whole = ids(full, actor=actor, **asked)
        assert whole == [
            id
            for n in range(len(whole))
            for id in ids(full, actor=actor, **asked, limit=1, offset=n)
        ]
        expected = {
            one.id
            for one in ENTRIES
            if one.id in ids(full, actor=actor, chosen=chosen, has_data=has_data)
            and one.id in ("bikes", "parking", "trees", "works", "staff")
        }
        assert set(whole) == expected


def test_without_words_entries_with_data_come_first_then_the_newest(full, admin):
    listed = ids(full)
    assert listed[0] == "parking"
    with full.work(admin) as work:
        describe(work, replace(ENTRIES[2], title={"de": "Baum"}))
    assert ids(full)[:2] == ["parking", "trees"]
    assert ids(full, sort=Sort.NEWEST)[0] == "trees"


def test_an_entry_says_why_it_was_found_where_one_cannot_see_it(full):
    with full.work(ANYONE) as work:
        for text, part in (("stellpl", Matched.COLUMN), ("auto", Matched.KEYWORD), ("park", None)):
            found = find(work, Search(text=text))
            match = catalogue.why(found.entries[0], found.words)
            assert found.entries[0].dataset.id == "parking"
            assert (match.part if match else None) is part
        assert catalogue.why(found.entries[0], ()) is None


def test_signs_in_the_text_are_no_query_language(full):
    for text in (
        '"',
        "bikes*",
        "a OR b",
        "title:bikes",
        "-bikes",
        "(",
        "NEAR(a b)",
        "'; --",
        "\x00",
    ):
        ids(full, text)


def test_a_search_asks_the_database_as_often_for_many_entries_as_for_one(full, admin):
    def statements(limit: int) -> int:
        seen: list[str] = []
        with full.work(admin, may_write=False) as work:

            def note(_c, _k, statement, *_rest) -> None:
                seen.append(statement)

            assert work.db.in_transaction()  # its beginning is no question
            event.listen(full.engine, "before_cursor_execute", note)
            find(work, Search(text="ba", limit=limit))
            event.remove(full.engine, "before_cursor_execute", note)
        return len(seen)

    with full.work(admin, may_write=False) as work:
        find(work, Search(text="other"))  # what is known from then on
    assert statements(1) == statements(50) <= 6  # PostgreSQL is asked for the revision too


def test_a_described_again_dataset_is_found_by_its_new_words_only(full, admin):
    with full.work(admin) as work:
        describe(work, replace(ENTRIES[2], title={"de": "Sträucher"}, theme="GOVE"))
    assert ids(full, "Sträucher") == ["trees"]
    with full.work(ANYONE) as work:
        assert find(work, Search()).facets["theme"] == {"TRAN": 3, "GOVE": 1}


def test_a_declared_column_can_be_searched(full, admin):
    declared = (Field(name="laenge_m", type=FieldType.NUMBER, title={"de": "Länge"}),)
    with full.work(admin) as work:
        describe(work, replace(ENTRIES[0], fields=declared))
    assert ids(full, "lange") == ["bikes"]


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (Has("publisher", "green"), {"trees"}),
        (Not(Has("publisher", "green")), {"bikes", "parking", "works"}),
        (Has("keyword", "Auto"), {"parking"}),
        (Has("keyword", "auto"), set()),
        (Has("keyword", "A*", is_pattern=True), {"parking"}),
        (Has("format", "PDF"), {"works"}),
        (Has("format", "*", is_pattern=True), {"parking", "works"}),
        (Has("id", "?ike*", is_pattern=True), {"bikes"}),
        (Has("id", "b_kes*", is_pattern=True), set()),
        (Says(("car", "park")), {"parking"}),
        (Says(("park", "cars"), is_phrase=True), set()),
        (Says(("car", "parks"), is_phrase=True), {"parking"}),
        (Says(("bikes",), in_title=True), {"bikes"}),
        (Some((Has("theme", "ENVI"), Says(("auto",)))), {"trees", "parking"}),
        (Every((Has("license", "CC0-1.0"), Not(Says(("auto",))))), {"bikes", "works"}),
        (Within("modified", last=LONG_AGO), set()),
        (Within("created", first=LONG_AGO), {"bikes", "parking", "trees", "works"}),
        (Every(()), {"bikes", "parking", "trees", "works"}),
        (Some(()), set()),
    ],
)
def test_conditions_of_other_catalogues_hold_alike_on_each_store(
    full: City, condition: Condition, ids: set[str]
) -> None:
    with full.work(ANYONE, may_write=False) as work:
        found = find(work, Search(condition=condition, order=(("id", False),)))
        facets = find(work, Search(condition=condition, limit=0)).facets
        worded = find(work, Search(condition=condition, text="bikes"))
    assert [one.dataset.id for one in found.entries] == sorted(ids)
    assert (found.total, sum(facets["access"].values())) == (len(ids), len(ids))
    assert {one.dataset.id for one in worded.entries} == ids & {"bikes", "parking"}


def test_keywords_are_counted_when_asked_for(full: City) -> None:
    with full.work(ANYONE, may_write=False) as work:
        found = find(work, Search(counts_keywords=True, limit=0))
    assert found.facets["keyword"] == {"Auto": 1}


def test_an_exact_search_mends_no_word(full: City) -> None:
    with full.work(ANYONE, may_write=False) as work:
        assert find(work, Search(text="parkhäsuer")).total == 1
        assert find(work, Search(text="parkhäsuer", is_exact=True)).total == 0


@pytest.fixture
def placed(any_city: City, admin: Actor) -> City:
    """Two datasets with data, one with a told time, and one of which nothing is known."""
    told = {"temporal": (date(2020, 1, 1), date(2020, 12, 31)), "identifier": "urn:x:1"}
    entries = (dataset("west", "West"), dataset("east", "Ost", **told), dataset("none", "Nichts"))
    with any_city.work(admin) as work:
        stored.save_publisher(work.db, Publisher(id=PublisherId("roads"), name="Roads"))
        for one in entries:
            describe(work, one)
    for one, lon in zip(entries, (-179.5, 10.0), strict=False):
        table = pa.table(
            {
                "day": pa.array([date(2024, 1, 1), date(2024, 12, 31)]),
                "place": pa.array([shapely.to_wkb(shapely.Point(lon, 50))] * 2, pa.binary()),
            }
        )
        prepared = prepare(any_city.lake, one, table)
        with any_city.work(admin) as work:
            publish(work, one, prepared)
    return any_city


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (Meets(((9, 49, 11, 51),)), {"east", "none"}),
        (Meets(((170, 49, 180, 51), (-180, 49, -170, 51))), {"west", "none"}),
        (Meets(((0, 0, 1, 1),)), {"none"}),
        (Lasts(date(2024, 6, 1), None), {"west", "none"}),  # what is told goes before what is seen
        (Lasts(date(2020, 6, 1), date(2020, 6, 1)), {"east", "none"}),
        (Lasts(None, date(2019, 12, 31)), {"none"}),
        (Lasts(), {"west", "east", "none"}),
        (Has("identifier", "urn:x:1"), {"east"}),
    ],
)
def test_places_and_times_of_entries_are_asked_alike_on_each_store(
    placed: City, condition: Condition, ids: set[str]
) -> None:
    with placed.work(ANYONE) as work:
        found = find(work, Search(condition=condition))
    assert {one.dataset.id for one in found.entries} == ids
    assert found.total == len(ids)
