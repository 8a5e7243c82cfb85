"""Eyes and brows: lids that action units open and narrow, iris, glint, lashes, and two bars of hair above."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from stylegan2.demo.renderer.hair import Hair
from stylegan2.demo.renderer.head import Head, Landmarks
from stylegan2.demo.renderer.light import Light
from stylegan2.demo.renderer.scene import Canvas, Scene
from stylegan2.demo.renderer.shapes import blend, bump, ramp, segment


@dataclass(frozen=True, slots=True)
class Lids:
    along: Tensor
    """-1 at the inner corner, 1 at the outer one."""
    rest: Tensor
    width: Tensor
    axis: Tensor
    upper: Tensor
    lower: Tensor


def lids(scene: Scene, face: Head, marks: Landmarks) -> Lids:
    p = scene.p
    width = 0.119 * (1 + 0.055 * p["eye_size"])
    size = (1 + 0.13 * p["eye_open"]) * (1 + 0.07 * p["eye_size"])
    above = 1 + 0.62 * p["au5"] + 0.10 * p["au1"] * p["au2"] - 0.18 * p["au7"] - 0.26 * p["au9"]
    above = above - 0.10 * p["au4"] - 0.05 * p["au12"] - 0.14 * p["au6"] - 0.10 * p["au15"]
    above = 0.062 * size * above - 0.004 * p["age"]
    below = 1 + 0.10 * p["au5"] - 0.75 * p["au7"] * (1 - 0.4 * p["au5"]) - 0.50 * p["au6"] - 0.45 * p["au9"]
    below = (0.036 * size * below).clamp(min=0.004)
    along = (face.ax - marks.eye_x) / width
    rest = (1 - along * along).clamp(min=0)
    axis = marks.eye_y + (-0.010 - 0.012 * p["eye_tilt"]) * along + 0.006 * p["au1"] * p["au15"] * along
    inner = -0.010 * (p["au1"] * (1 - p["au2"]).clamp(min=0)) * ramp(0.6, -0.8, along)
    upper = axis - above * (rest**0.62) * (1 - 0.10 * along) + inner + 0.009 * p["au4"] * ramp(0.3, -1, along)
    lower = axis + below * (rest**0.70) * (1 + 0.12 * along)
    return Lids(along, rest, width, axis, upper, lower)


def paint_eyes(scene: Scene, canvas: Canvas, face: Head, marks: Landmarks) -> None:
    eye = lids(scene, face, marks)
    on_face = scene.inside(face.distance)
    _paint_lid(scene, canvas, face, eye, on_face)
    opening = scene.inside(eye.upper - face.fy) * scene.inside(face.fy - eye.lower) * ramp(1.02, 0.985, eye.along.abs())
    canvas.over(_eyeball(scene, face, marks, eye), opening * on_face)
    _paint_lashes(scene, canvas, face, eye, on_face)


def _paint_lid(scene: Scene, canvas: Canvas, face: Head, eye: Lids, on_face: Tensor) -> None:
    p = scene.p
    crease_y = eye.upper - (0.022 + 0.012 * p["lid_fold"]) * (eye.rest**0.4) * (1 - 0.45 * p["au5"])
    crease = bump(face.fy - crease_y, 0.0085) * ramp(1.05, 0.75, eye.along.abs())
    area = ramp(0.0, 0.012, face.fy - crease_y) * ramp(0.006, -0.006, face.fy - eye.upper)
    area = area * ramp(1.1, 0.8, eye.along.abs())
    shadow = blend(scene.colour(0.72, 0.52, 0.50), scene.colour(0.42, 0.30, 0.36), p["makeup"].unsqueeze(1))
    canvas.multiply(shadow, area * (0.30 + 0.50 * p["makeup"]) * on_face)
    canvas.multiply(scene.colour(0.40, 0.26, 0.22), crease * (0.20 + 0.45 * p["lid_fold"]) * on_face)


def _eyeball(scene: Scene, face: Head, marks: Landmarks, eye: Lids) -> Tensor:
    p = scene.p
    radius = 0.0575 * (1 + 0.02 * p["eye_size"])
    x = face.ax - marks.eye_x - (0.022 * p["gaze"] + 0.006 * p["yaw"]) * face.side
    y = face.fy - (marks.eye_y - 0.010 - 0.004 * p["au5"])
    rho = torch.sqrt(x**2 + y**2 + 1e-9) / radius
    below_lid = face.fy - eye.upper
    ball = (0.80 + 0.16 * bump(eye.along, 0.7)) * (0.60 + 0.40 * ramp(0.0, 0.045, below_lid))
    sclera = scene.colour(0.83, 0.79, 0.77) * ball.unsqueeze(1)
    sclera = blend(sclera, scene.colour(0.66, 0.30, 0.27), (0.55 * ramp(-0.74, -1.0, eye.along)).unsqueeze(1))
    angle = torch.atan2(y, x)
    fibres = 1 + 0.16 * torch.sin(17 * angle + 2 * torch.sin(5 * angle)) * ramp(0.35, 0.7, rho)
    light = (0.55 + 0.75 * ramp(-0.3, 0.9, y / radius)) * fibres * (1 - 0.62 * ramp(0.72, 1.0, rho))
    light = light + 0.25 * bump(rho - 0.5, 0.15)
    rgb = blend(sclera, _iris_colour(scene) * light.unsqueeze(1), scene.inside((rho - 1) * radius).unsqueeze(1))
    pupil = 1 - 0.95 * scene.inside((rho - 0.42) * radius)
    lid_shadow = 0.35 + 0.65 * ramp(-0.004, 0.026, below_lid)
    rgb = rgb * (pupil * lid_shadow).unsqueeze(1)
    return rgb + (0.85 * _glint(scene, x * face.side, y)).unsqueeze(1)


def _iris_colour(scene: Scene) -> Tensor:
    p = scene.p
    light = (0.5 + 0.5 * p["iris_light"]).unsqueeze(1)
    brown = blend(scene.colour(0.06, 0.026, 0.012), scene.colour(0.25, 0.12, 0.04), light)
    blue = blend(scene.colour(0.10, 0.24, 0.42), scene.colour(0.16, 0.30, 0.17), light)
    return blend(brown, blue, p["iris_hue"].unsqueeze(1))


def _glint(scene: Scene, x: Tensor, y: Tensor) -> Tensor:
    """The lamp's reflection, and a smaller one across the pupil."""
    lean = torch.tanh(3 * scene.p["light_x"])
    x, y = x - 0.022 * lean, y + 0.020
    first = scene.inside(torch.sqrt(x**2 + y**2 + 1e-9) - 0.0135)
    second = scene.inside(torch.sqrt((x + 0.03 * lean) ** 2 + (y - 0.042) ** 2 + 1e-9) - 0.008)
    return first + 0.35 * second


