"""Requests for many images: each is one generation, rendered as bulk work, its images in a fixed order."""

from typing import Annotated

import strawberry

from domain import generations
from graph.context import Context, Info
from graph.schema.explorations import (
    EmotionGridInput,
    EmotionStripInput,
    ExplorationInput,
    GenerateFacesInput,
    MixStylesInput,
    TruncationGridInput,
)
from graph.schema.payloads import (
    EmotionGridPayload,
    EmotionStripPayload,
    GenerateFacesPayload,
    MixStylesPayload,
    TruncationGridPayload,
)

FacesInput = Annotated[GenerateFacesInput, strawberry.argument(description="What to make.")]
StripInput = Annotated[EmotionStripInput, strawberry.argument(description="What to vary, and how far.")]
EmotionsInput = Annotated[EmotionGridInput, strawberry.argument(description="Which face, rows and columns.")]
TruncationsInput = Annotated[TruncationGridInput, strawberry.argument(description="Which rows and columns.")]
MixInput = Annotated[MixStylesInput, strawberry.argument(description="Which rows, columns and layers.")]


@strawberry.type(description="Requests for many images at once.")
class ExplorationMutation:
    @strawberry.mutation(description="Make a face from each of up to 256 seeds; images[n] is that of the n-th seed.")
    async def generate_faces(self, info: Info, input: FacesInput) -> GenerateFacesPayload:
        return await GenerateFacesPayload.of(_explore(info.context, input))

    @strawberry.mutation(description="Make one face with one emotion at evenly spaced strengths: a slider's images.")
    async def emotion_strip(self, info: Info, input: StripInput) -> EmotionStripPayload:
        return await EmotionStripPayload.of(_explore(info.context, input))

    @strawberry.mutation(description="Make one face with several emotions, each at several strengths, row by row.")
    async def emotion_grid(self, info: Info, input: EmotionsInput) -> EmotionGridPayload:
        return await EmotionGridPayload.of(_explore(info.context, input))

    @strawberry.mutation(description="Make several faces, each at several truncations, row by row.")
    async def truncation_grid(self, info: Info, input: TruncationsInput) -> TruncationGridPayload:
        return await TruncationGridPayload.of(_explore(info.context, input))

    @strawberry.mutation(description="Make faces that are mixed from the layers of two, row by row.")
    async def mix_styles(self, info: Info, input: MixInput) -> MixStylesPayload:
        return await MixStylesPayload.of(_explore(info.context, input))


async def _explore(context: Context, sent: ExplorationInput) -> generations.Generation:
    request, services = sent.to_domain(), context.services
    generation = await services.explorations.explore(context.caller, request)
    return await services.watching.wait(generation, request.wait_ms)
