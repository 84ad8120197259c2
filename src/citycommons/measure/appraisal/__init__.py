"""What it was worth against what it cost: net present value and ratio, as ranges, recomputable.

Numbers are bit-identical on every machine: each is made of additions, products, quotients and
square roots in a fixed order, which IEEE 754 rounds alike everywhere.
"""

from citycommons.measure.appraisal.kept import (
    appraise,
    compare,
    get,
    latest,
    of_goal,
    recompute,
)

__all__ = ["appraise", "compare", "get", "latest", "of_goal", "recompute"]
