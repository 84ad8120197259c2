"""Statistics of the portal before: read as they are written, kept as declared, doubt marked."""

from datetime import date
from pathlib import Path

import pytest

from citycommons.core.errors import Forbidden, Invalid
from citycommons.core.types import ANYONE, Actor, Parcel, PublisherId
from citycommons.measure.usage import importing
from citycommons.measure.usage.before import statistics_before
from citycommons.store import usage
from citycommons.store.work import City

GERMAN = """\
Monat,Besuche,BesEindeutig,Dauer,Seitenansichten,SeitenEind
23.03.2023,,,,,
23.02.2023,1997,1662,3,6065,4457
23.01.2023,1840,1552,2 Minuten 9s,4583,3518
21.12.2021,3619,10068,,3086,7236
"""
LICENSE = "dl-de/by-2.0"
ROADS = PublisherId("roads")


def parcel(folder: Path, text: str, now, name: str = "zugriffszahlen.csv") -> Parcel:
    path = folder / name
    path.write_text(text, "utf-8")
    return Parcel(path=path, name=name, received=now, origin="https://old.example/" + name)


def test_months_with_german_headings_become_a_dataset_with_provenance(
    any_city: City, admin: Actor, tmp_path, now
):
    file = parcel(tmp_path, GERMAN, now)
    version, found, is_new = importing.bring(any_city, admin, file, ROADS, LICENSE)
    assert (version.number, is_new, found.table.num_rows) == (1, True, 3)
    assert version.provenance.origin == "https://old.example/zugriffszahlen.csv"
    assert {fault.rule for fault in found.report.summary} == {"empty", "columns-moved"}
    again, _, is_new = importing.bring(any_city, admin, file, ROADS, LICENSE)
    assert (again.number, is_new) == (1, False)


def test_it_is_shown_as_declared_and_doubtful_columns_are_not(
    any_city: City, admin: Actor, tmp_path, now
):
    importing.bring(any_city, admin, parcel(tmp_path, GERMAN, now), ROADS, LICENSE)
    with any_city.work(ANYONE, may_write=False) as work:
        found = statistics_before(work, importing.ID)
        assert found is not None
    moved, january, february = found.months
    assert (moved.month, moved.flag) == (date(2021, 12, 1), "columns-moved")
    assert dict(moved.counts) == dict.fromkeys(moved.counts) | {"visits": 3619}
    assert (january.counts["visits"], february.counts["page_views"]) == (1840, 6065)
    assert found.columns == ("visits", "unique_visitors", "page_views", "unique_page_views")


def test_showing_it_beside_our_own_is_no_use_of_it(any_city: City, admin, tmp_path, now):
    importing.bring(any_city, admin, parcel(tmp_path, GERMAN, now), ROADS, LICENSE)
    with any_city.work(ANYONE, may_write=False) as work:
        statistics_before(work, importing.ID)
    any_city.usage.flush()
    with any_city.work(admin, may_write=False) as work:
        assert usage.uses(work.db, dataset=importing.ID) == []


def test_without_a_dataset_nothing_is_shown(any_city: City):
    with any_city.work(ANYONE, may_write=False) as work:
        assert statistics_before(work, importing.ID) is None


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n", "Monat,Farbe\n2023-01,rot\n", "month,visits\n2023-13,4\n", "month,visits\n,\n"],
)
def test_what_is_no_monthly_statistics_is_refused(tmp_path, now, text):
    with pytest.raises(Invalid):
        importing.statistics(parcel(tmp_path, text, now))


def test_a_month_twice_is_refused(tmp_path, now):
    text = "month,visits\n2023-01,4\n2023-01-15,5\n"
    with pytest.raises(Invalid, match="twice"):
        importing.statistics(parcel(tmp_path, text, now))


@pytest.mark.parametrize("written", ["2023-11", "2023/11", "11/2023", "11.2023", "23.11.2023"])
def test_months_are_understood_however_they_are_written(tmp_path, now, written):
    text = f"Monat;Visits\n{written};4\n"
    (month,) = importing.statistics(parcel(tmp_path, text, now)).table["month"].to_pylist()
    assert month == date(2023, 11, 1)


def test_nobody_publishes_statistics_without_the_right(any_city: City, tmp_path, now):
    with pytest.raises(Forbidden):
        importing.bring(any_city, ANYONE, parcel(tmp_path, GERMAN, now), ROADS, LICENSE)


def test_a_year_of_real_statistics_of_muenster(any_city: City, admin: Actor, shared: Path, now):
    path = shared / "data" / "muenster" / "portal_usage" / "zugriffszahlen.csv"
    if not path.exists():
        pytest.skip("needs the statistics of Münster's portal")
    file = Parcel(path=path, name=path.name, received=now, origin="https://old.example")
    importing.bring(any_city, admin, file, ROADS, LICENSE)
    with any_city.work(ANYONE, may_write=False) as work:
        found = statistics_before(work, importing.ID)
    assert found is not None
    assert len(found.months) == 44
    year = [one for one in found.months if one.month.year == 2023]
    assert [one.counts["visits"] for one in year] == [
        *(2011, 1691, 1731, 1482, 1809, 1749, 1710, 1754, 1823, 1840, 1997)
    ]
    assert sum(one.counts["page_views"] or 0 for one in year) == 58081
    assert sum(bool(one.flag) for one in found.months) == 21
