"""What is not as it was in the version before is told in words, and asked where unsure."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from tests.standardise.parcels import parcel

from citycommons.core.tables import fields_of
from citycommons.core.types import SYSTEM, DatasetId, Digest, FieldType, Plan, Version
from citycommons.share.statistics import column_statistics
from citycommons.standardise.drift import DriftKind, drift, questions
from citycommons.standardise.plan import answered
from citycommons.standardise.read import standardised

CHANCE = np.random.default_rng(7)


def table_of(tmp_path, columns, plan=Plan()):  # noqa: B008
    names = list(columns)
    rows = zip(*columns.values(), strict=True)
    lines = [";".join(names), *(";".join(str(cell) for cell in row) for row in rows)]
    return standardised([parcel(tmp_path, "\n".join(lines) + "\n")], plan=plan).table


def version_of(table: pa.Table) -> Version:
    fields = fields_of(table)
    return Version(
        dataset=DatasetId("counts"),
        number=1,
        digest=Digest("a"),
        file=Digest("b"),
        rows=table.num_rows,
        bytes=1,
        fields=fields,
        statistics=column_statistics(table, fields),
        created=datetime(2026, 1, 1, tzinfo=UTC),
        created_by=SYSTEM.id,
    )


def delivery(count=200, **changes):
    columns = {
        "station": [("north", "south", "west")[i % 3] for i in range(count)],
        "length": [f"{value:.2f}" for value in CHANCE.normal(40, 6, count)],
        "count": CHANCE.integers(100, 900, count).tolist(),
    }
    return columns | changes


@pytest.fixture
def before(tmp_path):
    return version_of(table_of(tmp_path, delivery()))


def kinds(found):
    return {(one.kind, one.column) for one in found}


def test_a_delivery_like_the_one_before_has_not_drifted(tmp_path, before):
    assert drift(before, table_of(tmp_path, delivery())) == ()


@pytest.mark.parametrize("factor", [1000, 0.001, 100, 0.01, 3.6, 1 / 3.6, 1.609344, 3.28084, 60])
def test_a_unit_that_jumped_is_seen_with_its_factor(tmp_path, before, factor):
    values = [f"{value * factor:.5f}" for value in CHANCE.normal(40, 6, 2000)]
    (found,) = drift(before, table_of(tmp_path, delivery(2000, length=values)))
    assert (found.kind, found.column) == (DriftKind.UNITS, "length")
    assert found.factor == pytest.approx(factor)
    assert "Has the unit changed?" in found.words


@pytest.mark.parametrize("factor", [1.2, 0.8, 2.0, 5.0])
def test_a_world_that_changed_is_no_unit(tmp_path, before, factor):
    values = [f"{value * factor:.5f}" for value in CHANCE.normal(40, 6, 2000)]
    assert drift(before, table_of(tmp_path, delivery(2000, length=values))) == ()


def test_columns_gone_new_and_of_another_type_are_told(tmp_path, before):
    columns = delivery(note=[f"remark {i} of somebody" for i in range(200)])
    columns["count"] = ["many"] * 200
    del columns["length"]
    found = drift(before, table_of(tmp_path, columns), kept=["count"])
    assert kinds(found) == {
        (DriftKind.GONE, "length"),
        (DriftKind.TYPE, "count"),
        (DriftKind.NEW, "note"),
    }
    changed = next(one for one in found if one.kind is DriftKind.TYPE)
    assert (changed.before, changed.found) == (FieldType.INTEGER, FieldType.STRING)
    assert changed.is_kept


def test_a_column_under_a_new_name_is_asked_and_the_answer_serves_the_next_delivery(
    tmp_path, before
):
    columns = delivery()
    columns["Messstelle"] = columns.pop("station")
    table = table_of(tmp_path, columns)
    (found,) = drift(before, table)
    assert (found.kind, found.column, found.other) == (DriftKind.RENAMED, "station", "Messstelle")
    (question,) = questions([found])
    assert (question.kind, question.columns) == ("rename", ("Messstelle",))
    plan = answered(Plan(), question, "station")
    assert plan.renames == {"Messstelle": "station"}
    assert drift(before, table_of(tmp_path, columns, plan)) == ()
    assert answered(Plan(), question, "").renames == {}


def test_kinds_that_are_new_or_gone_are_named(tmp_path, before):
    stations = [("north", "south", "east")[i % 3] for i in range(200)]
    (found,) = drift(before, table_of(tmp_path, delivery(station=stations)))
    assert (found.kind, found.new, found.gone) == (DriftKind.CATEGORIES, ("east",), ("west",))


def test_few_rows_and_empty_columns_are_told(tmp_path, before):
    few = drift(before, table_of(tmp_path, delivery(60)))
    assert kinds(few) == {(DriftKind.ROWS, "")}
    assert "60 rows, and there were 200 before" in few[0].words
    empty = ["40.1" if i % 4 == 0 else "" for i in range(200)]
    assert (DriftKind.EMPTY, "length") in kinds(
        drift(before, table_of(tmp_path, delivery(length=empty)))
    )
