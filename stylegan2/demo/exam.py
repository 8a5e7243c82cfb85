"""How far training is: pictures of people whom the lessons never show, against their portraits."""

import torch

from stylegan2.demo.network import Synthesis
from stylegan2.demo.teacher import draw, paint


class Exam:
    """32 people, painted once."""

    def __init__(self, resolution: int, device: torch.device) -> None:
        self._recipes = draw(32, torch.Generator(device).manual_seed(99))
        self._portraits = paint(self._recipes.semantics(), resolution)

    def psnr(self, network: Synthesis) -> float:
        """Mean over people, in decibels."""
        with torch.no_grad():
            styles = self._recipes.styles(network.size.num_ws)
            pictures = torch.cat([network(part, self._portraits.shape[-1]) for part in torch.split(styles, 8)]).clamp(
                -1, 1
            )
        error = (pictures - self._portraits).square().mean((1, 2, 3)) / 4
        return float((-10 * torch.log10(error)).mean())
