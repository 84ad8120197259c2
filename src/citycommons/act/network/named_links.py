"""Links called by their ends, as people write them: “7-8” and “7-8=0.5”."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from citycommons.act.network.types import Network
from citycommons.core.errors import Invalid, NotFound

_MOST_NEAR = 6


@dataclass(frozen=True, slots=True)
class Named:
    """Links of one pair of nodes; more than one where streets run side by side."""

    name: str
    links: tuple[int, ...]


class LinkNames:
    """Finds links by “FROM-TO”, ids of nodes as in the file (which may have hyphens themselves)."""

    def __init__(self, network: Network, names: Sequence[str], rows: int) -> None:
        self._names = names
        self._index = {name: k for k, name in enumerate(names) if name}
        self._links: dict[tuple[int, int], list[int]] = {}
        ends = zip(network.tail[:rows].tolist(), network.head[:rows].tolist(), strict=True)
        for link, pair in enumerate(ends):
            self._links.setdefault(pair, []).append(link)

    def find(self, text: str) -> Named:
        """Every link from one node to another. Raises `Invalid` or `NotFound` with what is near."""
        text = text.strip()
        splits = [(text[:k], text[k + 1 :]) for k, sign in enumerate(text) if sign in "-–→>"]
        splits = [(a.strip(), b.strip()) for a, b in splits if a.strip() and b.strip()]
        if not splits:
            raise Invalid(f"“{text}” names no link. Write FROM-TO, such as {self._example()}.")
        known = [(a, b) for a, b in splits if a in self._index and b in self._index]
        for first, second in known:
            if found := self._links.get((self._index[first], self._index[second])):
                return Named(f"{first}-{second}", tuple(found))
        raise NotFound(self._missing(text, splits, known), link=text)

    def _missing(
        self, text: str, splits: list[tuple[str, str]], known: list[tuple[str, str]]
    ) -> str:
        if not known:
            from difflib import get_close_matches

            unknown = next(
                (node for pair in splits[:1] for node in pair if node not in self._index), text
            )
            near = get_close_matches(unknown, self._index, n=_MOST_NEAR, cutoff=0.5)
            hint = f" Nodes with like names: {', '.join(near)}." if near else ""
            return f"There is no link {text}: node “{unknown}” is not in the network.{hint}"
        first, second = known[0]
        a, b = self._index[first], self._index[second]
        said = f"There is no link from {first} to {second}."
        if (b, a) in self._links:
            said += f" There is one from {second} to {first}."
        near = [f"{first}-{self._names[v]}" for u, v in self._links if u == a][:_MOST_NEAR]
        return said + (f" From {first} lead {', '.join(near)}." if near else "")

    def _example(self) -> str:
        first, second = next(iter(self._links))
        return f"{self._names[first]}-{self._names[second]}"


def closed(names: LinkNames, text: str) -> list[Named]:
    """The links of “7-8,9-10”."""
    return [names.find(part) for part in _parts(text)]


def factors(names: LinkNames, text: str) -> list[tuple[Named, float]]:
    """The links of “7-8=0.5,9-10=0.9”, each with its factor. Raises `Invalid` for no factor."""
    found = []
    for part in _parts(text):
        name, equals, number = part.rpartition("=")
        try:
            factor = float(number) if equals else np.nan
        except ValueError:
            factor = np.nan
        if not np.isfinite(factor):
            raise Invalid(f"“{part}” says no capacity. Write FROM-TO=FACTOR, such as 7-8=0.5.")
        if factor <= 0:
            raise Invalid(f"“{part}”: the factor must be above 0. To close a link use --close.")
        found.append((names.find(name), factor))
    return found


def _parts(text: str) -> list[str]:
    return [part for part in (one.strip() for one in text.replace(";", ",").split(",")) if part]
