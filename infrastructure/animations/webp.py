"""Animated WebP, frame by frame (RFC 9649): each is a picture of its own, written as soon as it is encoded.

libwebp's own animation encoder keeps the whole file in memory, leaves out a frame that equals the one before it, and
takes half as long again to find out that everything moves.
"""

import io
import struct
from typing import BinaryIO

from PIL import Image

from infrastructure.animations.plan import Pictures, Plan
from infrastructure.xmp import xmp_packet

QUALITY = 90
METHOD = 2
"""Of a 1024 px face, 4 takes twice as long for 3% fewer bytes."""

ANIMATED, WITH_XMP = 0x02, 0x04
WITHOUT_BLENDING = 0x02
FOR_EVER, ONCE = 0, 1


def write_webp(plan: Plan, pictures: Pictures, file: BinaryIO) -> tuple[int, int]:
    """Width and height."""
    size: tuple[int, int] | None = None
    for picture, duration_ms in zip(pictures, plan.durations_ms, strict=True):
        if size is None:
            size = picture.size
            _write_start(file, size, loop=plan.loop)
        _write_chunk(file, b"ANMF", _frame(picture, size, duration_ms))
    if size is None:
        raise ValueError("an animation has frames")
    _write_chunk(file, b"XMP ", xmp_packet(plan.recipe, plan.service))
    length = file.tell()
    file.seek(4)
    file.write(struct.pack("<I", length - 8))
    return size


def _write_start(file: BinaryIO, size: tuple[int, int], *, loop: bool) -> None:
    file.write(b"RIFF\0\0\0\0WEBP")
    _write_chunk(file, b"VP8X", struct.pack("<I", ANIMATED | WITH_XMP) + _sides(size))
    _write_chunk(file, b"ANIM", struct.pack("<IH", 0, FOR_EVER if loop else ONCE))


def _write_chunk(file: BinaryIO, kind: bytes, content: bytes) -> None:
    file.write(kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2))


def _frame(picture: Image.Image, size: tuple[int, int], duration_ms: int) -> bytes:
    if picture.size != size:
        raise ValueError(f"a frame is {picture.size}, and those before it {size}")
    encoded = io.BytesIO()
    picture.save(encoded, "WEBP", quality=QUALITY, method=METHOD)
    corner, told = bytes(6), struct.pack("<I", duration_ms)[:3] + bytes([WITHOUT_BLENDING])
    return corner + _sides(size) + told + encoded.getvalue()[12:]


def _sides(size: tuple[int, int]) -> bytes:
    return b"".join(struct.pack("<I", side - 1)[:3] for side in size)
