"""One soft key light and the sky, and how skin takes them."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from stylegan2.demo.renderer.scene import Scene
from stylegan2.demo.renderer.shapes import palette

SKIN = (
    (0.97, 0.83, 0.76),
    (0.93, 0.74, 0.63),
    (0.83, 0.60, 0.46),
    (0.64, 0.42, 0.29),
    (0.40, 0.25, 0.18),
    (0.27, 0.165, 0.125),
)
WRAP = (0.42, 0.30, 0.26)
"""How far light reaches round the edge, per channel: red scatters furthest in skin."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """The key light's direction, [B, 1, 1] each, a unit vector towards it; and its tint [B, 3, 1, 1]."""

    x: Tensor
    y: Tensor
    z: Tensor
    tint: Tensor

    def shade(self, nx: Tensor, ny: Tensor, nz: Tensor) -> Tensor:
        """Light [B, 3, H, W] on a surface with unit normals [B, H, W]."""
        facing = nx * self.x + ny * self.y + nz * self.z
        diffuse = torch.stack([((facing + wrap) / (1 + wrap)).clamp(min=0) ** 1.25 for wrap in WRAP], 1)
        sky = (0.40 * (0.82 - 0.25 * ny)).unsqueeze(1)
        return (0.78 * diffuse + sky) * self.tint


def lamp(scene: Scene) -> Lamp:
    p = scene.p
    x, y, z = 0.62 * p["light_x"], -0.42 - 0.16 * p["light_y"], torch.full_like(p["light_x"], 0.80)
    length = torch.sqrt(x * x + y * y + z * z)
    warm = p["light_warm"]
    tint = torch.cat((1 + 0.035 * warm, torch.ones_like(warm), 1 - 0.05 * warm), 1)[..., None]
    return Lamp(x / length, y / length, z / length, tint)


@dataclass(frozen=True, slots=True)
class Light:
    """The lit face: what its parts need to know of lamp, relief and skin."""

    lamp: Lamp
    skin: Tensor
    """Albedo [B, 3, 1, 1]."""
    fairness: Tensor
    """1 - melanin, [B, 1, 1]."""
    on_face: Tensor
    """Light per channel, [B, 3, H, W]."""
    highlight: Tensor
    """Cosine between normal and half vector, [B, H, W]."""
    nz: Tensor
    occlusion: Tensor
    """Positive in creases, negative on ridges."""


def light_face(scene: Scene, relief: Tensor) -> Light:
    """Normals by finite differences of the relief [B, H, W], then light and occlusion on them."""
    key = lamp(scene)
    gx = F.pad((relief[:, :, 2:] - relief[:, :, :-2]) / (2 * scene.pixel), (1, 1))
    gy = F.pad((relief[:, 2:] - relief[:, :-2]) / (2 * scene.pixel), (0, 0, 1, 1))
    nz = torch.rsqrt(gx * gx + gy * gy + 1)
    nx, ny = -gx * nz, -gy * nz
    half = torch.sqrt(key.x * key.x + key.y * key.y + (key.z + 1) * (key.z + 1))
    highlight = ((nx * key.x + ny * key.y + nz * (key.z + 1)) / half).clamp(0, 1)
    occlusion = ((_box_blur(relief, scene.pixel) - relief) * 14).clamp(-0.35, 0.55)
    return Light(key, _skin(scene), 1 - scene.p["melanin"], key.shade(nx, ny, nz), highlight, nz, occlusion)


def _box_blur(field: Tensor, pixel: float) -> Tensor:
    width = max(3, int(0.045 / pixel) | 1)
    once = F.avg_pool2d(field[:, None], width, 1, width // 2, count_include_pad=False)
    return F.avg_pool2d(once, width, 1, width // 2, count_include_pad=False)[:, 0]


def _skin(scene: Scene) -> Tensor:
    p = scene.p
    shift, red = p["skin_shift"], p["skin_red"]
    tint = torch.cat((1 + 0.03 * shift, 1 + 0.015 * shift - 0.035 * red, 1 - 0.09 * shift - 0.045 * red), 1)
    return palette(p["melanin"], SKIN, gamma=2.2) * tint[..., None]
