"""Where counters stand in the network: what each of them sees, as links with weights."""

from dataclasses import dataclass

import pyarrow as pa

from citycommons.act.demand.types import Counter
from citycommons.act.model.roads import Ground


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """A counter and the detectors whose counts add up to its own."""

    counter: Counter
    detectors: tuple[str, ...]


def by_link(detectors: pa.Table, on: Ground) -> tuple[tuple[Located, ...], tuple[str, ...]]:
    """Detectors that name the link they lie on; and those left out, with the reason."""
    found, left = [], []
    rows = zip(
        detectors.column("detector").to_pylist(), detectors.column("link").to_pylist(), strict=True
    )
    for id, link in sorted((str(a), str(b)) for a, b in rows):
        at = on.link_of.get(link)
        if at is None:
            left.append(f"{id}: lies on link “{link}”, which is not in the network")
        else:
            found.append(Located(Counter(id, (at,)), (id,)))
    return tuple(found), tuple(left)
