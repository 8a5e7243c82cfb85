"""An animation is one file that a generation's images become once they are all there; its state is in the ledger."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from domain.recipe import Recipe

ANIMATION_VERSION = 1
PACE_MEMORY = 0.5
"""How much of the measured pace is kept with each file."""


class AnimationFormat(Enum):
    """By the ending of the file's name."""

    WEBP = "webp"
    GIF = "gif"
    MP4 = "mp4"

    @property
    def media_type(self) -> str:
        return "video/mp4" if self is AnimationFormat.MP4 else f"image/{self.value}"

    @property
    def most_fps(self) -> int:
        """A GIF's frames last whole hundredths of a second, and browsers slow those down that last less than two."""
        return 50 if self is AnimationFormat.GIF else 60


class AnimationState(Enum):
    WAITING = "waiting"
    """For its generation's renders."""
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def pending(self) -> bool:
        return self in (AnimationState.WAITING, AnimationState.QUEUED, AnimationState.RUNNING)


@dataclass(frozen=True, slots=True)
class NewAnimation:
    """What a new generation's images are to become. `recipe` is canonical JSON, and goes into the file."""

    format: AnimationFormat
    fps: int
    loop: bool
    recipe: str
    key: str
    """Equal for what will be the same file."""

    @classmethod
    def of(
        cls, form: AnimationFormat, fps: int, loop: bool, told: dict[str, Any], frames: Sequence[Recipe]
    ) -> "NewAnimation":
        """`told` is what the frames came from."""
        document = {"version": ANIMATION_VERSION, "format": form.name, "fps": fps, "loop": loop, **told}
        recipe = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
        key = hashlib.sha256("\n".join((recipe, *(frame.key for frame in frames))).encode()).hexdigest()
        return cls(form, fps, loop, recipe, key)


@dataclass(frozen=True, slots=True)
class AnimationFile:
    """What was made: a file named by its content."""

    sha256: str
    size_bytes: int
    width: int
    height: int
    frames: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Animation:
    """A generation's, once it is made."""

    generation_id: str
    format: AnimationFormat
    fps: int
    loop: bool
    recipe: str
    file: AnimationFile


@dataclass(frozen=True, slots=True)
class ClaimedAnimation:
    """An animation in this worker's hands: its result counts while the row still has this fence and is RUNNING."""

    generation_id: str
    fence: int
    attempt: int
    format: AnimationFormat
    fps: int
    loop: bool
    recipe: str
    frames: tuple[str, ...]
    """The SHA-256 of each frame's picture, in order; empty for one that was deleted meanwhile."""


@dataclass(slots=True)
class AnimationPace:
    """Seconds that a frame took to be written, by format, as this process measured it; newer files count more."""

    _measured: dict[AnimationFormat, float] = field(default_factory=dict)

    def saw(self, form: AnimationFormat, frames: int, seconds: float) -> None:
        """One file was written."""
        new = seconds / frames
        old = self._measured.get(form, new)
        self._measured[form] = PACE_MEMORY * old + (1 - PACE_MEMORY) * new

    def seconds(self, frames: Mapping[AnimationFormat, int]) -> float | None:
        """For so many frames; None where one of the formats was never written here."""
        if not frames.keys() <= self._measured.keys():
            return None
        return sum(number * self._measured[form] for form, number in frames.items())


def animation_path(sha256: str, form: AnimationFormat) -> str:
    """Where the file lies under static/."""
    return f"animations/{sha256[:2]}/{sha256}.{form.value}"
