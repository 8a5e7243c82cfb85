"""Reading one uncompressed iTXt chunk out of a PNG, whatever else a stranger's file may claim (PNG, third edition).

Everything else is passed over unread, the pixels too.
"""

import os
import struct
import zlib
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 10_000
MAX_TEXT_BYTES = 1 << 18
SLACK = 1000
"""What a chunk's keyword, language and flags may take beside its text."""


def international_text(png: BinaryIO, keyword: str) -> str | None:
    """The text under `keyword`, or None. Raises ValueError for bytes that are not a PNG's."""
    if png.read(len(SIGNATURE)) != SIGNATURE:
        raise ValueError("not a PNG")
    wanted = keyword.encode("latin-1") + b"\0"
    for number in range(MAX_CHUNKS):
        header = png.read(8)
        if number and not header:
            return None
        if len(header) < 8:
            raise ValueError("the PNG is cut short")
        length, kind = struct.unpack(">I4s", header)
        if kind == b"IEND":
            return None
        if kind != b"iTXt":
            png.seek(length + 4, os.SEEK_CUR)
        elif (data := _checked(png, kind, length)).startswith(wanted):
            return _text(data[len(wanted) :])
    raise ValueError("the PNG has too many chunks")


def _checked(png: BinaryIO, kind: bytes, length: int) -> bytes:
    if length > MAX_TEXT_BYTES + SLACK:
        raise ValueError("the text in the PNG is too long")
    data, check = png.read(length), png.read(4)
    if len(check) < 4:
        raise ValueError("the PNG is cut short")
    if zlib.crc32(data, zlib.crc32(kind)) != int.from_bytes(check, "big"):
        raise ValueError("the PNG is damaged")
    return data


def _text(data: bytes) -> str:
    """What follows the keyword: compression flag and method, language, translated keyword, text."""
    if len(data) > MAX_TEXT_BYTES:
        raise ValueError("the text in the PNG is too long")
    fields = data[2:].split(b"\0", 2)
    if data[:2] != b"\0\0" or len(fields) != 3:
        raise ValueError("the text in the PNG is compressed or malformed")
    return fields[2].decode()
