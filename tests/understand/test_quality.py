"""Nine checks, each computed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from citycommons.core.types import (
    ActorId,
    ColumnStatistics,
    Dataset,
    DatasetId,
    Digest,
    Field,
    FieldRole,
    FieldType,
    Link,
    PublisherId,
    Version,
)
from citycommons.understand.quality import Criterion, checks, marks

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def entry(**more: object) -> Dataset:
    given: dict[str, object] = {
        "description": {"en": "How many people ride past 23 places in the city, each hour."},
        "license": "CC0-1.0",
        "frequency": "DAILY",
        "place": "Münster",
        "key": ("site",),
    }
    return Dataset(
        id=DatasetId("counts"),
        title={"en": "Counts"},
        publisher=PublisherId("roads"),
        **(given | more),  # type: ignore[arg-type]
    )


def version(**more: object) -> Version:
    fields = (
        Field(name="site", type=FieldType.STRING, role=FieldRole.IDENTIFIER, title={"en": "Site"}),
        Field(name="count", type=FieldType.INTEGER, title={"en": "Riders"}),
    )
    given: dict[str, object] = {
        "rows": 100,
        "statistics": tuple(ColumnStatistics(name=f.name, nulls=0, distinct=9) for f in fields),
        "period": ("2019-01-01T00:00:00+00:00", (NOW - timedelta(days=1)).isoformat()),
    }
    return Version(
        dataset=DatasetId("counts"),
        number=1,
        digest=Digest("0" * 64),
        file=Digest("1" * 64),
        bytes=1,
        fields=fields,
        created=NOW,
        created_by=ActorId("admin"),
        **(given | more),  # type: ignore[arg-type]
    )


def holding(dataset: Dataset, shown: Version | None) -> set[Criterion]:
    return {check.criterion for check in checks(dataset, shown, NOW) if check.holds}


def test_a_well_kept_dataset_has_all_nine() -> None:
    assert marks(entry(), version(), NOW) == 9


@pytest.mark.parametrize(
    ("dataset", "shown", "lost"),
    [
        (entry(description={}), version(), Criterion.DESCRIBED),
        (entry(license="unspecified"), version(), Criterion.LICENSED),
        (entry(frequency=""), version(), Criterion.TIMELY),
        (entry(place=""), version(), Criterion.COVERED),
        (entry(), version(rejected=30), Criterion.VALID),
        (
            entry(),
            version(statistics=(ColumnStatistics(name="count", nulls=50, distinct=2),)),
            Criterion.COMPLETE,
        ),
        (
            entry(),
            version(period=("2019-01-01", (NOW - timedelta(days=9)).date().isoformat())),
            Criterion.TIMELY,
        ),
    ],
)
def test_each_fault_costs_its_own_mark(dataset: Dataset, shown: Version, lost: Criterion) -> None:
    assert holding(entry(), version()) - holding(dataset, shown) == {lost}


def test_files_elsewhere_count_only_while_one_answers() -> None:
    dead = Link(url="https://example.org/a.csv", format="CSV", status=404, checked=date(2026, 1, 1))
    alive = Link(url="https://example.org/b.csv", format="CSV", status=200)
    assert Criterion.READABLE not in holding(entry(links=(dead,)), None)
    assert Criterion.READABLE in holding(entry(links=(dead, alive)), None)
