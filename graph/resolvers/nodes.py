"""Finding things by their global id."""

from domain.errors import Invalid, NotFound
from graph.context import Context
from graph.ids import key_of, parse_global_id
from graph.schema.collections import CollectedImage, Collection
from graph.schema.generations import Generation
from graph.schema.images import Image
from graph.schema.networks import Direction, Network
from graph.schema.node import Node
from graph.schema.sessions import Session
from graph.schema.tags import Tag

MAX_NODES = 100


async def find_node(context: Context, global_id: str, path: tuple[str, ...] = ("id",)) -> Node | None:
    """Raises Invalid for a damaged id."""
    type_name, key = parse_global_id(global_id, path)
    loaders = context.loaders
    match type_name:
        case "Image":
            image = await loaders.images.load(key)
            return None if image is None else Image.from_domain(image)
        case "Generation":
            generation = await loaders.generations.load(key)
            return None if generation is None else Generation.from_domain(generation)
        case "Network":
            network = await loaders.networks.load(key)
            return None if network is None else Network.from_domain(network)
        case "Session":
            session = await loaders.sessions.load(key)
            return None if session is None else Session.from_domain(session)
        case "Collection":
            collection = await loaders.collections.load(key)
            return None if collection is None else Collection.from_domain(collection)
        case "CollectedImage":
            entry = await loaders.collected.load(key)
            return None if entry is None else CollectedImage.from_domain(entry)
        case "Tag":
            tag = await loaders.tags.load(key)
            return None if tag is None else Tag.from_domain(tag)
        case _:
            direction = await loaders.directions.load(key)
            return None if direction is None else Direction.from_domain(direction)


def check_count(ids: list[str]) -> None:
    if len(ids) > MAX_NODES:
        raise Invalid(f"at most {MAX_NODES} ids at once", ("ids",))


def key_or_none(type_name: str, global_id: str) -> str | None:
    """None for the id of something else: there is no such image, say. Raises Invalid for a damaged id."""
    try:
        return key_of(type_name, global_id, ("id",))
    except NotFound:
        return None
