"""A forecast as the templates show it: every number with its range, its unit and its source."""

from typing import Any

from markupsafe import Markup

from citycommons.act.model.types import DayType, Fit, TrafficModel
from citycommons.act.roadworks.clash import Proposal
from citycommons.act.roadworks.types import Forecast, HourForecast, NoAlternative, PairEffect, Range
from citycommons.core.works import Works
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.register.words import why
from citycommons.web.studio import asking, network, words
from citycommons.web.studio.around import Beside
from citycommons.web.studio.question import Question, streets_of

_PAIRS = 4
_BAR = 10  # units of width of an hour in the strip of the day


def answer(
    whole: Forecast,
    question: Question,
    model: TrafficModel,
    says: Says,
    *,
    beside: Beside | None = None,
) -> dict[str, Any]:
    """What `studio/answer.html` shows of one hour, and of the whole calendar."""
    hour = whole.hours[asking.place(question)]
    minutes = hour.minutes_per_trip
    lines = words.street_lines(hour.streets)
    return {
        "kicker": kicker(hour, says),
        "headline": words.headline(hour, model, says),
        "sure": words.sure(hour, says),
        "bar": words.bar(minutes),
        "range_words": says._(
            N_("{middle} minutes longer a trip; 90 % sure between {low} and {high}")
        ).format(**_three(minutes, says, 1)),
        **_three(minutes, says, 1, unit=says._(N_("min"))),
        "streets": [_street(one, says) for one in lines[: words.SHOWN]],
        "more_streets": [_street(one, says) for one in lines[words.SHOWN :]],
        "pairs": [_pair(one, model, says) for one in hour.pairs[:_PAIRS] if one.trips >= 0.5],
        "stranded": [_stranded(one, model, says) for one in hour.no_alternative[:_PAIRS]],
        "bus_lines": _lines(whole, says),
        "cycle_routes": ", ".join(whole.cycle_routes),
        "parking": says.number(whole.parking_lost) if whole.parking_lost else "",
        "clashes": clashes(beside, says) if beside else [],
        "whole": totals(whole, says),
        "weeks": [
            {"week": one.week, "delay": says.number(one.delay.middle, 1)} for one in hour.weeks
        ],
        "source": source(model, question, says, whole),
        "notes": [
            *(whole.notes or model.limits),
            says._(N_("Value of time: {source}.")).format(source=whole.cost.source.rstrip(".")),
            *([whole.emission_source] if whole.emission_source else []),
        ],
    }


def clashes(beside: Beside, says: Says) -> list[dict[str, str]]:
    """With whom the works clash, and which dates would do."""
    return [
        {
            "words": why(
                one.clash,
                says,
                beside.names,
                says.text(one.works.title) or ", ".join(one.works.streets[:2]),
            ),
            "help": _dates(one.clash.proposals[0], beside, says) if one.clash.proposals else "",
            "address": f"/desk/roadworks/{one.clash.other}" if one.clash.other else "",
        }
        for one in beside.clashes
    ]


def _dates(one: Proposal, beside: Beside, says: Says) -> str:
    text = says._(N_("From {first} to {last}, {owner} would be in nobody's way."))
    first, last = says.date(one.first_day, "medium"), says.date(one.last_day, "medium")
    return text.format(first=first, last=last, owner=beside.names.get(one.owner, one.owner))


def title(works: Works | None, question: Question, model: TrafficModel, says: Says) -> str:
    """What the works are called; before they have a title, by their streets."""
    if works is not None:
        return says.text(works.title)
    return ", ".join(streets_of(question, model)[:3]) or says._(N_("Works without a name"))


def ids(whole: Forecast, question: Question, says: Says) -> str:
    """Everything by which the same numbers come out again."""
    text = N_("Forecast {forecast}: model {model}, works {works}, seed {seed}, {runs} runs.")
    works = f"{whole.works} ({whole.revision})" if whole.works else "–"
    return says._(text).format(
        forecast=whole.id, model=whole.model, works=works, seed=question.seed, runs=whole.runs
    )


def kicker(hour: HourForecast, says: Says) -> str:
    """What is looked at: the kind of day and the hour."""
    text = says._(N_("What these works do, {day}, {hour}"))
    return text.format(day=says._(words.DAYS[hour.day]), hour=says.hour(hour.hour))


def _three(given: Range, says: Says, digits: int, unit: str = "") -> dict[str, str]:
    unit = f" {unit}" if unit else ""
    return {
        name: says.number(value, digits) + unit
        for name, value in (("low", given.low), ("middle", given.middle), ("high", given.high))
    }


def _street(one: words.StreetLine, says: Says) -> dict[str, Any]:
    return {
        "name": one.name,
        "is_more": one.change.middle > 0,
        "before": says.number(round(one.before)),
        "after": says.number(round(one.after.middle)),
        "change": words.signed(one.change.middle, says),
        "range": f"{words.signed(one.change.low, says)} … {words.signed(one.change.high, says)}",
    }


