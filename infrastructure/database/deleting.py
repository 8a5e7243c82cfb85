"""Deleting images, and the pictures and animations that no image is left of. Nobody else writes meanwhile."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.pictures import Unused
from infrastructure.database.animations import delete_animations
from infrastructure.database.library_tables import image_tags
from infrastructure.database.tables import image_edits, images, pictures, renders


async def delete_images(connection: AsyncConnection, ids: Sequence[str]) -> Unused:
    """At most as many as a statement takes parameters."""
    leaving = (
        await connection.execute(select(images.c.recipe_key, images.c.generation_id).where(images.c.id.in_(ids)))
    ).all()
    for edited in (renders, images):
        await connection.execute(update(edited).where(edited.c.source_id.in_(ids)).values(source_id=None))
    for part in (image_edits, image_tags):
        await connection.execute(delete(part).where(part.c.image_id.in_(ids)))
    await connection.execute(delete(images).where(images.c.id.in_(ids)))
    unused = await _delete_pictures(connection, {row.recipe_key for row in leaving})
    return unused + await _delete_animations(connection, {row.generation_id for row in leaving})


async def _delete_animations(connection: AsyncConnection, generation_ids: Collection[str]) -> Unused:
    """Of generations without any image left: nobody keeps a morph by deleting its faces."""
    left = select(images.c.generation_id).where(images.c.generation_id.in_(generation_ids)).distinct()
    emptied = set(generation_ids) - set((await connection.execute(left)).scalars())
    return Unused(animations=await delete_animations(connection, sorted(emptied)))


async def _delete_pictures(connection: AsyncConnection, recipe_keys: Collection[str]) -> Unused:
    """Those that no image refers to; two recipes may share a thumbnail of old, so that rows are asked once more."""
    used = exists().where(images.c.recipe_key == pictures.c.recipe_key)
    leaving = (
        delete(pictures)
        .where(pictures.c.recipe_key.in_(recipe_keys), ~used)
        .returning(pictures.c.sha256, pictures.c.thumbnail_sha256)
    )
    rows = (await connection.execute(leaving)).all()
    return Unused(
        images=await _without_rows(connection, pictures.c.sha256, (row.sha256 for row in rows)),
        thumbnails=await _without_rows(connection, pictures.c.thumbnail_sha256, (row.thumbnail_sha256 for row in rows)),
    )


async def _without_rows(
    connection: AsyncConnection, column: ColumnElement[str], names: Iterable[str]
) -> tuple[str, ...]:
    left = set(names)
    if left:
        left -= set((await connection.execute(select(column).where(column.in_(left)))).scalars())
    return tuple(sorted(left))
