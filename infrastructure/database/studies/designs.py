"""Studies, their versions, consent texts and seed pools as rows."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, Table, delete, exists, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.generations import GenerationStatus
from domain.paging import Page, PageRequest
from domain.studies.design import Design, canonical
from domain.studies.pools import Pool, StoredPool
from domain.studies.records import ConsentText, Study, StudyVersion
from infrastructure.database.keyset import Keyset
from infrastructure.database.listing import read_pages
from infrastructure.database.statements import Query, is_postgresql
from infrastructure.database.studies.tables import consents, pools, renderings, studies, versions
from infrastructure.database.tables import generations, images

LEFT = select(renderings.c.generation_id).where(renderings.c.study_id.is_(None))
"""What rendered for studies that are gone."""

NEWEST_FIRST = Keyset(studies.c.created_at, studies.c.id, descending=True)
NEWEST_POOLS = Keyset(pools.c.created_at, pools.c.id, descending=True)


class SqlStudies:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, study: Study) -> None:
        values = {"id": study.id, "owner": study.owner, "name": study.name}
        await self._connection.execute(studies.insert().values(values))

    async def rename(self, study_id: str, name: str) -> None:
        await self._connection.execute(update(studies).where(studies.c.id == study_id).values(name=name))

    async def lock(self, study_id: str) -> None:
        """SQLite has one writer at a time anyway."""
        if is_postgresql(self._connection):
            await self._connection.execute(select(studies.c.id).where(studies.c.id == study_id).with_for_update())

    async def delete(self, study_id: str) -> None:
        leaving = update(renderings).where(renderings.c.study_id == study_id).values(study_id=None)
        await self._connection.execute(leaving)
        for table in (versions, consents):
            await self._connection.execute(delete(table).where(table.c.study_id == study_id))
        await self._connection.execute(delete(studies).where(studies.c.id == study_id))

    async def get_many(self, ids: Sequence[str]) -> dict[str, Study]:
        return {row["id"]: _study(row) for row in await self._mappings(select(studies).where(studies.c.id.in_(ids)))}

    async def page(self, page: PageRequest, owner: str | None) -> Page[Study]:
        asked = [(page, _of(studies, select(studies), owner))]
        (found,) = await read_pages(self._connection, NEWEST_FIRST, asked, _study)
        return found

    async def count(self, owner: str | None) -> int:
        return await self._connection.scalar(_of(studies, select(func.count()).select_from(studies), owner)) or 0

    async def add_version(self, version: StudyVersion) -> None:
        await self._connection.execute(versions.insert().values(_version_values(version)))

    async def replace_version(self, version: StudyVersion) -> None:
        changing = update(versions).where(versions.c.id == version.id, versions.c.fixed.is_(False))
        await self._connection.execute(changing.values(_version_values(version)))

    async def versions(self, ids: Sequence[str]) -> dict[str, StudyVersion]:
        query = select(versions).where(versions.c.id.in_(ids))
        return {row["id"]: version_from(row) for row in await self._mappings(query)}

    async def latest_versions(self, study_ids: Sequence[str]) -> dict[str, StudyVersion]:
        later = versions.alias("later")
        newest = select(func.max(later.c.number)).where(later.c.study_id == versions.c.study_id).scalar_subquery()
        query = select(versions).where(versions.c.study_id.in_(study_ids), versions.c.number == newest)
        return {row["study_id"]: version_from(row) for row in await self._mappings(query)}

    async def versions_of(self, study_id: str, limit: int) -> Sequence[StudyVersion]:
        query = select(versions).where(versions.c.study_id == study_id).order_by(versions.c.number.desc()).limit(limit)
        return [version_from(row) for row in await self._mappings(query)]

    async def unfinished(self, study_id: str) -> Sequence[str]:
        going_on = generations.c.status.in_((GenerationStatus.QUEUED, GenerationStatus.RUNNING))
        query = select(generations.c.id).join(renderings, renderings.c.generation_id == generations.c.id)
        rows = await self._connection.execute(query.where(renderings.c.study_id == study_id, going_on))
        return list(rows.scalars())

    async def left_images(self, limit: int) -> Sequence[str]:
        query = select(images.c.id).where(images.c.generation_id.in_(LEFT)).limit(limit)
        return list((await self._connection.execute(query)).scalars())

    async def forget_renderings(self) -> None:
        shows = exists().where(images.c.generation_id == renderings.c.generation_id)
        await self._connection.execute(delete(renderings).where(renderings.c.study_id.is_(None), ~shows))

    async def set_generation(self, version: StudyVersion, generation_id: str) -> None:
        setting = update(versions).where(versions.c.id == version.id).values(generation_id=generation_id)
        await self._connection.execute(setting)
        making = renderings.insert().values(generation_id=generation_id, study_id=version.study_id)
        await self._connection.execute(making)

    async def add_consent(self, consent: ConsentText) -> None:
        values = {name: getattr(consent, name) for name in ("study_id", "number", "text", "sha256")}
        await self._connection.execute(consents.insert().values(values))

    async def consents(self, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], ConsentText]:
        query = select(consents).where(tuple_(consents.c.study_id, consents.c.number).in_(keys))
        return {(row["study_id"], row["number"]): ConsentText(**row) for row in await self._mappings(query)}

    async def add_pool(self, pool: StoredPool) -> None:
        values = {"id": pool.id, "owner": pool.owner, "network": pool.network, "psi": pool.psi}
        await self._connection.execute(pools.insert().values(**values, pool=canonical(pool.pool.to_json())))

    async def pools(self, ids: Sequence[str]) -> dict[str, StoredPool]:
        return {row["id"]: _pool(row) for row in await self._mappings(select(pools).where(pools.c.id.in_(ids)))}

    async def pool_page(self, page: PageRequest, owner: str | None) -> Page[StoredPool]:
        (found,) = await read_pages(self._connection, NEWEST_POOLS, [(page, _of(pools, select(pools), owner))], _pool)
        return found

    async def pool_count(self, owner: str | None) -> int:
        return await self._connection.scalar(_of(pools, select(func.count()).select_from(pools), owner)) or 0

    async def _mappings(self, query: Query) -> Sequence[RowMapping]:
        return (await self._connection.execute(query)).mappings().all()


def _of(table: Table, query: Query, owner: str | None) -> Query:
    return query if owner is None else query.where(table.c.owner == owner)


def _study(row: RowMapping) -> Study:
    return Study(row["id"], row["owner"], row["name"], row["created_at"])


def _version_values(version: StudyVersion) -> dict[str, Any]:
    names = ("id", "study_id", "number", "seed", "hash", "fixed", "generation_id")
    return {name: getattr(version, name) for name in names} | {"design": canonical(version.design.to_json())}


def version_from(row: RowMapping) -> StudyVersion:
    return StudyVersion(
        id=row["id"],
        study_id=row["study_id"],
        number=row["number"],
        design=Design.from_json(json.loads(row["design"])),
        seed=row["seed"],
        hash=row["hash"],
        fixed=row["fixed"],
        created_at=row["created_at"],
        generation_id=row["generation_id"],
    )


def _pool(row: RowMapping) -> StoredPool:
    return StoredPool(
        id=row["id"],
        owner=row["owner"],
        network=row["network"],
        pool=Pool.from_json(json.loads(row["pool"])),
        psi=row["psi"],
        created_at=row["created_at"],
    )
