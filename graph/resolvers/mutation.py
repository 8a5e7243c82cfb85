"""Requests that change something."""

from typing import Annotated

import strawberry

from domain import generations
from graph.context import Context, Info
from graph.ids import key_of
from graph.resolvers.collections import CollectionMutation
from graph.resolvers.deletion import DeletionMutation
from graph.resolvers.explorations import ExplorationMutation
from graph.resolvers.morphs import MorphMutation
from graph.resolvers.participation import ParticipationMutation
from graph.resolvers.seed_pools import SeedPoolMutation
from graph.resolvers.sessions import SessionMutation
from graph.resolvers.studies import StudyMutation
from graph.resolvers.tags import TagMutation
from graph.resolvers.taking import TakingMutation
from graph.schema.inputs import ApplyEmotionInput, CancelGenerationInput, GenerateFaceInput
from graph.schema.payloads import ApplyEmotionPayload, CancelGenerationPayload, GenerateFacePayload

FaceInput = Annotated[GenerateFaceInput, strawberry.argument(description="What to make.")]
EmotionInput = Annotated[ApplyEmotionInput, strawberry.argument(description="What to change, and how.")]
CancelInput = Annotated[CancelGenerationInput, strawberry.argument(description="What to cancel.")]


@strawberry.type(description="Requests that change something.")
class Mutation(
    ExplorationMutation,
    MorphMutation,
    SessionMutation,
    CollectionMutation,
    TagMutation,
    DeletionMutation,
    TakingMutation,
    SeedPoolMutation,
    StudyMutation,
    ParticipationMutation,
):
    @strawberry.mutation(description="Make a face from a seed; the answer may come before the picture (see waitMs).")
    async def generate_face(self, info: Info, input: FaceInput) -> GenerateFacePayload:
        return await GenerateFacePayload.of(_generate(info.context, input))

    @strawberry.mutation(description="Make the face of an image anew, with these edits in place of its own.")
    async def apply_emotion(self, info: Info, input: EmotionInput) -> ApplyEmotionPayload:
        return await ApplyEmotionPayload.of(_apply(info.context, input))

    @strawberry.mutation(
        description="Stop a generation; what it has made stays, and `done` says how many images that is. "
        "One that has ended is answered as it is."
    )
    async def cancel_generation(self, info: Info, input: CancelInput) -> CancelGenerationPayload:
        return await CancelGenerationPayload.of(_cancel(info.context, input))


async def _generate(context: Context, sent: GenerateFaceInput) -> generations.Generation:
    request, services = sent.to_domain(), context.services
    generation = await services.faces.generate(context.caller, request)
    return await services.watching.wait(generation, request.wait_ms)


async def _apply(context: Context, sent: ApplyEmotionInput) -> generations.Generation:
    request, services = sent.to_domain(), context.services
    generation = await services.faces.apply_emotion(context.caller, request)
    return await services.watching.wait(generation, request.wait_ms)


async def _cancel(context: Context, sent: CancelGenerationInput) -> generations.Generation:
    key = key_of("Generation", sent.id, ("input", "id"))
    return await context.services.faces.cancel(context.caller, key)
