"""Batches for training. Painting costs a CPU nearly what learning costs: most of each batch is replayed from memory."""

from collections.abc import Iterator

import torch
from torch import Tensor

from stylegan2.demo.teacher import Recipes, draw, paint

ENOUGH = 100
"""Batches to remember before any is replayed: few portraits, seen often, would be learned by heart."""


class Replay:
    """The latest recipes with their portraits, as bytes; the oldest are overwritten."""

    def __init__(self, capacity: int, resolution: int, device: torch.device) -> None:
        nobody = torch.zeros(0, device=device)
        self._capacity, self._next, self._filled = capacity, 0, 0
        self._portraits = torch.empty(capacity, 3, resolution, resolution, dtype=torch.uint8, device=device)
        self._recipes = Recipes(nobody, nobody, nobody)

    def __len__(self) -> int:
        return self._filled

    def keep(self, recipes: Recipes, portraits: Tensor) -> None:
        if not self._filled:
            self._recipes = recipes.empty_copies(self._capacity)
        rows = (torch.arange(len(portraits), device=portraits.device) + self._next) % self._capacity
        self._portraits[rows] = ((portraits.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        self._recipes.overwrite(rows, recipes)
        self._next = (self._next + len(rows)) % self._capacity
        self._filled = min(self._filled + len(rows), self._capacity)

    def some(self, count: int, generator: torch.Generator) -> tuple[Recipes, Tensor]:
        rows = torch.randint(0, self._filled, (count,), generator=generator, device=generator.device)
        return self._recipes[rows], self._portraits[rows].float() / 127.5 - 1


def lessons(
    batch: int, fresh: int, capacity: int, resolution: int, generator: torch.Generator
) -> Iterator[tuple[Recipes, Tensor]]:
    """Recipes and portraits [batch, 3, R, R], for ever; `fresh` of each batch are newly painted (all at first)."""
    replay = Replay(capacity, resolution, generator.device)
    while True:
        replayed = batch - fresh if len(replay) >= min(capacity, ENOUGH * batch) else 0
        recipes = draw(batch - replayed, generator)
        portraits = paint(recipes.semantics(), resolution)
        if not replayed:
            whole = recipes, portraits
        else:
            old, old_portraits = replay.some(replayed, generator)
            whole = recipes.joined(old), torch.cat((portraits, old_portraits))
        if fresh < batch:
            replay.keep(recipes, portraits)
        yield whole
