"""Requests for a morph as they were sent, and where on the path through the stops each frame lies."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from domain.animations import AnimationFormat
from domain.errors import Invalid
from domain.recipe import MorphSpace
from domain.requests import DirectionStrength, EmotionStrength, Terms

MIN_STOPS = 2
MAX_STOPS = 16
MIN_FRAMES = 2
MAX_FRAMES = 256
DECIMALS = 6
"""Of positions and strengths, so that frames that are equal on the way there and back have the same recipe."""


class Easing(Enum):
    """How time passes between a stop and the next."""

    LINEAR = "linear"
    EASE_IN = "ease_in"
    EASE_OUT = "ease_out"
    EASE_IN_OUT = "ease_in_out"


EASED: dict[Easing, Callable[[float], float]] = {
    Easing.LINEAR: lambda t: t,
    Easing.EASE_IN: lambda t: t * t,
    Easing.EASE_OUT: lambda t: t * (2 - t),
    Easing.EASE_IN_OUT: lambda t: t * t * (3 - 2 * t),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """One face of a morph: from a seed, or an image's. Edits that are None are the image's own, or none."""

    seed: int | None = None
    image_id: str | None = None
    emotions: tuple[EmotionStrength, ...] | None = None
    directions: tuple[DirectionStrength, ...] | None = None

    @property
    def keeps_edits(self) -> bool:
        return self.emotions is None and self.directions is None


@dataclass(frozen=True, slots=True, kw_only=True)
class MorphRequest(Terms):
    """The input of morph. Truncation and label that are left out are those of the first stop that is an image."""

    mutation: ClassVar[str] = "morph"
    stops: tuple[Stop, ...]
    space: MorphSpace = MorphSpace.W
    easing: Easing = Easing.LINEAR
    loop: bool = False
    format: AnimationFormat = AnimationFormat.WEBP
    fps: int = 24
    frames: int | None = None
    seconds: float | None = None
    psi: float | None = None
    cutoff: int | None = None
    label: int | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """`position` of the way from the stop `start` to the stop `end`, 0 to 1."""

    start: int
    end: int
    position: float


def check_stops(request: MorphRequest) -> None:
    """Raises Invalid, as everything here does, with a path into the input."""
    if not MIN_STOPS <= len(request.stops) <= MAX_STOPS:
        raise Invalid(f"a morph has {MIN_STOPS} to {MAX_STOPS} stops, not {len(request.stops)}", ("input", "stops"))
    for index, stop in enumerate(request.stops):
        if (stop.seed is None) == (stop.image_id is None):
            raise Invalid("give either seed or imageId", ("input", "stops", str(index)))


def frame_count(request: MorphRequest) -> int:
    """As given, or seconds times fps, or a second from each stop to the next as far as 256 frames reach."""
    most = request.format.most_fps
    if not 1 <= request.fps <= most:
        raise Invalid(f"fps of a {request.format.name} is 1 to {most}", ("input", "fps"))
    stops = len(request.stops)
    match request.frames, request.seconds:
        case None, None:
            stretches = stops if request.loop else stops - 1
            return max(stops, min(MAX_FRAMES, stretches * request.fps))
        case frames, None if frames is not None:
            return _checked(frames, stops, f"frames is {{}} to {MAX_FRAMES}", "frames")
        case None, seconds if seconds is not None:
            frames = round(seconds * request.fps) if math.isfinite(seconds) and abs(seconds) <= MAX_FRAMES else 0
            longest = MAX_FRAMES / request.fps
            return _checked(frames, stops, f"at this fps, seconds is {{}}/{request.fps} to {longest:g}", "seconds")
    raise Invalid("give either frames or seconds", ("input", "frames"))


def _checked(frames: int, stops: int, rule: str, field: str) -> int:
    least = max(MIN_FRAMES, stops)
    if not least <= frames <= MAX_FRAMES:
        raise Invalid(f"{rule.format(least)}: one for each stop at least", ("input", field))
    return frames


def places(frames: int, stops: int, easing: Easing, *, loop: bool) -> Iterator[Place]:
    """Evenly spaced in time from the first stop to the last; a loop goes back to the first, which comes once only."""
    stretches, steps = (stops, frames) if loop else (stops - 1, frames - 1)
    for frame in range(frames):
        start, rest = divmod(frame * stretches, steps)
        yield Place(start, (start + 1) % stops, round(EASED[easing](rest / steps), DECIMALS))
