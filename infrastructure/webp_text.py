"""The XMP packet of a WebP file (RFC 9649): a chunk of its own, behind the pixels, which are passed over unread."""

import os
import struct
from typing import BinaryIO

from infrastructure.xmp import read_packet

MAX_CHUNKS = 10_000


def webp_packet(webp: BinaryIO) -> bytes | None:
    """Raises ValueError for bytes that are not a WebP's."""
    header = webp.read(12)
    if len(header) < 12 or header[:4] != b"RIFF" or header[8:] != b"WEBP":
        raise ValueError("not a WebP")
    for _ in range(MAX_CHUNKS):
        header = webp.read(8)
        if not header:
            return None
        if len(header) < 8:
            raise ValueError("the WebP is cut short")
        kind, length = struct.unpack("<4sI", header)
        if kind == b"XMP ":
            return read_packet(webp, length)
        webp.seek(length + length % 2, os.SEEK_CUR)
    raise ValueError("the WebP has too many chunks")
