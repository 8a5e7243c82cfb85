"""Encoders: our PNG beside Pillow's and others' formats, on a photograph and on a face; and how threads share it."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from matplotlib import image as matplotlib_image
from PIL import Image

from infrastructure.cores import usable_cores
from infrastructure.encoding import encode
from infrastructure.png import png
from tests.benchmarks.tables import milliseconds, print_table, seconds_of_each, times
from tests.fakes.catalogue import recipe
from tests.unit.test_png import face, photograph

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

BASE = "PNG, Pillow level 1"
PICTURES = 16


def run() -> None:
    for name, pixels in (("a photograph of 1024 px", photograph(1024)), ("a face of 128 px", face())):
        _compare(name, pixels)
    _threads(photograph(1024))


def _compare(name: str, pixels: Pixels) -> None:
    encoders = _encoders(pixels)
    sizes = {encoder: len(write()) for encoder, write in encoders.items()}
    taken = seconds_of_each(encoders, repeats=15)
    print_table(
        f"Encoders: {name}; compared to {BASE}",
        ["", "ms", "time, ratio", "bytes", "size, ratio"],
        [
            [
                encoder,
                milliseconds(taken[encoder]),
                times(taken[encoder] / taken[BASE]),
                f"{sizes[encoder]:,}",
                times(sizes[encoder] / sizes[BASE]),
            ]
            for encoder in encoders
        ],
    )


def _encoders(pixels: Pixels) -> dict[str, Callable[[], bytes]]:
    picture = Image.fromarray(pixels)

    def pillow(kind: str, **options: object) -> Callable[[], bytes]:
        return lambda: _written(lambda file: picture.save(file, kind, **options))

    def both_files() -> bytes:
        encoded = encode(pixels, recipe(), "benchmark")
        return encoded.image + encoded.thumbnail

    return {
        BASE: pillow("PNG", compress_level=1),
        "PNG, ours": lambda: png(pixels),
        "PNG, ours, and the thumbnail": both_files,
        "PNG, Pillow level 6": pillow("PNG", compress_level=6),
        "PNG, matplotlib": lambda: _written(lambda file: matplotlib_image.imsave(file, pixels, format="png")),
        "WebP, quality 90": pillow("WEBP", quality=90),
        "WebP, lossless": pillow("WEBP", lossless=True),
        "JPEG, quality 95": pillow("JPEG", quality=95),
    }


def _written(write: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def _threads(pixels: Pixels) -> None:
    counts = sorted({1, 2, usable_cores()})

    def with_threads(count: int) -> Callable[[], object]:
        def encode_all() -> None:
            with ThreadPoolExecutor(count) as pool:
                list(pool.map(png, [pixels] * PICTURES))

        return encode_all

    taken = seconds_of_each({count: with_threads(count) for count in counts})
    print_table(
        f"Encoders: {PICTURES} photographs of 1024 px by threads, {usable_cores()} cores",
        ["threads", "ms a picture", "pictures/s", "of one thread"],
        [
            [
                count,
                milliseconds(taken[count] / PICTURES),
                f"{PICTURES / taken[count]:.0f}",
                times(taken[1] / taken[count]),
            ]
            for count in counts
        ],
    )
