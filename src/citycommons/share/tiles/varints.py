"""Protocol Buffers' variable-length numbers, a whole column at a time, and ragged arrays.

References
----------
Protocol Buffers: Encoding, "Base 128 Varints" and "Signed Integers" (zigzag).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]
Short = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int64]
Octets = npt.NDArray[np.uint8]


def zigzag(numbers: Counts) -> Numbers:
    """Signed numbers so that small ones stay short: 0, -1, 1, -2 → 0, 1, 2, 3."""
    return ((numbers << 1) ^ (numbers >> 63)).astype(np.uint64)


def sizes(numbers: npt.NDArray[Any]) -> Counts:
    """How many bytes each number, none of them negative, takes."""
    most = int(numbers.max(initial=0))
    found = np.ones(len(numbers), np.uint8)
    bits = 7
    while bits < 64 and most >> bits:
        found += (numbers >= numbers.dtype.type(1 << bits)).view(np.uint8)
        bits += 7
    return found.astype(np.int64)


def encoded(numbers: Numbers | Short) -> bytes:
    """The numbers behind one another."""
    return octets(numbers)[0].tobytes()


def octets(numbers: Numbers | Short) -> tuple[Octets, Counts]:
    """Bytes of the numbers behind one another, and how many each has."""
    kind = numbers.dtype.type
    length = sizes(numbers)
    ends = np.cumsum(length)
    out = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    low, high = kind(127), kind(128)
    at, left = ends - length, numbers
    while len(left):
        going = np.flatnonzero(left >= high)
        octet = (left & low).astype(np.uint8)
        octet[going] |= 128
        out[at] = octet
        at, left = at[going] + 1, left[going] >> kind(7)
    return out, length


def expanded(starts: Counts, lengths: Counts) -> Counts:
    """Indexes of runs: [5, 9], [2, 1] → 5, 6, 9."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))


def ends_of(lengths: Counts) -> Counts:
    """Where runs of these lengths begin, and where the last one ends."""
    ends = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    return ends


def sums(numbers: Counts, ends: Counts) -> Counts:
    """Sum of each run, 0 of an empty one."""
    return np.diff(ends_of(numbers)[ends])
