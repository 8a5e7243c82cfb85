"""The whole portrait, back to front, and the film that it is taken on."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from stylegan2.demo.renderer.body import background, paint_body, paint_ears
from stylegan2.demo.renderer.eyes import paint_brows, paint_eyes
from stylegan2.demo.renderer.glasses import paint_glasses
from stylegan2.demo.renderer.hair import hair, paint_back_hair, paint_front_hair
from stylegan2.demo.renderer.head import head, landmarks
from stylegan2.demo.renderer.light import light_face
from stylegan2.demo.renderer.mouth import mouth, paint_mouth
from stylegan2.demo.renderer.relief import relief
from stylegan2.demo.renderer.scene import Canvas, Scene, scene
from stylegan2.demo.renderer.skin import paint_beard, paint_face


@torch.no_grad()
def render(parameters: Mapping[str, Tensor], size: int, supersampling: int = 1) -> Tensor:
    """Portraits [B, 3, size, size] in [-1, 1] of renderer parameters, name -> [B] (see `appearance.decode`)."""
    view = scene(parameters, size, supersampling)
    face = head(view)
    marks = landmarks(view, face)
    lips = mouth(view, face, marks)
    light = light_face(view, relief(view, face, marks, lips))
    mane = hair(view, face, light.lamp)
    canvas = Canvas(background(view))
    paint_back_hair(view, canvas, mane)
    paint_body(view, canvas, face, light)
    paint_ears(view, canvas, face, light)
    paint_face(view, canvas, face, marks, light)
    paint_beard(view, canvas, face, marks, lips, light, mane)
    paint_mouth(view, canvas, face, marks, lips, light)
    paint_eyes(view, canvas, face, marks)
    paint_brows(view, canvas, face, marks, light, mane)
    paint_front_hair(view, canvas, face, mane)
    paint_glasses(view, canvas, face, marks)
    picture = _develop(view, canvas.rgb)
    return F.avg_pool2d(picture, supersampling) if supersampling > 1 else picture


def _develop(view: Scene, rgb: Tensor) -> Tensor:
    """Linear light to display values: vignette, a soft shoulder for highlights, gamma 2.2."""
    vignette = 1 - 0.16 * ((view.x**2 + view.y**2) / 2) ** 1.5
    rgb = (rgb * vignette.unsqueeze(1)).clamp(min=0)
    rgb = rgb * (1 + 0.10 * rgb) / (1 + 0.28 * rgb)
    return (rgb * 1.16).clamp(1e-5, 1) ** (1 / 2.2) * 2 - 1
