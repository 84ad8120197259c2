"""Files by API or command are read by the dataset's plan and rules; rows aside are kept."""

from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from citycommons.core.errors import Invalid
from citycommons.core.types import (
    Dataset,
    DatasetId,
    Field,
    FieldType,
    Parcel,
    Plan,
    Policy,
    PublisherId,
    Rule,
)
from citycommons.share.publish import prepare
from citycommons.share.receive import received
from citycommons.store import plans

DATASET = Dataset(
    id=DatasetId("counts"),
    title={"en": "Counts"},
    publisher=PublisherId("roads"),
    license="CC0-1.0",
    fields=(Field(name="count", type=FieldType.INTEGER),),
    rules=(
        Rule(
            kind="range",
            columns=("count",),
            options={"minimum": 0},
            policy=Policy.REJECT_ROW,
        ),
    ),
)


def parcel(folder, text, name="counts.csv"):
    (folder / name).write_text(text)
    return Parcel(path=folder / name, name=name, received=datetime(2026, 1, 1, tzinfo=UTC))


def test_rows_that_break_a_rule_are_kept_with_the_version(city, admin, tmp_path):
    found = received(city, admin, DATASET, [parcel(tmp_path, "station;count\nn;5\ns;-3\n")])
    assert found.table["count"].to_pylist() == [5]
    made = prepare(
        city.lake, DATASET, found.table, found.report, rejects=found.rejects, faults=found.faults
    )
    kept = pq.read_table(city.lake.existing(made.rejects_file)).to_pylist()
    assert [(row["line"], row["station"], row["count"]) for row in kept] == [(3, "s", "-3")]


def test_what_people_said_before_is_used_and_a_sheet_or_zone_wins(city, admin, tmp_path):
    told = Plan(renames={"Zahl": "count"}, answers={"date-order:seen": "month/day/year"})
    with city.work(admin) as work:
        name = plans.of_dataset(DATASET.id)
        plans.save(work.db, name, told, by=admin.id, now=work.now)
    found = received(city, admin, DATASET, [parcel(tmp_path, "Zahl;seen\n5;01/02/2026\n")])
    assert found.table["count"].to_pylist() == [5]
    assert str(found.table["seen"][0].as_py()) == "2026-01-02"
    assert not [one for one in found.report.questions if one.kind == "date-order"]


def test_a_rule_that_refuses_a_delivery_refuses_it_in_words(city, admin, tmp_path):
    rule = Rule(kind="required", columns=("station",), policy=Policy.REJECT_DELIVERY)
    strict = Dataset(
        id=DatasetId("strict"),
        title={},
        publisher=PublisherId("roads"),
        license="CC0-1.0",
        rules=(rule,),
    )
    with pytest.raises(Invalid, match="lets nothing of this delivery pass: station: a value"):
        received(city, admin, strict, [parcel(tmp_path, "station;count\nn;5\n;3\n")])


def test_files_of_two_kinds_are_refused(city, admin, tmp_path):
    files = [parcel(tmp_path, "a;b\n1;2\n", "a.csv"), parcel(tmp_path, "a;c\n1;2\n", "b.csv")]
    with pytest.raises(Invalid, match=r"b\.csv has other columns than a\.csv: b, c"):
        received(city, admin, DATASET, files)
