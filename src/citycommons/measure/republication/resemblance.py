"""How alike two tables are by their fingerprints, and when one is taken for a copy of the other.

References
----------
Broder 1997 (resemblance and containment); Cohen, Kaplan 2007 (estimates from bottom-k sketches).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from citycommons.measure.republication.fingerprints import Fingerprint, Hashes, K

ALIKE = 0.5
"""Share of all rows of both tables that must be in both: then one is a copy of the other."""

CONTAINED = 0.8
"""Share of one table's rows that must be in the other: an extract, or a collection with ours."""

FEWEST_ROWS = 20
"""Distinct rows that a judgement needs; of fewer, nearly all must be the same."""

_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """An estimated share in 0..1 with its standard error, and of how many rows it was seen."""

    value: float
    error: float
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """How much two tables have in common."""

    jaccard: Share  # rows in both, of the rows in either
    ours_there: Share  # rows of ours that are in theirs
    theirs_here: Share  # rows of theirs that are in ours

    @property
    def is_copy(self) -> bool:
        """Whether one is taken for a copy, an extract or a collection of the other."""
        if self.jaccard.seen < FEWEST_ROWS:
            return self.jaccard.value >= _NEARLY_ALL
        contained = (self.ours_there, self.theirs_here)
        return self.jaccard.value >= ALIKE or any(
            one.value >= CONTAINED and one.seen >= FEWEST_ROWS for one in contained
        )


def resemblance(ours: Fingerprint, theirs: Fingerprint) -> Resemblance:
    """Estimate from two fingerprints; exact where both tables have fewer than K distinct rows."""
    a, b = ours.sketch, theirs.sketch
    union = np.union1d(a, b)
    if not (ours.is_whole and theirs.is_whole):
        union = union[:K]
    both = np.intersect1d(union, np.intersect1d(a, b))
    is_exact = ours.is_whole and theirs.is_whole
    return Resemblance(
        jaccard=_share(len(both), len(union), is_exact=is_exact),
        ours_there=_contained(a, b, is_exact=is_exact, is_whole=theirs.is_whole),
        theirs_here=_contained(b, a, is_exact=is_exact, is_whole=ours.is_whole),
    )


def _contained(a: Hashes, b: Hashes, *, is_exact: bool, is_whole: bool) -> Share:
    """Of rows of `a`: those whose hash is so small that `b`'s sketch would hold it."""
    seen = a if is_whole else a[a <= b[-1]]
    return _share(len(np.intersect1d(seen, b)), len(seen), is_exact=is_exact)


def _share(count: int, seen: int, *, is_exact: bool) -> Share:
    value = count / seen if seen else 0.0
    error = 0.0 if is_exact or not seen else sqrt(value * (1 - value) / seen)
    return Share(value=value, error=error, seen=seen)
