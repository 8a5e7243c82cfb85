"""Batched reads: whatever many nested fields ask for in one step is read at once.

A set of loaders serves one result: they remember what they read, so that later results need fresh ones.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from strawberry.dataloader import DataLoader

from domain.access import Caller
from domain.animations import Animation
from domain.collections import CollectedFilter, CollectedImage, Collection
from domain.generations import Generation
from domain.images import Image, ImageFilter, ImageOrder, ImageOrderField
from domain.networks import Direction, Network
from domain.paging import Page, PageRequest
from domain.services.library import Library
from domain.sessions import Session
from domain.tags import Tag

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MAX_BATCH = 500
"""Keys a read; databases bound how many parameters a statement takes."""

MAX_LISTS = 100
"""Lists a read; each is a SELECT of its own within one statement."""

NEWEST_FIRST = ImageOrder(ImageOrderField.CREATED_AT, descending=True)
BY_INDEX = ImageOrder(ImageOrderField.INDEX, descending=False)

PageKey = tuple[PageRequest, ImageFilter]
CollectedKey = tuple[PageRequest, CollectedFilter]


@dataclass(frozen=True, slots=True)
class Loaders:
    images: DataLoader[str, Image | None]
    generations: DataLoader[str, Generation | None]
    networks: DataLoader[str, Network | None]
    directions: DataLoader[str, Direction | None]
    sessions: DataLoader[str, Session | None]
    tags: DataLoader[str, Tag | None]
    tags_of: DataLoader[str, Sequence[Tag] | None]
    collections: DataLoader[str, Collection | None]
    collected: DataLoader[str, CollectedImage | None]
    collected_pages: DataLoader[CollectedKey, Page[CollectedImage]]
    collected_counts: DataLoader[CollectedFilter, int]
    first_images: DataLoader[str, Image | None]
    animations: DataLoader[str, Animation | None]
    queue_positions: DataLoader[str, int | None]
    renders_ahead: DataLoader[str, int | None]
    newest_images: DataLoader[PageKey, Page[Image]]
    images_of: DataLoader[PageKey, Page[Image]]
    image_counts: DataLoader[ImageFilter, int]


def fresh_loaders(library: Library, caller: Caller) -> Loaders:
    return Loaders(
        images=_by_key(partial(library.images, caller)),
        generations=_by_key(partial(library.generations, caller)),
        networks=_by_key(library.networks),
        directions=_by_key(library.directions),
        sessions=_by_key(partial(library.sessions, caller)),
        tags=_by_key(partial(library.tags, caller)),
        tags_of=_by_key(library.tags_of),
        collections=_by_key(partial(library.collections, caller)),
        collected=_by_key(partial(library.collected, caller)),
        collected_pages=_collected_pages(library),
        collected_counts=_collected_counts(library),
        first_images=_by_key(library.first_images),
        animations=_by_key(library.animations),
        queue_positions=_by_key(library.queue_positions),
        renders_ahead=_by_key(library.renders_ahead),
        newest_images=_pages(library, NEWEST_FIRST),
        images_of=_pages(library, BY_INDEX),
        image_counts=_counts(library),
    )


def _by_key(read: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> DataLoader[K, V | None]:
    async def load(keys: list[K]) -> list[V | None]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load, max_batch_size=MAX_BATCH)


def _pages(library: Library, order: ImageOrder) -> DataLoader[PageKey, Page[Image]]:
    """The same field under two aliases may ask for two kinds of page; each kind is one read."""

    async def load(keys: list[PageKey]) -> list[Page[Image]]:
        async def read(kind: Sequence[PageKey]) -> Sequence[Page[Image]]:
            return await library.histories(kind, order)

        return await _grouped(keys, lambda key: (key[0], _kind(key[1])), read)

    return DataLoader(load, max_batch_size=MAX_LISTS)


def _counts(library: Library) -> DataLoader[ImageFilter, int]:
    async def load(keys: list[ImageFilter]) -> list[int]:
        return await _grouped(keys, _kind, library.counts)

    return DataLoader(load, max_batch_size=MAX_LISTS)


def _collected_pages(library: Library) -> DataLoader[CollectedKey, Page[CollectedImage]]:
    async def load(keys: list[CollectedKey]) -> list[Page[CollectedImage]]:
        return await _grouped(keys, lambda key: key[0], library.collected_pages)

    return DataLoader(load, max_batch_size=MAX_LISTS)


def _collected_counts(library: Library) -> DataLoader[CollectedFilter, int]:
    async def load(keys: list[CollectedFilter]) -> list[int]:
        return list(await library.collected_counts(keys))

    return DataLoader(load, max_batch_size=MAX_LISTS)


def _kind(where: ImageFilter) -> Hashable:
    """Equal for filters that differ in whose images they want only."""
    whose = (where.generation_id, where.source_id, where.session_id)
    same = replace(where, generation_id=None, source_id=None, session_id=None)
    return same, tuple(key is None for key in whose)


async def _grouped(
    keys: Sequence[K], kind_of: Callable[[K], Hashable], read: Callable[[Sequence[K]], Awaitable[Sequence[V]]]
) -> list[V]:
    groups: dict[Hashable, list[K]] = defaultdict(list)
    for key in keys:
        groups[kind_of(key)].append(key)
    found: dict[K, V] = {}
    for group in groups.values():
        found.update(zip(group, await read(group), strict=True))
    return [found[key] for key in keys]
