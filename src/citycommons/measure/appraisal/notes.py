"""What a reader of a result has to know beside it: what was left out, and what stands on sand."""

from collections.abc import Iterator

from citycommons.core.goals import Benefit, Cost
from citycommons.measure.appraisal.flows import proven
from citycommons.measure.appraisal.types import Inputs, Note


def notes(inputs: Inputs) -> tuple[Note, ...]:
    """All of them, in the order of the inputs."""
    return (*_of_entries(inputs), *_of_values(inputs), *_of_bases(inputs))


def _of_entries(inputs: Inputs) -> Iterator[Note]:
    for benefit in inputs.benefits:
        if benefit.value is None:
            text = "has no unit value: it is not in the sum."
            yield Note(kind="not-in-money", about=benefit.id, text=f"“{benefit.id}” {text}")
        elif benefit.id not in proven(inputs):
            text = "is claimed and not measured: it stands apart from what is proven."
            yield Note(kind="only-claimed", about=benefit.id, text=f"“{benefit.id}” {text}")
    entries: list[Benefit | Cost] = [*inputs.benefits, *inputs.costs]
    for entry in entries:
        if _is_cut(inputs, entry):
            yield Note(
                kind="years-left-out",
                about=entry.id,
                text=f"“{entry.id}” has years before {inputs.base_year} or after "
                f"{inputs.base_year + inputs.horizon}, which are not in the sum.",
            )
    if not inputs.costs:
        yield Note(kind="no-costs", text="No costs are entered: there is no ratio to them.")


def _is_cut(inputs: Inputs, entry: Benefit | Cost) -> bool:
    last = entry.first_year + entry.years - 1
    return entry.first_year < inputs.base_year or last > inputs.base_year + inputs.horizon


def _of_values(inputs: Inputs) -> Iterator[Note]:
    for value in inputs.values:
        if value.expires is not None and value.expires.year <= inputs.so_far:
            text = f"expired on {value.expires:%Y-%m-%d}: look it up again."
            yield Note(kind="unit-value-expired", about=value.id, text=f"“{value.id}” {text}")
        if not value.is_checked:
            text = "was not compared with its source."
            yield Note(kind="unit-value-unchecked", about=value.id, text=f"“{value.id}” {text}")


def _of_bases(inputs: Inputs) -> Iterator[Note]:
    for schedule in (inputs.schedule, *inputs.apart.values()):
        if not schedule.is_checked:
            text = f"The discount rates of “{schedule.title}” were not compared with their source."
            yield Note(kind="schedule-unchecked", about=schedule.id, text=text)
    for deflator in inputs.deflators:
        if not deflator.is_checked:
            text = f"Prices in {deflator.currency} were brought to {inputs.price_year} by rates"
            yield Note(
                kind="deflator-unchecked",
                about=deflator.currency,
                text=f"{text} that were not compared with their source ({deflator.source}).",
            )
    if not inputs.optimism.uplift.high:
        text = "Costs stand as they were entered, without an allowance for optimism."
        yield Note(kind="no-optimism", text=text)
    elif not inputs.optimism.is_checked:
        text = f"The allowance “{inputs.optimism.title}” was not compared with its source."
        yield Note(kind="optimism-unchecked", about=inputs.optimism.id, text=text)
