"""Following what happens."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from domain import generations
from domain.errors import NotFound
from graph.context import Context, Info
from graph.ids import key_of, session_key
from graph.schema.generations import Generation
from graph.schema.paging import given
from graph.schema.sessions import check_session

GenerationId = Annotated[strawberry.ID, strawberry.argument(description="A generation's id.")]
SessionId = Annotated[strawberry.ID | None, strawberry.argument(description="Only those of this session.")]
LastSeen = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The last generation that was seen to end: those that ended since come first."),
]


@strawberry.type(description="Following what happens, over graphql-transport-ws or an event stream.")
class Subscription:
    @strawberry.subscription(
        description="The state now, then every change; completes after a terminal state. "
        "A late subscriber gets the terminal state."
    )
    async def generation_updated(self, info: Info, id: GenerationId) -> AsyncGenerator[Generation, None]:
        updates = info.context.services.watching.updates(info.context.caller, key_of("Generation", id, ("id",)))
        first = await anext(updates)  # here, an unknown id refuses the operation instead of ending its stream
        return _events(info.context, updates, first)

    @strawberry.subscription(
        description="Every generation that reaches a terminal state, of one session or of all that the caller may "
        "see: from now on, or, with `after` (the id of the last one seen), those that ended since then first."
    )
    async def generation_completed(
        self, info: Info, session_id: SessionId = strawberry.UNSET, after: LastSeen = strawberry.UNSET
    ) -> AsyncGenerator[Generation, None]:
        session = session_key(session_id, ("sessionId",))
        await check_session(info.context, session, ("sessionId",))
        last = given(after)
        key = None if last is None else key_of("Generation", last, ("after",))
        if key is not None and await info.context.loaders.generations.load(key) is None:
            raise NotFound("there is no such generation", ("after",))  # here, for the reason given above
        completions = info.context.services.watching.completions(info.context.caller, session, key)
        return _events(info.context, completions)


async def _events(
    context: Context, rest: AsyncGenerator[generations.Generation, None], *before: generations.Generation
) -> AsyncGenerator[Generation, None]:
    async with aclosing(rest):
        for generation in before:
            yield Generation.from_domain(generation)
        async for generation in rest:
            context.forget_reads()
            yield Generation.from_domain(generation)
