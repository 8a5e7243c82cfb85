"""The XMP packet of a JPEG: an APP1 segment ahead of the pixels, which are not read (ISO 16684-3, 1.1.3)."""

import os
from typing import BinaryIO

from infrastructure.xmp import read_packet

XMP = b"http://ns.adobe.com/xap/1.0/\0"
APP1, START_OF_SCAN, END_OF_IMAGE = 0xE1, 0xDA, 0xD9
MAX_SEGMENTS = 1000
MAX_PACKET_BYTES = 0xFFFF - 2 - len(XMP)
"""A segment's length has 16 bits."""


def jpeg_packet(jpeg: BinaryIO) -> bytes | None:
    """Raises ValueError for bytes that are not a JPEG's."""
    if jpeg.read(2) != b"\xff\xd8":
        raise ValueError("not a JPEG")
    for _ in range(MAX_SEGMENTS):
        marker = jpeg.read(2)
        if len(marker) < 2:
            raise ValueError("the JPEG is cut short")
        if marker[0] != 0xFF:
            raise ValueError("the JPEG is malformed")
        if marker[1] == 0xFF:  # a byte of filling
            jpeg.seek(-1, os.SEEK_CUR)
            continue
        if marker[1] in (START_OF_SCAN, END_OF_IMAGE):
            return None
        length = int.from_bytes(jpeg.read(2), "big") - 2
        if length < 0:
            raise ValueError("the JPEG is malformed")
        if marker[1] == APP1 and length >= len(XMP):
            data = read_packet(jpeg, length)
            if data.startswith(XMP):
                return data[len(XMP) :]
        else:
            jpeg.seek(length, os.SEEK_CUR)
    raise ValueError("the JPEG has too many segments")
