"""What a repair looks at: rows that name files, with what the files are made again from."""

from dataclasses import dataclass

from domain.animations import AnimationFormat
from domain.generations import Picture


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """The one rendering of a recipe, which is canonical JSON, perhaps of a version that is not known here."""

    recipe_key: str
    recipe: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class KeptAnimation:
    """A file that animations refer to, with what one of them was made from."""

    sha256: str
    format: AnimationFormat
    fps: int
    loop: bool
    recipe: str
    frames: tuple[str, ...]
    """As `ClaimedAnimation.frames`."""
