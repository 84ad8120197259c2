"""Allowances for optimism: by how much more than planned things cost, as data with a source."""

import tomllib
from functools import cache
from importlib.resources import files

from citycommons.core.errors import NotFound
from citycommons.core.goals import Range
from citycommons.measure.appraisal.types import Optimism


@cache
def shipped() -> dict[str, Optimism]:
    """The allowances that come with the program, by id."""
    text = files(__package__).joinpath("facts", "optimism.toml").read_text("utf-8")
    return {
        id: Optimism(
            id=id,
            title=said["title"],
            uplift=Range(low=said["low"], likely=said["likely"], high=said["high"]),
            source=said["source"],
            year=said["year"],
            is_checked=said["checked"],
        )
        for id, said in tomllib.loads(text).items()
    }


def named(id: str) -> Optimism:
    """One of them. Raises `NotFound`, with the ids of those there are."""
    found = shipped().get(id)
    if found is None:
        known = ", ".join(sorted(shipped()))
        raise NotFound(f"There is no allowance for optimism “{id[:80]}”. There are: {known}.")
    return found
