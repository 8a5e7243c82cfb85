"""Draws people in many moods with their rendered portraits: the pairs that the network learns from.

Most are truncated as a service would do it (psi 0.35 to 0.85), half show an emotion, some more or less of it than a
face can, so that the network learns where to stop. Some are interpolations, some are style mixes, whose truth is
rendered from the mixed semantics: that gives coarse, middle and fine layers their jobs.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from stylegan2.demo.appearance import decode
from stylegan2.demo.expression import ACTION_UNITS, EMOTIONS, prototypes
from stylegan2.demo.people import GROUPS, IDENTITY, LIMIT
from stylegan2.demo.renderer import render

UNIT_SCALE = 4.0
"""Action units are small numbers beside normal factors; the network sees them enlarged."""
COARSE_END, MIDDLE_END = 3, 7
"""ws 0 to 2 are coarse (4 and 8 px), 3 to 6 middle (16 and 32 px), the rest fine."""
RENDERED_AT_ONCE = {"cpu": 4, "cuda": 64}


def scaled(semantics: Tensor) -> Tensor:
    """Semantic vectors as the network sees them."""
    return torch.cat((semantics[:, : len(IDENTITY)], semantics[:, len(IDENTITY) :] * UNIT_SCALE), 1)


def paint(semantics: Tensor, resolution: int) -> Tensor:
    """The portraits [N, 3, R, R] of semantic vectors."""
    chunk = RENDERED_AT_ONCE.get(semantics.device.type, 4)
    return torch.cat([render(decode(part), resolution) for part in torch.split(semantics, chunk)])


@dataclass(frozen=True, slots=True)
class Recipes:
    """Two people each, and how much of the second each group of layers takes."""

    first: Tensor
    """[N, 82]"""
    second: Tensor
    share: Tensor
    """[N, 3]: coarse, middle, fine."""

    def semantics(self) -> Tensor:
        """Whom the portrait shows, [N, 82]."""
        return self.first + (self.second - self.first) * self.share[:, GROUPS.to(self.share.device)]

    def styles(self, num_ws: int) -> Tensor:
        """What the network is told, [N, num_ws, 82]."""
        groups = [0] * COARSE_END + [1] * (MIDDLE_END - COARSE_END) + [2] * num_ws
        share = self.share[:, groups[:num_ws], None]
        return torch.lerp(scaled(self.first)[:, None], scaled(self.second)[:, None], share)

    def __getitem__(self, rows: Tensor) -> "Recipes":
        return Recipes(self.first[rows], self.second[rows], self.share[rows])

    def empty_copies(self, count: int) -> "Recipes":
        tensors = (self.first, self.second, self.share)
        return Recipes(*(tensor.new_zeros(count, tensor.shape[1]) for tensor in tensors))

    def overwrite(self, rows: Tensor, other: "Recipes") -> None:
        pairs = ((self.first, other.first), (self.second, other.second), (self.share, other.share))
        for mine, theirs in pairs:
            mine[rows] = theirs

    def joined(self, other: "Recipes") -> "Recipes":
        pairs = ((self.first, other.first), (self.second, other.second), (self.share, other.share))
        return Recipes(*(torch.cat(pair) for pair in pairs))


def draw(count: int, generator: torch.Generator) -> Recipes:
    people = _people(2 * count, generator)
    kind = _uniform(generator, count, 1)
    share = torch.where(kind < 0.12, _uniform(generator, count, 1), 0.0).expand(count, 3)
    cut = torch.randint(1, 3, (count, 1), generator=generator, device=generator.device)
    mixed = (torch.arange(3, device=generator.device)[None] >= cut).float()
    return Recipes(people[:count], people[count:], torch.where(kind > 0.85, mixed, share))


def _people(count: int, generator: torch.Generator) -> Tensor:
    identity = _normal(generator, count, len(IDENTITY)).clamp(-LIMIT, LIMIT)
    truncated = _uniform(generator, count, 1) >= 0.3
    psi = torch.where(truncated, 0.35 + 0.5 * _uniform(generator, count, 1), 1.0)
    return torch.cat((identity * psi, _moods(count, generator)), 1)


def _moods(count: int, generator: torch.Generator) -> Tensor:
    """Action units [N, 17]: an emotion, too much of one, a blend of two, single units, or calm; and twitches."""
    kind = _uniform(generator, count, 1)
    one, two = (_some_emotions(count, generator) for _ in range(2))
    clear = one * (0.2 + _uniform(generator, count, 1))
    extreme = one * (3 * _uniform(generator, count, 1) - 1)
    blended = (one * _uniform(generator, count, 1) + two * _uniform(generator, count, 1)) * 0.8
    shape = (count, len(ACTION_UNITS))
    single = (_uniform(generator, *shape) < 0.12) * _uniform(generator, *shape)
    units = torch.zeros(shape, device=generator.device)
    for start, mood in ((0.0, clear), (0.45, extreme), (0.60, blended), (0.70, single)):
        units = torch.where(kind >= start, mood, units)
    units = torch.where(kind >= 0.80, 0.0, units)
    return units + ((_normal(generator, *shape) - 1.3) * 0.3).clamp(0, 0.4)


def _some_emotions(count: int, generator: torch.Generator) -> Tensor:
    choice = torch.randint(0, len(EMOTIONS), (count,), generator=generator, device=generator.device)
    return prototypes().to(generator.device)[choice]


def _uniform(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=generator, device=generator.device)


def _normal(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, device=generator.device)
