"""The shipped files as any user of the library loads them: what sheets and the evaluation look at."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from stylegan2.checkpoint import read_network
from stylegan2.directions import Direction, default_directions_path, read_directions
from stylegan2.latents import truncate, z_from_seed
from stylegan2.network import Network
from stylegan2.networks import Generator

SYNTHESIZED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Faces:
    """A network, ready to run, and its directions by name."""

    network: Network
    generator: Generator
    directions: dict[str, Direction]

    def z(self, seeds: Iterable[int]) -> Tensor:
        """[N, z_dim] float32."""
        rows = [z_from_seed(seed, self.network.mapping.z_dim) for seed in seeds]
        return torch.tensor(np.concatenate(rows), dtype=torch.float32)

    def ws(self, seeds: Iterable[int], psi: float) -> Tensor:
        """[N, num_ws, w_dim], truncated as the service does it."""
        w = self.generator.map(self.z(seeds)).numpy()
        broadcast = np.repeat(w[:, None], self.network.synthesis.num_ws, 1)
        return torch.tensor(truncate(broadcast, self.network.w_avg, psi))

    def offset(self, name: str, strength: float = 1.0) -> Tensor:
        """What a direction adds to ws, [num_ws, w_dim]; emotions go by their own names."""
        direction = self.directions[name]
        return torch.tensor(direction.offset) * (direction.weight * strength)

    def pictures(self, ws: Tensor) -> Tensor:
        """[N, num_ws, w_dim] -> [N, 3, R, R] in [-1, 1]."""
        parts = [self.generator.synthesize(part.float()) for part in torch.split(ws, SYNTHESIZED_AT_ONCE)]
        return torch.cat(parts).clamp(-1, 1)


def load(path: Path) -> Faces:
    network = read_network(path)
    beside = default_directions_path(path)
    found: tuple[Direction, ...] = ()
    if beside is not None:
        found = read_directions(beside, network.synthesis.num_ws, network.mapping.w_dim, network.sha256)
    return Faces(network, Generator.from_network(network), {each.emotion or each.name: each for each in found})