def _pair(one: PairEffect, model: TrafficModel, says: Says) -> dict[str, str]:
    return {
        "words": words.way(one, model, says),
        "minutes": f"{says.number(one.minutes.middle, 1)} min",
        "trips": _trips(one.trips, says),
    }


def _stranded(one: NoAlternative, model: TrafficModel, says: Says) -> dict[str, str]:
    return {"words": words.way(one, model, says), "trips": _trips(one.trips, says)}


def _trips(trips: float, says: Says) -> str:
    return says._(N_("{trips} trips an hour")).format(trips=says.number(round(trips)))


def _lines(whole: Forecast, says: Says) -> str:
    if not whole.bus_lines:
        return ""
    return says._(N_("Bus lines {lines}")).format(lines=", ".join(whole.bus_lines))


def totals(whole: Forecast, says: Says) -> list[dict[str, str]]:
    """Delay, cost and emissions over the whole calendar."""
    money = whole.cost
    note = says._(N_("{amount} {currency} an hour of delay, {country}, prices of {year}")).format(
        amount=says.number(money.per_hour, 2),
        currency=money.currency,
        country=money.country,
        year=money.year,
    )
    named = says._(N_("Delay of all drivers"))
    return [
        _total(named, whole.total_delay, says, says._(N_("hours")), says._(N_("the whole works"))),
        _total(says._(N_("Its cost")), money.amount, says, money.currency, note),
        _total(says._(N_("More CO₂")), whole.co2, says, "kg", ""),
    ]


def _total(name: str, given: Range, says: Says, unit: str, note: str) -> dict[str, str]:
    low, middle, high = (amount(one, says) for one in (given.low, given.middle, given.high))
    return {
        "name": name,
        "note": note,
        "value": f"{middle} {unit}",
        "range": f"{low} … {high}",
    }


def amount(value: float, says: Says) -> str:
    """An amount to three digits: a forecast knows no more."""
    if abs(value) < 10:
        return says.number(round(value, 1))
    size = 10 ** max(0, len(str(int(abs(value)))) - 3)
    return says.number(int(round(value / size) * size))


def source(
    model: TrafficModel, question: Question, says: Says, whole: Forecast | None = None
) -> str:
    """Where the numbers come from, as of when, and how sure."""
    fit = network.busiest(model).fit
    parts = [
        says._(N_("Source: traffic model {model}, made {day}")).format(
            model=model.id[:8], day=says.date(model.created, "medium")
        ),
        counted(fit, says),
    ]
    if whole is not None:
        text = N_("90 % of {runs} runs with other demand, capacity and days")
        parts.append(says._(text).format(runs=whole.runs) if whole.runs else "")
        parts.append(_learnt(whole, says))
        parts.append(says._(N_("seed {seed}")).format(seed=question.seed))
    return " · ".join(part for part in parts if part)


def _learnt(whole: Forecast, says: Says) -> str:
    if whole.correction == 1.0 and whole.widening == 1.0:
        return says._(N_("no works were evaluated yet, so nothing is corrected"))
    text = N_("past works taught a correction of {share} and ranges {times} times as wide")
    share = ("+" if whole.correction >= 1 else "−") + says.percent(abs(whole.correction - 1))
    return says._(text).format(share=share, times=says.number(whole.widening, 2))


def counted(fit: Fit | None, says: Says) -> str:
    """How many counters stand behind the model, and how well it meets those it never saw."""
    if fit is None:
        return says._(N_("nothing was counted"))
    text = says._(N_("{counters} counters, {held_out} of them held out and met within {error}"))
    return text.format(
        counters=says.number(fit.counters + fit.held_out),
        held_out=says.number(fit.held_out),
        error=says.percent(fit.held_out_error),
    )


def bars(whole: Forecast | None, question: Question, model: TrafficModel, says: Says) -> Markup:
    """The day in 24 bars: delay in each hour where it is known, else the traffic of the day."""
    values = [float(one) for one in model.day_shape[list(DayType).index(question.day)]]
    if whole is not None:
        values = [0.0] * 24
        for one in whole.profile:
            if one.phase == asking.place(question) and one.day is question.day:
                values[one.hour] = max(one.delay.middle, 0.0)
    most = max(values) or 1.0
    parts = []
    for hour, value in enumerate(values):
        height = max(1.0, 33 * value / most)
        mark = ' class="on"' if hour == question.hour else ""
        parts.append(
            f'<rect{mark} data-hour="{hour}" x="{hour * _BAR + 1}" y="{34 - height:.1f}" '
            f'width="{_BAR - 2}" height="{height:.1f}"/>'
        )
    inner = "".join(parts)
    return Markup(  # noqa: S704  (numbers only)
        f'<svg viewBox="0 0 {24 * _BAR} 34" preserveAspectRatio="none">{inner}</svg>'
    )
