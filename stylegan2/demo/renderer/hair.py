"""Hair: a cap over the skull, curtains beside the face, strands and sheen; drawn behind and before the face."""

from dataclasses import dataclass

import torch
from torch import Tensor

from stylegan2.demo.renderer import textures
from stylegan2.demo.renderer.head import Head
from stylegan2.demo.renderer.light import Lamp
from stylegan2.demo.renderer.scene import Canvas, Scene
from stylegan2.demo.renderer.shapes import blend, bump, palette, ramp

COLOURS = (
    (0.045, 0.038, 0.040),
    (0.13, 0.085, 0.06),
    (0.27, 0.165, 0.10),
    (0.46, 0.30, 0.165),
    (0.74, 0.56, 0.33),
    (0.88, 0.75, 0.52),
)


@dataclass(frozen=True, slots=True)
class Hair:
    base: Tensor
    """Colour without light, [B, 3, 1, 1]; brows and beard take it too."""
    rgb: Tensor
    """[B, 3, H, W]"""
    distance: Tensor
    """Signed distance to the silhouette."""
    strand: Tensor
    hanging: Tensor
    """0 short .. 1 long, [B, 1, 1]."""
    keep: Tensor
    """0 bald .. 1 not."""
    taper: Tensor
    """Short back and sides."""
    ends: Tensor
    """y where long hair ends, [B, 1, 1]."""


def hair_colour(scene: Scene) -> Tensor:
    p = scene.p
    base = palette(p["hair_light"].clamp(0, 1), COLOURS, gamma=2.0)
    red = scene.colour(0.34, 0.085, 0.028) * (0.35 + 1.1 * p["hair_light"].unsqueeze(1))
    base = blend(base, red, (0.85 * p["hair_red"]).unsqueeze(1))
    return blend(base, scene.colour(0.52, 0.51, 0.505), (0.92 * p["grey"]).unsqueeze(1))


def hair(scene: Scene, face: Head, light: Lamp) -> Hair:
    p = scene.p
    length, volume, curl = p["hair_len"], p["hair_vol"], p["curl"]
    hanging = ramp(0.35, 0.75, length)
    frizzy = ramp(0.45, 0.9, curl)
    keep = 1 - ramp(0.1, 0.75, p["bald"])
    taper = p["masc"] * ramp(0.46, 0.30, length) * (1 - frizzy) * ramp(0.75, 0.25, volume)
    ends = blend(torch.full_like(length, 0.42), torch.full_like(length, 1.25), ramp(0.40, 0.92, length))
    top = ramp(0.15, -0.75, face.upright)
    cap = _cap(scene, face, _Cut(hanging, frizzy, keep, taper, top))
    width = _curtain_width(scene, face, hanging, ends)
    distance = _smooth_union(_curtain(face, length, width, ends), face.radius - cap, 0.12)
    strand, sheen = _strands(scene, face, frizzy)
    normal_x = face.x / (width + 0.05) * 0.95
    normal_y = -0.75 * top * (face.radius / cap).clamp(max=1) ** 2
    normal_z = torch.sqrt((1 - normal_x**2 - normal_y**2).clamp(min=0.05))
    facing = normal_x * light.x + normal_y * light.y + normal_z * light.z
    luminance = (0.35 + 0.75 * facing.clamp(min=-0.2)) * (1 + (0.22 + 0.12 * curl) * strand)
    base = hair_colour(scene)
    rgb = base * luminance.unsqueeze(1) * light.tint + (base * 0.85 + 0.012) * (sheen * 0.80).unsqueeze(1)
    return Hair(base, rgb, distance, strand, hanging, keep, taper, ends)


@dataclass(frozen=True, slots=True)
class _Cut:
    hanging: Tensor
    frizzy: Tensor
    keep: Tensor
    taper: Tensor
    top: Tensor


def _cap(scene: Scene, face: Head, cut: _Cut) -> Tensor:
    """Outer radius of the hair on the skull."""
    p = scene.p
    volume, curl, up = p["hair_vol"], p["curl"], face.upright
    grain = textures.sample(textures.noise(face.x.device), face.x * 0.8, face.y * 0.8)
    edge = 0.012 * (0.12 + 2.4 * curl) * (torch.sin(17 * face.angle + 5 * p["hair_part"]) * 0.5 + 0.5 * grain)
    crown = 0.018 * (1 - cut.taper * ramp(-0.6, -0.1, up))
    crown = crown + (0.035 + 0.10 * volume + 0.10 * cut.frizzy * volume) * cut.keep
    sides = 0.012 + 0.030 * volume + 0.11 * cut.frizzy * volume + 0.035 * cut.hanging
    sides = (1 - 0.9 * cut.taper * ramp(-0.75, -0.25, up)) * sides * ramp(-0.95, -0.2, up) * (0.4 + 0.6 * cut.keep)
    rough = edge * (0.35 + 0.65 * cut.top) * cut.keep
    return face.outline + crown * cut.top + sides + rough - 0.10 * ramp(0.10, 0.55, up)


def _curtain_width(scene: Scene, face: Head, hanging: Tensor, ends: Tensor) -> Tensor:
    p = scene.p
    volume, curl, y = p["hair_vol"], p["curl"], face.y
    waves = 0.012 * torch.sin(9 * y + 2.0 * face.side + 3 * p["hair_part"]) * (0.4 + 1.6 * curl)
    return (
        face.half_width
        + 0.055
        + 0.06 * volume * hanging
        + 0.07 * curl * hanging
        + (0.05 + 0.05 * volume) * ramp(-0.3, 0.7, y)
        - 0.10 * ramp(0.55, 1.1, y) * (1 - 0.6 * curl)
        - 0.11 * ramp(ends - 0.40, ends, y)
        + waves
    )


