"""Everything round the face: background, neck, shoulders and clothes, ears."""

import torch
from torch import Tensor

from stylegan2.demo.renderer.head import Head
from stylegan2.demo.renderer.light import Light
from stylegan2.demo.renderer.scene import Canvas, Scene
from stylegan2.demo.renderer.shapes import bump, hue_wheel, ramp


def background(scene: Scene) -> Tensor:
    """A plain wall, brighter where the light falls, [B, 3, H, W]."""
    p = scene.p
    wall = hue_wheel(p["bg_hue"] * 1.6 + 3.6, 0.42 * p["bg_sat"], 0.10 + 0.62 * p["bg_light"])
    glow = torch.exp(-((scene.x - 0.5 * p["light_x"]) ** 2 + (scene.y + 0.35) ** 2) / 1.1)
    return wall * (0.62 + 0.55 * glow).unsqueeze(1) + 0.03 * (0.5 - 0.5 * scene.y).unsqueeze(1)


def paint_body(scene: Scene, canvas: Canvas, face: Head, light: Light) -> None:
    p = scene.p
    width = 0.245 * (1 + 0.10 * p["neck"]) + 0.03 * p["masc"] + 0.10 * ramp(0.72, 1.05, face.y) ** 2
    width = width + 0.03 * ramp(0.62, 0.3, face.y)
    neck = _paint_neck(scene, canvas, face, light, width)
    _paint_shoulders(scene, canvas, light, width)
    contact = torch.exp(-((face.distance.clamp(min=0) / 0.09) ** 2))
    canvas.darken(0.30 * contact * ramp(0.35, 0.6, face.y) * neck)


def _paint_neck(scene: Scene, canvas: Canvas, face: Head, light: Light, width: Tensor) -> Tensor:
    x = scene.x - 0.35 * (scene.x - face.x)
    across = (x / width).clamp(-1, 1) * 0.85
    lit = light.lamp.shade(across, torch.full_like(across, 0.12), torch.sqrt(1 - across**2))
    under = torch.exp(-((face.distance.clamp(min=0) / 0.16) ** 2))
    tendon = 0.10 * bump(x.abs() - 0.10 - 0.10 * (0.95 - face.y), 0.03) * ramp(0.6, 0.8, face.y)
    rgb = light.skin * lit * ((1 - 0.55 * under) * (1 - tendon)).unsqueeze(1) * scene.colour(1.0, 0.965, 0.95)
    mask = scene.inside(x.abs() - width)
    canvas.over(rgb, mask * ramp(0.2, 0.3, scene.y))
    return mask


def _paint_shoulders(scene: Scene, canvas: Canvas, light: Light, neck_width: Tensor) -> None:
    p = scene.p
    x, y, wide = scene.x, scene.y, scene.x.abs()
    shoulder = 0.845 - 0.03 * p["masc"] + 0.30 * (wide - 0.28).clamp(min=0) ** 1.6 + 0.02 * p["neck"]
    shoulder = shoulder - 0.05 * bump(wide - 0.36, 0.12)
    neckline = (
        shoulder + (0.075 + 0.02 * p["collar"]) * ramp(0.37, 0.12, wide) + 0.13 * p["collar"] * ramp(0.36, 0.0, wide)
    )
    bare = light.skin * light.lamp.shade(0.5 * x, torch.full_like(x, -0.35), torch.full_like(x, 0.8)) * 0.82
    bare = bare * (1 - 0.25 * ramp(0.9, 0.7, y)).unsqueeze(1)
    mask = scene.inside(shoulder - y) * scene.inside(wide - 0.36) * ramp(neck_width - 0.06, neck_width + 0.04, wide)
    canvas.over(bare, mask)
    cloth = hue_wheel(p["cloth_hue"] * 1.7 + 2.0, 0.55 * p["cloth_sat"], 0.05 + 0.55 * p["cloth_light"])
    facing = x / 1.2 * light.lamp.x - 0.35 * light.lamp.y + 0.6 * light.lamp.z
    crumple = 1 - 0.0875 * bump(torch.sin(6 * x + 3 * y), 0.35)
    hem = bump(neckline - y + 0.025, 0.016) * ramp(0.36, 0.30, wide)
    shading = (0.55 + 0.55 * facing) * crumple * (1 - 0.30 * hem) * (1 - 0.35 * bump(y - shoulder, 0.03))
    canvas.over(cloth * shading.unsqueeze(1) * light.lamp.tint, scene.inside((neckline - y) * 0.8))


def paint_ears(scene: Scene, canvas: Canvas, face: Head, light: Light) -> None:
    size = 1 + 0.10 * scene.p["ear"]
    side = torch.sign(face.x)
    x = face.x.abs() - (face.half_width * 0.985 + 0.016)
    y = face.y - 0.015
    turned = (1 - 0.35 * scene.p["yaw"] * side).clamp(0.5, 1.5)
    slanted = x + 0.18 * y
    shape = (slanted / (0.055 * size * turned)) ** 2 + (y / (0.135 * size)) ** 2
    distance = (torch.sqrt(shape + 1e-6) - 1) * 0.055
    hollow = ramp(0.0, -0.03, distance + 0.012) * bump(slanted + 0.005, 0.03)
    lit = light.lamp.shade(side * 0.55, torch.zeros_like(x), torch.full_like(x, 0.8))
    rgb = light.skin * lit * (1 - 0.42 * hollow).unsqueeze(1) * scene.colour(1.03, 0.93, 0.90)
    canvas.over(rgb, scene.inside(distance))
