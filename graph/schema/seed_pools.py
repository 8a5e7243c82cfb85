"""Curated seeds, for the faces of studies."""

from typing import Self

import strawberry

from domain.studies.pools import StoredPool
from graph.ids import global_id
from graph.schema.library_payloads import ERRORS, NULL
from graph.schema.paging import Connection
from graph.schema.payloads import UserError
from graph.schema.scalars import Seed


@strawberry.type(description="A curated list of seeds, for one network.")
class SeedPool:
    id: strawberry.ID = strawberry.field(description="What StudyDesignInput.poolId takes.")
    name: str = strawberry.field(description="As whoever made it called it.")
    network: str = strawberry.field(description="The network it was curated for, by name.")
    men: list[Seed] = strawberry.field(description="Seeds of faces that look like men, the first first.")
    women: list[Seed] = strawberry.field(description="Seeds of faces that look like women, the first first.")
    truncation_psi: float = strawberry.field(description="The truncation psi it was curated at.")

    @classmethod
    def from_domain(cls, stored: StoredPool) -> Self:
        return cls(
            id=global_id("SeedPool", stored.id),
            name=stored.pool.name,
            network=stored.network,
            men=[Seed(seed) for seed in stored.pool.men],
            women=[Seed(seed) for seed in stored.pool.women],
            truncation_psi=stored.psi,
        )


SeedPoolConnection = Connection[SeedPool]


@strawberry.input(description="Seeds that were curated for a network.")
class CreateSeedPoolInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    men: list[Seed] = strawberry.field(description="Seeds of faces that look like men, frontal and neutral.")
    women: list[Seed] = strawberry.field(description="Seeds of faces that look like women, frontal and neutral.")
    network: str | None = strawberry.field(default=strawberry.UNSET, description="Left out: the default network.")
    truncation_psi: float = strawberry.field(default=0.5, description="What they were looked at with.")


@strawberry.type(description="What createSeedPool answers.")
class CreateSeedPoolPayload:
    pool: SeedPool | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)