def _curtain(face: Head, length: Tensor, width: Tensor, ends: Tensor) -> Tensor:
    """Signed distance to the hair that hangs beside the face; far outside for short hair."""
    tips = ends - 0.35 * (face.x.abs() - 0.3) ** 2 + 0.02 * torch.sin(30 * face.x)
    distance = torch.maximum(face.x.abs() - width, face.y - tips)
    return torch.maximum(distance, -0.18 - face.y) + (1 - ramp(0.36, 0.5, length)) * 0.5


def _smooth_union(a: Tensor, b: Tensor, width: float) -> Tensor:
    share = (0.5 + 0.5 * (a - b) / width).clamp(0, 1)
    return a + (b - a) * share - width * share * (1 - share) * 0.55


def _strands(scene: Scene, face: Head, frizzy: Tensor) -> tuple[Tensor, Tensor]:
    """Light and dark strands about 0, and where they shine."""
    p = scene.p
    curl, x, y = p["curl"], face.x, face.y
    centre = 0.16 * p["hair_part"]
    around = torch.atan2(x - centre, (y + 0.84) + 0.25)
    hang = ramp(-0.25, 0.35, y)
    ripple = torch.sin((7 + 6 * curl) * y + 3.0 * x * face.side + p["hair_part"])
    s = blend(around * 0.75, x * 1.1, hang) + 0.030 * (0.25 + 1.6 * curl) * ripple
    strand = (
        0.45 * torch.sin(38 * s + 2 * torch.sin(11 * s)) + 0.35 * torch.sin(83 * s + 1.3) + 0.2 * torch.sin(23 * s - 1)
    )
    frizz = textures.sample(
        textures.noise(x.device), x * 2.1 + 0.15 * torch.sin(21 * y), y * 2.1 + 0.15 * torch.sin(19 * x)
    )
    strand = blend(strand, frizz * 0.75, 0.75 * frizzy)
    from_centre = torch.sqrt((x - centre) ** 2 + (y + 0.62) ** 2 * 1.3)
    straight = 1 - 0.7 * frizzy
    sheen = bump(from_centre - 0.36 - 0.04 * strand, 0.085) * straight * ramp(0.4, -0.2, y)
    return strand, sheen + 0.35 * bump(y - 0.35 - 0.05 * strand, 0.16) * hang * straight


def paint_back_hair(scene: Scene, canvas: Canvas, mane: Hair) -> None:
    p = scene.p
    behind = scene.inside(mane.distance) * ramp(0.34, 0.46, p["hair_len"]) * (1 - ramp(0.2, 0.6, p["bald"]))
    canvas.over(mane.rgb * 0.42, behind)


def paint_front_hair(scene: Scene, canvas: Canvas, face: Head, mane: Hair) -> None:
    p = scene.p
    y = face.y
    on_face = scene.inside(face.distance)
    opening = _opening(scene, face, mane)
    volume_cut = -0.03 + 0.03 * p["hair_vol"]
    cut = blend(volume_cut, mane.ends + 0.06, ramp(0.36, 0.46, p["hair_len"]))
    front = (
        scene.inside(mane.distance) * ramp(-0.016, 0.020, opening + 0.010 * mane.strand) * ramp(0.05, -0.03, y - cut)
    )
    front = front * (1 - 0.70 * mane.taper * ramp(-0.30, -0.06, y) * on_face) * (1 - ramp(0.45, 0.60, p["bald"]))
    shadow = bump(opening.clamp(max=0), 0.05) * on_face * (1 - front)
    canvas.darken(0.40 * shadow * ramp(0.35, 0.0, y) * (0.35 + 0.65 * mane.keep))
    depth = 1 - 0.35 * bump(opening.clamp(min=0), 0.035) * ramp(-0.30, 0.2, y)
    canvas.over(mane.rgb * depth.unsqueeze(1), front)


def _opening(scene: Scene, face: Head, mane: Hair) -> Tensor:
    """Signed distance to the hair's inner edge round the face: hairline above, curtains beside."""
    p = scene.p
    x, y = face.x, face.y
    hairline = -0.475 - 0.045 * p["hairline"] - 0.35 * p["bald"]
    width = face.half_width * (0.955 - 0.05 * mane.hanging)
    fringe = p["fringe"] * mane.keep
    sweep = 1 - 0.95 * bump(x - 0.22 * p["hair_part"], 0.13 + 0.05 * (1 - p["fringe"]))
    jagged = 0.008 * torch.sin(31 * x + 5 * p["hair_part"] + 9 * (y - hairline) * p["hair_part"]) + 0.005 * torch.sin(
        73 * x
    )
    top = hairline + fringe * (0.235 * sweep + 0.02) + jagged * (0.3 + fringe)
    temples = 0.03 * p["hairline"].clamp(min=0) * bump(x.abs() - 0.22, 0.12)
    peak = 0.030 * bump(x, 0.08) * p["masc"] * mane.keep - temples
    above = (torch.sqrt((x / width) ** 2 + ((y - 0.10) / (0.10 - top - peak)) ** 2 + 1e-6) - 1) * 0.42
    drape = 0.10 * mane.hanging * ramp(0.1, 0.5, y) * (1 - 0.5 * p["curl"])
    waves = 0.012 * torch.sin(12 * y + 2 * face.side) * p["curl"]
    beside = x.abs() - width - 0.02 * ramp(0.1, 0.5, y) * (1 - mane.hanging) + 0.25 * drape + waves
    return torch.where(y < 0.10, above, beside)
