"""The file: signature, header, texts, pixels (PNG, third edition, sections 5 and 11)."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from infrastructure.png.deflate import END, deflated
from infrastructure.png.filtering import paeth
from infrastructure.png_text import SIGNATURE

Bytes = np.ndarray[Any, np.dtype[np.uint8]]

PIECE_BYTES = 3 << 18
"""What gets a code of its own. Each costs a millisecond, and fits its pixels the better the fewer they are."""

_COLOUR = {1: 0, 3: 2}
_ZLIB_HEADER = b"\x78\x01"


@dataclass(frozen=True, slots=True)
class Text:
    """An iTXt chunk: what it is (1 to 79 characters of Latin 1), and any text."""

    keyword: str
    text: str


def png(pixels: Bytes, texts: Sequence[Text] = ()) -> bytes:
    """A PNG of uint8 [height, width, 1 or 3]. The same pixels and texts give the same bytes."""
    height, width, channels = pixels.shape
    parts = [
        SIGNATURE,
        *_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _COLOUR[channels], 0, 0, 0)),
        *(part for text in texts for part in _chunk(b"iTXt", _itxt(text))),
        *(part for piece in _compressed(pixels) for part in _chunk(b"IDAT", piece)),
        *_chunk(b"IEND", b""),
    ]
    return b"".join(parts)


def _compressed(pixels: Bytes) -> Iterator[bytes]:
    """One zlib stream (RFC 1950), some rows at a time."""
    height, width, channels = pixels.shape
    rows = max(1, PIECE_BYTES // (1 + width * channels))
    check, start = 1, _ZLIB_HEADER
    for top in range(0, height, rows):
        filtered = paeth(pixels, top, min(top + rows, height))
        check = zlib.adler32(filtered.data, check)
        yield start + deflated(filtered)
        start = b""
    yield END + check.to_bytes(4, "big")


def _itxt(text: Text) -> bytes:
    """Keyword; not compressed; no language; no translated keyword; text."""
    return text.keyword.encode("latin-1") + b"\0\0\0\0\0" + text.text.encode()


def _chunk(kind: bytes, data: bytes) -> tuple[bytes, ...]:
    return len(data).to_bytes(4, "big"), kind, data, zlib.crc32(data, zlib.crc32(kind)).to_bytes(4, "big")
