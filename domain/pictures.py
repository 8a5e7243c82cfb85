"""Where a picture's two files lie under static/: named by the SHA-256 of their bytes, spread over 256 folders."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unused:
    """The names of files that no row refers to any more."""

    images: tuple[str, ...] = ()
    thumbnails: tuple[str, ...] = ()

    def __add__(self, other: "Unused") -> "Unused":
        return Unused(self.images + other.images, self.thumbnails + other.thumbnails)


def image_path(sha256: str) -> str:
    return f"images/{sha256[:2]}/{sha256}.png"


def thumbnail_path(sha256: str) -> str:
    return f"thumbnails/{sha256[:2]}/{sha256}.webp"
