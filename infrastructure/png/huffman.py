"""Huffman codes whose longest is bounded, as deflate wants them (RFC 1951, 3.2)."""

from typing import Any

import numpy as np

Counts = np.ndarray[Any, np.dtype[np.int64]]
Bits = np.ndarray[Any, np.dtype[np.uint64]]
Lengths = np.ndarray[Any, np.dtype[np.uint8]]

LONGEST = 15
"""Bits of a code of deflate's."""

_REVERSED = (np.arange(1 << LONGEST)[:, None] >> np.arange(LONGEST) & 1) @ (1 << np.arange(LONGEST)[::-1])
"""Each number of 15 bits, read from its other end."""


def code_lengths(frequencies: Counts) -> Lengths:
    """The best lengths, 1 to 15 bits, for symbols that occur so often, each at least once; two symbols or more.

    Package-merge (Larmore and Hirschberg, 1990): round by round the cheapest two make a package that competes with the
    symbols anew; a symbol's length is in how many rounds it is taken.
    """
    order = np.argsort(frequencies, kind="stable")
    symbols = frequencies[order]
    items, ranks = symbols, [np.arange(len(symbols))]
    for _ in range(LONGEST - 1):
        packages = items[: len(items) // 2 * 2].reshape(-1, 2).sum(axis=1)
        ranks.append(ranks[0] + np.searchsorted(packages, symbols))  # where each symbol stands among the packages
        items = np.sort(np.concatenate((symbols, packages)), kind="stable")
    lengths = np.zeros(len(symbols), np.uint8)
    taken = 2 * len(symbols) - 2
    for rank in reversed(ranks):
        of_symbols = int(np.searchsorted(rank, taken))
        lengths[:of_symbols] += 1
        taken = 2 * (taken - of_symbols)
    return lengths[np.argsort(order)]


def codes(lengths: Lengths) -> Bits:
    """The canonical code of each symbol, its first bit lowest, as deflate writes it."""
    order = np.argsort(lengths, kind="stable")
    room = 1 << (LONGEST - lengths[order].astype(np.int64))
    found = np.empty(len(lengths), np.uint64)
    found[order] = _REVERSED[np.cumsum(room) - room]
    return found


class BitStream:
    """Pieces of up to 64 bits, one after the other, the first bit lowest."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._rest = 0
        self._rest_bits = 0
        """What has not filled a word of 64 bits yet."""

    def add(self, pieces: Bits, lengths: Lengths) -> None:
        """`lengths`: how many bits of each piece count, 1 to 64; the others are zero.

        As the pieces of a word share no bit, their sum is their union; it is read off a running sum, which may wrap.
        """
        ends = np.cumsum(lengths, dtype=np.int64) + self._rest_bits
        starts = ends - lengths
        words, shifts = starts >> 6, (starts & 63).astype(np.uint64)
        last = np.append(np.flatnonzero(words[1:] != words[:-1]), len(pieces) - 1)  # each word's last piece
        sums = np.cumsum(pieces << shifts, dtype=np.uint64)[last]
        out = np.zeros(len(last) + 1, "<u8")
        out[:-1] = sums
        out[1:-1] -= sums[:-1]
        out[1:] |= pieces[last] >> np.uint64(1) >> (np.uint64(63) - shifts[last])  # what goes on in the next word
        out[0] |= self._rest
        whole, self._rest_bits = divmod(int(ends[-1]), 64)
        self._parts.append(out[:whole].tobytes())
        self._rest = int(out[whole])

    def finished(self) -> bytes:
        """All of it; the last byte is filled up with zeros."""
        rest = self._rest.to_bytes(8, "little")[: (self._rest_bits + 7) // 8]
        return b"".join((*self._parts, rest))
