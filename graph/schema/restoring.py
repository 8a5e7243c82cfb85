"""Recipes that come back in files, in words that generateFace takes."""

from collections.abc import Awaitable
from typing import Annotated, BinaryIO, Self, cast

import strawberry
from strawberry.scalars import JSON

from domain import requests, restoring
from domain.errors import Invalid
from graph.schema.enums import Emotion, NoiseMode
from graph.schema.images import EmotionStrength, Image, MorphPosition, StyleMix
from graph.schema.networks import Network
from graph.schema.payloads import UserError, answered
from graph.schema.scalars import Seed, Upload

FILE = ("input", "file")


@strawberry.input(description="A file that was taken along.")
class RecipeFromFileInput:
    file: Upload = strawberry.field(
        description="A PNG, WebP or JPEG of at most 16 MiB; no more than its metadata is read."
    )

    def opened(self) -> BinaryIO:
        """Raises Invalid for what is no file."""
        file = getattr(self.file, "file", None)
        if file is None:
            raise Invalid("file is sent by a multipart request (see the type Upload)", FILE)
        return cast("BinaryIO", file)


@strawberry.type(description="A direction by its name, as generateFace takes it.")
class NamedStrength:
    direction: str = strawberry.field(description="A name from `directions`.")
    strength: float = strawberry.field(description="How far.")


@strawberry.type(description="Fields of the same names as those of GenerateFaceInput, to send them again.")
class FaceSettings:
    seed: Seed = strawberry.field(description="What the latent is drawn from.")
    truncation_psi: float = strawberry.field(description="0 is the average face, 1 the untruncated one.")
    truncation_cutoff: int | None = strawberry.field(description="Set where only the first layers are truncated.")
    noise: NoiseMode = strawberry.field(description="Which noise inputs.")
    label: int | None = strawberry.field(description="The class, for conditional networks.")
    network: str = strawberry.field(description="A name from `networks`.")
    emotions: list[EmotionStrength] = strawberry.field(description="The edits that are basic emotions.")
    directions: list[NamedStrength] = strawberry.field(description="The other edits that are served.")

    @classmethod
    def from_domain(cls, face: requests.FaceRequest) -> Self:
        return cls(
            seed=Seed(face.seed or 0),
            truncation_psi=face.psi,
            truncation_cutoff=face.cutoff,
            noise=face.noise,
            label=face.label,
            network=face.network or "",
            emotions=[EmotionStrength(emotion=edit.emotion, strength=edit.strength) for edit in face.emotions],
            directions=[NamedStrength(direction=edit.direction, strength=edit.strength) for edit in face.directions],
        )


@strawberry.type(description="An edit of a recipe.")
class RestoredEdit:
    name: str = strawberry.field(description="The direction's.")
    sha256: str = strawberry.field(description="Of the direction's content.")
    emotion: Emotion | None = strawberry.field(description="Set where it is known as that of a basic emotion.")
    strength: float = strawberry.field(description="How far; negative goes the other way.")
    served: bool = strawberry.field(description="Whether this very direction can be applied here.")

    @classmethod
    def from_domain(cls, edit: restoring.RestoredEdit) -> Self:
        direction = edit.direction
        return cls(
            name=direction.name,
            sha256=direction.sha256,
            emotion=direction.emotion,
            strength=edit.strength,
            served=edit.served,
        )


@strawberry.type(description="The recipe that a file carries, and what of it is served here.")
class RestoredRecipe:
    recipe: JSON = strawberry.field(description="Everything that decides the pixels, as the file has it.")
    seed: Seed = strawberry.field(description="What the latent was drawn from.")
    truncation_psi: float = strawberry.field(description="0 is the average face, 1 the untruncated one.")
    truncation_cutoff: int | None = strawberry.field(description="Set where only the first layers were truncated.")
    noise: NoiseMode = strawberry.field(description="Which noise inputs were used.")
    label: int | None = strawberry.field(description="The class, for conditional networks.")
    mixes: list[StyleMix] = strawberry.field(description="The layers that other seeds gave.")
    morph: MorphPosition | None = strawberry.field(description="Set for a frame between two faces of a morph.")
    edits: list[RestoredEdit] = strawberry.field(description="All of them, the emotions included.")
    width: int = strawberry.field(description="In pixels.")
    height: int = strawberry.field(description="In pixels.")
    network_sha256: str = strawberry.field(name="networkSha256", description="Of the network's file.")
    network: Network | None = strawberry.field(
        description="The network, where this service knows it, from today or earlier."
    )
    served: bool = strawberry.field(
        description="Whether the network and every direction are served here, so that the picture can be made again."
    )
    face: FaceSettings | None = strawberry.field(
        description="What generateFace takes to make it again, or to come as near as it can; "
        "null where the network is not served."
    )
    face_is_exact: bool = strawberry.field(
        description="Whether that makes the very same recipe: not with mixes, a morph, noise that is drawn anew "
        "or directions that are not served."
    )
    image: Image | None = strawberry.field(description="Your newest image of the same recipe, if there is one.")

    @classmethod
    def from_domain(cls, found: restoring.RestoredRecipe) -> Self:
        recipe = found.recipe
        return cls(
            recipe=JSON(recipe.to_json()),
            seed=Seed(recipe.seed),
            truncation_psi=recipe.psi,
            truncation_cutoff=recipe.cutoff,
            noise=recipe.noise,
            label=recipe.label,
            mixes=StyleMix.all_of(recipe.mixes),
            morph=MorphPosition.of(recipe.morph),
            edits=[RestoredEdit.from_domain(edit) for edit in found.edits],
            width=recipe.width,
            height=recipe.height,
            network_sha256=recipe.network_sha256,
            network=None if found.network is None else Network.from_domain(found.network),
            served=found.served,
            face=None if found.face is None else FaceSettings.from_domain(found.face),
            face_is_exact=found.face_is_exact,
            image=None if found.image is None else Image.from_domain(found.image),
        )


@strawberry.type(description="What recipeFromFile answers.")
class RecipeFromFilePayload:
    restored: RestoredRecipe | None = strawberry.field(description="Null where userErrors has something.")
    user_errors: list[UserError] = strawberry.field(description="What to mend; empty where all went well.")

    @classmethod
    async def of(cls, verb: Awaitable[restoring.RestoredRecipe]) -> Self:
        return await answered(cls, verb, restored=RestoredRecipe.from_domain)


FileInput = Annotated[RecipeFromFileInput, strawberry.argument(description="The file.")]
