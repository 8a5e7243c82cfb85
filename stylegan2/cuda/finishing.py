"""What follows a convolution: filter, demodulation, noise, bias, leaky ReLU, clamp, the next layer's styles, ToRGB.

As separate operations each of these reads and writes the whole tensor; together they are one pass over memory.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

SLOPE = 0.2
"""Of the leaky ReLU below zero."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Finish:
    """Everything that a pass needs beside the convolution's result. All tensors are float32 and contiguous."""

    scale: Tensor  # [N, C]: demodulation, gain and whatever was divided out before
    bias: Tensor  # [C], the gain included
    noise: Tensor | None = None  # [N or 1, 1, H, W], strength and gain included
    clamp: float | None = None
    styles: Tensor | None = None  # [N, C]: those of the next convolution
    rgb: Tensor | None = None  # [N, image_channels, C]: ToRGB's kernel for each picture, of what is not yet styled
    fir: Tensor | None = None  # [t, t], mirrored; pads by `before` and by what makes the result `size` large
    before: int = 0
    size: int = 0


Finisher = Callable[[Tensor, Finish], tuple[Tensor, Tensor | None]]
"""x [N, C, H', W'] -> the same dtype [N, C, H, W], and ToRGB's part, float32 [N, image_channels, H, W] or None."""


def finish(x: Tensor, with_: Finish) -> tuple[Tensor, Tensor | None]:
    """The pass as plain operations, in float32: the kernel's definition, and what serves where it cannot run."""
    y = x.float() if with_.fir is None else _filtered(x.float(), with_)
    y = y * with_.scale[:, :, None, None]
    if with_.noise is not None:
        y = y + with_.noise
    y = functional.leaky_relu(y + with_.bias[:, None, None], SLOPE)
    if with_.clamp is not None:
        y = y.clamp(-with_.clamp, with_.clamp)
    part = None if with_.rgb is None else torch.einsum("nchw,nkc->nkhw", y, with_.rgb)
    if with_.styles is not None:
        y = y * with_.styles[:, :, None, None]
    return y.to(x.dtype).contiguous(memory_format=torch.channels_last), part


def _filtered(x: Tensor, with_: Finish) -> Tensor:
    fir, before, size = with_.fir, with_.before, with_.size
    assert fir is not None  # noqa: S101 - for the type checker; the caller looked
    channels, taps = x.shape[1], fir.shape[0]
    after = size + taps - 1 - before - x.shape[2]
    padded = functional.pad(x, (before, after, before, after))
    return functional.conv2d(padded, fir.expand(channels, 1, -1, -1), groups=channels)


def finisher_for(device: torch.device) -> Finisher:
    """The Triton kernel where it compiles here and agrees with `finish`; else `finish`, and the log says why."""
    try:
        from stylegan2.cuda.kernels import finish_by_kernel

        _compare(finish_by_kernel, device)
    except Exception as error:  # a compiler, a driver, an architecture: whatever it is, the plain form serves
        logger.warning("fused kernels are not used on %s, plain operations are: %r", device, error)
        return finish
    return finish_by_kernel


def _compare(candidate: Finisher, device: torch.device) -> None:
    """Raises ArithmeticError unless a small pass, with and without the filter, comes out as `finish` has it."""
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator).to(device)

    for fir, before, size in ((None, 0, 9), (random(4, 4), 1, 8)):
        x = random(2, 24, 9, 9).half().contiguous(memory_format=torch.channels_last)
        with_ = Finish(
            random(2, 24), random(24), random(1, 1, size, size), 4.0, random(2, 24), random(2, 3, 24), fir, before, size
        )
        for one, other in zip(candidate(x, with_), finish(x, with_), strict=True):
            assert one is not None  # noqa: S101 - both were asked for
            assert other is not None  # noqa: S101
            if not torch.allclose(one.float(), other.float(), rtol=2e-3, atol=2e-3):
                raise ArithmeticError("the kernel gives other values")
