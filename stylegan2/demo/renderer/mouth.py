"""The mouth: four curves that the action units bend, then lips, teeth and tongue between them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from stylegan2.demo.renderer.head import Head, Landmarks
from stylegan2.demo.renderer.light import Light
from stylegan2.demo.renderer.scene import Canvas, Scene
from stylegan2.demo.renderer.shapes import between, blend, bump, ramp


@dataclass(frozen=True, slots=True)
class Mouth:
    """Heights of the lips' edges along x, [B, H, W], and what they were made from."""

    along: Tensor
    """-1 at the left corner, 1 at the right one."""
    rest: Tensor
    """1 - along^2, not below 0."""
    envelope: Tensor
    corner: Tensor
    """How far the corners sit below the middle, [B, 1, 1]."""
    line: Tensor
    """Where the closed lips meet."""
    press: Tensor
    gap_up: Tensor
    gap_down: Tensor
    upper_outer: Tensor
    upper_inner: Tensor
    lower_inner: Tensor
    lower_outer: Tensor


def mouth(scene: Scene, face: Head, marks: Landmarks) -> Mouth:
    p = scene.p
    smile, stretch, raised = p["au12"], p["au20"], p["au10"]
    along = face.fx / marks.mouth_width
    rest = (1 - along * along).clamp(min=0)
    envelope = rest**0.75
    corner = (
        -0.092 * smile
        + 0.052 * p["au15"]
        + 0.022 * stretch
        + 0.006 * p["au9"]
        + 0.52 * face.jaw_drop * (1 - 0.8 * smile.clamp(0, 1))
        - 0.013
        + 0.012 * p["age"]
    )
    line = (
        marks.mouth_y
        + corner * along * along * (0.55 + 0.45 * along.abs())
        - 0.018 * p["au17"] * bump(along, 0.6)
        + 0.006 * bump(along, 0.25)
        - 0.05 * smile * 0.12
    )
    press = (1 - 0.45 * p["au23"] - 0.45 * p["au24"]).clamp(0.25, 1)
    thin = press * (1 - 0.22 * smile - 0.25 * stretch)
    upper = (0.034 * (1 + 0.24 * p["lip_up"])).clamp(min=0.012) * thin * (1 + 0.15 * raised)
    lower = (0.052 * (1 + 0.22 * p["lip_low"])).clamp(min=0.018) * thin * (1 + 0.25 * p["au17"])
    gap_up, gap_down = _gaps(scene, face)
    opening = rest ** between(0.75, 0.42, (0.8 * stretch + 0.5 * raised + 0.35 * smile).clamp(0, 1))
    upper_inner = line - gap_up * opening
    lower_inner = line + gap_down * opening
    bow = 1 - 0.30 * bump(along, 0.13) + 0.16 * bump(along.abs() - 0.27, 0.17)
    upper_outer = upper_inner - upper * envelope * bow
    lower_outer = lower_inner + lower * (rest**0.62) * (1 - 0.05 * bump(along, 0.1))
    return Mouth(
        along, rest, envelope, corner, line, press, gap_up, gap_down, upper_outer, upper_inner, lower_inner, lower_outer
    )


def _gaps(scene: Scene, face: Head) -> tuple[Tensor, Tensor]:
    """How far the lips part, above and below their line."""
    p = scene.p
    up = 0.030 * p["au25"] * p["au12"] + 0.008 * p["au25"] + 0.045 * p["au10"] + 0.016 * p["au9"] + 0.018 * p["au26"]
    down = (
        0.010 * p["au25"]
        + 0.062 * p["au25"] * p["au12"]
        + 1.20 * face.jaw_drop * (p["au26"] > 0)
        + 0.030 * p["au16"]
        + 0.018 * p["au20"]
    )
    return up * (1 - 0.75 * p["au24"]).clamp(0, 1), down * (1 - 0.8 * p["au24"]).clamp(0, 1)


def paint_mouth(scene: Scene, canvas: Canvas, face: Head, marks: Landmarks, lips: Mouth, light: Light) -> None:
    within = ramp(1.0, 0.985, lips.along.abs())
    mask = scene.inside(lips.upper_outer - face.fy) * scene.inside(face.fy - lips.lower_outer) * within
    canvas.over(_lip_colour(scene, face, lips, light), mask * between(0.80, 0.95, scene.p["makeup"]))
    _paint_seam(scene, canvas, face, marks, lips)
    gap = lips.lower_inner - lips.upper_inner
    opening = (
        scene.inside(lips.upper_inner - face.fy)
        * scene.inside(face.fy - lips.lower_inner)
        * within
        * ramp(0.004, 0.014, gap)
    )
    canvas.over(_inside_colour(scene, face, marks, lips), opening)


