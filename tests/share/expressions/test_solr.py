"""Solr's query syntax is read as it is meant, and nothing breaks the reading."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.core.errors import Invalid
from citycommons.share.expressions.solr import Asked, Span, is_plain, moment, parse
from citycommons.store.conditions import Condition, Every, Has, Not, Some

NOW = datetime(2026, 11, 29, 21, 5, 7, 123, tzinfo=UTC)


def told(field: str, asked: Asked) -> Condition:
    """The field and the value as they were read."""
    if isinstance(asked, Span):
        ends = "[]" if asked.has_first and asked.has_last else "{}"
        return Has(field, f"{ends[0]}{asked.first}..{asked.last}{ends[1]}")
    return Has(field, f'"{asked.text}"' if asked.is_phrase else asked.text, asked.is_pattern)


def words(*texts: str) -> tuple[Condition, ...]:
    return tuple(Has("", text) for text in texts)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", Every(())),
        ("trees", Has("", "trees")),
        ("trees parks", Every(words("trees", "parks"))),
        ("trees AND parks", Every(words("trees", "parks"))),
        ("trees && parks", Every(words("trees", "parks"))),
        ("trees OR parks", Some(words("trees", "parks"))),
        ("a b || c", Some((Every(words("a", "b")), Has("", "c")))),
        ("a (b OR c)", Every((Has("", "a"), Some(words("b", "c"))))),
        ("+a -b !c", Every((Has("", "a"), Not(Has("", "b")), Not(Has("", "c"))))),
        ("NOT a", Not(Has("", "a"))),
        ('"open data"~2^3', Has("", '"open data"')),
        ('a"b c"', Every((Has("", "a"), Has("", '"b c"')))),
        ("trees^2 oak~1", Every(words("trees", "oak"))),
        ("*:*", Has("*", "*", is_pattern=True)),
        ("organization:roads", Has("organization", "roads")),
        ('organization:"roads"', Has("organization", '"roads"')),
        ("-organization:roads", Not(Has("organization", "roads"))),
        ("tags:(a OR b)", Some((Has("tags", "a"), Has("tags", "b")))),
        ("res_format:C*", Has("res_format", "C*", is_pattern=True)),
        (r"name:a\:b\*", Has("name", "a:b*")),
        ("extras_x:1", Has("extras_x", "1")),
        ("m:[a TO b]", Has("m", "[a..b]")),
        ("m:[2026-01-01T00:00:00Z TO *]", Has("m", "[2026-01-01T00:00:00Z..*]")),
        ("m:[NOW-7DAYS/DAY TO NOW}", Has("m", "{NOW-7DAYS/DAY..NOW}")),
        ("Straßen-Bäume", Has("", "Straßen-Bäume")),
        ("ANDy ORe", Every(words("ANDy", "ORe"))),
    ],
)
def test_a_query_is_read_as_solr_means_it(text: str, meant: Condition) -> None:
    assert parse(text, told) == meant


@pytest.mark.parametrize(
    "text", ["(a", "a)", "a OR", "field:", '"open', "[a TO b", "{!join from=x}a", "NOT", "a" * 9000]
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse(text, told)


def test_depth_is_bounded() -> None:
    with pytest.raises(Invalid, match="flatter"):
        parse("(" * 50 + "a" + ")" * 50, told)
    with pytest.raises(Invalid, match="flatter"):
        parse("NOT " * 50 + "a", told)


@given(st.text(alphabet=st.sampled_from('ab:"()[]{}+-!*?\\~^&| TOANDR'), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Invalid):
        parse(text, told)


@given(st.text(alphabet="abcäß 12.,;&'", max_size=40))
def test_words_alone_are_plain(text: str) -> None:
    assert is_plain(text) or "&&" in text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("*", None),
        ("NOW", NOW),
        ("NOW-1DAY", datetime(2026, 11, 28, 21, 5, 7, 123, tzinfo=UTC)),
        ("NOW/DAY", datetime(2026, 11, 29, tzinfo=UTC)),
        ("NOW-2HOURS/HOUR", datetime(2026, 11, 29, 19, tzinfo=UTC)),
        ("NOW/YEAR", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-03-31", datetime(2026, 3, 31, tzinfo=UTC)),
        ("2026-03-31T08:00:00.5Z", datetime(2026, 3, 31, 8, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_times_are_read_with_their_reckoning(text: str, meant: datetime | None) -> None:
    assert moment(text, NOW) == meant


@pytest.mark.parametrize("text", ["soon", "NOW-1EON", "NOW-999999YEARS", "2026-13-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="no time"):
        moment(text, NOW)
