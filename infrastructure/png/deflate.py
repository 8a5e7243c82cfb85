"""Deflate (RFC 1951) for filtered pixels, in less than half of zlib's time: no repetitions, one Huffman code a block.

In a photograph's filtered bytes hardly anything repeats: looking for it costs zlib's time and makes the file larger.
Where much does (drawings, even ground), zlib finds the runs.
"""

import zlib
from typing import Any

import numpy as np

from infrastructure.png.huffman import Bits, BitStream, Counts, Lengths, code_lengths, codes

Bytes = np.ndarray[Any, np.dtype[np.uint8]]

SMALL_BYTES = 1 << 16
"""Below it zlib is as fast: the tables cost more than they save."""
EVEN = 0.6
"""From this share of a single value on, runs are worth looking for."""
BATCH_BYTES = 1 << 17
"""What is packed at once: its codes stay in the processor's cache."""

END = b"\x03\x00"
"""An empty last block, after the pieces."""
END_OF_BLOCK = 256

# A block with a code of its own (3.2.7): 257 literals and ends, 2 distances that are never used, and 19 lengths of
# the code that these are written in. It is plain: 4 bits for each of 0 to 15, nothing for the repetitions before them.
_HEAD = 0b10 << 1 | 0 << 3 | 1 << 8 | 15 << 13 | sum(4 << place for place in range(17 + 3 * 3, 17 + 3 * 19, 3))
_HEAD_PARTS = np.array([_HEAD & 0xFFFFFFFF, _HEAD >> 32], np.uint64)
_HEAD_LENGTHS = np.array([32, 17 + 3 * 19 - 32] + [4] * (257 + 2), np.uint8)
_DISTANCES = (1, 1)
_NIBBLES = np.array([int(f"{length:04b}"[::-1], 2) for length in range(16)], np.uint64)
_NO_BLOCK = (np.zeros(1, np.uint64), np.array([3], np.uint8))
_EMPTY = b"\x00\x00\xff\xff"
"""A stored block of no length, whose head is the three bits before: it ends what it follows at a byte."""


def deflated(data: Bytes) -> bytes:
    """`data`, uint8 [bytes], as blocks that end with a byte, so that the next piece's, or END, can follow."""
    if len(data) < SMALL_BYTES:
        return _with_runs(data)
    frequencies = _frequencies(data)
    if frequencies.max() > EVEN * frequencies.sum():
        return _with_runs(data)
    return _literals(data, code_lengths(frequencies))


def _with_runs(data: Bytes) -> bytes:
    compressor = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, strategy=zlib.Z_RLE)
    return compressor.compress(data.data) + compressor.flush(zlib.Z_SYNC_FLUSH)


def _frequencies(data: Bytes) -> Counts:
    """How often each symbol occurs in a part of the data that stands for all; at least once."""
    sample = data[: len(data) // 8 * 8].view("<u2")[::4]
    both: Counts = np.bincount(sample, minlength=1 << 16).reshape(256, 256)
    frequencies: Counts = np.append(both.sum(axis=0) + both.sum(axis=1), 1)
    return frequencies.clip(min=1)


def _literals(data: Bytes, lengths: Lengths) -> bytes:
    """Bytes are looked up two at a time and put down four at a time: 4 x 15 bits go into a word."""
    code, length = codes(lengths), lengths[:256]
    single = code[:256].astype(np.uint32)
    pair_codes = (single | single[:, None] << length).reshape(-1)
    pair_lengths = (length + length[:, None]).reshape(-1)
    stream = BitStream()
    stream.add(np.concatenate((_HEAD_PARTS, _NIBBLES[np.append(lengths, _DISTANCES)])), _HEAD_LENGTHS)
    end = len(data) // 4 * 4
    for start in range(0, end, BATCH_BYTES):
        pairs = data[start : min(start + BATCH_BYTES, end)].view("<u2").astype(np.intp)
        bits, counts = pair_codes.take(pairs), pair_lengths.take(pairs)
        fours: Bits = np.bitwise_or(bits[::2], bits[1::2].astype(np.uint64) << counts[::2])
        stream.add(fours, counts[::2] + counts[1::2])
    tail = np.append(data[end:], END_OF_BLOCK)
    stream.add(code[tail], lengths[tail])
    stream.add(*_NO_BLOCK)
    return stream.finished() + _EMPTY
