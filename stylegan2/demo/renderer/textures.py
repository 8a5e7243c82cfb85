"""Two fixed textures: value noise for skin, hair and beard, and dots for freckles."""

from functools import lru_cache

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

SIZE = 256


@lru_cache(maxsize=8)
def noise(device: torch.device) -> Tensor:
    """Four octaves of smooth noise, [1, 1, 256, 256], standard deviation 1."""
    generator = torch.Generator().manual_seed(5)
    texture = torch.zeros(1, 1, SIZE, SIZE)
    for cells, amplitude in ((8, 1.0), (24, 0.8), (64, 0.6), (160, 0.5)):
        values = torch.randn(1, 1, cells, cells, generator=generator)
        texture = texture + amplitude * F.interpolate(values, size=(SIZE, SIZE), mode="bicubic", align_corners=False)
    return (texture / texture.std()).to(device)


@lru_cache(maxsize=8)
def freckles(device: torch.device) -> Tensor:
    """Soft dots on a low-discrepancy (R2) sequence, [1, 1, 256, 256]; 1 at a dot's centre."""
    i = torch.arange(1, 171, dtype=torch.float64)
    x = ((0.5 + 0.7548776662466927 * i) % 1).float().view(-1, 1, 1)
    y = ((0.5 + 0.5698402909980532 * i) % 1).float().view(-1, 1, 1)
    radius = (0.006 + 0.006 * ((i * 0.618034) % 1).float()).view(-1, 1, 1)
    t = (torch.arange(SIZE) + 0.5) / SIZE
    squared = (t.view(1, 1, -1) - x) ** 2 + (t.view(1, -1, 1) - y) ** 2
    return torch.exp(-squared / radius**2).amax(0)[None, None].to(device)


def sample(texture: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The texture at coordinates [B, H, W] in [-1, 1], mirrored beyond."""
    grid = torch.stack((x, y), -1)
    tiled = texture.expand(x.shape[0], -1, -1, -1)
    return F.grid_sample(tiled, grid, padding_mode="reflection", align_corners=False)[:, 0]
