"""What a recipe that somebody brings back means here: what of it is served, and how to ask for that face again."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import Invalid, NotFound, UserFault
from domain.images import Image
from domain.networks import Catalogue, Direction, Network, ServedNetwork
from domain.recipe import NoiseMode, Recipe, RecipeEdit
from domain.requests import (
    MAX_EDITS,
    MAX_PSI,
    MAX_SEED,
    MAX_STRENGTH,
    DirectionStrength,
    EmotionStrength,
    FaceRequest,
    face_recipe,
)

MAX_SIDE = 1 << 14
MAX_COUNT = 2**31 - 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class RestoredEdit:
    """`served`: the network is, and has this direction by name and content."""

    direction: Direction
    strength: float
    served: bool


@dataclass(frozen=True, slots=True)
class RestoredRecipe:
    recipe: Recipe
    network: Network | None
    """As this service knows it, from today or from earlier."""
    served: bool
    """Whether the network and all the directions are served, so that the picture can be rendered here."""
    edits: tuple[RestoredEdit, ...]
    face: FaceRequest | None
    """What generateFace takes to come as near as it can; None where the network is not served."""
    face_is_exact: bool
    """Whether that makes the very same recipe: not with mixed styles, a morph, or noise that is drawn anew."""
    image: Image | None
    """The caller's newest image of it."""


def check_restored(recipe: Recipe, path: Sequence[str]) -> None:
    """Raises Invalid for a recipe that this service would not have made: files are anybody's."""
    numbers = [(recipe.seed, MAX_SEED), (recipe.width, MAX_SIDE), (recipe.height, MAX_SIDE)]
    numbers += [(number, MAX_COUNT) for number in (recipe.cutoff, recipe.label) if number is not None]
    numbers += [(recipe.noise_draw, MAX_SEED)] if recipe.noise_draw is not None else []
    morphs = [] if recipe.morph is None else [recipe.morph]
    numbers += [(morph.seed, MAX_SEED) for morph in morphs]
    for mix in (*recipe.mixes, *(mix for morph in morphs for mix in morph.mixes)):
        numbers += [(mix.seed, MAX_SEED), (mix.first, MAX_COUNT), (mix.count, MAX_COUNT)]
    sound = (
        all(0 <= number <= most for number, most in numbers)
        and math.isfinite(recipe.psi)
        and abs(recipe.psi) <= MAX_PSI
        and len(recipe.edits) <= MAX_EDITS
        and len(recipe.mixes) <= MAX_EDITS
        and all(0 < morph.position < 1 and len(morph.mixes) <= MAX_EDITS for morph in morphs)
        and _SHA256.fullmatch(recipe.network_sha256) is not None
        and all(_is_sound(edit) for edit in recipe.edits)
    )
    if not sound:
        raise Invalid("the recipe in the file holds values that this service does not make", path)


def _is_sound(edit: RecipeEdit) -> bool:
    strength = math.isfinite(edit.strength) and 0 < abs(edit.strength) <= MAX_STRENGTH
    return strength and edit.direction.isprintable() and _SHA256.fullmatch(edit.sha256) is not None


def restored(
    recipe: Recipe,
    catalogue: Catalogue,
    known: tuple[Network | None, dict[str, Direction]],
    image: Image | None,
) -> RestoredRecipe:
    """`known` is what the database remembers: the network, and directions by `Direction.id`."""
    network, remembered = known
    here = _served(catalogue, recipe.network_sha256)
    offered = {direction.id: direction for direction in here.directions} if here else {}
    edits = []
    for edit in recipe.edits:
        plain = Direction(edit.direction, edit.sha256)
        found = offered.get(plain.id) or remembered.get(plain.id) or plain
        edits.append(RestoredEdit(found, edit.strength, plain.id in offered))
    face = None if here is None else _face(recipe, here, edits)
    return RestoredRecipe(
        recipe=recipe,
        network=here.network if here else network,
        served=here is not None and all(edit.served for edit in edits),
        edits=tuple(edits),
        face=face,
        face_is_exact=face is not None and here is not None and _makes(face, here, recipe),
        image=image,
    )


def _served(catalogue: Catalogue, sha256: str) -> ServedNetwork | None:
    try:
        return catalogue.with_sha256(sha256)
    except NotFound:
        return None


def _face(recipe: Recipe, here: ServedNetwork, edits: Sequence[RestoredEdit]) -> FaceRequest:
    """Its emotions as emotions, the rest by name; what is not served is left out."""
    usable = [edit for edit in edits if edit.served]
    return FaceRequest(
        seed=recipe.seed,
        psi=recipe.psi,
        cutoff=recipe.cutoff,
        noise=recipe.noise,
        label=recipe.label,
        network=here.network.name,
        emotions=tuple(
            EmotionStrength(edit.direction.emotion, edit.strength) for edit in usable if edit.direction.emotion
        ),
        directions=tuple(
            DirectionStrength(edit.direction.name, edit.strength) for edit in usable if not edit.direction.emotion
        ),
    )


def _makes(face: FaceRequest, here: ServedNetwork, recipe: Recipe) -> bool:
    if recipe.noise is NoiseMode.RANDOM:
        return False
    try:
        return face_recipe(face, here, seed=recipe.seed, draw=0) == recipe
    except UserFault:
        return False
