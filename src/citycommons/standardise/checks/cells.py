"""Checks of single cells: there, in range, of a list, of a form, in order."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.errors import Invalid
from citycommons.core.types import Rule
from citycommons.standardise.checks.kind import Found, Kind, Known, column, floats, seconds, where

_LONGEST_PATTERN = 500
_MOST_REPEATS = 1000


def required(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    for name in rule.columns:
        values = column(table, name)
        missing = pc.is_null(values, nan_is_null=True)
        if pa.types.is_string(values.type):
            missing = pc.or_kleene(missing, pc.equal(pc.utf8_trim_whitespace(values), ""))
        yield Found(message="a value is missing.", column=name, rows=where(missing))


def in_range(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    for name in rule.columns:
        values = column(table, name)
        for end, is_wrong, words in (
            ("minimum", pc.less, "less than"),
            ("maximum", pc.greater, "more than"),
        ):
            if (limit := rule.options.get(end)) is None:
                continue
            wrong = is_wrong(values, _scalar(limit, values.type, rule, name))
            message = f"“{{value}}” is {words} {limit}."
            yield Found(message=message, column=name, rows=where(wrong))


def one_of(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    for name in rule.columns:
        values = column(table, name)
        listed = pa.array([str(value) for value in rule.options["values"]], pa.string())
        texts = pc.cast(values, pa.string())
        if rule.options.get("ignore_case"):
            texts, listed = pc.utf8_lower(texts), pc.utf8_lower(listed)
        wrong = pc.and_(pc.is_valid(texts), pc.invert(pc.is_in(texts, listed)))
        some = ", ".join(str(value) for value in rule.options["values"][:8])
        more = ", …" if len(rule.options["values"]) > 8 else ""
        yield Found(
            message=f"“{{value}}” is not one of {some}{more}.", column=name, rows=where(wrong)
        )


def pattern(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """The whole value has the form of a regular expression.

    It is run by RE2, whose time grows with the text alone, whatever the expression.
    """
    written = str(rule.options["pattern"])
    for name in rule.columns:
        texts = pc.cast(column(table, name), pa.string())
        fits = pc.match_substring_regex(texts, safe_pattern(written))
        words = rule.reason or f"does not have the form {written}"
        message = f"“{{value}}” {words}." if not rule.reason else f"“{{value}}”: {words}"
        yield Found(message=message, column=name, rows=where(pc.invert(fits)))


def safe_pattern(written: str) -> str:
    """The expression over the whole value, as RE2 takes it.

    Raises `Invalid` for one that is too long, repeats too much, or that RE2 does not know
    (a look ahead, a back reference).
    """
    if len(written) > _LONGEST_PATTERN:
        raise Invalid(f"A pattern has at most {_LONGEST_PATTERN} signs; this has {len(written)}.")
    if any(int(n) > _MOST_REPEATS for n in re.findall(r"\{(?:\d*,)?(\d{1,9})\}", written)):
        raise Invalid(f"A pattern repeats at most {_MOST_REPEATS} times; write a shorter one.")
    whole = rf"\A(?:{written})\z"
    try:
        pc.match_substring_regex(pa.array([""]), whole)
    except pa.ArrowInvalid as cause:
        raise Invalid(
            f"The pattern {written} cannot be used: {str(cause).strip()}. Write one without look "
            "ahead and back references."
        ) from cause
    return whole


def length(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    for name in rule.columns:
        signs = pc.utf8_length(pc.cast(column(table, name), pa.string()))
        if (least := rule.options.get("minimum")) is not None:
            message = f"“{{value}}” has fewer than {least} signs."
            yield Found(message=message, column=name, rows=where(pc.less(signs, least)))
        if (most := rule.options.get("maximum")) is not None:
            message = f"“{{value}}” has more than {most} signs."
            yield Found(message=message, column=name, rows=where(pc.greater(signs, most)))


def not_in_future(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    limit = (known.now or datetime.now(UTC)).timestamp()
    for name in rule.columns:
        late = seconds(_times(table, name, rule)) > limit + float(rule.options.get("allowed_s", 0))
        yield Found(message="“{value}” lies in the future.", column=name, rows=where(late))


def order(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """Each named column is at most the next one: a start before its end."""
    for first, second in zip(rule.columns, rule.columns[1:], strict=False):
        early, late = column(table, first), column(table, second)
        wrong = where(floats(early) > floats(late))
        told = pc.binary_join_element_wise(
            pc.cast(late.take(pa.array(wrong)), pa.string()),
            pc.cast(early.take(pa.array(wrong)), pa.string()),
            f" before {first} ",
        )
        message = f"the end lies before the beginning: {second} {{value}}."
        yield Found(message=message, column=second, rows=wrong, values=told)


def _scalar(limit: Any, kind: pa.DataType, rule: Rule, name: str) -> pa.Scalar:
    """A limit in the column's type; texts of dates become dates."""
    try:
        if pa.types.is_timestamp(kind) and isinstance(limit, str):
            moment = datetime.fromisoformat(limit)
            limit = moment.replace(tzinfo=moment.tzinfo or UTC)
        elif pa.types.is_temporal(kind) and isinstance(limit, str):
            return pa.scalar(limit).cast(kind)
        elif pa.types.is_integer(kind):
            kind = pa.float64()
        return pa.scalar(limit, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError) as cause:
        raise Invalid(
            f"Rule “{rule.kind}”: the limit {limit} does not fit column “{name}”, which holds "
            f"{kind}. Change the limit, or the column's type.",
            column=name,
        ) from cause


def _times(table: pa.Table, name: str, rule: Rule) -> pa.Array:
    values = column(table, name)
    if not (pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)):
        raise Invalid(
            f"Rule “{rule.kind}”: column “{name}” holds {values.type}, and no dates or times. "
            "Change its type, or name another column.",
            column=name,
        )
    return values


KINDS = {
    "required": Kind(find=required, words="Each row has a value here."),
    "range": Kind(
        find=in_range,
        words="Values lie between a minimum and a maximum.",
        options={"minimum": "the least value", "maximum": "the greatest value"},
    ),
    "one-of": Kind(
        find=one_of,
        words="Values are of a list.",
        options={
            "values": "the list",
            "ignore_case": "capital letters do not matter",
            "labels": "what each value means",
        },
        needs=("values",),
    ),
    "pattern": Kind(
        find=pattern,
        words="Values have a form, like a postcode.",
        options={"pattern": "a regular expression for the whole value"},
        needs=("pattern",),
    ),
    "length": Kind(
        find=length,
        words="Values have so many signs.",
        options={"minimum": "the fewest signs", "maximum": "the most signs"},
    ),
    "not-in-future": Kind(
        find=not_in_future,
        words="Times are not later than now.",
        options={"allowed_s": "seconds that a clock may be ahead"},
    ),
    "order": Kind(find=order, words="A start is not later than its end.", least=2),
}
