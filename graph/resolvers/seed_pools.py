"""What researchers ask and do about seed pools."""

from typing import Annotated

import strawberry

from graph.context import Info
from graph.ids import key_of
from graph.schema.paging import After, Before, First, Last, given, page_of
from graph.schema.payloads import answered
from graph.schema.seed_pools import CreateSeedPoolInput, CreateSeedPoolPayload, SeedPool, SeedPoolConnection

POOLS = "seed-pools"

PoolId = Annotated[strawberry.ID, strawberry.argument(description="A seed pool's.")]
NewPool = Annotated[CreateSeedPoolInput, strawberry.argument(description="The seeds.")]


@strawberry.type(description="Questions about seed pools.")
class SeedPoolQuery:
    @strawberry.field(description="One seed pool of the caller's.")
    async def seed_pool(self, info: Info, id: PoolId) -> SeedPool:
        key = key_of("SeedPool", id, ("id",))
        return SeedPool.from_domain(await info.context.services.seed_pools.pool(info.context.caller, key))

    @strawberry.field(description="The caller's seed pools, newest first; page size 1 to 100, 20 where none is given.")
    async def seed_pools(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> SeedPoolConnection:
        pools, caller = info.context.services.seed_pools, info.context.caller
        page = await pools.pools(caller, page_of(POOLS, first, after, last, before))
        return SeedPoolConnection.from_page(page, POOLS, SeedPool.from_domain, lambda: pools.count(caller))


@strawberry.type(description="Requests that change seed pools.")
class SeedPoolMutation:
    @strawberry.mutation(description="Keep a curated list of seeds, to draw a study's faces from.")
    async def create_seed_pool(self, info: Info, input: NewPool) -> CreateSeedPoolPayload:
        verb = info.context.services.seed_pools.create(
            info.context.caller, input.name, given(input.network), input.men, input.women, input.truncation_psi
        )
        return await answered(CreateSeedPoolPayload, info.context.changing(verb), pool=SeedPool.from_domain)
