"""Questions for what the values of a column alone cannot tell: orders, signs and days."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from citycommons.core.types import Choice, Field, FieldType, Question
from citycommons.standardise import numbers
from citycommons.standardise.figures import is_day_column
from citycommons.standardise.samples import Looked
from citycommons.standardise.typed import Typed

_ORDERS = {
    "day.month.year": "day, month, year",
    "month/day/year": "month, day, year",
    "year-month-day": "year, month, day",
}
DAYS = "days"
"""The answer that numbers are days of a spreadsheet's calendar."""
_SIGNS = {".": "point", ",": "comma"}
_UNSURE = re.compile(r"ambiguous, .*\((.+ or .+)\)")


def orders(typed: dict[str, Typed], looked: dict[str, Looked]) -> list[Question]:
    """Dates that are days and months, or months and days: no value says which."""
    asked = []
    for name, found in typed.items():
        if not (unsure := _UNSURE.search(found.evidence)):
            continue
        sample = looked[name].sample[0]
        first = found.evidence.split(";")[1].strip()
        choices = tuple(
            Choice(value=order, title=_ORDERS.get(order, order), sample=sample, fits=order == first)
            for order in unsure[1].split(" or ")
        )
        asked.append(
            Question(
                id=f"date-order:{name}",
                kind="date-order",
                text=f"In which order are the dates of “{name}” written, such as {sample}? No day "
                f"above 12 tells. They were read as {_ORDERS.get(first, first)}.",
                columns=(name,),
                choices=tuple(sorted(choices, key=lambda choice: -choice.fits)),
            )
        )
    return asked


def serial_id(name: str) -> str:
    """The question whether a column of numbers is one of days."""
    return f"serial:{name}"


def serials(
    typed: dict[str, Typed], looked: dict[str, Looked], wanted: Mapping[str, Field]
) -> list[Question]:
    """Numbers below a date's name that may be days as spreadsheets count them."""
    asked = []
    for name, found in typed.items():
        is_number = found.type in (FieldType.INTEGER, FieldType.NUMBER)
        if not is_number or name.casefold() in wanted or not is_day_column(looked[name], True):
            continue
        sample = looked[name].sample[0]
        day = (date(1899, 12, 30) + timedelta(days=int(float(sample)))).isoformat()
        asked.append(
            Question(
                id=serial_id(name),
                kind="serial",
                text=f"Is “{name}” a date as spreadsheets count days, such as {sample}? It was "
                "read as a number.",
                columns=(name,),
                choices=(
                    Choice(value=DAYS, title=f"Days of a spreadsheet: {day}", sample=sample),
                    Choice(value="numbers", title="Numbers", sample=sample),
                ),
            )
        )
    return asked


def decimal_id(column: Looked) -> str:
    """The question what the point or comma of this column means."""
    return f"decimal:{numbers.unsure(column.styles, column.sample)}"


def decimals(typed: dict[str, Typed], looked: dict[str, Looked]) -> list[Question]:
    """Points or commas before three digits throughout: decimal signs, or signs of thousands."""
    asked = []
    unsure = [name for name, found in typed.items() if numbers.UNDECIDED in found.evidence]
    for sign in (".", ","):
        columns = [n for n in unsure if decimal_id(looked[n]) == f"decimal:{sign}"]
        if not columns:
            continue
        is_decimal = f"decimal {_SIGNS[sign]}" in typed[columns[0]].evidence
        sample = next(text for text in looked[columns[0]].sample if sign in text)
        meant = {
            sign: f"A decimal sign: {sample} is {sample.replace(sign, '.')}",
            (
                "," if sign == "." else "."
            ): f"It groups thousands: {sample} is {sample.replace(sign, '')}",
        }
        choices = [
            Choice(value=value, title=title, sample=sample, fits=(value == sign) == is_decimal)
            for value, title in meant.items()
        ]
        listed = ", ".join(f"“{name}”" for name in columns[:5]) + (", …" if columns[5:] else "")
        asked.append(
            Question(
                id=f"decimal:{sign}",
                kind="decimal",
                text=f"What does the {_SIGNS[sign]} mean in {listed}, such as {sample}? Nothing in "
                "the file tells a decimal sign from one that groups thousands.",
                columns=tuple(columns),
                choices=tuple(sorted(choices, key=lambda choice: -choice.fits)),
            )
        )
    return asked
