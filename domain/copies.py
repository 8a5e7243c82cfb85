"""A picture as a file to take along: in which format, and under which name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from domain.errors import Invalid
from domain.images import AppliedDirection
from domain.recipe import Recipe

MAX_NAMED_EDITS = 6
"""Edits that a file's name tells; the recipe in the file has them all."""
MAX_STEM = 120
JPEG_QUALITY = 92


class CopyFormat(Enum):
    """By the ending of the file's name."""

    PNG = "png"
    WEBP = "webp"
    JPEG = "jpg"


@dataclass(frozen=True, slots=True)
class CopyForm:
    """`quality` is 1 to 100; without it PNG and WebP lose nothing, and a JPEG has JPEG_QUALITY."""

    format: CopyFormat = CopyFormat.PNG
    quality: int | None = None

    def check(self, path: Sequence[str] = ("quality",)) -> None:
        """Raises Invalid."""
        if self.quality is None:
            return
        if self.format is CopyFormat.PNG:
            raise Invalid("a PNG loses nothing and takes no quality", path)
        if not 1 <= self.quality <= 100:
            raise Invalid("quality is 1 to 100", path)


def file_stem(recipe: Recipe, applied: Sequence[AppliedDirection]) -> str:
    """Such as ``seed42_psi0.5_happy0.8``: letters, digits and ``._-`` only, whatever a direction is called."""
    parts = [f"seed{recipe.seed}", f"psi{recipe.psi:g}", *(["mix"] if recipe.mixes else [])]
    if recipe.morph is not None:
        parts.append(f"to{recipe.morph.seed}at{recipe.morph.position:g}")
    for one in applied[:MAX_NAMED_EDITS]:
        emotion = one.direction.emotion
        parts.append(f"{emotion.value if emotion else _plain(one.direction.name)}{one.strength:g}")
    return "_".join(parts)[:MAX_STEM]


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name)[:30].strip("-") or "edit"
