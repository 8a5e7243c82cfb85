"""Spectacles: two rounded frames, a bridge, temples, and a faint glare."""

import torch

from stylegan2.demo.renderer.head import Head, Landmarks
from stylegan2.demo.renderer.scene import Canvas, Scene
from stylegan2.demo.renderer.shapes import blend, bump, ramp


def paint_glasses(scene: Scene, canvas: Canvas, face: Head, marks: Landmarks) -> None:
    p = scene.p
    worn, shape, dark = p["glasses"], p["glass_shape"], p["glass_dark"]
    below = face.fy - marks.eye_y
    x = ((face.ax - marks.eye_x - 0.012) / (0.160 + 0.004 * shape)).abs().clamp(min=1e-4)
    y = ((below - 0.020) / (0.128 - 0.020 * shape)).abs().clamp(min=1e-4)
    power = 2.2 + 2.6 * shape
    distance = ((x**power + y**power) ** (1 / power) - 1) * 0.14
    ring = scene.inside(distance.abs() - (0.009 + 0.006 * dark))
    bridge = scene.inside((below + 0.025 - 0.02 * bump(face.ax, 0.05)).abs() - 0.009)
    bridge = bridge * scene.inside(face.ax - (marks.eye_x - 0.145))
    temple = scene.inside((below + 0.030).abs() - 0.010) * scene.inside(marks.eye_x + 0.165 - face.ax)
    temple = temple * scene.inside(face.x.abs() - face.half_width * 1.03)
    frame = torch.maximum(torch.maximum(ring, bridge), temple)
    shadow = bump(distance.abs() - 0.004, 0.02) * (face.fy > marks.eye_y) * scene.inside(face.distance) * (1 - frame)
    canvas.darken(0.25 * worn * shadow)
    glare = 0.07 * ramp(-0.4, 0.9, -(face.fx * 0.8 + below * 2.4) * 2.2 + 0.2) * scene.inside(distance)
    canvas.rgb = canvas.rgb + (worn * glare).unsqueeze(1)
    colour = blend(scene.colour(0.40, 0.24, 0.12), scene.colour(0.018, 0.018, 0.022), dark.unsqueeze(1))
    canvas.over(colour * (0.7 + 0.5 * bump(below + 0.10, 0.05)).unsqueeze(1), frame * worn * 0.97)
