"""Finding things by their global id."""

from collections.abc import Callable, Mapping
from typing import Any

from strawberry.dataloader import DataLoader

from domain.errors import Invalid, NotFound
from graph.context import Context
from graph.ids import key_of, parse_global_id
from graph.loaders import Loaders
from graph.schema.collections import CollectedImage, Collection
from graph.schema.generations import Generation
from graph.schema.images import Image
from graph.schema.networks import Direction, Network
from graph.schema.node import Node
from graph.schema.sessions import Session
from graph.schema.tags import Tag

MAX_NODES = 100

NODES: Mapping[str, tuple[Callable[[Loaders], DataLoader[str, Any]], Callable[[Any], Node]]] = {
    "Image": (lambda loaders: loaders.images, Image.from_domain),
    "Generation": (lambda loaders: loaders.generations, Generation.from_domain),
    "Network": (lambda loaders: loaders.networks, Network.from_domain),
    "Direction": (lambda loaders: loaders.directions, Direction.from_domain),
    "Session": (lambda loaders: loaders.sessions, Session.from_domain),
    "Collection": (lambda loaders: loaders.collections, Collection.from_domain),
    "CollectedImage": (lambda loaders: loaders.collected, CollectedImage.from_domain),
    "Tag": (lambda loaders: loaders.tags, Tag.from_domain),
}
"""What `node` finds; other things have ids too, which only their own fields take."""


async def find_node(context: Context, global_id: str, path: tuple[str, ...] = ("id",)) -> Node | None:
    """Raises Invalid for a damaged id."""
    type_name, key = parse_global_id(global_id, path)
    if type_name not in NODES:
        return None
    loader, make = NODES[type_name]
    found = await loader(context.loaders).load(key)
    return None if found is None else make(found)


def check_count(ids: list[str]) -> None:
    if len(ids) > MAX_NODES:
        raise Invalid(f"at most {MAX_NODES} ids at once", ("ids",))


def key_or_none(type_name: str, global_id: str) -> str | None:
    """None for the id of something else: there is no such image, say. Raises Invalid for a damaged id."""
    try:
        return key_of(type_name, global_id, ("id",))
    except NotFound:
        return None
