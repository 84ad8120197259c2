"""An appraisal on a page: headline in words, ranges as bands, tornado, what must be true."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from citycommons.core.types import Text
from citycommons.measure.appraisal.making import Comparison
from citycommons.measure.appraisal.types import Appraisal, Factor, Inputs, Outcome, Swing
from citycommons.web.goals import charts
from citycommons.web.goals.charts import Bar
from citycommons.web.goals.money import money, numbers, ratio, spread
from citycommons.web.goals.words import FACTORS, NOTES, SHARES
from citycommons.web.language import N_
from citycommons.web.presentation import Says

_BARS = 8
_SURE, _LIKELY = 0.95, 0.66


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart with its words and the table behind it, as the macro `figure` wants it."""

    id: str
    headline: str
    subtitle: str
    svg: Markup
    source: str
    as_of: str
    how_sure: str
    heads: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    tools: tuple[Any, ...] = ()
    legend: str = ""
    is_map: bool = False


def titles(inputs: Inputs, says: Says) -> dict[str, str]:
    """What each entry is called, by id."""
    named: list[tuple[str, Text]] = [(one.id, one.title) for one in inputs.benefits]
    named += [(one.id, one.title) for one in inputs.costs]
    named += [(one.id, one.title) for one in inputs.values]
    return {id: says.text(title) or id for id, title in named}


def shown(one: Appraisal, says: Says) -> dict[str, Any]:
    """Everything that the template needs of an appraisal."""
    names = titles(one.inputs, says)
    proven, hoped = one.results.proven, one.results.with_claims
    has_claims = proven.benefits != hoped.benefits
    return {
        "id": one.id,
        "one": one,
        "headline": headline(one, proven, says),
        "proven": _numbers(one, proven, says),
        "with_claims": _numbers(one, hoped, says) if has_claims else None,
        "has_claims": has_claims,
        "figures": list(_figures(one, proven if proven.swings else hoped, names, says)),
        "is_hoped": not proven.swings,
        "must": [_must(s, one, names, says) for s in _shown_swings(proven, hoped)],
        "notes": [
            _note(n.kind, names.get(n.about, n.about), n.text, says) for n in one.results.notes
        ],
        "basis": _basis(one.inputs, says),
    }


def _shown_swings(proven: Outcome, hoped: Outcome) -> tuple[Swing, ...]:
    return proven.swings or hoped.swings


def headline(one: Appraisal, found: Outcome, says: Says) -> str:
    """The result in one sentence, sure or not."""
    currency, last = one.inputs.currency, one.inputs.base_year + one.inputs.horizon
    if not found.benefits.high:
        return says._(
            N_("No benefit is proven yet, against costs of {costs} up to {year}.")
        ).format(costs=spread(says, found.costs, currency), year=last)
    if found.share_positive >= _SURE:
        text = N_("It is worth more than it costs: {range} more up to {year}.")
    elif found.share_positive > _LIKELY:
        text = N_("It is probably worth more than it costs: {range} up to {year}.")
    elif found.share_positive >= 1 - _LIKELY:
        text = N_("Whether it is worth its cost is open: {range} up to {year}.")
    else:
        text = N_("It is probably not worth its cost: {range} up to {year}.")
    return says._(text).format(range=spread(says, found.npv, currency), year=last)


def _numbers(one: Appraisal, found: Outcome, says: Says) -> dict[str, str]:
    currency = one.inputs.currency
    return {
        "npv": money(says, found.npv.middle, currency),
        "npv_range": spread(says, found.npv, currency),
        "benefits": spread(says, found.benefits, currency),
        "costs": spread(says, found.costs, currency),
        "ratio": ratio(says, found.ratio.middle if found.ratio else None),
        "ratio_range": says._(N_("{low} to {high}")).format(
            low=ratio(says, found.ratio.low), high=ratio(says, found.ratio.high)
        )
        if found.ratio
        else says._(N_("there are no costs to compare with")),
        "payback": _year(found.payback.middle, one, says),
        "payback_range": says._(N_("{early} at the earliest, {late} at the latest")).format(
            early=_year(found.payback.early, one, says), late=_year(found.payback.late, one, says)
        ),
        "sure": says.percent(found.share_positive),
        "so_far": spread(says, found.so_far, currency),
    }


