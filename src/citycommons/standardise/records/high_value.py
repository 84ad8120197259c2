"""High-value datasets as keywords: `hvd:mobility` and so on, whatever a catalogue calls them.

References
----------
Commission Implementing Regulation (EU) 2023/138. EU Publications Office: vocabulary high-value
dataset categories. SEMIC: DCAT-AP HVD 3.0, `dcatap:hvdCategory`.
"""

from collections.abc import Iterable

CATEGORIES = {
    "geospatial": "c_ac64a52d",
    "earth-observation-and-environment": "c_dd313021",
    "meteorological": "c_164e0bf5",
    "statistics": "c_e1da4e07",
    "companies-and-company-ownership": "c_a9135398",
    "mobility": "c_b79e35eb",
}
"""Categories by the second half of the keyword that claims one, with their codes."""
BASE = "http://data.europa.eu/bna/"
_BY_CODE = {code: name for name, code in CATEGORIES.items()}


def keywords_of(addresses: Iterable[str]) -> tuple[str, ...]:
    """The keywords that claim the categories at these addresses; others are passed over."""
    codes = (one.rstrip("/").rpartition("/")[2] for one in addresses)
    return tuple(f"hvd:{_BY_CODE[code]}" for code in codes if code in _BY_CODE)


def categories_of(keywords: Iterable[str]) -> tuple[str, ...]:
    """The categories that keywords claim, by name, each once.

    Whether a dataset is of high value is its publisher's word, so nothing else is read as it.
    """
    said = (word.strip().casefold() for word in keywords)
    names = (word.removeprefix("hvd:") for word in said if word.startswith("hvd:"))
    return tuple(dict.fromkeys(name for name in names if name in CATEGORIES))
