"""Requests for many images at once, as they were sent: one generation each, its images in a fixed order.

What each image is follows from its place: lists in their order, grids row by row. `domain.expansion` makes the recipes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from domain.errors import Invalid
from domain.networks import Emotion
from domain.requests import FaceRequest, Terms, check_seed

MAX_IMAGES = 256
MIN_STEPS = 2
MAX_STEPS = 101


@dataclass(frozen=True, slots=True)
class SeedRange:
    """first, first + 1, ... : `count` seeds."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Seeds:
    """Either a list or a range."""

    listed: tuple[int, ...] | None = None
    range: SeedRange | None = None

    def unfold(self) -> Sequence[int]:
        """1 to 256 seeds, in order; what is listed twice comes twice. Raises Invalid."""
        if (self.listed is None) == (self.range is None):
            raise Invalid("give either seeds or range", ("input", "seeds"))
        if self.range is None:
            return check_seeds(self.listed or (), "seeds")
        check_size(self.range.count, ("input", "range", "count"))
        check_seed(self.range.first, ("input", "range", "first"))
        check_seed(self.range.first + self.range.count - 1, ("input", "range", "count"))
        return range(self.range.first, self.range.first + self.range.count)


@dataclass(frozen=True, slots=True)
class Subject:
    """The one face of a strip or a grid: that of an image, or one from a seed."""

    image_id: str | None = None
    face: FaceRequest | None = None

    def check(self) -> None:
        if (self.image_id is None) == (self.face is None):
            raise Invalid("give either imageId or face", ("input", "imageId"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FacesRequest(Terms):
    """The input of generateFaces; the seed of `face` is not looked at."""

    mutation: ClassVar[str] = "generateFaces"
    seeds: Seeds
    face: FaceRequest = field(default_factory=FaceRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class StripRequest(Terms):
    """The input of emotionStrip: one emotion or direction, `steps` strengths from `start` to `end`."""

    mutation: ClassVar[str] = "emotionStrip"
    subject: Subject
    emotion: Emotion | None = None
    direction: str | None = None
    start: float = 0.0
    end: float = 1.0
    steps: int = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionGridRequest(Terms):
    """The input of emotionGrid: a row for each emotion, then for each direction; a column for each strength."""

    mutation: ClassVar[str] = "emotionGrid"
    subject: Subject
    emotions: tuple[Emotion, ...] = ()
    directions: tuple[str, ...] = ()
    strengths: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncationGridRequest(Terms):
    """The input of truncationGrid: a row for each seed, a column for each psi; those of `face` are not looked at."""

    mutation: ClassVar[str] = "truncationGrid"
    seeds: Seeds
    psis: tuple[float, ...] = ()
    face: FaceRequest = field(default_factory=FaceRequest)


@dataclass(frozen=True, slots=True)
class LayerRange:
    """`count` layers from `first` on."""

    first: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MixRequest(Terms):
    """The input of mixStyles: `layers` of each column's face in each row's; the seed of `face` is not looked at.

    With parents, the faces of the rows and then those of the columns, unmixed, follow the grid.
    """

    mutation: ClassVar[str] = "mixStyles"
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    layers: LayerRange
    with_parents: bool = False
    face: FaceRequest = field(default_factory=FaceRequest)


Exploration = FacesRequest | StripRequest | EmotionGridRequest | TruncationGridRequest | MixRequest


def check_seeds(seeds: Sequence[int], name: str) -> Sequence[int]:
    check_size(len(seeds), ("input", name))
    for index, seed in enumerate(seeds):
        check_seed(seed, ("input", name, str(index)))
    return seeds


def check_size(count: int, path: Sequence[str]) -> None:
    """Of a generation, or of one side of a grid."""
    if not 1 <= count <= MAX_IMAGES:
        raise Invalid(f"a generation has 1 to {MAX_IMAGES} images, not {count}", path)
