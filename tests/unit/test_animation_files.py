"""Animations as files: as many frames as were given, at their times, in their colours, the same bytes every time."""

import hashlib
import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from infrastructure.animations.plan import Plan
from infrastructure.animations.webp import write_webp
from infrastructure.animations.writing import write
from infrastructure.webp_text import webp_packet
from infrastructure.xmp import recipe_in_packet

Array = np.ndarray[Any, np.dtype[Any]]
FORMS = ("webp", "gif", "mp4")
RECIPE = '{"morph":"<é & co>"}'
SIZE = 64


@dataclass(frozen=True)
class Shades:
    """A soft gradient that brightens from frame to frame; frames 3 and 4 are alike."""

    count: int

    def __iter__(self) -> Iterator[Image.Image]:
        for index in range(self.count):
            yield Image.fromarray(self.pixels(index))

    def pixels(self, index: int) -> Array:
        step = 3 if index == 4 else index
        across = np.linspace(60, 120, SIZE)
        channels = [across[None, :] + 0 * across[:, None], across[:, None] + 0 * across, np.full((SIZE, SIZE), 90.0)]
        return (np.stack(channels, -1) + 100 * step / self.count).astype(np.uint8)


def plan(path: Path, form: str, count: int = 12, fps: int = 30, *, loop: bool = False) -> Plan:
    return Plan(form, ("",) * count, fps, loop, RECIPE, "Manganace test", str(path / f"a.{form}"))


def decoded(path: str) -> tuple[list[Array], list[float]]:
    """Each frame and when it begins, in seconds."""
    if path.endswith(".webp"):  # which FFmpeg does not read when it moves
        return by_pillow(path)
    with av.open(path) as container:
        frames = list(container.decode(video=0))
    times = [float(frame.pts * frame.time_base) for frame in frames if frame.pts is not None and frame.time_base]
    return [frame.to_ndarray(format="rgb24") for frame in frames], times


def by_pillow(path: str) -> tuple[list[Array], list[float]]:
    frames, times, now = [], [], 0.0
    with Image.open(path) as picture:
        for index in range(picture.n_frames):  # type: ignore[attr-defined]
            picture.seek(index)
            frames.append(np.asarray(picture.convert("RGB")))
            times.append(now / 1000)
            now += picture.info["duration"]
    return frames, [*times, now / 1000]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fps", [7, 30, 50])
def test_every_frame_is_there_at_its_time(tmp_path: Path, form: str, fps: int) -> None:
    asked = plan(tmp_path, form, fps=fps)
    made = write(asked, Shades(12))
    frames, times = decoded(asked.target)
    assert len(frames) == made["frames"] == 12
    assert times[:12] == pytest.approx([index / fps for index in range(12)], abs=0.0051 if form == "gif" else 0.00051)
    assert made["duration_ms"] == pytest.approx(1000 * 12 / fps, abs=5.1 if form == "gif" else 0.51)


@pytest.mark.parametrize("form", ["webp", "gif"])
@pytest.mark.parametrize("fps", [7, 24, 30])
def test_pillow_reads_the_whole_time_too(tmp_path: Path, form: str, fps: int) -> None:
    asked = plan(tmp_path, form, fps=fps)
    made = write(asked, Shades(12))
    frames, times = by_pillow(asked.target)
    assert len(frames) == 12
    assert round(1000 * times[-1]) == made["duration_ms"]


@pytest.mark.parametrize("form", FORMS)
def test_colours_come_back(tmp_path: Path, form: str) -> None:
    asked = plan(tmp_path, form)
    write(asked, Shades(12))
    for index, frame in enumerate(decoded(asked.target)[0]):
        differences = frame.astype(int) - Shades(12).pixels(index)
        assert np.abs(differences).mean() < (6 if form == "gif" else 2.5)
        assert np.abs(differences.mean((0, 1))).max() < (4 if form == "gif" else 2)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_frames_are_the_same_bytes(tmp_path: Path, form: str) -> None:
    asked = plan(tmp_path, form)
    made = write(asked, Shades(12))
    content = Path(asked.target).read_bytes()
    assert (made["sha256"], made["size_bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (made["width"], made["height"]) == (SIZE, SIZE)
    assert all(write(asked, Shades(12)) == made for _ in range(30 if form == "mp4" else 1))


@pytest.mark.parametrize(("form", "once", "for_ever"), [("webp", 1, 0), ("gif", None, 0)])
def test_a_loop_says_so(tmp_path: Path, form: str, once: int | None, for_ever: int) -> None:
    for loop, expected in ((False, once), (True, for_ever)):
        asked = plan(tmp_path, form, loop=loop)
        write(asked, Shades(12))
        with Image.open(asked.target) as picture:
            assert picture.info.get("loop") == expected


def test_a_webp_and_an_mp4_carry_the_recipe(tmp_path: Path) -> None:
    webp, mp4 = plan(tmp_path, "webp"), plan(tmp_path, "mp4")
    write(webp, Shades(12))
    write(mp4, Shades(12))
    packet = webp_packet(io.BytesIO(Path(webp.target).read_bytes()))
    assert packet is not None
    assert recipe_in_packet(packet) == RECIPE
    with av.open(mp4.target) as container:
        assert container.metadata["comment"] == RECIPE
        assert "creation_time" not in container.metadata
        video = container.streams.video[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
    content = Path(mp4.target).read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_frames_of_two_sizes_are_refused(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (16, 16)), Image.new("RGB", (32, 32))]
    with pytest.raises(ValueError, match="a frame is"), (tmp_path / "a.webp").open("wb") as file:
        write_webp(plan(tmp_path, "webp", 2), pictures, file)


@pytest.mark.parametrize("form", FORMS)
def test_memory_does_not_grow_with_the_number_of_frames(tmp_path: Path, form: str) -> None:
    """The pixels of so many frames more are 100 MB."""
    program = """
import resource, sys
from PIL import Image
from infrastructure.animations.plan import Plan
from infrastructure.animations.writing import write
class Greys:
    def __init__(self, count): self.count = count
    def __iter__(self):
        return (Image.linear_gradient("L").point(lambda v: (v + n) % 256).convert("RGB") for n in range(self.count))
count = int(sys.argv[3])
write(Plan(sys.argv[1], ("",) * count, 24, False, "{}", "test", sys.argv[2]), Greys(count))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
    peaks = [
        int(
            subprocess.run(
                [sys.executable, "-c", program, form, str(tmp_path / "a"), str(count)],
                capture_output=True,
                check=True,
                timeout=120,
            ).stdout
        )
        for count in (64, 576)
    ]
    assert peaks[1] - peaks[0] < 20, peaks


def test_the_service_does_not_load_ffmpeg() -> None:
    program = (
        "import sys, main; assert 'av' not in sys.modules; assert 'infrastructure.animations.animator' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
