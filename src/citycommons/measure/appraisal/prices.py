"""Prices of other years and currencies: brought to one base with a stated source, or refused."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from citycommons.core.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Deflator:
    """How prices in a currency rose: per cent of a year over the year before."""

    currency: str
    title: str
    source: str
    year: int  # of the source
    per_cent: Mapping[str, float]  # year → per cent
    is_checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """What one unit of a currency is in another, as somebody states it with a source."""

    of: str
    to: str
    rate: float
    source: str
    year: int


@cache
def shipped() -> dict[str, Deflator]:
    """The deflators that come with the program, by currency."""
    text = files(__package__).joinpath("facts", "deflators.toml").read_text("utf-8")
    return {
        currency: Deflator(
            currency=currency,
            title=said["title"],
            source=said["source"],
            year=said["year"],
            per_cent=said["per_cent"],
            is_checked=said["checked"],
        )
        for currency, said in tomllib.loads(text).items()
    }


def factor(deflator: Deflator | None, currency: str, of: int, to: int) -> float:
    """By what a price of one year is multiplied to be one of another; exactly 1 within a year.

    Raises `Invalid` where no deflator covers the years: prices are never mixed in silence.

    Examples
    --------
    >>> round(factor(shipped()["EUR"], "EUR", 2021, 2023), 4)
    1.1425
    """
    if of == to:
        return 1.0
    lift = 1.0
    for year in range(min(of, to) + 1, max(of, to) + 1):
        rise = None if deflator is None else deflator.per_cent.get(str(year))
        if rise is None:
            raise Invalid(
                f"Prices of {of} and of {to} in {currency} cannot be mixed: how prices rose in "
                f"{year} is not known here. State the value in prices of {to}, choose another "
                "price year, or give a deflator with its source.",
                column="price_year",
            )
        lift *= 1.0 + rise / 100.0
    return lift if to > of else 1.0 / lift


def exchange(rates: tuple[ExchangeRate, ...], of: str, to: str) -> float:
    """By what an amount in one currency is multiplied to be one in another.

    Raises `Invalid` without a rate that somebody stated, with its source, for this very pair.
    """
    if of == to:
        return 1.0
    for one in rates:
        if (one.of, one.to) == (of, to):
            return one.rate
        if (one.of, one.to) == (to, of):
            return 1.0 / one.rate
    raise Invalid(
        f"{of} and {to} cannot be added. State a rate from {of} to {to} with its source and year.",
        column="currency",
    )
