"""Networks and directions as rows: never forgotten, because images refer to them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.networks import Catalogue, Direction, Network
from infrastructure.database.statements import insert
from infrastructure.database.tables import directions, networks


class SqlNetworks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def remember(self, catalogue: Catalogue) -> None:
        """Sorted, so that two processes that start at once wait for each other rather than lock each other out."""
        served = sorted((entry.network for entry in catalogue.served), key=lambda network: network.sha256)
        if served:
            rows = insert(self._connection, networks)
            renaming = rows.on_conflict_do_update(index_elements=["sha256"], set_={"name": rows.excluded.name})
            await self._connection.execute(renaming, [asdict(network) for network in served])
        known = {direction.id: direction for entry in catalogue.served for direction in entry.directions}
        if known:
            rows = insert(self._connection, directions)
            naming = rows.on_conflict_do_update(index_elements=["id"], set_={"emotion": rows.excluded.emotion})
            await self._connection.execute(naming, [direction_values(known[key]) for key in sorted(known)])

    async def get_many(self, sha256s: Sequence[str]) -> Mapping[str, Network]:
        if not sha256s:
            return {}
        rows = await self._connection.execute(select(networks).where(networks.c.sha256.in_(sha256s)))
        return {row["sha256"]: Network(**row) for row in rows.mappings()}

    async def named(self, name: str) -> bool:
        found = await self._connection.execute(select(networks.c.sha256).where(networks.c.name == name).limit(1))
        return found.first() is not None

    async def directions(self, ids: Sequence[str]) -> Mapping[str, Direction]:
        if not ids:
            return {}
        rows = await self._connection.execute(select(directions).where(directions.c.id.in_(ids)))
        return {row["id"]: direction_from(row) for row in rows.mappings()}


def direction_values(direction: Direction) -> dict[str, object]:
    return {
        "id": direction.id,
        "name": direction.name,
        "sha256": direction.sha256,
        "emotion": direction.emotion,
    }


def direction_from(row: RowMapping) -> Direction:
    return Direction(name=row["name"], sha256=row["sha256"], emotion=row["emotion"])
