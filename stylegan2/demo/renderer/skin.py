"""The face's surface: albedo with blush and freckles, gloss, the nose's shadow, nostrils, beard."""

import torch
from torch import Tensor

from stylegan2.demo.renderer import textures
from stylegan2.demo.renderer.hair import Hair
from stylegan2.demo.renderer.head import Head, Landmarks
from stylegan2.demo.renderer.light import Light
from stylegan2.demo.renderer.mouth import Mouth
from stylegan2.demo.renderer.scene import Canvas, Scene
from stylegan2.demo.renderer.shapes import bump, ramp, segment


def paint_face(scene: Scene, canvas: Canvas, face: Head, marks: Landmarks, light: Light) -> None:
    p = scene.p
    shaded = 1 - light.occlusion.clamp(min=0) - 0.30 * light.occlusion.clamp(max=0)
    rgb = _albedo(scene, face, marks, light) * light.on_face * shaded.unsqueeze(1)
    gloss = 0.10 * (0.5 + 0.8 * bump(face.ax, 0.12)) * light.highlight**26 + 0.05 * light.highlight**7
    rgb = rgb + (gloss * (1.1 - 0.45 * light.fairness)).unsqueeze(1) * light.lamp.tint
    rgb = rgb * (1 - 0.25 * (1 - light.nz).clamp(0, 1) ** 3).unsqueeze(1)
    shadow = bump(face.fx + 0.105 * p["light_x"], 0.075) * bump(face.fy - marks.nose_tip - 0.085, 0.040) * 0.26
    rgb = rgb * (1 - shadow.unsqueeze(1) * scene.colour(0.75, 0.95, 1.0))
    canvas.over(rgb, scene.inside(face.distance))
    _paint_nostrils(scene, canvas, face, marks)


def _albedo(scene: Scene, face: Head, marks: Landmarks, light: Light) -> Tensor:
    p = scene.p
    x, y = face.fx, face.fy
    jaw_y = y - 0.9 * face.jaw_drop * ramp(0.36, 0.6, y)
    blush = (
        bump(face.ax - 0.29, 0.13) * bump(y - 0.15, 0.10) * (0.55 + 0.35 * p["makeup"])
        + 0.45 * bump(face.ax, 0.10) * bump(y - marks.nose_tip, 0.08)
        + 0.20 * bump(jaw_y - marks.chin_y, 0.08) * bump(face.ax, 0.12)
    )
    blush = blush * (0.30 + 0.70 * light.fairness) * (1 + 0.35 * p["skin_red"])
    albedo = light.skin * (1 - blush.unsqueeze(1) * scene.colour(0.03, 0.26, 0.24))
    grain = textures.sample(textures.noise(x.device), x, y)
    albedo = albedo * (1 + 0.018 * grain).unsqueeze(1)
    socket = bump(face.ax - marks.eye_x, 0.13) * bump(y - marks.eye_y - 0.03, 0.075) * (0.10 + 0.10 * p["age"])
    albedo = albedo * (1 - socket.unsqueeze(1) * scene.colour(0.7, 1.0, 0.85))
    dots = textures.sample(textures.freckles(x.device), x * 1.1, (y - 0.1) * 1.1)
    dots = dots * bump(y - 0.08, 0.17) * ramp(0.46, 0.30, face.ax) * p["freckle"] * 0.62
    return albedo * (1 - dots.unsqueeze(1) * scene.colour(0.55, 0.85, 1.0))


def _paint_nostrils(scene: Scene, canvas: Canvas, face: Head, marks: Landmarks) -> None:
    across = (face.ax - 0.46 * marks.nose_width) / 0.030
    slant = 0.25 * (face.ax - 0.4 * marks.nose_width) + 0.012 * scene.p["au9"]
    down = (face.fy - marks.nose_tip - 0.047 + slant) / 0.0125
    distance = torch.sqrt(across**2 + down**2 + 1e-6)
    canvas.multiply(scene.colour(0.22, 0.10, 0.09), 0.85 * ramp(1.35, 0.45, distance) * scene.inside(face.distance))


def paint_beard(
    scene: Scene, canvas: Canvas, face: Head, marks: Landmarks, lips: Mouth, light: Light, mane: Hair
) -> None:
    p = scene.p
    x, y = face.fx, face.fy
    jaw_y = y - 0.9 * face.jaw_drop * ramp(0.36, 0.6, y)
    share = face.radius / face.outline
    jaw = ramp(0.52, 0.86, share) * ramp(-0.02, 0.22, y) + 0.9 * bump(face.ax, 0.17) * ramp(
        0.07, 0.11, jaw_y - marks.mouth_y
    )
    around_mouth = bump(y - marks.mouth_y, 0.08) * bump(face.ax, marks.mouth_width * 0.8)
    jaw = jaw.clamp(0, 1) * ramp(0.0, 0.14, y) * (1 - around_mouth)
    middle = 0.5 * (marks.nose_tip + 0.075 + lips.upper_outer)
    moustache = bump((y - middle) - 0.35 * (face.ax - 0.05).clamp(min=0) ** 1.3, 0.030)
    moustache = moustache * ramp(marks.mouth_width + 0.07, marks.mouth_width - 0.03, face.ax)
    away, _ = segment(
        face.ax,
        jaw_y,
        (marks.mouth_width + 0.012, marks.mouth_y - 0.01),
        (marks.mouth_width + 0.03, marks.mouth_y + 0.14),
    )
    moustache = moustache + 0.9 * torch.exp(-((away / 0.028) ** 2)) * p["beard"]
    grain = 0.84 + 0.16 * textures.sample(textures.noise(x.device), x * 3.1, y * 1.9)
    cover = (jaw * p["beard"] * 1.15 + moustache * torch.maximum(p["moustache"], p["beard"] * 0.9) * 1.1).clamp(0, 1)
    cover = (cover * grain * 1.12).clamp(0, 0.96) * ramp(0.012, -0.012, face.distance)
    stubble = (jaw + moustache).clamp(0, 1) * p["masc"] * (0.10 + 0.12 * (1 - p["hair_light"])) * light.fairness
    canvas.multiply(scene.colour(0.55, 0.56, 0.60), stubble * scene.inside(face.distance))
    lit = (light.on_face.mean(1) * (0.75 + 0.30 * grain)).unsqueeze(1)
    canvas.over((mane.base * 0.85 + 0.004) * lit, cover)