def _year(year: int | None, one: Appraisal, says: Says) -> str:
    if year is not None:
        return str(year)
    return says._(N_("after {year}")).format(year=one.inputs.base_year + one.inputs.horizon)


def _figures(one: Appraisal, found: Outcome, names: Mapping[str, str], says: Says) -> Any:
    source = says._(N_("ledger of the city, {draws} draws, seed {seed}")).format(
        draws=says.number(one.inputs.draws), seed=one.inputs.seed
    )
    rest = {
        "source": source,
        "as_of": says.date(one.created),
        "how_sure": says._(N_("nine of ten draws lie in the range")),
    }
    yield _sums(one, found, says, rest)
    if found.parts:
        yield _parts(one, found, names, says, rest)
    if any(swing.width for swing in found.swings):
        yield _tornado(one, found, names, says, rest)


def _sums(one: Appraisal, found: Outcome, says: Says, rest: dict[str, Any]) -> Figure:
    currency = one.inputs.currency
    middle = found.payback.middle
    words = (
        says._(N_("It has paid for itself by {year}")).format(year=middle)
        if middle is not None
        else says._(N_("It does not pay for itself by {year}")).format(
            year=one.inputs.base_year + one.inputs.horizon
        )
    )
    return Figure(
        id="sums",
        headline=words,
        subtitle=says._(
            N_("Benefits less costs, added up and discounted to {base}, {currency} of {prices}")
        ).format(base=one.inputs.base_year, currency=currency, prices=one.inputs.price_year),
        svg=charts.sums(found.years, says, words),
        heads=(
            says._(N_("Year")),
            says._(N_("Benefits")),
            says._(N_("Costs")),
            says._(N_("Sum, middle")),
            says._(N_("Sum, nine of ten")),
        ),
        lines=tuple(
            (
                str(year.year),
                spread(says, year.benefits, currency),
                spread(says, year.costs, currency),
                money(says, year.sum.middle, currency),
                spread(says, year.sum, currency),
            )
            for year in found.years
        ),
        **rest,
    )


def _parts(
    one: Appraisal, found: Outcome, names: Mapping[str, str], says: Says, rest: dict[str, Any]
) -> Figure:
    currency = one.inputs.currency
    benefits = {each.id for each in one.inputs.benefits}
    rows = [
        Bar(
            name=names.get(part.entry, part.entry),
            low=part.value.low,
            high=part.value.high,
            middle=part.value.middle,
            at_low=money(says, part.value.low, currency)
            if part.value.low != part.value.high
            else "",
            at_high=money(says, part.value.high, currency),
            is_cost=part.entry not in benefits,
        )
        for part in sorted(found.parts, key=lambda p: (p.entry not in benefits, -p.value.middle))
    ]
    words = says._(N_("What it brings and what it costs"))
    return Figure(
        id="parts",
        headline=words,
        subtitle=says._(N_("All years together, discounted, {currency}; costs are grey")).format(
            currency=currency
        ),
        svg=charts.bars(rows[: 3 * _BARS], words, zero_words="0"),
        heads=(
            says._(N_("Entry")),
            says._(N_("Lowest")),
            says._(N_("Middle")),
            says._(N_("Highest")),
        ),
        lines=tuple(
            (
                names.get(part.entry, part.entry),
                money(says, part.value.low, currency),
                money(says, part.value.middle, currency),
                money(says, part.value.high, currency),
            )
            for part in found.parts
        ),
        **rest,
    )


