"""Reading one uncompressed iTXt chunk out of a PNG, whatever else a stranger's file may claim (PNG, third edition)."""

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 1000
MAX_TEXT_BYTES = 1 << 18


def international_text(png: bytes, keyword: str) -> str | None:
    """The text under `keyword` ahead of the pixels, or None. Raises ValueError for bytes that are not a PNG's."""
    if not png.startswith(SIGNATURE):
        raise ValueError("not a PNG")
    wanted = keyword.encode("latin-1") + b"\0"
    for kind, data in _chunks(png):
        if kind == b"iTXt" and data.startswith(wanted):
            return _text(data[len(wanted) :])
        if kind == b"IDAT":
            break
    return None


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        header = png[at : at + 8]
        if len(header) < 8:
            raise ValueError("the PNG is cut short")
        length, kind = struct.unpack(">I4s", header)
        if kind == b"IDAT":
            yield kind, b""
            return
        data, check = png[at + 8 : at + 8 + length], png[at + 8 + length : at + 12 + length]
        if len(check) < 4:
            raise ValueError("the PNG is cut short")
        if zlib.crc32(data, zlib.crc32(kind)) != int.from_bytes(check, "big"):
            raise ValueError("the PNG is damaged")
        yield kind, data
        at += 12 + length
    raise ValueError("the PNG has too many chunks")


def _text(data: bytes) -> str:
    """What follows the keyword: compression flag and method, language, translated keyword, text."""
    if len(data) > MAX_TEXT_BYTES:
        raise ValueError("the text in the PNG is too long")
    fields = data[2:].split(b"\0", 2)
    if data[:2] != b"\0\0" or len(fields) != 3:
        raise ValueError("the text in the PNG is compressed or malformed")
    return fields[2].decode()
