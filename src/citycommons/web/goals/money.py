"""Money and its ranges as people read them, never with more digits than anybody knows."""

from babel.numbers import format_compact_currency, format_currency

from citycommons.core.goals import Range
from citycommons.measure.appraisal.types import Quantiles
from citycommons.web.language import N_
from citycommons.web.presentation import Says

_COMPACT = 1_000_000


def money(says: Says, value: float | None, currency: str, *, exact: bool = False) -> str:
    """An amount: €2.40, €1,920 or €1.92m, with three digits at most; `exact` keeps all of them."""
    if value is None:
        return "–"
    if not exact and abs(value) >= 100:
        value = _rounded(value)
    if not exact and abs(value) >= _COMPACT:
        text = format_compact_currency(value, currency, locale=says.locale, fraction_digits=2)
        return text.replace("-", "−")
    pattern = says.locale.currency_formats["standard"].pattern
    if (abs(value) >= 100 and not exact) or float(value).is_integer():
        pattern = pattern.replace(".00", "")
        value = round(value)
    shown = format_currency(
        value, currency, format=pattern, locale=says.locale, currency_digits=False
    )
    return shown.replace("-", "−")


def _rounded(value: float) -> float:
    """Three digits: no range of an appraisal is known better."""
    return float(f"{value:.3g}")


def span(says: Says, low: float, high: float, currency: str, *, exact: bool = False) -> str:
    """From a lower to an upper amount; one amount where they are the same."""
    first, last = (money(says, one, currency, exact=exact) for one in (low, high))
    if first == last:
        return first
    return says._(N_("{low} to {high}")).format(low=first, high=last)


def spread(says: Says, one: Quantiles, currency: str) -> str:
    """The range that holds nine of ten draws."""
    return span(says, one.low, one.high, currency)


def numbers(says: Says, one: Range, *, is_share: bool = False) -> str:
    """A range of an input: lowest to highest, most likely between; one number if it is exact."""
    say = says.percent if is_share else says.number
    if one.low == one.high:
        return say(one.likely)
    return says._(N_("{low} to {high}, most likely {likely}")).format(
        low=say(one.low), high=say(one.high), likely=say(one.likely)
    )


def ratio(says: Says, value: float | None) -> str:
    """A benefit–cost ratio: 2.4."""
    return "–" if value is None else says.number(round(value, 1), 1)
