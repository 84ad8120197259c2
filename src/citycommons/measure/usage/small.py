"""Small counts of uses are not for everybody: nothing from 1 to 4 is shown, or can be computed.

What is shown is made of what may be shown: a sum has only parts that are shown themselves, so that
no difference of two sums tells of a part that is hidden.

- Of looks (investigations that took nothing) and takes (requests), whichever is less than five is
  left out, and of every sum above it (a dataset's year, a publisher's month, the whole city).
  Both together are shown where together they are five or more and no request is shown beside them.
- A sum that is shown exactly is told apart (by channel, by day) in fives, rounded down; what is
  then missing stands in one rest. A rest of 1 to 4 takes five from the largest part.

The method is deterministic rounding with a protected total; see the sources.

References
----------
Hundepool et al., Statistical Disclosure Control, 2012, chapter 5 (magnitude and frequency tables:
secondary suppression, rounding). Wong et al., Minimality attack in privacy preserving data
publishing, VLDB 2007: an attacker knows this rule, too.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

LEAST = 5
"""The smallest count that everybody may see."""

_Key = TypeVar("_Key")


def shown_pair(investigations: int, requests: int) -> tuple[int, int]:
    """Investigations and requests (which are among them) as everybody may see them.

    Nought stands for what is hidden as well as for none at all.
    """
    taken = requests if requests >= LEAST else 0
    looks = investigations - requests
    if investigations < LEAST or (taken and 0 < looks < LEAST):
        return taken, taken
    return investigations, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart(Generic[_Key]):
    """A sum told apart: parts, the largest first, and what belongs to no part that is shown.

    Parts and rest add up to the sum, where that is five or more. `is_told` is
    False where not even the fives may be told.
    """

    parts: tuple[tuple[_Key, int], ...]
    rest: int
    is_exact: bool
    is_told: bool = True


def told_apart(counts: Mapping[_Key, int], kinds: int) -> Apart[_Key]:
    """The parts in fives, rounded down; `kinds` is how many parts there could be at all."""
    total = sum(counts.values())
    if total < LEAST:
        return Apart(parts=(), rest=0, is_exact=False, is_told=total == 0)
    fives = Counter({key: count // LEAST * LEAST for key, count in counts.items()})
    rest = total - fives.total()
    most = (LEAST - 1) * kinds
    # A rest that only fits when each part lacks four would tell all of them; and a sum that only
    # fits so is left whole whatever its parts are, so that leaving it whole tells nothing.
    if most in (rest, total):
        return Apart(parts=(), rest=total, is_exact=False, is_told=False)
    if 0 < rest < LEAST:
        largest = max(fives, key=lambda key: (fives[key], str(key)))
        fives[largest] -= LEAST
        rest += LEAST
    return Apart(parts=_ordered(fives), rest=rest, is_exact=False)


def exactly(counts: Mapping[_Key, int]) -> Apart[_Key]:
    """The parts as they are, for whom they are not hidden from."""
    return Apart(parts=_ordered(counts), rest=0, is_exact=True)


def _ordered(counts: Mapping[_Key, int]) -> tuple[tuple[_Key, int], ...]:
    kept = [(key, count) for key, count in counts.items() if count > 0]
    return tuple(sorted(kept, key=lambda pair: (-pair[1], str(pair[0]))))
