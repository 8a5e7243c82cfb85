"""Sessions: beginning, naming and finding them."""

from typing import Annotated

import strawberry

from domain import sessions
from graph.context import Context, Info
from graph.ids import key_of
from graph.resolvers.nodes import key_or_none
from graph.schema.library_payloads import CreateSessionPayload, RenameSessionPayload
from graph.schema.paging import After, Before, First, Last, page_of
from graph.schema.sessions import CreateSessionInput, RenameSessionInput, Session, SessionConnection

SESSIONS = "sessions"

NewSession = Annotated[CreateSessionInput, strawberry.argument(description="What to call it.")]
NewName = Annotated[RenameSessionInput, strawberry.argument(description="Which one, and what to call it.")]
SessionId = Annotated[strawberry.ID, strawberry.argument(description="A session's.")]


@strawberry.type(description="Questions about sessions.")
class SessionQuery:
    @strawberry.field(description="One session; null where there is none with this id.")
    async def session(self, info: Info, id: SessionId) -> Session | None:
        key = key_or_none("Session", id)
        found = await info.context.loaders.sessions.load(key) if key else None
        return None if found is None else Session.from_domain(found)

    @strawberry.field(description="Newest first; page size 1 to 100, 20 where none is given; keyset cursors.")
    async def sessions(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> SessionConnection:
        library, caller = info.context.services.library, info.context.caller
        page = await library.session_history(caller, page_of(SESSIONS, first, after, last, before))
        return SessionConnection.from_page(page, SESSIONS, Session.from_domain, lambda: library.session_count(caller))


@strawberry.type(description="Requests that change sessions.")
class SessionMutation:
    @strawberry.mutation(description="Begin a session; give its id to what is made in it.")
    async def create_session(self, info: Info, input: NewSession) -> CreateSessionPayload:
        return await CreateSessionPayload.of(info.context.changing(_create(info.context, input)))

    @strawberry.mutation(description="Call a session something else.")
    async def rename_session(self, info: Info, input: NewName) -> RenameSessionPayload:
        return await RenameSessionPayload.of(info.context.changing(_rename(info.context, input)))


async def _create(context: Context, sent: CreateSessionInput) -> sessions.Session:
    return await context.services.sessions.create(context.caller, sent.name)


async def _rename(context: Context, sent: RenameSessionInput) -> sessions.Session:
    key = key_of("Session", sent.id, ("input", "id"))
    return await context.services.sessions.rename(context.caller, key, sent.name)
