"""Where clients find a picture's files."""

from dataclasses import dataclass

from domain.generations import Picture
from domain.pictures import image_path, thumbnail_path

STATIC = "/static"


@dataclass(frozen=True, slots=True)
class PictureUrls:
    """Absolute under `public_url` (which has no slash at its end), else relative to the server's root."""

    public_url: str | None = None

    def image(self, picture: Picture) -> str:
        return f"{self.public_url or ''}{STATIC}/{image_path(picture.sha256)}"

    def thumbnail(self, picture: Picture) -> str:
        return f"{self.public_url or ''}{STATIC}/{thumbnail_path(picture.thumbnail_sha256)}"
