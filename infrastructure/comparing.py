"""Two pictures, value by value. Whatever lies where the first should be is decoded with care: it may be damaged."""

import asyncio
import io
import struct
import warnings
from typing import Any

import numpy as np
from PIL import Image

from domain.ports import Difference

DAMAGED = (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError)
"""What Pillow raises for files that are none."""


class PictureComparing:
    """The domain's port `Comparing`."""

    async def compare(self, kept: bytes, fresh: bytes) -> Difference | None:
        return await asyncio.to_thread(difference, kept, fresh)


def difference(kept: bytes, fresh: bytes) -> Difference | None:
    """None where `kept` is no PNG of the size and kind of `fresh`."""
    second = _pixels(fresh)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            first = _pixels(kept, second.shape)
    except DAMAGED:
        return None
    apart = np.abs(first.astype(np.int16) - second)
    return Difference(largest=int(apart.max()), share=float((apart > 0).mean()))


def _pixels(png: bytes, shape: tuple[int, ...] | None = None) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """The size is looked at before anything is unpacked. Raises ValueError, or what Pillow raises."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        if shape is not None and (picture.height, picture.width) != shape[:2]:
            raise ValueError("of another size")
        pixels = np.asarray(picture)
    if shape is not None and pixels.shape != shape:
        raise ValueError("of another kind")
    return pixels
