"""What counts cannot tell of a matrix, said plainly."""

import numpy as np

from citycommons.act.network.types import Floats


def cannot_tell(trips: Floats, coverage: Floats, counters: int) -> tuple[str, ...]:
    """Sentences for whoever reads a result.

    Parameters
    ----------
    trips
        (zones, zones).
    coverage
        (zones, zones), how many counters a trip of the pair passes on average.
    counters
        How many were used or held out.
    """
    driven = trips > 0
    pairs = int(driven.sum())
    unseen = driven & (coverage < 0.01)
    total = float(trips.sum())
    if not pairs or total <= 0:
        return ("There are no trips.",)
    met = float((trips * np.minimum(coverage, 1.0)).sum() / total)
    said = [
        f"{pairs} pairs of areas are unknown and {counters} counters speak: many matrices fit "
        "the counts equally well, and this one is the nearest to the prior.",
        f"About {met:.0%} of all trips pass a counter.",
    ]
    if unseen.any():
        share = float(trips[unseen].sum() / total)
        said.append(
            f"{int(unseen.sum())} pairs with {share:.0%} of the trips pass no counter: they are "
            "as the prior says, scaled with the whole."
        )
    return tuple(said)
