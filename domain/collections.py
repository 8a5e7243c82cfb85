"""Collections: images that somebody keeps together, each with a note of why."""

from dataclasses import dataclass
from datetime import datetime

MAX_NAME = 200
MAX_DESCRIPTION = 2_000
MAX_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class Collection:
    id: str
    owner: str
    name: str
    description: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CollectedImage:
    """An image in a collection; it may be in several, once in each."""

    id: str
    collection_id: str
    image_id: str
    owner: str
    note: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CollectedFilter:
    """Whose entries: a collection's, or an image's."""

    collection_id: str | None = None
    image_id: str | None = None
