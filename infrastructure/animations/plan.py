"""What an animation's process is told, as a line of JSON, and how long each frame is shown."""

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from PIL import Image


class NoEncoder(Exception):
    """The libraries that are installed cannot write this format."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`form` is "webp", "gif" or "mp4"; `frames` are pictures' files, all of one size; `recipe` is canonical JSON."""

    form: str
    frames: tuple[str, ...]
    fps: int
    loop: bool
    recipe: str
    service: str
    target: str

    def to_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Plan":
        document = json.loads(line)
        return cls(**{**document, "frames": tuple(document["frames"])})

    @property
    def duration_ms(self) -> int:
        """A GIF counts in hundredths of a second."""
        unit = 10 if self.form == "gif" else 1
        return unit * round(1000 / unit * len(self.frames) / self.fps)

    @property
    def durations_ms(self) -> list[int]:
        """Whole milliseconds that never drift from the exact time by more than half of one."""
        ends = [round(1000 * index / self.fps) for index in range(len(self.frames) + 1)]
        return [end - start for start, end in pairwise(ends)]


class Pictures(Protocol):
    """Frames that can be gone through more than once; each is RGB."""

    def __iter__(self) -> Iterator[Image.Image]: ...


@dataclass(frozen=True, slots=True)
class PictureFiles:
    """One picture in memory at a time."""

    paths: Sequence[str]

    def __iter__(self) -> Iterator[Image.Image]:
        for path in self.paths:
            with Image.open(Path(path)) as picture:
                yield picture.convert("RGB")


@dataclass(frozen=True, slots=True)
class KeptPictureFiles:
    """The same, of files that are named by the SHA-256 of their bytes: a damaged one may well be decoded."""

    paths: Sequence[str]

    def __iter__(self) -> Iterator[Image.Image]:
        """Raises FileNotFoundError, and OSError without a number for a file that is not what its name says."""
        for path in map(Path, self.paths):
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() != path.stem:
                raise OSError(f"{path} is damaged")
            with Image.open(io.BytesIO(content)) as picture:
                yield picture.convert("RGB")
