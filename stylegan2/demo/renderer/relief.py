"""The face as a height field [B, H, W]: a dome plus bumps and creases, which the light then reads.

Action units move it too: cheeks rise with a smile, the nose wrinkles in disgust, the brow knits in anger.
"""

import torch
from torch import Tensor

from stylegan2.demo.renderer.head import Head, Landmarks
from stylegan2.demo.renderer.mouth import Mouth
from stylegan2.demo.renderer.scene import Scene
from stylegan2.demo.renderer.shapes import bump, ramp, segment


def relief(scene: Scene, face: Head, marks: Landmarks, lips: Mouth) -> Tensor:
    height = 0.40 * face.dome + _sockets(scene, face, marks) + _nose(scene, face, marks) + _cheeks(scene, face)
    return (
        height
        + _folds(scene, face, marks, lips)
        + _forehead(scene, face, marks)
        + _wrinkles_of_nose_and_eyes(scene, face, marks)
        + _lips_and_chin(scene, face, marks, lips)
    )


def nostril_y(scene: Scene, marks: Landmarks) -> Tensor:
    return marks.nose_tip + 0.020 - 0.016 * scene.p["au9"] - 0.010 * scene.p["au10"]


def _sockets(scene: Scene, face: Head, marks: Landmarks) -> Tensor:
    p = scene.p
    socket = -0.050 * bump(face.ax - marks.eye_x * 0.93, 0.145) * bump(face.fy - marks.eye_y + 0.015, 0.085)
    ridge = (0.012 + 0.014 * p["masc"]) * bump(face.ax - 0.20, 0.17) * bump(face.fy - marks.brow_y - 0.03, 0.05)
    return socket + ridge * (1 + 0.5 * p["au4"])


def _nose(scene: Scene, face: Head, marks: Landmarks) -> Tensor:
    p = scene.p
    root = -0.15
    down = (face.fy - root) / (marks.nose_tip - root)
    slope = down.clamp(0, 1)
    ridge = (0.020 + 0.006 * p["nose_bridge"] + 0.062 * slope**1.3) * ramp(-0.15, 0.25, down) * ramp(1.26, 0.98, down)
    ridge = ridge * bump(face.ax, 0.040 + 0.022 * slope + 0.006 * p["nose_w"])
    ball = 0.050 * bump(face.ax, 0.060 * (1 + 0.1 * p["nose_w"]))
    ball = ball * bump(face.fy - marks.nose_tip + 0.006 * p["nose_tip"], 0.050)
    wing_y, wing_x = nostril_y(scene, marks), 0.82 * marks.nose_width
    wings = 0.040 * bump(face.ax - wing_x, 0.034) * bump(face.fy - wing_y, 0.038)
    groove = 0.016 * bump(face.ax - wing_x - 0.048, 0.014) * bump(face.fy - wing_y + 0.008, 0.045)
    return ridge + ball + wings - groove


def _cheeks(scene: Scene, face: Head) -> Tensor:
    lift = scene.p["au6"] * 0.5 + scene.p["au12"] * 0.6
    volume = 0.030 + 0.006 * scene.p["cheek"] + 0.040 * lift
    return volume * bump(face.ax - 0.285, 0.135) * bump(face.fy - 0.165 + 0.045 * lift, 0.10)


def _folds(scene: Scene, face: Head, marks: Landmarks, lips: Mouth) -> Tensor:
    """Nasolabial folds, lines under the mouth's corners, bags under the eyes."""
    p = scene.p
    old, smile = p["wrinkle"], p["au12"]
    depth = 0.004 + 0.013 * old + 0.022 * smile + 0.016 * p["au9"] + 0.018 * p["au10"] + 0.006 * p["au20"]
    start = (marks.nose_width + 0.028, nostril_y(scene, marks) - 0.025)
    end = (marks.mouth_width + 0.055 + 0.015 * smile, marks.mouth_y + 0.01 + 0.4 * lips.corner)
    away, along = segment(face.ax + 0.9 * (face.fy - 0.29) * (face.fy - 0.29), face.fy, start, end)
    fold = depth * torch.exp(-((away / 0.022) ** 2)) * (1 - 0.45 * along)
    with_jaw = face.fy - 0.9 * face.jaw_drop * ramp(0.36, 0.6, face.fy)
    away, _ = segment(
        face.ax,
        with_jaw,
        (marks.mouth_width + 0.03, marks.mouth_y + 0.045),
        (marks.mouth_width + 0.045, marks.mouth_y + 0.15),
    )
    corner = (0.009 * old + 0.012 * p["au15"]) * torch.exp(-((away / 0.02) ** 2))
    under, beside = face.fy - marks.eye_y, face.ax - marks.eye_x
    bags = (0.010 * old + 0.003) * bump((under - 0.085) - beside**2, 0.016) * bump(beside, 0.085)
    squint = (0.011 * p["au6"] + 0.007 * p["au7"]) * bump((under - 0.075) + 0.8 * beside**2, 0.014)
    return -fold - corner - bags - squint * bump(beside, 0.10)


