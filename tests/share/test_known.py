"""Rules refer to other datasets only as far as their actor may read."""

import pyarrow as pa

from citycommons.core.types import ANYONE, Access, Dataset, DatasetId, PublisherId, Rule
from citycommons.share.known import known_for
from citycommons.share.publish import prepare, publish
from citycommons.standardise.checks import check
from citycommons.standardise.faults import Faults

STATIONS = Dataset(
    id=DatasetId("stations"),
    title={"en": "Stations"},
    publisher=PublisherId("roads"),
    license="CC0-1.0",
    access=Access.INTERNAL,
)
RULE = Rule(kind="reference", columns=("station",), options={"to": "stations.id"})


def put(city, admin):
    prepared = prepare(city.lake, STATIONS, pa.table({"id": [1, 2, 3]}))
    with city.work(admin) as work:
        return publish(work, STATIONS, prepared).version


def found(table, known):
    faults = Faults()
    check(table, (RULE,), lines=lambda rows: rows + 2, faults=faults, known=known)
    return [(fault.line, fault.value) for fault in faults.report(()).faults]


def test_a_reference_is_looked_up_in_the_newest_version(city, admin):
    version = put(city, admin)
    with city.work(admin) as work:
        known = known_for(work, (RULE,), before=version)
    assert known.rows_before == 3
    assert known.now is not None
    assert found(pa.table({"station": ["1", "7", None]}), known) == [(3, "7")]


def test_what_the_actor_may_not_read_is_not_looked_up(city, admin):
    put(city, admin)
    with city.work(ANYONE, may_write=False) as work:
        known = known_for(work, (RULE,))
    assert known.references == {}
    assert found(pa.table({"station": ["1"]}), known) == [(None, "")]


def test_a_column_or_dataset_that_is_not_there_is_not_looked_up(city, admin):
    put(city, admin)
    rules = [
        Rule(kind="reference", columns=("a",), options={"to": to}) for to in ("stations.x", "y.id")
    ]
    with city.work(admin) as work:
        assert known_for(work, rules).references == {}