def _tornado(
    one: Appraisal, found: Outcome, names: Mapping[str, str], says: Says, rest: dict[str, Any]
) -> Figure:
    currency = one.inputs.currency
    moving = [swing for swing in found.swings if swing.width]
    rows = [
        Bar(
            name=input_name(swing, names, says),
            low=min(swing.npv_low, swing.npv_high),
            high=max(swing.npv_low, swing.npv_high),
            middle=None,
            at_low=money(says, min(swing.npv_low, swing.npv_high), currency),
            at_high=money(says, max(swing.npv_low, swing.npv_high), currency),
        )
        for swing in moving[:_BARS]
    ]
    words = says._(N_("Most depends on “{input}”")).format(input=input_name(moving[0], names, says))
    return Figure(
        id="tornado",
        headline=words,
        subtitle=says._(
            N_("Net present value when one number moves through its range and all others stay")
        ),
        svg=charts.bars(
            rows,
            words,
            zero=found.npv.likely,
            zero_words=says._(N_("as is most likely: {money}")).format(
                money=money(says, found.npv.likely, currency)
            ),
        ),
        heads=(
            says._(N_("Number")),
            says._(N_("Its range")),
            says._(N_("Result at its lower end")),
            says._(N_("Result at its upper end")),
            says._(N_("Share of the swing")),
        ),
        lines=tuple(
            (
                input_name(swing, names, says),
                numbers(says, swing.range, is_share=swing.factor in SHARES),
                money(says, swing.npv_low, currency),
                money(says, swing.npv_high, currency),
                says.percent(swing.share),
            )
            for swing in moving
        ),
        **rest,
    )


def input_name(swing: Swing, names: Mapping[str, str], says: Says) -> str:
    """What an input is called: the entry, and which of its numbers."""
    word = says._(FACTORS[swing.factor])
    if swing.factor is Factor.OPTIMISM:
        return word
    return f"{names.get(swing.entry, swing.entry)}: {word}"


def _must(swing: Swing, one: Appraisal, names: Mapping[str, str], says: Says) -> dict[str, Any]:
    """At which value of an input nothing is gained or lost, in a sentence."""
    is_share = swing.factor in SHARES
    say = says.percent if is_share else says.number
    if swing.break_even is None:
        text = N_("no value of it turns the result")
    elif swing.is_within:
        text = N_("at {value} nothing is gained or lost, and that is within its range")
    else:
        text = N_("at {value} nothing is gained or lost, which is outside its range")
    value = "" if swing.break_even is None else say(swing.break_even)
    return {
        "name": input_name(swing, names, says),
        "range": numbers(says, swing.range, is_share=is_share),
        "said": says._(text).format(value=value),
        "is_within": swing.is_within,
    }


def _note(kind: str, about: str, english: str, says: Says) -> str:
    text = NOTES.get(kind)
    return english if text is None else says._(text).format(about=about)


def _basis(inputs: Inputs, says: Says) -> list[tuple[str, str]]:
    """On what a result stands, line by line."""
    found = [
        (
            says._(N_("Discount rates")),
            f"{inputs.schedule.title}: {inputs.schedule.source}",
        ),
        (
            says._(N_("Years")),
            f"{inputs.base_year} – {inputs.base_year + inputs.horizon}",
        ),
        (
            says._(N_("Prices")),
            f"{inputs.currency}, {inputs.price_year}",
        ),
        (
            says._(N_("Allowance for optimism")),
            f"{inputs.optimism.title}: {inputs.optimism.source}",
        ),
        (
            says._(N_("Draws")),
            f"{says.number(inputs.draws)}, {says._(N_('seed'))} {inputs.seed}",
        ),
    ]
    found += [
        (says._(N_("Prices of other years")), f"{one.title}: {one.source}")
        for one in inputs.deflators
    ]
    found += [
        (
            says._(N_("Exchange rate")),
            f"1 {one.of} = {one.rate:g} {one.to}: {one.source} ({one.year})",
        )
        for one in inputs.rates
    ]
    return found


def now(beside: Comparison | None, says: Says) -> dict[str, str] | None:
    """What the result would be today; None where there is none."""
    if beside is None or beside.now is None:
        return None
    return _numbers(beside.kept, beside.now.proven, says) | {
        "headline": headline(beside.kept, beside.now.proven, says)
    }
