"""A report is right in all it says, or refused; of each period the newest report stands."""

import copy as copying
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycommons.core.copies import Copy, CopyState, Portal, PortalKind, copy_id, portal_id
from citycommons.core.counting import Metric
from citycommons.core.errors import Forbidden, Invalid
from citycommons.core.types import SYSTEM, DatasetId
from citycommons.measure.republication import reports
from citycommons.measure.republication.taking import take
from citycommons.store import copies
from citycommons.store.proof_tables import copy_usage
from citycommons.store.work import City

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
BASE = "https://a.example"
URL = "https://b.example"
IRI, OURS = f"{URL}/datasets/trees", f"{BASE}/datasets/trees"
PORTAL = Portal(id=portal_id(URL), name="B", url=URL, kind=PortalKind.SUSHI)
COPY = Copy(
    id=copy_id(IRI),
    dataset=DatasetId("trees"),
    iri=IRI,
    portal=PORTAL.id,
    state=CopyState.VERIFIED,
)


def entry(months: dict[int, int], *, uri: str = IRI, via: str = "", origin: str = OURS) -> Any:
    """Requests by month of 2026."""
    attributes = [{"type": "proprietary", "value": f"origin={origin}"}]
    attributes += [{"type": "proprietary", "value": f"via={via}"}] if via else []
    return {
        "uri": uri,
        "platform": "B",
        "dataset-id": [{"type": "uri", "value": uri}],
        "dataset-attributes": attributes,
        "performance": [
            {
                "period": {"begin-date": f"2026-{n:02}", "end-date": f"2026-{n:02}"},
                "instance": [
                    {
                        "metric-type": "total-dataset-requests",
                        "access-method": "regular",
                        "count": count,
                    }
                ],
            }
            for n, count in months.items()
        ],
    }


def report(*entries: Any, first: int = 1, last: int = 5, created: datetime = NOW) -> dict[str, Any]:
    return {
        "report-id": "DSR",
        "report-name": "Dataset Report",
        "release": "rd1",
        "created": created.isoformat(),
        "reporting-period": {"begin-date": f"2026-{first:02}", "end-date": f"2026-{last:02}"},
        "report-datasets": list(entries),
    }


def keep(city: City, *more: Copy) -> None:
    with city.work(SYSTEM) as work:
        copies.save_portal(work.db, PORTAL)
        for one in (COPY, *more):
            if one.portal != PORTAL.id:
                other = Portal(id=one.portal, name="C", url=one.iri[:17], kind=PortalKind.SUSHI)
                copies.save_portal(work.db, other)
            copies.save_copy(work.db, one, due=None)


def told(city: City, *found: dict[str, Any], portal: Portal = PORTAL) -> None:
    for one in found:
        with city.work(SYSTEM) as work:
            take(work, portal, reports.read(one, NOW), BASE)


def known(city: City, iri: str = IRI) -> dict[int, int]:
    """Requests by month, those without any left out."""
    with city.work(SYSTEM, may_write=False) as work:
        found = copies.counts(work.db, [copy_id(iri)])
    return {one.first_day.month: one.count for one in found if one.count}


def test_the_same_report_twice_counts_once(any_city: City) -> None:
    keep(any_city)
    told(any_city, report(entry({3: 10})), report(entry({3: 10})))
    assert known(any_city) == {3: 10}


def test_a_newer_report_replaces_and_what_it_does_not_name_is_nothing(city: City) -> None:
    keep(city)
    told(city, report(entry({3: 10, 4: 2}), created=NOW - timedelta(days=1)))
    told(city, report(entry({3: 12})))
    assert known(city) == {3: 12}


def test_an_older_report_changes_nothing_that_is_known_newer(city: City) -> None:
    keep(city)
    told(city, report(entry({3: 12}), first=3, last=3))
    with city.work(SYSTEM) as work:
        old = report(entry({3: 10}), first=3, last=3, created=NOW - timedelta(days=1))
        assert take(work, PORTAL, reports.read(old, NOW), BASE).is_replay
    assert known(city) == {3: 12}


reports_of_a_year = st.lists(
    st.tuples(
        st.integers(1, 5), st.integers(0, 4), st.dictionaries(st.integers(1, 5), st.integers(0, 99))
    ),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=reports_of_a_year, data=st.data())
def test_in_any_order_and_however_often_the_last_report_of_each_period_stands(
    city: City, said, data
) -> None:
    made, expected = [], {}
    for at, (first, length, months) in enumerate(said):
        last = min(5, first + length)
        inside = {n: count for n, count in months.items() if first <= n <= last}
        created = NOW - timedelta(days=100 - at)
        made.append(report(entry(inside), first=first, last=last, created=created))
        expected |= {n: inside.get(n, 0) for n in range(first, last + 1)}
    order = data.draw(st.lists(st.sampled_from(range(len(made))), max_size=6))
    order += data.draw(st.permutations(range(len(made))))
    keep(city)
    with city.engine.begin() as db:  # what the example before left
        db.execute(copy_usage.delete())
    told(city, *(made[at] for at in order))
    assert known(city) == {n: count for n, count in expected.items() if count}


