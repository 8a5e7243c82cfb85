"""A stored picture in another format, its recipe in it: made anew for each who asks, in a small pool of its own.

Pillow lets go of the interpreter's lock while it compresses; faces are encoded in another pool and never wait here.
"""

import asyncio
import io
import threading
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from domain.copies import JPEG_QUALITY, CopyForm, CopyFormat
from domain.errors import Invalid, QueueFull
from domain.recipe import Recipe
from infrastructure.jpeg_text import MAX_PACKET_BYTES
from infrastructure.xmp import xmp_packet

THREADS = 2
MOST = 32
"""Copies that are made or wait at once; each holds a picture."""
RETRY_MS = 2000
WEBP_METHOD, WEBP_EFFORT = 4, 80
"""Of a 1024 px face, less makes a bigger file hardly sooner, and more takes twice as long for 1%."""


class PictureCopies:
    """The domain's port `Copies`."""

    def __init__(self, service: str, threads: int = THREADS, most: int = MOST) -> None:
        self._service = service
        self._places = threading.BoundedSemaphore(most)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="copy")

    async def copy(self, png: bytes, recipe: Recipe, form: CopyForm) -> bytes:
        if form.format is CopyFormat.PNG:
            return png
        if not self._places.acquire(blocking=False):
            raise QueueFull("too many pictures are being converted; try again", retry_after_ms=RETRY_MS)
        work = self._pool.submit(converted, png, recipe, form, self._service)
        work.add_done_callback(lambda _: self._places.release())  # whoever asked may be gone by then
        return await asyncio.wrap_future(work)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def converted(png: bytes, recipe: Recipe, form: CopyForm, service: str) -> bytes:
    """Raises Invalid for a recipe that a JPEG has no room for."""
    packet = xmp_packet(recipe.canonical, service)
    file = io.BytesIO()
    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        if form.format is CopyFormat.WEBP:
            options = {"quality": WEBP_EFFORT, "lossless": True} if form.quality is None else {"quality": form.quality}
            picture.save(file, "WEBP", method=WEBP_METHOD, exact=True, xmp=packet, **options)
        elif len(packet) > MAX_PACKET_BYTES:
            raise Invalid("the recipe is too long for a JPEG; take the PNG or a WebP", ("format",))
        else:
            picture.save(file, "JPEG", quality=form.quality or JPEG_QUALITY, subsampling=0, xmp=packet)
    return file.getvalue()
