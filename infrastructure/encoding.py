"""From pixels to files: a PNG that carries its recipe, and a WebP thumbnail. Off the event loop, in a pool of its own.

The same pixels and recipe give the same bytes on the same versions of the libraries: no times, no randomness.
"""

import asyncio
import io
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from queue import PriorityQueue
from typing import Any

import numpy as np
from PIL import Image

from domain.generations import Priority
from domain.ports import EncodedPicture
from domain.recipe import Recipe
from infrastructure.cores import usable_cores
from infrastructure.png import Text, png
from infrastructure.recipe_reading import RECIPE_KEYWORD
from infrastructure.xmp import xmp_packet

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

THUMBNAIL_SIZE = 256
THUMBNAIL_QUALITY = 85
THUMBNAIL_METHOD = 2
"""WebP's effort, 0 to 6: half the time of 4, its default, at 3% more bytes."""

CHANNELS = (1, 3)


def encode(pixels: Pixels, recipe: Recipe, service: str) -> EncodedPicture:
    """pixels: uint8 [height, width, 1 or 3]; `service` is what the file says it was made by.

    Raises ValueError for another shape or type.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in CHANNELS or pixels.dtype != "uint8":
        raise ValueError(f"a picture is uint8 [height, width, 1 or 3], not {pixels.dtype} {list(pixels.shape)}")
    height, width, _ = pixels.shape
    return EncodedPicture(
        image=png(pixels, (Text("Software", service), Text(RECIPE_KEYWORD, recipe.canonical))),
        thumbnail=_thumbnail(pixels, xmp_packet(recipe.canonical, service)),
        width=width,
        height=height,
    )


def with_new_thumbnail(image: bytes, recipe: Recipe, service: str) -> EncodedPicture:
    """The picture whose PNG this is. Raises OSError or ValueError for a file that is none of `encode`."""
    with Image.open(io.BytesIO(image), formats=("PNG",)) as picture:
        pixels = np.asarray(picture)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    height, width, _ = pixels.shape
    return EncodedPicture(image, _thumbnail(pixels, xmp_packet(recipe.canonical, service)), width, height)


class PictureEncoder:
    """A pool that encodes; of the pictures that wait the most urgent goes first, of these the one that came first.

    NumPy, zlib and Pillow let go of the interpreter's lock while they work, so that threads are enough.
    """

    def __init__(self, service: str, threads: int | None = None) -> None:
        self.service = service
        self.threads = threads or usable_cores()
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="encode")
        self._numbers = count()
        self._waiting: PriorityQueue[tuple[int, int, Future[EncodedPicture], Pixels, Recipe]] = PriorityQueue()

    def submit(
        self, pixels: Pixels, recipe: Recipe, priority: Priority = Priority.INTERACTIVE
    ) -> Future[EncodedPicture]:
        future: Future[EncodedPicture] = Future()
        self._waiting.put((priority.value, next(self._numbers), future, pixels, recipe))
        self._pool.submit(self._encode_next)
        return future

    async def encode(self, pixels: Pixels, recipe: Recipe, priority: Priority = Priority.INTERACTIVE) -> EncodedPicture:
        return await asyncio.wrap_future(self.submit(pixels, recipe, priority))

    def close(self) -> None:
        """Pictures that have not begun are dropped; those that have are finished."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        while not self._waiting.empty():
            self._waiting.get_nowait()[2].cancel()

    def _encode_next(self) -> None:
        """There are as many calls of this as pictures that wait."""
        _, _, future, pixels, recipe = self._waiting.get_nowait()
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(encode(pixels, recipe, self.service))
        except Exception as error:
            future.set_exception(error)


def _thumbnail(pixels: Pixels, packet: bytes) -> bytes:
    """From the pixels in hand: averages of whole blocks first, which is quick, then what is left of the way.

    It carries the recipe too, so that no two recipes share a file: one can go while the other is being stored.
    """
    small = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    if (factor := max(small.size) // THUMBNAIL_SIZE) > 1:
        small = small.reduce(factor)
    small.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "WEBP", quality=THUMBNAIL_QUALITY, method=THUMBNAIL_METHOD, xmp=packet)
    return file.getvalue()