def change(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copying.deepcopy(document)
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    at: Any = changed
    for part in way:
        at = at[part]
    at[last] = value
    return changed


PERIOD = "report-datasets/0/performance/0/period"
INSTANCE = "report-datasets/0/performance/0/instance/0"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("report-id", "PR"),
        ("created", "yesterday"),
        ("created", None),
        ("created", "2027-01-01T00:00:00Z"),
        ("reporting-period", None),
        ("reporting-period", {"begin-date": "2026-05", "end-date": "2026-01"}),
        ("reporting-period", {"begin-date": "0001-01", "end-date": "2026-01"}),
        ("reporting-period", {"begin-date": "2026-13", "end-date": "2027-01"}),
        ("report-datasets", {}),
        ("report-datasets", [1]),
        ("report-datasets/0/uri", "javascript:alert(1)"),
        ("report-datasets/0/uri", "https://user:word@b.example/x"),
        ("report-datasets/0/uri", 5),
        ("report-datasets/0/performance", None),
        (PERIOD, {"begin-date": "2026-03-02", "end-date": "2026-03-20"}),
        (PERIOD, {"begin-date": "2026-12-01", "end-date": "2026-12-31"}),
        (PERIOD, {"begin-date": "2025-12-01", "end-date": "2025-12-31"}),
        (PERIOD, {"begin-date": "2026-03-01"}),
        (f"{INSTANCE}/count", -1),
        (f"{INSTANCE}/count", 1.5),
        (f"{INSTANCE}/count", True),
        (f"{INSTANCE}/count", "10"),
        (f"{INSTANCE}/count", 10**13),
        (f"{INSTANCE}/metric-type", "downloads"),
        (f"{INSTANCE}/access-method", "robot"),
    ],
)
def test_what_is_wrong_in_a_report_is_told(path: str, value: Any) -> None:
    with pytest.raises(Invalid):
        reports.read(change(report(entry({3: 10})), path, value), NOW)


def test_more_sessions_than_uses_and_one_metric_twice_are_refused() -> None:
    good = report(entry({3: 10}))
    instances = good["report-datasets"][0]["performance"][0]["instance"]
    unique = instances[0] | {"metric-type": "unique-dataset-requests", "count": 11}
    for wrong in (unique, instances[0]):
        with pytest.raises(Invalid):
            reports.read(change(good, INSTANCE.removesuffix("/0"), [*instances, wrong]), NOW)


def test_too_many_entries_and_periods_are_refused_before_they_are_read() -> None:
    with pytest.raises(Invalid, match="more than"):
        reports.read(report(*[entry({})] * (reports.MOST_ENTRIES + 1)), NOW)


def test_nobody_speaks_of_copies_at_other_portals_or_of_other_datasets(city: City) -> None:
    keep(city)
    stranger = replace(PORTAL, id=portal_id("https://x.example"), url="https://x.example")
    for portal, one in (
        (stranger, entry({3: 10})),
        (PORTAL, entry({3: 10}, origin=f"{BASE}/datasets/roads")),
        (PORTAL, entry({3: 10}, origin="https://z.example/datasets/trees")),
        (PORTAL, entry({3: 10}, uri="https://x.example/datasets/trees")),
    ):
        with pytest.raises(Invalid):
            told(city, report(one), portal=portal)
    with pytest.raises(Forbidden):
        told(city, report(entry({3: 1})), portal=replace(PORTAL, is_blocked=True))
    assert known(city) == {}


def test_one_wrong_entry_and_nothing_of_the_report_is_taken(city: City) -> None:
    keep(city)
    with pytest.raises(Invalid):
        told(city, report(entry({3: 10}), entry({3: 1}, uri="https://x.example/datasets/y")))
    assert known(city) == {}


def at_c(via: str) -> Copy:
    iri = "https://c.example/datasets/trees"
    return replace(COPY, id=copy_id(iri), iri=iri, portal=portal_id(iri[:17]), via=via)


def test_a_copy_of_a_copy_counts_by_its_portals_word_and_once(city: City) -> None:
    keep(city, at_c(IRI))
    told(city, report(entry({3: 10}), entry({3: 7}, uri=at_c("").iri, via=IRI)))
    assert known(city, at_c("").iri) == {3: 7}


def test_a_copy_that_reports_by_itself_is_not_counted_by_others(city: City) -> None:
    keep(city, at_c(""))
    told(city, report(entry({3: 7}, uri=at_c("").iri, via=IRI)))
    assert known(city, at_c("").iri) == {}


def test_a_circle_back_to_us_is_left_aside(city: City) -> None:
    keep(city)
    told(city, report(entry({3: 10}), entry({3: 99}, uri=f"{BASE}/datasets/back", via=IRI)))
    assert known(city) == {3: 10}


def test_counts_of_one_that_is_gone_are_still_taken_and_kept(city: City) -> None:
    keep(city, replace(COPY, state=CopyState.GONE))
    told(city, report(entry({3: 10})))
    assert known(city) == {3: 10}


def test_days_are_read_as_days() -> None:
    one = entry({})
    one["performance"] = [
        {
            "period": {"begin-date": "2026-03-02", "end-date": "2026-03-02"},
            "instance": [{"metric-type": "Total-Dataset-Requests", "access-method": "Machine",
                          "count": 3}],
        }
    ]  # fmt: skip
    document = report(one)
    document["reporting-period"] = {"begin-date": "2026-03-01", "end-date": "2026-03-03"}
    found = reports.read(document, NOW)
    assert [one.first_day for one in found.span] == [date(2026, 3, n) for n in (1, 2, 3)]
    [(metric, _)] = next(iter(found.entries[0].periods.values()))
    assert metric is Metric.TOTAL_REQUESTS
