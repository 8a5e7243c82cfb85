"""What every part of the portrait is drawn from and onto: parameters, pixel coordinates, and a canvas."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from stylegan2.demo.renderer.shapes import colour, ramp


@dataclass(frozen=True, slots=True)
class Scene:
    """One batch of portraits to draw. Image plane: x right, y down, both in [-1, 1]; eyes near y = -0.06."""

    p: Mapping[str, Tensor]
    """Renderer parameters and action units, name -> [B, 1, 1]."""
    x: Tensor
    """[B, H, W]"""
    y: Tensor
    pixel: float
    """Width of a pixel on the image plane."""
    edge: float
    """Width of an anti-aliased edge: about one output pixel."""

    def inside(self, distance: Tensor) -> Tensor:
        """Anti-aliased mask of a signed distance: 1 inside (negative), 0 outside."""
        return ramp(0.5 * self.edge, -0.5 * self.edge, distance)

    def colour(self, red: float, green: float, blue: float) -> Tensor:
        return colour(red, green, blue, self.x.device)


def scene(parameters: Mapping[str, Tensor], size: int, supersampling: int) -> Scene:
    p = {name: value.float().view(-1, 1, 1) for name, value in parameters.items()}
    some = next(iter(p.values()))
    side = size * supersampling
    pixel = 2.0 / side
    t = (torch.arange(side, device=some.device, dtype=torch.float32) + 0.5) * pixel - 1
    batch = some.shape[0]
    x = t.view(1, 1, side).expand(batch, side, side)
    y = t.view(1, side, 1).expand(batch, side, side)
    return Scene(p, x, y, pixel, max(pixel, 2.0 / size * 0.75))


class Canvas:
    """An RGB picture in linear light, [B, 3, H, W], that shapes are composed over."""

    def __init__(self, rgb: Tensor) -> None:
        self.rgb = rgb

    def over(self, rgb: Tensor, alpha: Tensor) -> None:
        self.rgb = self.rgb + (rgb - self.rgb) * alpha.unsqueeze(1)

    def darken(self, amount: Tensor) -> None:
        self.rgb = self.rgb * (1 - amount.clamp(0, 1)).unsqueeze(1)

    def multiply(self, rgb: Tensor, alpha: Tensor) -> None:
        self.rgb = self.rgb * (1 - (1 - rgb) * alpha.unsqueeze(1))
