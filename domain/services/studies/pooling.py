"""Seed pools: made, found again, and seen by whoever made them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.access import Caller, Scope
from domain.errors import NotFound
from domain.ids import new_id
from domain.networks import Catalogue
from domain.paging import Page, PageRequest
from domain.ports import UnitsOfWork
from domain.requests import check_psi
from domain.studies.pools import StoredPool, check_pool


@dataclass(frozen=True, slots=True)
class SeedPools:
    units: UnitsOfWork
    catalogue: Catalogue

    async def create(
        self, caller: Caller, name: str, network: str | None, men: Sequence[int], women: Sequence[int], psi: float
    ) -> StoredPool:
        """Raises Invalid or Forbidden."""
        caller.require(Scope.RESEARCH)
        served = self.catalogue.named(network, ("input", "network"))
        pool, at = check_pool(name, men, women), check_psi(psi, ("input", "truncationPsi"))
        stored = StoredPool(new_id(), caller.owner, served.network.name, pool, at, datetime.now(UTC))
        async with self.units.writing() as unit:
            await unit.studies.add_pool(stored)
            await unit.commit()
        return stored

    async def pool(self, caller: Caller, pool_id: str) -> StoredPool:
        """Raises NotFound or Forbidden."""
        caller.require(Scope.RESEARCH)
        async with self.units.reading() as unit:
            found = (await unit.studies.pools([pool_id])).get(pool_id)
        if found is None or not caller.owns(found.owner):
            raise NotFound("there is no such pool", ("id",))
        return found

    async def pools(self, caller: Caller, page: PageRequest) -> Page[StoredPool]:
        """Newest first."""
        async with self.units.reading() as unit:
            return await unit.studies.pool_page(page, caller.lists)

    async def count(self, caller: Caller) -> int:
        async with self.units.reading() as unit:
            return await unit.studies.pool_count(caller.lists)
