"""Rules over a table, and what their policies do."""

import pyarrow as pa
import pytest

from citycommons.core.errors import Invalid
from citycommons.core.tables import fields_of, with_fields
from citycommons.core.types import Field, FieldType, Policy, Rule
from citycommons.standardise.checks import KINDS, check, validate
from citycommons.standardise.faults import Faults

TABLE = with_fields(
    pa.table({"site": ["A", None, "C", "C"], "count": [1, -2, -3, 4]}),
    (Field(name="site", type=FieldType.STRING), Field(name="count", type=FieldType.INTEGER)),
)
POSITIVE = Rule(
    kind="range", columns=("count",), options={"minimum": 0}, policy=Policy.REJECT_ROW,
    reason="Nobody counts below nothing.",
)  # fmt: skip
NAMED = Rule(kind="required", columns=("site",), policy=Policy.REJECT_ROW)


def run(*rules: Rule):
    faults = Faults()
    return check(TABLE, rules, lines=lambda rows: rows + 2, faults=faults), faults.report(())


def test_a_flag_leaves_every_row():
    checked, report = run(Rule(kind="required", columns=("site",)))
    assert checked.table.num_rows == 4
    assert checked.rejected.tolist() == []
    assert checked.verdict is Policy.FLAG
    assert [(fault.line, fault.is_rejected) for fault in report.faults] == [(3, False)]


def test_a_rejected_row_leaves_once_with_all_its_reasons():
    checked, report = run(POSITIVE, NAMED)
    assert checked.table["count"].to_pylist() == [1, 4]
    assert fields_of(checked.table) == fields_of(TABLE)
    assert checked.kept.tolist() == [0, 3]
    assert checked.rejected.tolist() == [1, 2]
    assert checked.reasons == (
        "count: “-2” is less than 0. Nobody counts below nothing.; site: a value is missing.",
        "count: “-3” is less than 0. Nobody counts below nothing.",
    )
    assert checked.verdict is Policy.REJECT_ROW
    assert {fault.action for fault in report.faults} == {"kept aside"}
    assert [(f.rule, f.count) for f in report.summary] == [("range", 2), ("required", 1)]


def test_a_rule_may_hold_the_whole_delivery():
    hold = Rule(kind="row-count", options={"minimum": 100}, policy=Policy.REJECT_DELIVERY)
    checked, report = run(hold)
    assert checked.verdict is Policy.REJECT_DELIVERY
    assert checked.table.num_rows == 4
    assert report.faults[0].message == "4 rows; at least 100 belong here."
    checked, _ = run(Rule(kind="row-count", options={"minimum": 1}, policy=Policy.REJECT_DELIVERY))
    assert checked.verdict is Policy.FLAG


def test_a_rule_on_a_column_that_is_gone_says_that_it_was_not_checked():
    checked, report = run(Rule(kind="required", columns=("name",), policy=Policy.REJECT_ROW))
    assert checked.table.num_rows == 4
    (fault,) = report.faults
    assert (fault.column, fault.action) == ("name", "not checked")


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (Rule(kind="lucky"), "There is no rule “lucky”"),
        (Rule(kind="required"), "names 1 column or more"),
        (Rule(kind="order", columns=("a",)), "names 2 columns or more"),
        (Rule(kind="one-of", columns=("a",)), "needs the option values"),
        (Rule(kind="range", columns=("a",), options={"min": 1}), "has no option “min”"),
        (Rule(kind="stuck", columns=("a",)), "needs the option time"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(rule, says):
    with pytest.raises(Invalid, match=says):
        validate(rule)


def test_every_kind_says_what_it_asks_and_what_its_options_mean():
    assert len(KINDS) == 18
    for kind in KINDS.values():
        assert kind.words.endswith(".")
        assert set(kind.needs) <= set(kind.options)


@pytest.mark.parametrize(
    "rule",
    [
        Rule(kind="jump", columns=("count",), options={"time": "site", "limit": 3}),
        Rule(kind="time-gap", columns=("site",)),
        Rule(kind="sum", columns=("count", "site")),
        Rule(kind="order", columns=("site", "count")),
        Rule(kind="not-in-future", columns=("count",)),
        Rule(kind="valid-geometry", columns=("site",)),
    ],
)
def test_a_rule_that_does_not_fit_the_type_says_so(rule):
    with pytest.raises(Invalid, match=r"holds|geometry column"):
        run(rule)


def test_columns_named_in_options_have_to_be_there_too():
    _, report = run(Rule(kind="stuck", columns=("count",), options={"time": "when"}))
    assert [(fault.column, fault.action) for fault in report.faults] == [("when", "not checked")]
