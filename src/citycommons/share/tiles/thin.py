"""From which zoom each feature is shown, so that no tile holds too many; the same for all readers.

A tile with few features shows all. In a fuller one each of its cells shows the largest feature
whose middle lies there (points: one by a fixed shuffle), and what is larger than a cell is always
shown. What is seen at one zoom is seen at all deeper ones.
"""

import numpy as np
import numpy.typing as npt

from citycommons.share.tiles.matrix import BITS
from citycommons.share.tiles.varints import Counts

FEW = 6000  # features of a tile that are all shown
DEEPEST_THINNED = 18
CELL_BITS = 6  # 64 cells to a side: 8 pixels of a tile 512 pixels wide
NEVER = 255

Wide = npt.NDArray[np.uint64]
Zooms = npt.NDArray[np.uint8]


def least_zooms(boxes: Wide, has_shape: npt.NDArray[np.bool_]) -> Zooms:
    """The first zoom of each feature, by its box in world coordinates: (features, 4).

    255 where there is nothing to show, one past the deepest thinned zoom where only that shows it.
    """
    least = np.full(len(boxes), NEVER, np.uint8)
    rows = np.flatnonzero(has_shape)
    if not len(rows):
        return least
    box = boxes[rows]
    size = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
    codes = _morton(
        (box[:, 0] + box[:, 2]) >> np.uint64(1), (box[:, 1] + box[:, 3]) >> np.uint64(1)
    )
    order = np.argsort(codes, kind="stable")
    found = _sorted_zooms(codes[order], size[order], _ranks(size, rows)[order])
    least[rows[order]] = found
    return least


def _sorted_zooms(codes: Wide, size: Wide, rank: Wide) -> Zooms:
    least = np.full(len(codes), DEEPEST_THINNED + 1, np.uint8)
    for z in range(DEEPEST_THINNED, -1, -1):
        starts = _starts(codes >> np.uint64(2 * (BITS - z)))
        counts = np.diff(np.append(starts, len(codes)))
        shown = np.repeat(counts <= FEW, counts)
        if not shown.all():
            cells = _starts(codes >> np.uint64(2 * (BITS - z - CELL_BITS)))
            members = np.diff(np.append(cells, len(codes)))
            shown |= np.repeat(np.minimum.reduceat(rank, cells), members) == rank
            shown |= size >= np.uint64(1 << (BITS - z - CELL_BITS))
        least[shown] = z
    return least


def _starts(groups: Wide) -> Counts:
    return np.append(0, np.flatnonzero(groups[1:] != groups[:-1]) + 1)


def _ranks(size: Wide, rows: Counts) -> Wide:
    """Smaller is shown first: large features, then a shuffle that no two share.

    Where points lie among areas the shuffle alone decides, or the points would be hidden.
    """
    shuffled = (rows.astype(np.uint64) * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
    if (size == 0).any() and (size > 0).any():
        return shuffled
    return ((np.uint64(0xFFFFFFFF) - size) << np.uint64(32)) | shuffled


def _morton(x: Wide, y: Wide) -> Wide:
    """Bits of both interleaved, so that a tile's or a cell's members stand together."""
    return _spread(x) | (_spread(y) << np.uint64(1))


def _spread(value: Wide) -> Wide:
    value = value & np.uint64(0xFFFFFFFF)
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        value = (value | (value << np.uint64(shift))) & np.uint64(mask)
    return value
