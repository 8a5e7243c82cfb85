"""Questions."""

import asyncio
from typing import Annotated

import strawberry

from domain import generations, images
from domain.networks import ServedNetwork
from graph.context import Info
from graph.resolvers.audit import AuditQuery
from graph.resolvers.collections import CollectionQuery
from graph.resolvers.finding import check_filter
from graph.resolvers.nodes import check_count, find_node, key_or_none
from graph.resolvers.participation import ParticipationQuery
from graph.resolvers.seed_pools import SeedPoolQuery
from graph.resolvers.sessions import SessionQuery
from graph.resolvers.studies import StudyQuery
from graph.resolvers.tags import TagQuery
from graph.schema.generations import Generation, GenerationConnection
from graph.schema.images import Image, ImageConnection
from graph.schema.inputs import GenerationFilter, ImageFilter, ImageOrder
from graph.schema.networks import Direction, Network
from graph.schema.node import Node
from graph.schema.paging import After, Before, First, Last, given, page_of
from graph.schema.service import Service
from graph.schema.sessions import check_session

NAME = "Manganace"
GENERATIONS = "generations"

NodeId = Annotated[strawberry.ID, strawberry.argument(description="A global id.")]
NodeIds = Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")]
NetworkName = Annotated[str | None, strawberry.argument(description="A name from `networks`.")]
Generations = Annotated[GenerationFilter | None, strawberry.argument(description="Which ones; left out: all.")]
Images = Annotated[ImageFilter | None, strawberry.argument(description="Which ones; left out: all.")]
Order = Annotated[ImageOrder | None, strawberry.argument(description="Left out: newest first.")]


@strawberry.type(description="Questions.")
class Query(ParticipationQuery, StudyQuery, SeedPoolQuery, SessionQuery, CollectionQuery, TagQuery, AuditQuery):
    @strawberry.field(description="Whatever has this id; null where nothing has.")
    async def node(self, info: Info, id: NodeId) -> Node | None:
        return await find_node(info.context, id)

    @strawberry.field(description="Whatever has these ids, in their order; null where nothing has.")
    async def nodes(self, info: Info, ids: NodeIds) -> list[Node | None]:
        check_count(list(ids))
        return await asyncio.gather(
            *(find_node(info.context, global_id, ("ids", str(index))) for index, global_id in enumerate(ids))
        )

    @strawberry.field(description="This service, and how it is.")
    def service(self, info: Info) -> Service:
        return Service(name=NAME, version=info.context.services.version)

    @strawberry.field(description="The networks that can be used; the first is the default.")
    def networks(self, info: Info) -> list[Network]:
        return [Network.from_domain(served.network) for served in info.context.services.catalogue.served]

    @strawberry.field(
        description="The directions that can be applied with a network (the default network where none is named)."
    )
    def directions(self, info: Info, network: NetworkName = strawberry.UNSET) -> list[Direction]:
        served: ServedNetwork = info.context.services.catalogue.named(given(network), ("network",))
        return [Direction.from_domain(direction) for direction in served.directions]

    @strawberry.field(description="One generation; null where there is none with this id.")
    async def generation(self, info: Info, id: NodeId) -> Generation | None:
        key = key_or_none("Generation", id)
        found = await info.context.loaders.generations.load(key) if key else None
        return None if found is None else Generation.from_domain(found)

    @strawberry.field(description="Newest first; page size 1 to 100, 20 where none is given; keyset cursors.")
    async def generations(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Generations = strawberry.UNSET,
    ) -> GenerationConnection:
        library, caller = info.context.services.library, info.context.caller
        page = page_of(GENERATIONS, first, after, last, before)
        where = filter.to_domain() if filter else generations.GenerationFilter()
        await check_session(info.context, where.session_id, ("filter", "sessionId"))
        found = await library.generation_history(caller, page, where)
        return GenerationConnection.of(found, GENERATIONS, lambda: library.generation_count(caller, where))

    @strawberry.field(description="One image; null where there is none with this id.")
    async def image(self, info: Info, id: NodeId) -> Image | None:
        key = key_or_none("Image", id)
        found = await info.context.loaders.images.load(key) if key else None
        return None if found is None else Image.from_domain(found)

    @strawberry.field(
        description="Newest first unless orderBy says otherwise; page size 1 to 100, 20 where none is given; "
        "keyset cursors."
    )
    async def image_history(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Images = strawberry.UNSET,
        order_by: Order = strawberry.UNSET,
    ) -> ImageConnection:
        library, caller = info.context.services.library, info.context.caller
        order = order_by.to_domain() if order_by else images.ImageOrder()
        where = filter.to_domain() if filter else images.ImageFilter()
        await check_filter(info.context, where)
        name = f"images-{order.field.value}-{'desc' if order.descending else 'asc'}"
        found = await library.history(caller, page_of(name, first, after, last, before), where, order)
        return ImageConnection.of(found, name, lambda: library.count(caller, where))