def _paint_lashes(scene: Scene, canvas: Canvas, face: Head, eye: Lids, on_face: Tensor) -> None:
    p = scene.p
    makeup = p["makeup"]
    width = 0.0085 + 0.006 * (1 - p["masc"]) + 0.007 * makeup
    line = ramp(1.0, 0.25, (face.fy - eye.upper + 0.25 * width).abs() / width) * ramp(1.10, 0.97, eye.along.abs())
    tip = (1.16 + 0.12 * makeup, -0.26 - 0.1 * makeup)
    away, _ = segment(eye.along, (face.fy - eye.axis) / eye.width, (0.90, -0.08), tip)
    wing = torch.exp(-((away * eye.width / (0.006 + 0.005 * makeup)) ** 2)) * (1 - p["masc"]) * 0.85
    black = scene.colour(0.035, 0.022, 0.018)
    canvas.over(black, torch.maximum(line * 0.92, wing * (0.35 + 0.65 * makeup)) * on_face)
    rim = bump(face.fy - eye.lower - 0.003, 0.006) * ramp(1.0, 0.8, eye.along.abs())
    canvas.multiply(scene.colour(0.42, 0.24, 0.21), rim * (0.45 + 0.35 * makeup) * on_face)


def paint_brows(scene: Scene, canvas: Canvas, face: Head, marks: Landmarks, light: Light, mane: Hair) -> None:
    p = scene.p
    inner, outer = 0.092 - 0.022 * p["au4"], 0.375
    along = (face.ax - inner) / (outer - inner)
    y = marks.brow_y + _brow_curve(scene, along.clamp(0, 1))
    t = along.clamp(0, 1)
    thickness = (0.021 * (1 + 0.22 * p["brow_thick"])).clamp(min=0.009)
    thickness = thickness * (0.62 + 0.5 * ramp(0, 0.25, t)) * (1 - 0.62 * ramp(0.45, 1.0, t))
    mask = ramp(0.011, -0.011, (face.fy - y).abs() - thickness) * ramp(-0.06, 0.06, along) * ramp(1.03, 0.95, along)
    hairs = 0.90 + 0.10 * torch.sin(110 * (face.ax * 0.9 + (face.fy - y) * (1.4 - 2.2 * t)))
    darkness = (0.50 + 0.25 * p["brow_dark"].clamp(-1.5, 1.5)).unsqueeze(1)
    colour = blend(mane.base, scene.colour(0.02, 0.014, 0.010), darkness)
    density = (0.86 + 0.06 * p["brow_thick"]).clamp(0.6, 0.97)
    canvas.over(colour * (0.6 + 0.4 * light.on_face), mask * hairs * density * scene.inside(face.distance))


def _brow_curve(scene: Scene, t: Tensor) -> Tensor:
    """Height of the brow's middle over its resting line, t 0 at the nose, 1 at the temple."""
    p = scene.p
    shape = -(0.030 + 0.012 * p["brow_arch"]) * torch.sin(math.pi * (t**1.25))
    shape = shape + (-0.008 - 0.010 * p["brow_tilt"]) * (t - 0.5) + 0.030 * ramp(0.62, 1, t)
    return (
        shape
        - 0.072 * p["au1"] * (1 - t) ** 1.3
        - 0.060 * p["au2"] * ramp(0.1, 0.75, t)
        + p["au4"] * (0.066 * (1 - t) ** 1.1 + 0.020 - 0.020 * t * t)
        + 0.030 * p["au9"] * (1 - 0.5 * t)
        - 0.016 * p["au5"] * p["au2"]
        + 0.008 * p["au6"]
    )