def _lip_colour(scene: Scene, face: Head, lips: Mouth, light: Light) -> Tensor:
    p = scene.p
    rouge = blend(
        scene.colour(0.50, 0.145, 0.125), scene.colour(0.40, 0.06, 0.10), (0.5 + 0.5 * p["lip_hue"]).unsqueeze(1)
    )
    natural = light.skin * blend(scene.colour(0.80, 0.44, 0.45), scene.colour(0.80, 0.55, 0.54), p["masc"].unsqueeze(1))
    painted = (0.10 + 0.25 * (1 - p["masc"]) + 0.50 * p["makeup"]).unsqueeze(1)
    colour = blend(natural, rouge * (0.35 + 0.65 * light.fairness).unsqueeze(1), painted)
    down = ((face.fy - lips.lower_inner) / (lips.lower_outer - lips.lower_inner).clamp(min=1e-3)).clamp(0, 1)
    is_upper = face.fy < 0.5 * (lips.upper_inner + lips.lower_inner)
    luminance = torch.where(is_upper, torch.full_like(down, 0.70), 0.80 + 0.42 * bump(down - 0.36, 0.28) - 0.22 * down)
    creases = 1 + 0.035 * torch.sin(95 * face.fx + 4 * torch.sin(13 * face.fx))
    shine = 0.09 * (0.5 + 0.9 * p["makeup"]) * bump(down - 0.36, 0.14) * bump(lips.along - 0.25 * p["light_x"], 0.38)
    shaded = colour * (luminance * creases).unsqueeze(1) * (0.45 + 0.62 * light.on_face)
    return shaded + (shine * (face.fy > lips.lower_inner)).unsqueeze(1)


def _paint_seam(scene: Scene, canvas: Canvas, face: Head, marks: Landmarks, lips: Mouth) -> None:
    """The dark line between closed lips, and the dimples at the corners."""
    closed = 1 - ramp(0.004, 0.02, lips.gap_up + lips.gap_down)
    seam = bump(face.fy - lips.line, 0.009 + 0.003 * lips.envelope) * ramp(1.06, 0.90, lips.along.abs()) * closed
    canvas.multiply(scene.colour(0.30, 0.13, 0.12), 0.80 * seam)
    to_corner = torch.sqrt((face.ax - marks.mouth_width) ** 2 + (face.fy - marks.mouth_y - lips.corner) ** 2 + 1e-8)
    dimple = 0.60 * torch.exp(-((to_corner / 0.017) ** 2)) * scene.inside(face.distance)
    canvas.multiply(scene.colour(0.45, 0.28, 0.25), dimple)


def _inside_colour(scene: Scene, face: Head, marks: Landmarks, lips: Mouth) -> Tensor:
    """Teeth above, tongue below, dark between."""
    p = scene.p
    gap = lips.lower_inner - lips.upper_inner
    depth = ((face.fy - lips.upper_inner) / gap.clamp(min=1e-3)).clamp(0, 1)
    inside = scene.colour(0.085, 0.014, 0.014).expand(depth.shape[0], 3, *depth.shape[1:])
    tongue = ramp(0.045, 0.10, gap) * bump(face.ax, marks.mouth_width * 0.62) * ramp(0.55, 0.95, depth)
    red = scene.colour(0.36, 0.10, 0.09) * (0.7 + 0.3 * depth).unsqueeze(1)
    inside = blend(inside, red, (0.9 * tongue).unsqueeze(1))
    length = 0.052 * (0.35 + 0.65 * (p["au12"] + 0.5 * p["au20"] + 0.4 * p["au10"]).clamp(0, 1))
    square = lips.along * lips.along
    upper_end = lips.line - lips.gap_up * (1 - 0.85 * square).clamp(min=0) + length * (1 - 0.45 * square)
    upper = scene.inside(face.fy - upper_end)
    gaps = bump(((face.fx / 0.043 + 0.5) % 1) - 0.5, 0.07) * (1 - 0.6 * ramp(0.0, 0.12, face.ax))
    brightness = (
        (0.95 - 0.55 * square) * (1 - 0.18 * gaps) * (0.55 + 0.45 * ramp(0.0, 0.03, face.fy - lips.upper_inner))
    )
    teeth = scene.colour(0.86, 0.82, 0.75) * brightness.unsqueeze(1)
    inside = blend(inside, teeth, upper.unsqueeze(1))
    lower_end = lips.lower_inner - 0.030 * (1 - 0.5 * square) * (p["au16"] + 0.7 * p["au20"]).clamp(0, 1)
    lower = scene.inside(lower_end - face.fy) * (1 - upper)
    return blend(inside, teeth * 0.80, lower.unsqueeze(1))
