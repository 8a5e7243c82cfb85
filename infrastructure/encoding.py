"""From pixels to files: a PNG that carries its recipe, and a WebP thumbnail. Off the event loop, in a pool of its own.

The same pixels and recipe give the same bytes on the same versions of the libraries: no times, no randomness.
"""

import asyncio
import io
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from domain.ports import EncodedPicture
from domain.recipe import Recipe
from infrastructure.cores import usable_cores
from infrastructure.recipe_reading import RECIPE_KEYWORD

if TYPE_CHECKING:
    import numpy as np

    Pixels = np.ndarray[Any, np.dtype[np.uint8]]

THUMBNAIL_SIZE = 256
THUMBNAIL_QUALITY = 85
PNG_LEVEL = 1
"""Of a 1024 px photograph, level 6 makes a file 15% smaller and takes four times as long."""

MODES = {1: "L", 3: "RGB"}


def encode(pixels: "Pixels", recipe: Recipe, service: str) -> EncodedPicture:
    """pixels: uint8 [height, width, 1 or 3]; `service` is what the file says it was made by.

    Raises ValueError for another shape or type.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in MODES or pixels.dtype != "uint8":
        raise ValueError(f"a picture is uint8 [height, width, 1 or 3], not {pixels.dtype} {list(pixels.shape)}")
    picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    return EncodedPicture(
        image=_png(picture, recipe, service), thumbnail=_thumbnail(picture), width=picture.width, height=picture.height
    )


class PictureEncoder:
    """A pool that encodes; Pillow lets go of the interpreter's lock while it compresses."""

    def __init__(self, service: str, threads: int | None = None) -> None:
        self.service = service
        self.threads = threads or usable_cores()
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="encode")

    def submit(self, pixels: "Pixels", recipe: Recipe) -> "Future[EncodedPicture]":
        return self._pool.submit(encode, pixels, recipe, self.service)

    async def encode(self, pixels: "Pixels", recipe: Recipe) -> EncodedPicture:
        return await asyncio.wrap_future(self.submit(pixels, recipe))

    def close(self) -> None:
        """Pictures that have not begun are dropped; those that have are finished."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _png(picture: Image.Image, recipe: Recipe, service: str) -> bytes:
    text = PngInfo()
    text.add_text("Software", service)
    text.add_itxt(RECIPE_KEYWORD, recipe.canonical)
    file = io.BytesIO()
    picture.save(file, "PNG", pnginfo=text, compress_level=PNG_LEVEL)
    return file.getvalue()


def _thumbnail(picture: Image.Image) -> bytes:
    small = picture.copy()
    small.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "WEBP", quality=THUMBNAIL_QUALITY)
    return file.getvalue()
