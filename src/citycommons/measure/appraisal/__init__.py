"""What it was worth against what it cost: net present value and ratio, as ranges, recomputable.

Numbers are bit-identical on every machine: each is made of additions, products, quotients and
square roots in a fixed order, which IEEE 754 rounds alike everywhere.
"""

from citycommons.measure.appraisal.kept import get, keep, latest, of_goal, publisher_of, release
from citycommons.measure.appraisal.making import appraise, compare, compute, recompute

__all__ = [
    "appraise",
    "compare",
    "compute",
    "get",
    "keep",
    "latest",
    "of_goal",
    "publisher_of",
    "recompute",
    "release",
]
