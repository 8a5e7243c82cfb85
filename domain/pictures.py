"""Where a picture's two files lie under static/: named by the SHA-256 of their bytes, spread over 256 folders."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Unused:
    """The names of files that no row refers to any more."""

    images: tuple[str, ...] = ()
    thumbnails: tuple[str, ...] = ()
    animations: tuple[str, ...] = ()
    """Their paths, which say the format too."""

    def __add__(self, other: "Unused") -> "Unused":
        return Unused(
            self.images + other.images, self.thumbnails + other.thumbnails, self.animations + other.animations
        )


class FileState(Enum):
    """INTACT: the bytes are those that the name says."""

    INTACT = "intact"
    DAMAGED = "damaged"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What lies where a file belongs; `content` is empty where it is missing, or too big to be a picture."""

    state: FileState
    content: bytes = b""


def image_path(sha256: str) -> str:
    return f"images/{sha256[:2]}/{sha256}.png"


def thumbnail_path(sha256: str) -> str:
    return f"thumbnails/{sha256[:2]}/{sha256}.webp"
