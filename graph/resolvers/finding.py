"""What a filter names has to exist for whoever asks: an empty list would say that nothing fits."""

import asyncio

from domain.errors import NotFound
from domain.images import ImageFilter
from graph.context import Context
from graph.schema.sessions import check_session


async def check_filter(context: Context, where: ImageFilter) -> None:
    """Raises NotFound."""
    await check_session(context, where.session_id, ("filter", "sessionId"))
    if where.network is not None and not await context.services.library.knows_network(where.network):
        raise NotFound("no image can be of a network of this name; see networks", ("filter", "network"))
    if where.collection_id is not None and await context.loaders.collections.load(where.collection_id) is None:
        raise NotFound("there is no such collection", ("filter", "collectionId"))
    for name, tag_ids in (("allOf", where.all_tags), ("anyOf", where.any_tags)):
        for index, tag in enumerate(await asyncio.gather(*map(context.loaders.tags.load, tag_ids))):
            if tag is None:
                raise NotFound("there is no such tag", ("filter", "tags", name, str(index)))
