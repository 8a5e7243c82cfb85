"""Batched reads: whatever many nested fields ask for in one step is read at once.

A set of loaders serves one result: they remember what they read, so that later results need fresh ones.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TypeVar

from strawberry.dataloader import DataLoader

from domain.access import Caller
from domain.animations import Animation, AnimationFormat
from domain.collections import CollectedFilter, CollectedImage, Collection
from domain.generations import Generation
from domain.images import Image, ImageFilter, ImageOrder, ImageOrderField
from domain.networks import Direction, Network
from domain.paging import Count, Page, PageRequest
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


class Loaders:
    """Each is made when it is first asked: an operation needs a few of them."""

    def __init__(self, library: Library, caller: Caller) -> None:
        self._library = library
        self._caller = caller

    @cached_property
    def images(self) -> DataLoader[str, Image | None]:
        return _by_key(partial(self._library.images, self._caller))

    @cached_property
    def generations(self) -> DataLoader[str, Generation | None]:
        return _by_key(partial(self._library.generations, self._caller))

    @cached_property
    def networks(self) -> DataLoader[str, Network | None]:
        return _by_key(self._library.networks)

    @cached_property
    def directions(self) -> DataLoader[str, Direction | None]:
        return _by_key(self._library.directions)

    @cached_property
    def sessions(self) -> DataLoader[str, Session | None]:
        return _by_key(partial(self._library.sessions, self._caller))

    @cached_property
    def tags(self) -> DataLoader[str, Tag | None]:
        return _by_key(partial(self._library.tags, self._caller))

    @cached_property
    def tags_of(self) -> DataLoader[str, Sequence[Tag] | None]:
        return _by_key(self._library.tags_of)

    @cached_property
    def collections(self) -> DataLoader[str, Collection | None]:
        return _by_key(partial(self._library.collections, self._caller))

    @cached_property
    def collected(self) -> DataLoader[str, CollectedImage | None]:
        return _by_key(partial(self._library.collected, self._caller))

    @cached_property
    def collected_pages(self) -> DataLoader[CollectedKey, Page[CollectedImage]]:
        return _collected_pages(self._library)

    @cached_property
    def collected_counts(self) -> DataLoader[CollectedFilter, int]:
        return _collected_counts(self._library)

    @cached_property
    def first_images(self) -> DataLoader[str, Image | None]:
        return _by_key(self._library.first_images)

    @cached_property
    def animations(self) -> DataLoader[str, Animation | None]:
        return _by_key(self._library.animations)

    @cached_property
    def frames_ahead(self) -> DataLoader[str, Mapping[AnimationFormat, int] | None]:
        return _by_key(self._library.frames_ahead)

    @cached_property
    def queue_positions(self) -> DataLoader[str, int | None]:
        return _by_key(self._library.queue_positions)

    @cached_property
    def renders_ahead(self) -> DataLoader[str, int | None]:
        return _by_key(self._library.renders_ahead)

    @cached_property
    def newest_images(self) -> DataLoader[PageKey, Page[Image]]:
        return _pages(self._library, NEWEST_FIRST)

    @cached_property
    def images_of(self) -> DataLoader[PageKey, Page[Image]]:
        return _pages(self._library, BY_INDEX)

    @cached_property
    def image_counts(self) -> DataLoader[ImageFilter, Count]:
        return _counts(self._library)


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


def _counts(library: Library) -> DataLoader[ImageFilter, Count]:
    async def load(keys: list[ImageFilter]) -> list[Count]:
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
