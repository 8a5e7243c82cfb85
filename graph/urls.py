"""Where clients find a picture's files."""

from dataclasses import dataclass

from domain.animations import Animation, animation_path
from domain.generations import Picture
from domain.pictures import image_path, thumbnail_path
from graph.signing import AddressSigner

STATIC = "/static"
SIGNED = "/pictures"
DOWNLOADS = "/download"


@dataclass(frozen=True, slots=True)
class PictureUrls:
    """Absolute under `public_url` (which has no slash at its end), else relative to the server's root.

    With a `signer` addresses end after an hour or so, and whoever has one needs no token.
    """

    public_url: str | None = None
    signer: AddressSigner | None = None

    def image(self, picture: Picture) -> str:
        return self.address(image_path(picture.sha256))

    def thumbnail(self, picture: Picture) -> str:
        return self.address(thumbnail_path(picture.thumbnail_sha256))

    def animation(self, animation: Animation) -> str:
        return self.address(animation_path(animation.file.sha256, animation.format))

    def address(self, path: str) -> str:
        """Of any file in the folder of pictures, `path` being its path in there."""
        place = STATIC if self.signer is None else f"{SIGNED}/{self.signer.sign(path)}"
        return f"{self.public_url or ''}{place}/{path}"

    def download(self, path: str) -> str:
        """Of what is made for whoever takes it along; `path` includes its query."""
        signed = "" if self.signer is None else f"/{self.signer.sign(path)}"
        return f"{self.public_url or ''}{DOWNLOADS}{signed}/{path}"
