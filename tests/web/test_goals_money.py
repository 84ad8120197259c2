"""Money and numbers as people read and type them."""

from contextlib import suppress
from math import isfinite

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from citycommons.core.errors import Invalid
from citycommons.web.goals.money import money
from citycommons.web.goals.typed import number, written
from citycommons.web.presentation import LOCALES, says


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (0.65, "€0.65", "0,65 €"),
        (1812.989, "€1,810", "1.810 €"),
        (117_412.0, "€117,000", "117.000 €"),
        (1_915_803.0, "€1.92M", "1,92 Mio. €"),
        (-11_188.0, "−€11,200", "−11.200 €"),
        (0.0, "€0", "0 €"),
    ],
)
def test_amounts_have_three_digits_in_each_language(
    value: float, english: str, german: str
) -> None:
    said = [money(says(tag), value, "EUR").replace("\u00a0", " ") for tag in ("en", "de")]
    assert said == [english, german]


@given(st.floats(-1e12, 1e12), st.sampled_from(sorted(LOCALES)))
def test_every_amount_can_be_said(value: float, language: str) -> None:
    assert money(says(language), value, "EUR")


@given(st.floats(-1e300, 1e300, allow_subnormal=False))
@example(1.234)
@example(-382.125)
def test_a_number_as_a_form_shows_it_is_read_back(value: float) -> None:
    assert number(written(value)) == float(f"{value:.15g}")


@pytest.mark.parametrize("text", ["1.234", "12,345", "-1.234"])
def test_what_reads_in_two_ways_is_asked_back(text: str) -> None:
    with pytest.raises(Invalid, match="two ways"):
        number(text)


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_told_to_be_none(text: str) -> None:
    with suppress(Invalid):
        assert isfinite(number(text))
