"""Exports: a selection of images, fixed when it was asked for, to be taken along in one file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

MAX_EXPORT = 10_000
MAX_EXPORT_IDS = 1_000
KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Export:
    """The images are looked up by their place; they come in it and under names that tell it."""

    id: str
    owner: str
    total: int
    created_at: datetime

    @property
    def expires_at(self) -> datetime:
        return self.created_at + KEPT


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """A file of an archive: all of it, or its parts, which are read once. `made_at` is what the archive dates it."""

    name: str
    content: bytes | Iterable[bytes]
    made_at: datetime | None = None


class Identify(Protocol):
    """The id under which clients know a thing, from its type and key."""

    def __call__(self, type_name: str, key: str) -> str: ...
