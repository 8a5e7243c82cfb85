"""How far a picture is from the portrait. Targets are paired and free of noise, so that no adversary is needed."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor


def importance(resolution: int, device: torch.device) -> Tensor:
    """[1, 1, R, R], mean 1: eyes, brows and mouth carry the emotion and weigh five times what a wall does."""
    t = (torch.arange(resolution, device=device) + 0.5) * 2 / resolution - 1
    x, y = t[None, :], t[:, None]

    def patch(centre_x: float, centre_y: float, width: float, height: float) -> Tensor:
        return torch.exp(-(((x - centre_x) / width) ** 4) - ((y - centre_y) / height) ** 4)

    eyes = patch(-0.23, -0.14, 0.2, 0.19) + patch(0.23, -0.14, 0.2, 0.19)
    weights = 1 + 4.0 * eyes + 4.0 * patch(0, 0.40, 0.3, 0.17) + patch(0, 0.1, 0.45, 0.6)
    return (weights / weights.mean())[None, None]


def regression_loss(pictures: Tensor, portraits: Tensor, weights: Tensor) -> Tensor:
    """Weighted L1 and squares, L1 of the gradients (edges must be sharp), and L1 at half and quarter size."""
    error = pictures - portraits
    loss = (error.abs() * weights).mean() + 0.5 * (error.square() * weights).mean()
    across, down = error[..., 1:] - error[..., :-1], error[..., 1:, :] - error[..., :-1, :]
    loss = loss + (across.abs() * weights[..., 1:]).mean() + (down.abs() * weights[..., 1:, :]).mean()
    for _ in range(2):
        error = F.avg_pool2d(error, 2)
        loss = loss + 0.5 * error.abs().mean()
    return loss
