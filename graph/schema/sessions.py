"""Sessions: sittings with a name, and what was made in them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from domain import sessions
from domain.errors import NotFound
from domain.images import ImageFilter
from graph.context import Context, Info
from graph.ids import global_id
from graph.schema.node import Node
from graph.schema.paging import After, Before, Connection, First, Last, page_of

if TYPE_CHECKING:
    from graph.schema.images import ImageConnection

IMAGES = "session-images"


@strawberry.type(description="A sitting: what somebody made in one go, under a name of their own.")
class Session(Node):
    entity: strawberry.Private[sessions.Session]
    name: str = strawberry.field(description="As whoever made it called it; several may have the same.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def from_domain(cls, session: sessions.Session) -> Self:
        return cls(
            entity=session, id=global_id("Session", session.id), name=session.name, created_at=session.created_at
        )

    @strawberry.field(description="The images that were made in it, newest first.")
    async def images(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Annotated["ImageConnection", strawberry.lazy("graph.schema.images")]:
        from graph.schema.images import ImageConnection

        where = ImageFilter(session_id=self.entity.id)
        page = await info.context.loaders.newest_images.load((page_of(IMAGES, first, after, last, before), where))
        return ImageConnection.of(page, IMAGES, lambda: info.context.loaders.image_counts.load(where))


@strawberry.input(description="A session to begin.")
class CreateSessionInput:
    name: str = strawberry.field(description="1 to 200 characters; it need not be another than those of others.")


@strawberry.input(description="A session and its new name.")
class RenameSessionInput:
    id: strawberry.ID = strawberry.field(description="A session's.")
    name: str = strawberry.field(description="1 to 200 characters.")


async def session_of(context: Context, session_id: str | None) -> Session | None:
    """What `session` fields of other things answer."""
    found = None if session_id is None else await context.loaders.sessions.load(session_id)
    return None if found is None else Session.from_domain(found)


async def check_session(context: Context, session_id: str | None, path: tuple[str, ...]) -> None:
    """Raises NotFound for one that does not exist, or not for this caller."""
    if session_id is not None and await context.loaders.sessions.load(session_id) is None:
        raise NotFound("there is no such session", path)


SessionConnection = Connection[Session]
