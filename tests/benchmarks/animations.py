"""Animations: our WebP beside libwebp's own animation encoder, the other formats, and Pillow's GIF."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from infrastructure.animations.plan import Plan
from infrastructure.animations.webp import METHOD, QUALITY
from infrastructure.animations.writing import write
from tests.benchmarks.tables import milliseconds, print_table, seconds_of_each, times
from tests.unit.test_png import photograph

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

BASE = "WebP, libwebp's animation encoder"
FRAMES = 24


@dataclass(frozen=True)
class Blend:
    """From a photograph to its mirror image: everything moves, as in a morph."""

    size: int

    def __iter__(self) -> Iterator[Image.Image]:
        start = Image.fromarray(photograph(self.size))
        end = start.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return (Image.blend(start, end, index / (FRAMES - 1)) for index in range(FRAMES))


def run() -> None:
    for size in (128, 512):
        with tempfile.TemporaryDirectory() as folder:
            _compare(size, Path(folder))


def _compare(size: int, folder: Path) -> None:
    encoders = _encoders(size, folder)
    taken = seconds_of_each({name: action for name, (_, action) in encoders.items()}, repeats=3)
    sizes = {name: path.stat().st_size for name, (path, _) in encoders.items()}
    print_table(
        f"Animations: {FRAMES} frames of {size} px; compared to {BASE}",
        ["", "ms a frame", "time, ratio", "bytes a frame", "size, ratio"],
        [
            [
                name,
                milliseconds(taken[name] / FRAMES),
                times(taken[name] / taken[BASE]),
                f"{sizes[name] // FRAMES:,}",
                times(sizes[name] / sizes[BASE]),
            ]
            for name in encoders
        ],
    )


def _encoders(size: int, folder: Path) -> dict[str, tuple[Path, Callable[[], object]]]:
    frames = list(Blend(size))

    def pillow(kind: str, **options: Any) -> tuple[Path, Callable[[], object]]:
        path = folder / f"pillow.{kind}"
        given = {"save_all": True, "append_images": frames[1:], "duration": 40, **options}
        return path, lambda: frames[0].save(path, **given)

    def ours(form: str) -> tuple[Path, Callable[[], object]]:
        path = folder / f"ours.{form}"
        plan = Plan(form, ("",) * FRAMES, 25, True, "{}", "benchmark", str(path))
        return path, lambda: write(plan, frames)

    return {
        BASE: pillow("webp", quality=QUALITY, method=METHOD),
        "WebP, ours": ours("webp"),
        "GIF, Pillow": pillow("gif"),
        "GIF, ours": ours("gif"),
        "MP4": ours("mp4"),
    }
