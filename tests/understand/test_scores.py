"""Scores by udata's nine criteria, the European MQA and measured content, with what to do next."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from citycommons.core.types import (
    ActorId,
    ColumnStatistics,
    Dataset,
    DatasetId,
    Digest,
    Fault,
    Field,
    FieldType,
    Link,
    Publisher,
    PublisherId,
    Version,
)
from citycommons.understand.quality import scores

NOW = datetime(2026, 11, 24, tzinfo=UTC)
BARE = Dataset(
    id=DatasetId("trees"),
    title={"en": "Trees"},
    publisher=PublisherId("parks"),
    license="unspecified",
)
WHOLE = replace(
    BARE,
    description={"en": "Every tree in the streets and parks of the city. " * 3},
    license="CC-BY-4.0",
    attribution="City of Testville",
    steward="Office for Parks",
    theme="ENVI",
    keywords=("trees", "green"),
    place="Testville",
    temporal=(date(2020, 1, 1), None),
    frequency="MONTHLY",
    created=NOW,
    modified=NOW,
)
VERSION = Version(
    dataset=BARE.id,
    number=1,
    digest=Digest("0" * 64),
    file=Digest("1" * 64),
    rows=100,
    bytes=9,
    fields=(
        Field(name="id", type=FieldType.INTEGER),
        Field(name="kind", type=FieldType.STRING, title={"en": "Kind of tree"}),
        Field(name="height", type=FieldType.NUMBER),
        Field(name="planted", type=FieldType.DATE),
    ),
    statistics=(
        ColumnStatistics(name="id", nulls=0, distinct=100),
        ColumnStatistics(name="kind", nulls=0, distinct=9),
        ColumnStatistics(name="height", nulls=40, distinct=9),
        ColumnStatistics(name="planted", nulls=0, distinct=9),
    ),
    created=NOW,
    created_by=ActorId("admin"),
)


def by(method: str, dataset: Dataset, version: Version | None = None, **more: object):
    found = scores(dataset, version, NOW, **more)  # type: ignore[arg-type]
    return next(score for score in found if score.method == method)


def held(score) -> dict[str, float]:
    return {metric.name: metric.points for metric in score.metrics if metric.points}


def test_udata_counts_nine_equal_criteria():
    nothing = by("udata", BARE)
    assert (nothing.points, nothing.of) == (0, 9)
    whole = by("udata", WHOLE, VERSION)
    assert (whole.points, whole.share) == (9, 1.0)
    assert whole.next_steps == ()
    some = by("udata", replace(WHOLE, description={"en": "Short."}, frequency=""), VERSION)
    assert [metric.name for metric in some.next_steps] == [
        "update-frequency",
        "updated-in-time",
        "description",
    ]
    assert some.next_steps[2].next_step == "Describe the data in 100 signs or more; there are 6."


@pytest.mark.parametrize(("format", "is_open"), [("CSV", 1), ("xlsx", 0), ("", 0), ("SHP", 1)])
def test_udata_takes_office_formats_for_closed(format, is_open):
    linked = replace(BARE, links=(Link(url="https://example.org/a", format=format),))
    assert held(by("udata", linked)).get("open-format", 0) == is_open


def test_the_european_points_add_up_to_405_in_five_dimensions():
    whole = by("mqa", WHOLE, VERSION)
    of: dict[str, float] = {}
    for metric in whole.metrics:
        of[metric.dimension] = of.get(metric.dimension, 0) + metric.of
    assert of == {
        "findability": 100,
        "accessibility": 100,
        "interoperability": 110,
        "reusability": 75,
        "contextuality": 20,
    }
    assert (whole.points, whole.rating, whole.next_steps) == (405, "excellent", ())


def test_a_bare_entry_is_bad_and_told_what_brings_most_points():
    bare = by("mqa", BARE)
    # Access rights 10 + 5 and the publisher 10: every entry here has them.
    assert held(bare) == {"access-rights": 10, "access-rights-vocabulary": 5, "publisher": 10}
    assert (bare.points, bare.rating) == (25, "bad")
    assert [metric.name for metric in bare.next_steps][:4] == [
        "access-url",
        "keywords",
        "categories",
        "download-url-status",
    ]


def test_links_count_by_the_share_that_answered():
    links = (
        Link(url="https://example.org/a.csv", format="CSV", status=200),
        Link(url="https://example.org/b.xlsx", format="XLSX", status=404),
    )
    linked = by("mqa", replace(WHOLE, links=links))
    points = held(linked)
    assert (points["access-url"], points["download-url-status"]) == (25, 15)
    assert points["machine-readable"] == 20
    assert "file-size" not in points
    # 405 - 25 - 15 for the dead half, - 5 for the size that nobody knows.
    assert (linked.points, linked.rating) == (360, "excellent")


def test_a_contact_may_be_the_publishers_page():
    asked = Publisher(id=PublisherId("parks"), name="Parks", homepage="https://example.org")
    without = replace(WHOLE, steward="")
    assert "contact" not in held(by("mqa", without, VERSION))
    assert held(by("mqa", without, VERSION, publisher=asked))["contact"] == 20


def test_content_is_measured_on_the_cells():
    version = replace(
        VERSION,
        rejected=0,
        faults=(
            Fault(rule="number", message="no number", column="height", count=8),
            Fault(rule="duplicate-row", message="twice", count=5),
            Fault(rule="jump", column="height", message="a jump.", value="3 to 90", count=10),
            Fault(rule="footer", message="below", is_rejected=True, count=2),
        ),
    )
    content = by("content", WHOLE, version)
    # 40 of 400 cells are empty, 8 of 400 do not fit, 5 of 100 rows stand twice, 10 disagree.
    assert {metric.name: metric.value for metric in content.metrics} == {
        "completeness": 0.9,
        "validity": 0.98,
        "uniqueness": 0.95,
        "timeliness": 1.0,
        "consistency": 0.9,
    }
    assert (content.points, content.of) == (94.6, 100)
    steps = {metric.name: metric.next_step for metric in content.next_steps}
    assert "“height”: 40 of 100 cells" in steps["completeness"]
    assert "“height”" in steps["validity"]
    assert steps["consistency"].endswith(
        "10 places where rows do not agree, most of all in column “height”."
    )


def test_rejected_rows_are_to_be_repaired_and_sent_again():
    version = replace(VERSION, rejected=25)
    validity = next(m for m in by("content", WHOLE, version).metrics if m.name == "validity")
    assert validity.value == 0.8
    assert validity.next_step.startswith("Download the 25 rows")


def test_without_a_version_there_is_no_content_and_without_rhythm_no_timeliness():
    assert [score.method for score in scores(WHOLE, None, NOW)] == ["udata", "mqa"]
    timeless = by("content", replace(WHOLE, frequency=""), VERSION)
    timeliness = next(m for m in timeless.metrics if m.name == "timeliness")
    assert (timeliness.points, timeliness.next_step) == (0, "Say how often the data are updated.")
