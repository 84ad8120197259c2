"""What was said of a file is remembered, rows kept aside come back, deliveries wait."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.share.test_drafts import drop, finish, steward

from citycommons.core.errors import Invalid
from citycommons.core.types import (
    DatasetId,
    Field,
    FieldType,
    Parcel,
    Policy,
    PublisherId,
    Rule,
    Source,
    SourceId,
)
from citycommons.share import drafts
from citycommons.share.drafts import keep
from citycommons.share.drafts.draft import read_meta
from citycommons.share.rejects import as_csv

WORKS = "Nr;Street;Cost\n1;Mill Lane;1.250,50\n2;Oak Road;12,00;too;much\n3;;7,25\n"
STREETS = Rule(kind="required", columns=("Street",), policy=Policy.REJECT_ROW)


def ruled(city, draft):
    return drafts.plan(city, steward(), draft.id, lambda plan: replace(plan, rules=(STREETS,)))


def mended(city, draft, old, new):
    _, aside = drafts.rejects(city, steward(), draft.id)
    text = as_csv(aside).decode("utf-8-sig").replace(old, new)
    return text.encode()


def test_the_next_file_of_the_same_columns_begins_with_what_was_said(city):
    first = drop(city, "Nr;Wert\n1;5\n2;6\n")
    said = Field(name="Nr", type=FieldType.STRING, title={"en": "Number"})
    drafts.correct(city, steward(), first.id, [said])
    finish(city, first, key=())
    second = drop(city, "Wert;Nr\n7;8\n")
    draft, reading = drafts.read(city, steward(), second.id)
    assert draft.remembered
    assert {f.name: f.type for f in reading.fields}["Nr"] is FieldType.STRING
    drafts.reset(city, steward(), second.id)
    draft, reading = drafts.read(city, steward(), second.id)
    assert not draft.remembered
    assert {f.name: f.type for f in reading.fields}["Nr"] is FieldType.INTEGER


def test_rules_stay_with_the_dataset_and_hold_for_its_next_file(city):
    finish(city, ruled(city, drop(city, WORKS)), key=())
    second = drop(city, WORKS, replaces=DatasetId("car-parks"))
    draft, reading = drafts.read(city, steward(), second.id)
    assert draft.plan.rules == (STREETS,)
    assert reading.report.rejected == 2


def test_repaired_rows_join_the_others_and_the_rest_stays_aside(city):
    draft = ruled(city, drop(city, WORKS))
    _, reading = drafts.read(city, steward(), draft.id)
    assert (reading.rows, reading.report.rejected) == (1, 2)
    file = mended(city, draft, ",too,much", ",,")
    file = b"\n".join(line for line in file.splitlines() if b"7,25" not in line) + b"\n"
    drafts.repaired(city, steward(), draft.id, [file], name="mended.csv")
    draft, reading = drafts.read(city, steward(), draft.id)
    assert (reading.rows, reading.report.rejected) == (2, 1)
    head = reading.head(keep.folder_of(city, steward(), draft.id))
    # A comma means in the repaired row what it means in the rest.
    assert sorted(head.column("Cost").to_pylist()) == [12.0, 1250.5]
    assert not [f for f in reading.report.faults if f.rule == "long-row"]
    version = finish(city, draft, key=()).version
    assert (version.rows, version.rejected) == (2, 1)
    assert len(version.provenance.parcels) == 2


def test_a_repair_can_be_taken_back(city):
    draft = ruled(city, drop(city, WORKS))
    file = mended(city, draft, ",too,much", ",,").replace(b'3,,"7,25"', b'3,Elm Street,"7,25"')
    draft = drafts.repaired(city, steward(), draft.id, [file], name="mended.csv")
    _, reading = drafts.read(city, steward(), draft.id)
    assert (reading.rows, reading.report.rejected) == (3, 0)
    drafts.undo_repair(city, steward(), draft.id, draft.repairs[0].digest)
    _, reading = drafts.read(city, steward(), draft.id)
    assert (reading.rows, reading.report.rejected) == (1, 2)


def test_a_repair_that_is_none_says_what_is_wrong(city):
    draft = ruled(city, drop(city, WORKS))
    with pytest.raises(Invalid, match="still holds “too”"):
        drafts.repaired(city, steward(), draft.id, [mended(city, draft, "x", "x")], name="a.csv")
    with pytest.raises(Invalid, match="no file of rejected rows"):
        drafts.repaired(city, steward(), draft.id, [b"a,b\n1,2\n"], name="a.csv")
    other = mended(city, draft, ",too,much", ",,").replace(b"\n3,", b"\n9,")
    with pytest.raises(Invalid, match="Line “9”"):
        drafts.repaired(city, steward(), draft.id, [other], name="a.csv")
    assert drafts.get(city, steward(), draft.id).repairs == ()


def test_a_draft_written_before_there_were_plans_opens_with_what_was_said(city):
    draft = drop(city, "Nr;Wert\n1;5\n")
    folder = keep.folder_of(city, steward(), draft.id)
    body = json.loads((folder / "draft.json").read_bytes())
    for name in ("plan", "remembered", "forgets", "others", "repairs", "source", "waits_for"):
        del body[name]
    body |= {"sheet": None, "corrections": [{"name": "Nr", "type": "string"}]}
    (folder / "draft.json").write_text(json.dumps(body))
    found = read_meta(folder)
    assert found is not None
    assert found.plan.fields == (Field(name="Nr", type=FieldType.STRING),)
    _, reading = drafts.read(city, steward(), draft.id)
    assert reading.fields[0].type is FieldType.STRING


def source(**changed):
    given = {
        "id": SourceId("works"),
        "title": "Works",
        "connector": "folder",
        "publisher": PublisherId("roads"),
        "owner": steward().id,
        "dataset": DatasetId("works"),
    }
    return Source(**{**given, **changed})


def parcel(tmp_path, text, name="works.csv"):
    path = tmp_path / name
    path.write_text(text)
    return Parcel(path=path, name=name, received=datetime(2026, 3, 31, tzinfo=UTC))


def test_a_delivery_that_waits_is_held_once_and_a_newer_one_takes_its_place(city, tmp_path):
    one = parcel(tmp_path, WORKS)
    first = drafts.hold(city, source(), [one], waits_for="A question is open.")
    assert drafts.hold(city, source(), [one], waits_for="A question is open.").id == first.id
    newer = drafts.hold(city, source(), [parcel(tmp_path, WORKS + "4;Elm;1,00\n")], waits_for="x.")
    assert [draft.id for draft in drafts.waiting(city, SourceId("works"))] == [newer.id]
    draft, reading = drafts.read(city, steward(), newer.id)
    assert draft.waits_for == "x."
    assert reading.rows == 3
