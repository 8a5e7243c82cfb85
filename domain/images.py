"""An image is a history entry: one picture, for one request, with the recipe that made it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.access import LOCAL_OWNER
from domain.generations import Picture
from domain.networks import Direction, Emotion
from domain.recipe import Recipe
from domain.texts import checked_name, folded


@dataclass(frozen=True, slots=True)
class AppliedDirection:
    """One edit of an image, with the direction as it was known when the image was made."""

    direction: Direction
    strength: float


@dataclass(frozen=True, slots=True)
class Image:
    id: str
    generation_id: str
    source_id: str | None
    recipe: Recipe
    picture: Picture
    created_at: datetime
    session_id: str | None = None
    index: int = 0
    """The place within its generation."""
    owner: str = LOCAL_OWNER
    starred: bool = False
    applied: tuple[AppliedDirection, ...] = ()
    """The recipe's edits, in its order."""


MAX_FILTER_TAGS = 20
MAX_SEARCH = 200


def checked_search(text: str, path: Sequence[str]) -> str:
    """Without spaces around it, and without upper case, as notes are searched. Raises Invalid."""
    return folded(checked_name(text, MAX_SEARCH, path))


@dataclass(frozen=True, slots=True)
class ImageFilter:
    session_id: str | None = None
    seed: int | None = None
    network: str | None = None
    """A network's name."""
    emotions: tuple[Emotion, ...] = ()
    """Images with at least one of these applied; empty: all."""
    created_after: datetime | None = None
    created_before: datetime | None = None
    generation_id: str | None = None
    source_id: str | None = None
    owner: str | None = None
    collection_id: str | None = None
    all_tags: tuple[str, ...] = ()
    """Images with each of these; empty: all images."""
    any_tags: tuple[str, ...] = ()
    """Images with at least one of these; empty: all images."""
    starred: bool | None = None
    text: str | None = None
    """What a note that they are kept with says; see `checked_search`."""

    @property
    def several(self) -> bool:
        """Whether an image has to fulfil more than one condition, besides its owner's and its time's."""
        words = (self.session_id, self.seed, self.network, self.generation_id, self.source_id, self.starred)
        kept = self.collection_id is not None or self.text is not None
        lists = kept + bool(self.emotions) + bool(self.any_tags) + len(set(self.all_tags))
        return sum(word is not None for word in words) + lists > 1


class ImageOrderField(Enum):
    CREATED_AT = "created_at"
    SEED = "seed"
    INDEX = "index"
    """The place within a generation."""


@dataclass(frozen=True, slots=True)
class ImageOrder:
    field: ImageOrderField = ImageOrderField.CREATED_AT
    descending: bool = True
