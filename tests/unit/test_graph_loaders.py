"""Reads are batched: one read a step for each kind of question."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from domain.access import LOCAL
from domain.images import Image, ImageFilter, ImageOrder
from domain.networks import Network
from domain.paging import Page, PageRequest
from domain.services.library import Library
from graph.loaders import MAX_BATCH, Loaders


@dataclass
class CountingLibrary:
    """Answers about networks and pages, and remembers what it was asked."""

    asked: list[object] = field(default_factory=list)

    async def networks(self, sha256s: Sequence[str]) -> Mapping[str, Network]:
        self.asked.append(tuple(sha256s))
        return {sha256: Network(sha256, sha256, 32, 8) for sha256 in sha256s if sha256 != "gone"}

    async def histories(
        self, pages: Sequence[tuple[PageRequest, ImageFilter]], order: ImageOrder
    ) -> Sequence[Page[Image]]:
        self.asked.append((tuple(pages), order))
        return [Page((), where.source_id == "a", False) for _, where in pages]

    def __getattr__(self, name: str) -> Callable[..., object]:
        def unasked(*arguments: object) -> object:
            raise AssertionError(f"{name} is not asked here")

        return unasked


def library() -> CountingLibrary:
    return CountingLibrary()


async def test_keys_of_one_step_are_one_read_in_their_order() -> None:
    asked = library()
    loaders = Loaders(cast(Library, asked), LOCAL)
    found = await asyncio.gather(*(loaders.networks.load(key) for key in ("b", "gone", "a", "b")))
    assert [network and network.sha256 for network in found] == ["b", None, "a", "b"]
    assert asked.asked == [("b", "gone", "a")]


async def test_a_read_is_bounded() -> None:
    asked = library()
    loaders = Loaders(cast(Library, asked), LOCAL)
    await asyncio.gather(*(loaders.networks.load(str(key)) for key in range(MAX_BATCH + 1)))
    assert sorted(len(cast(tuple[str, ...], keys)) for keys in asked.asked) == [1, MAX_BATCH]


async def test_pages_of_one_size_are_one_read_and_another_size_is_another() -> None:
    asked = library()
    loaders = Loaders(cast(Library, asked), LOCAL)
    two, three = PageRequest("edits", 2), PageRequest("edits", 3)
    keys = [(two, ImageFilter(source_id="a")), (three, ImageFilter(source_id="a")), (two, ImageFilter(source_id="b"))]
    pages = await asyncio.gather(*(loaders.newest_images.load(key) for key in keys))
    assert [page.has_next for page in pages] == [True, True, False]
    assert len(asked.asked) == 2


async def test_new_loaders_remember_nothing() -> None:
    asked = library()
    for _ in range(2):
        await Loaders(cast(Library, asked), LOCAL).networks.load("a")
    assert asked.asked == [("a",), ("a",)]
