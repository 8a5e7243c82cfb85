"""Doubling the resolution: zeros between the samples, then a low-pass filter (arXiv:1912.04958, appendix B).

Filters of every length keep NVIDIA's alignment, which its TensorFlow and its PyTorch code share: with k taps, the
picture is padded by (k + 1) // 2 before and (k - 2) // 2 after, its zero-inserted form being 2 * size long.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from stylegan2.errors import UnsupportedNetwork

UP = 2
GAIN = UP * UP
"""Three of four samples are inserted zeros; the filter makes up for them."""


def fir_filter(kernel: Sequence[float] | Sequence[Sequence[float]]) -> Tensor:
    """The filter for doubling: float64 [k, k], summing to 4, from the taps of one axis or a square of them."""
    taps = np.asarray(kernel, np.float64)
    square = np.outer(taps, taps) if taps.ndim == 1 else taps
    total = square.sum()
    if square.ndim != 2 or square.shape[0] != square.shape[1] or not np.isfinite(total) or total == 0:
        raise UnsupportedNetwork(f"resample kernel {kernel!r} is neither a row nor a square with a finite sum")
    return torch.from_numpy(square * (GAIN / total))


def filter2d(x: Tensor, fir: Tensor, before: int, after: int, bias: Tensor | None = None) -> Tensor:
    """Convolve every channel of x [N, C, H, W] with fir [k, k] (a true convolution: the filter is mirrored).

    H and W are padded with zeros (negative: cut) before and after; they shrink by k - 1. Then bias [C] is added.
    """
    channels = x.shape[1]
    mirrored = fir.flip(0, 1).expand(channels, 1, -1, -1)  # [C, 1, k, k]
    if before == after >= 0:
        return functional.conv2d(x, mirrored, bias, padding=before, groups=channels)
    return functional.conv2d(functional.pad(x, (before, after, before, after)), mirrored, bias, groups=channels)


def upsample2d(x: Tensor, fir: Tensor) -> Tensor:
    """x [N, C, H, W] at twice its size, filtered."""
    channels, taps = x.shape[1], fir.shape[0]
    # A transposed convolution spreads the filter around each sample, 2H - 2 + k long; cut (or pad) to 2H.
    before = (taps + 1) // 2 - (taps - 1)  # <= 1
    after = 1 - (taps + 1) // 2  # <= 0
    cut = -before if before == after else 0  # by the convolution itself, which spares a copy
    kernel = fir.expand(channels, 1, -1, -1)
    spread = functional.conv_transpose2d(x, kernel, stride=UP, padding=cut, groups=channels)
    return spread if before == after else functional.pad(spread, (before, after, before, after))


def upsampling_conv2d(x: Tensor, weight: Tensor, fir: Tensor, bias: Tensor | None = None) -> Tensor:
    """[N, in, H, W] -> [N, out, 2H, 2W]: zeros inserted, correlated with weight [out, in, k, k], filtered, biased."""
    size, taps = weight.shape[2], fir.shape[0]
    # A transposed convolution skips the inserted zeros; it mirrors its kernel, so that ours is mirrored first.
    kernel = weight.flip(2, 3).transpose(0, 1)  # [in, out, k, k]
    spread = functional.conv_transpose2d(x, kernel, stride=UP)  # [N, out, 2H - 2 + k, 2W - 2 + k]
    slack = (taps - UP) - (size - 1)
    return filter2d(spread, fir, (slack + 1) // 2 + 1, slack // 2 + 1, bias)
