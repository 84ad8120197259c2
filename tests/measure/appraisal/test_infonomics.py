from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.core.errors import Invalid
from citycommons.core.goals import Better
from citycommons.core.types import (
    ActorId,
    ColumnStatistics,
    Dataset,
    DatasetId,
    Digest,
    PublisherId,
    Version,
)
from citycommons.measure.appraisal.infonomics import (
    NAME,
    How,
    Input,
    business,
    intrinsic,
    performance,
)

NOW = datetime(2026, 3, 31, tzinfo=UTC)
DATASET = Dataset(
    id=DatasetId("d"),
    title={"en": "D"},
    publisher=PublisherId("roads"),
    license="CC0-1.0",
    frequency="DAILY",
)
VERSION = Version(
    dataset=DATASET.id,
    number=1,
    digest=Digest("0"),
    file=Digest("0"),
    rows=90,
    rejected=10,
    bytes=1,
    fields=(),
    statistics=(ColumnStatistics(name="a", nulls=9, distinct=1),),
    created=datetime(2026, 3, 25, tzinfo=UTC),
    created_by=ActorId("ada"),
)


def stated(name: str, value: float) -> Input:
    return Input(name=name, value=value, how=How.STATED)


def test_intrinsic_value_is_the_product_of_its_inputs() -> None:
    found = intrinsic(
        DATASET,
        VERSION,
        NOW,
        scarcity=stated("scarcity", 0.25),
        lifecycle=stated("lifecycle", 0.5),
    )
    assert found.value == pytest.approx(0.9 * 0.9 * 0.75 * 0.5)
    assert {one.name: one.how for one in found.inputs} == {
        "validity": How.MEASURED,
        "completeness": How.MEASURED,
        "scarcity": How.STATED,
        "lifecycle": How.STATED,
    }


def test_what_nobody_said_is_assumed_and_called_so() -> None:
    found = intrinsic(DATASET, VERSION, NOW)
    assert [one.name for one in found.inputs if one.how is How.ASSUMED] == ["scarcity", "lifecycle"]
    assert found.value == pytest.approx(0.9 * 0.9)


def test_business_value_falls_with_age_and_adds_up_over_uses() -> None:
    # Daily data are late after three days; these are six days old.
    uses = (stated("relevance of counts", 1.0), stated("relevance of maps", 0.5))
    found = business(DATASET, VERSION, NOW, relevance=uses)
    assert found.value == pytest.approx(1.5 * 0.9 * 0.9 * 3 / 6)


def test_without_a_version_or_a_promised_rhythm_nothing_is_made_up() -> None:
    assert intrinsic(DATASET, None, NOW).value is None
    assert intrinsic(DATASET, None, NOW).missing == ("validity", "completeness")
    silent = replace(DATASET, frequency="")
    found = business(silent, VERSION, NOW, relevance=(stated("relevance", 1.0),))
    assert found.value is None
    assert found.missing == ("timeliness",)
    assert business(DATASET, VERSION, NOW, relevance=()).missing == ("relevance",)


@given(st.floats(1, 1e6), st.floats(0, 1e6))
def test_performance_is_positive_where_the_indicator_got_better(old: float, new: float) -> None:
    lower = performance(without=old, with_data=new, better=Better.LOWER).value
    higher = performance(without=old, with_data=new, better=Better.HIGHER).value
    assert lower is not None
    assert higher is not None
    assert (lower >= 0) == (new <= old)
    assert lower == pytest.approx(-higher)


def test_performance_needs_a_baseline_and_a_measurement() -> None:
    assert performance(without=None, with_data=1.0, better=Better.LOWER).value is None
    assert performance(without=0.0, with_data=1.0, better=Better.LOWER).value is None
    assert performance(without=100.0, with_data=80.0, better=Better.LOWER).value == pytest.approx(
        0.2
    )


def test_a_share_above_one_is_refused_and_nothing_is_called_gartners() -> None:
    with pytest.raises(Invalid, match="between 0 and 1"):
        intrinsic(DATASET, VERSION, NOW, scarcity=stated("scarcity", 1.5))
    assert "not checked against the book" in NAME