def _forehead(scene: Scene, face: Head, marks: Landmarks) -> Tensor:
    p = scene.p
    raised = p["au1"] * bump(face.ax, 0.22) * 1.1 + p["au2"] * bump(face.ax - 0.27, 0.20)
    depth = (0.003 * p["wrinkle"] + 0.0062 * (0.45 + 0.55 * p["age"]) * raised).clamp(max=0.012)
    wave = torch.sin(70 * (face.fy + 0.05 * face.ax * face.ax + 0.01 * torch.sin(9 * face.fx)))
    lines = depth * wave * bump(face.fy + 0.40, 0.085) * ramp(0.40, 0.22, face.ax)
    below = face.fy - marks.brow_y
    glabella = (0.011 * p["au4"] + 0.002 * p["wrinkle"]) * bump(face.ax - 0.038, 0.014) * bump(below - 0.035, 0.042)
    knot = 0.014 * p["au4"] * bump(face.ax - 0.085, 0.04) * bump(below - 0.02, 0.05)
    return lines - glabella + knot


def _wrinkles_of_nose_and_eyes(scene: Scene, face: Head, marks: Landmarks) -> Tensor:
    p = scene.p
    arc = face.fy + 0.8 * face.ax * face.ax
    bridge = 0.010 * p["au9"] * (bump(arc + 0.095, 0.015) + 0.8 * bump(arc + 0.052, 0.015)) * bump(face.ax, 0.055)
    away, _ = segment(face.ax, face.fy, (0.055, -0.03), (0.085, 0.09))
    flank = 0.009 * p["au9"] * torch.exp(-((away / 0.016) ** 2))
    under, beside = face.fy - marks.eye_y, face.ax - marks.eye_x
    feet = (0.0035 * p["wrinkle"] + 0.0085 * p["au6"]) * bump(beside - 0.165, 0.035)
    feet = feet * torch.sin(55 * under + beside * 25 * torch.sign(under)) * bump(under, 0.07)
    return feet - bridge - flank


def _lips_and_chin(scene: Scene, face: Head, marks: Landmarks, lips: Mouth) -> Tensor:
    p = scene.p
    above = face.fy - lips.upper_outer
    upper = ramp(0, 0.02, above) * ramp(0.012, -0.012, face.fy - lips.upper_inner) * lips.envelope
    height = 0.030 * upper * ramp(-0.01, 0.05, above)
    thickness = 0.032 * (1 + 0.25 * p["lip_low"]) * lips.press + 0.004
    height = height + 0.036 * bump(face.fy - 0.5 * (lips.lower_inner + lips.lower_outer), thickness) * lips.envelope
    philtrum = 0.010 * bump(face.ax, 0.016)
    height = height - philtrum * bump(face.fy - 0.5 * (marks.nose_tip + 0.05 + lips.upper_outer), 0.045)
    push = p["au17"]
    height = height - (0.026 + 0.012 * push) * bump(face.fy - lips.lower_outer - 0.028, 0.026) * bump(face.ax, 0.10)
    chin = (0.032 + 0.022 * push) * bump(face.ax, 0.11 + 0.02 * p["chin"])
    height = height + chin * bump(face.fy - marks.chin_y + 0.02 * push, 0.062)
    dimples = 0.006 * push * bump(face.ax, 0.10) * bump(face.fy - marks.chin_y + 0.01, 0.05)
    height = height - dimples * torch.sin(60 * face.fx) * torch.sin(55 * face.fy)
    return height - 0.010 * p["masc"] * bump(face.ax, 0.012) * bump(face.fy - marks.chin_y - 0.015, 0.03)
