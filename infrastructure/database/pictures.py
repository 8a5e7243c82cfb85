"""Pictures as rows: the one rendering of each recipe that images refer to."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.generations import Picture
from domain.repairs import KeptPicture
from infrastructure.database.tables import images, pictures


class SqlPictures:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def following(self, recipe_key: str, limit: int) -> Sequence[KeptPicture]:
        recipe = select(images.c.recipe).where(images.c.recipe_key == pictures.c.recipe_key).limit(1)
        page = (
            select(pictures, recipe.scalar_subquery().label("recipe"))
            .where(pictures.c.recipe_key > recipe_key)
            .order_by(pictures.c.recipe_key)
            .limit(limit)
        )
        rows = (await self._connection.execute(page)).mappings()
        return [KeptPicture(row["recipe_key"], row["recipe"], picture_from(row)) for row in rows]

    async def replace(self, old: KeptPicture, new: Picture) -> bool:
        same = (
            pictures.c.recipe_key == old.recipe_key,
            pictures.c.sha256 == old.picture.sha256,
            pictures.c.thumbnail_sha256 == old.picture.thumbnail_sha256,
        )
        replacing = update(pictures).where(*same).values(asdict(new)).returning(pictures.c.recipe_key)
        return (await self._connection.execute(replacing)).first() is not None


def picture_from(row: RowMapping) -> Picture:
    return Picture(
        sha256=row["sha256"],
        thumbnail_sha256=row["thumbnail_sha256"],
        size_bytes=row["size_bytes"],
        width=row["width"],
        height=row["height"],
    )


def picture_row(recipe_key: str, picture: Picture) -> dict[str, Any]:
    return {"recipe_key": recipe_key, **asdict(picture)}
