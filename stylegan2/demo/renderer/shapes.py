"""The small vocabulary of soft shapes that every part of the portrait is drawn with.

All functions work on broadcastable tensors; fields are [B, H, W] on an image plane of [-1, 1].
"""

import math
from functools import lru_cache

import torch
from torch import Tensor


def bump(x: Tensor, width: Tensor | float) -> Tensor:
    """A gaussian bump: 1 at 0, 1/e at one width."""
    return torch.exp(-((x / width) ** 2))


def ramp(start: Tensor | float, end: Tensor | float, x: Tensor) -> Tensor:
    """Smoothstep: 0 at start, 1 at end, in either order."""
    t = ((x - start) / (end - start)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def blend(a: Tensor, b: Tensor, share: Tensor | float) -> Tensor:
    """a where share is 0, b where it is 1."""
    return a + (b - a) * share


def between(a: float, b: float, share: Tensor) -> Tensor:
    return a + (b - a) * share


def segment(
    x: Tensor, y: Tensor, start: tuple[Tensor | float, Tensor | float], end: tuple[Tensor | float, Tensor | float]
) -> tuple[Tensor, Tensor]:
    """Distance to a line segment, and where along it (0..1) the nearest point lies."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    t = (((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy)).clamp(0, 1)
    return torch.sqrt((x - start[0] - t * dx) ** 2 + (y - start[1] - t * dy) ** 2 + 1e-9), t


@lru_cache(maxsize=256)
def colour(red: float, green: float, blue: float, device: torch.device) -> Tensor:
    """A constant colour [1, 3, 1, 1]; cached, so that a GPU sees each copied once."""
    return torch.tensor((red, green, blue), device=device).view(1, 3, 1, 1)


def palette(t: Tensor, colours: tuple[tuple[float, float, float], ...], gamma: float) -> Tensor:
    """Piecewise linear look-up, t [B, 1, 1] in 0..1, sRGB-like colours raised to gamma: [B, 3, 1, 1]."""
    last = len(colours) - 1
    weights = [(1 - (t * last - i).abs()).clamp(min=0).unsqueeze(1) for i in range(last + 1)]
    linear = [colour(r**gamma, g**gamma, b**gamma, t.device) for r, g, b in colours]
    return torch.stack([w * c for w, c in zip(weights, linear, strict=True)]).sum(0)


def hue_wheel(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """A smooth colour wheel, hue in radians: [B, 1, 1] each -> [B, 3, 1, 1]."""
    channels = torch.stack([0.5 + 0.5 * torch.cos(hue - k * 2 * math.pi / 3) for k in range(3)], 1)
    return value.unsqueeze(1) * (1 - saturation.unsqueeze(1) * (1 - channels))
