"""Recipes out of files that strangers bring back: PNG, WebP and JPEG. Only metadata is read, never the pixels."""

import asyncio
import io
import json
from typing import BinaryIO

from domain.errors import Invalid
from domain.recipe import NoiseMode, Recipe
from infrastructure.jpeg_text import jpeg_packet
from infrastructure.png_text import SIGNATURE, international_text
from infrastructure.webp_text import webp_packet
from infrastructure.xmp import recipe_in_packet

RECIPE_KEYWORD = "manganace:recipe"
"""Of the iTXt chunk that carries a PNG's recipe."""

FILE = ("input", "file")


def recipe_in(file: BinaryIO) -> Recipe:
    """The recipe that a file of ours carries. Raises ValueError for a file without one, with what is wrong."""
    start = file.read(12)
    file.seek(0)
    if start.startswith(SIGNATURE):
        text = international_text(file, RECIPE_KEYWORD)
    elif start[:4] == b"RIFF" and start[8:] == b"WEBP":
        text = _in_packet(webp_packet(file))
    elif start.startswith(b"\xff\xd8"):
        text = _in_packet(jpeg_packet(file))
    else:
        raise ValueError("the file is not a PNG, WebP or JPEG")
    if text is None:
        raise ValueError("the file carries no recipe")
    return recipe_from_text(text)


class FileRecipes:
    """The domain's port `RecipeReader`."""

    async def read(self, file: BinaryIO) -> Recipe:
        try:
            return await asyncio.to_thread(recipe_in, file)
        except ValueError as error:
            raise Invalid(f"{error}; bring a file that this service gave away, as it was", FILE) from error


def recipe_from_png(png: bytes) -> Recipe:
    """The recipe that `encode` put in. Raises ValueError for a file without one, or with one that is not ours."""
    text = international_text(io.BytesIO(png), RECIPE_KEYWORD)
    if text is None:
        raise ValueError("the PNG carries no recipe")
    return recipe_from_text(text)


def recipe_from_text(text: str) -> Recipe:
    """A recipe in its canonical form, with the types it is written with. Raises ValueError for anything else."""
    try:
        document = json.loads(text)
        if isinstance(document.get("morph"), list):
            raise ValueError("the file is a whole morph and not one of its images")
        recipe = Recipe.from_json(document)
        same = recipe.canonical == text and _has_plain_types(recipe)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("the recipe in the file is malformed") from error
    if not same:
        raise ValueError("the recipe in the file is not in its canonical form")
    return recipe


def _in_packet(packet: bytes | None) -> str | None:
    return None if packet is None else recipe_in_packet(packet)


def _has_plain_types(recipe: Recipe) -> bool:
    """JSON tells numbers from texts; the recipe's types are checked here, once, where a file is read."""
    morphs = () if recipe.morph is None else (recipe.morph,)
    mixes = (*recipe.mixes, *(mix for morph in morphs for mix in morph.mixes))
    numbers = (
        *(recipe.seed, recipe.width, recipe.height, *(morph.seed for morph in morphs)),
        *_given(recipe.cutoff, recipe.label, recipe.noise_draw),
        *(number for mix in mixes for number in (mix.seed, mix.first, mix.count)),
    )
    floats = (recipe.psi, *(edit.strength for edit in recipe.edits), *(morph.position for morph in morphs))
    texts = (recipe.network_sha256, recipe.format, *(edit.direction for edit in recipe.edits))
    return (
        all(type(value) is int for value in numbers)
        and all(type(value) is float for value in floats)
        and all(type(value) is str for value in (*texts, *(edit.sha256 for edit in recipe.edits)))
        and (recipe.noise is NoiseMode.RANDOM) == (recipe.noise_draw is not None)
    )


def _given(*values: int | None) -> list[int]:
    return [value for value in values if value is not None]
