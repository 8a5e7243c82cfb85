"""Paths through faces."""

from typing import Annotated

import strawberry

from domain import generations
from graph.context import Context, Info
from graph.schema.morphs import MorphInput
from graph.schema.payloads import MorphPayload

Path = Annotated[MorphInput, strawberry.argument(description="Which faces, and how to go from one to the next.")]


@strawberry.type(description="Requests for animations.")
class MorphMutation:
    @strawberry.mutation(
        description="Make a path through faces: each frame an image, all of them one animation. "
        "It is RUNNING until `Generation.animation` is there."
    )
    async def morph(self, info: Info, input: Path) -> MorphPayload:
        return await MorphPayload.of(_morph(info.context, input))


async def _morph(context: Context, sent: MorphInput) -> generations.Generation:
    request, services = sent.to_domain(), context.services
    generation = await services.morphs.morph(context.caller, request)
    return await services.watching.wait(generation, request.wait_ms)
