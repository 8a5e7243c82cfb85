"""The head's frame: a polar outline, a dome over it, and where eyes, nose, mouth and chin sit.

Yaw and pitch do not turn a solid: they slide the features over the dome, which is enough for a few degrees.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from stylegan2.demo.renderer.scene import Scene
from stylegan2.demo.renderer.shapes import bump, ramp

CENTRE_Y, TOP, PIVOT_Y = -0.01, 0.735, 0.75


@dataclass(frozen=True, slots=True)
class Head:
    """Coordinates that follow the head, and its outline. All [B, H, W] unless said."""

    x: Tensor
    """Rolled with the neck's pivot, not yet turned."""
    y: Tensor
    half_width: Tensor
    """[B, 1, 1]"""
    jaw_drop: Tensor
    """[B, 1, 1]"""
    radius: Tensor
    """Distance from the head's centre."""
    angle: Tensor
    """0 sideways, positive towards the chin."""
    upright: Tensor
    """Sine of that angle."""
    outline: Tensor
    """Radius of the face's edge in this direction."""
    distance: Tensor
    """Signed distance to the face's edge, negative inside."""
    dome: Tensor
    """Height over the image plane, 1 in the middle, 0 at the edge."""
    fx: Tensor
    """Face coordinates: turned by yaw and pitch."""
    fy: Tensor
    ax: Tensor
    """|fx|: most features are drawn once for both sides."""
    side: Tensor
    """-1 left, +1 right."""


def head(scene: Scene) -> Head:
    p = scene.p
    cos, sin = torch.cos(p["roll"]), torch.sin(p["roll"])
    x = cos * scene.x + sin * (scene.y - PIVOT_Y) + 0.02 * p["yaw"]
    y = -sin * scene.x + cos * (scene.y - PIVOT_Y) + PIVOT_Y
    jaw_drop = 0.085 * p["au26"] + 0.012 * p["au25"]
    half_width = 0.475 * (1 + 0.045 * p["face_w"])
    bottom = 0.655 * (1 + 0.04 * p["face_l"]) + 0.85 * jaw_drop - 0.008 * p["au17"]

    from_centre = y - CENTRE_Y
    radius = torch.sqrt(x * x + from_centre * from_centre + 1e-8)
    across, upright = x.abs() / radius, from_centre / radius
    height = torch.where(upright > 0, bottom, torch.full_like(bottom, TOP))
    roundness = 2.0 + 0.30 * ramp(0.05, -0.6, upright)
    oval = ((across / half_width) ** roundness + (upright.abs() / height) ** roundness + 1e-9) ** (-1 / roundness)
    angle = torch.atan2(from_centre, x.abs())
    outline = oval * _jaw_and_cheeks(scene, angle)
    share = radius / outline
    dome = torch.sqrt((1 - share.clamp(max=1) ** 2.3).clamp(min=0) + 1e-4)
    fx = x - 0.115 * p["yaw"] * dome
    fy = y - 0.07 * p["pitch"] * dome
    return Head(
        x,
        y,
        half_width,
        jaw_drop,
        radius,
        angle,
        upright,
        outline,
        radius - outline,
        dome,
        fx,
        fy,
        fx.abs(),
        torch.sign(fx),
    )


def _jaw_and_cheeks(scene: Scene, angle: Tensor) -> Tensor:
    p = scene.p
    return (
        1
        + (0.006 + 0.022 * p["jaw"]) * bump(angle - 0.80, 0.34)
        + 0.016 * p["cheek"] * bump(angle - 0.25, 0.35)
        + 0.018 * p["au12"] * bump(angle - 0.35, 0.3)
        + (0.012 * p["chin"] - 0.008) * bump(angle - 1.22, 0.26)
        - 0.012 * bump(angle + 0.30, 0.3)
    )


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Where features sit on the face, [B, 1, 1] each; eyes and brows without their movement."""

    eye_x: Tensor
    eye_y: float
    brow_y: Tensor
    nose_tip: Tensor
    nose_width: Tensor
    mouth_y: Tensor
    mouth_width: Tensor
    chin_y: Tensor


def landmarks(scene: Scene, face: Head) -> Landmarks:
    p = scene.p
    return Landmarks(
        eye_x=0.226 + 0.013 * p["eye_gap"],
        eye_y=-0.065,
        brow_y=-0.245 - 0.016 * p["brow_h"] + 0.012 * p["masc"],
        nose_tip=0.175 + 0.018 * p["nose_l"] - 0.010 * p["au9"],
        nose_width=0.088 * (1 + 0.13 * p["nose_w"]) * (1 + 0.14 * p["au9"] + 0.07 * p["au12"] + 0.05 * p["au10"]),
        mouth_y=0.385
        + 0.014 * p["mouth_y"]
        + 0.010 * p["nose_l"]
        + 0.012 * p["face_l"]
        - 0.012 * p["au17"]
        - 0.008 * p["au12"]
        + 0.006 * p["au9"],
        mouth_width=0.188
        * (1 + 0.08 * p["lip_w"])
        * (
            1
            + 0.27 * p["au12"]
            + 0.20 * p["au20"]
            - 0.12 * p["au23"]
            - 0.14 * p["au26"] * (1 - 0.6 * p["au20"])
            - 0.06 * p["au17"]
            - 0.04 * p["au24"]
        ),
        chin_y=0.575 + 0.02 * p["face_l"] + 0.9 * face.jaw_drop,
    )
