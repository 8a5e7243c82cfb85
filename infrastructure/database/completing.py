"""A picture exists: the renders that wait for it succeed, and each gets its image in the history."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.generations import RenderState
from domain.ids import new_id
from domain.networks import Direction, Emotion
from domain.recipe import Recipe
from infrastructure.database.networks import direction_values
from infrastructure.database.statements import CHUNK, AnyRow, Query, insert_all, insert_new
from infrastructure.database.tables import EMOTION_BITS, directions, generations, image_edits, images, renders

Edit = dict[str, Any]
"""A row of `image_edits` that does not know its image yet."""


def waiting_rows() -> Query:
    """What `complete` needs to know of renders; locked in order of id where the database locks rows."""
    return (
        select(
            renders.c.id,
            renders.c.generation_id,
            renders.c.place,
            renders.c.recipe_key,
            renders.c.recipe,
            renders.c.source_id,
            renders.c.state,
            renders.c.fence,
            generations.c.owner,
            generations.c.session_id,
        )
        .join(generations, generations.c.id == renders.c.generation_id)
        .order_by(renders.c.id)
        .with_for_update(key_share=True, of=renders)
    )


async def complete(connection: AsyncConnection, rows: Sequence[AnyRow]) -> set[str]:
    """The ids of the generations whose renders these are; the caller settles them."""
    for start in range(0, len(rows), CHUNK):
        await _complete(connection, rows[start : start + CHUNK])
    return {row.generation_id for row in rows}


async def _complete(connection: AsyncConnection, rows: Sequence[AnyRow]) -> None:
    await connection.execute(_SUCCEED, {"ids": [row.id for row in rows]})
    recipes = {row.recipe_key: Recipe.from_json(json.loads(row.recipe)) for row in rows}
    emotions = await _directions(connection, list(recipes.values()))
    made = [(new_id(), row, _edits(recipes[row.recipe_key], emotions)) for row in rows]
    await insert_all(connection, images, [_image(key, row, recipes[row.recipe_key], edits) for key, row, edits in made])
    edits = [{"image_id": key, **edit} for key, _, applied in made for edit in applied]
    await insert_all(connection, image_edits, edits)


_SUCCEED = (
    update(renders)
    .where(renders.c.id.in_(bindparam("ids", expanding=True)))
    .values(state=RenderState.SUCCEEDED, lease_until=None)
)


def _image(image_id: str, row: AnyRow, recipe: Recipe, edits: Sequence[Edit]) -> dict[str, Any]:
    return {
        "id": image_id,
        "render_id": row.id,
        "generation_id": row.generation_id,
        "place": row.place,
        "recipe_key": row.recipe_key,
        "recipe": row.recipe,
        "seed": recipe.seed,
        "network_sha256": recipe.network_sha256,
        "source_id": row.source_id,
        "session_id": row.session_id,
        "owner": row.owner,
        "emotions": sum(EMOTION_BITS[emotion] for emotion in {edit["emotion"] for edit in edits} - {None}),
    }


def _edits(recipe: Recipe, emotions: dict[str, Emotion | None]) -> list[Edit]:
    """With the emotion that the direction stands for today: a later catalogue does not change what was made."""
    keys = [(Direction(edit.direction, edit.sha256).id, edit.strength) for edit in recipe.edits]
    return [{"direction_id": key, "emotion": emotions[key], "strength": strength} for key, strength in keys]


async def _directions(connection: AsyncConnection, recipes: Sequence[Recipe]) -> dict[str, Emotion | None]:
    """The emotion of every direction in the recipes; one that is not known is remembered without."""
    named = {(edit.direction, edit.sha256) for recipe in recipes for edit in recipe.edits}
    known = {direction.id: direction for direction in (Direction(name, sha256) for name, sha256 in named)}
    if not known:
        return {}
    query = select(directions.c.id, directions.c.emotion).where(directions.c.id.in_(known))
    found: dict[str, Emotion | None] = {row.id: row.emotion for row in await connection.execute(query)}
    missing = sorted(set(known) - set(found))
    await insert_new(connection, directions, [direction_values(known[key]) for key in missing])
    return dict.fromkeys(missing) | found
