"""`stylegan2.cuda.finishing.finish` as one Triton kernel: every value is read once and written once.

Tensors lie channels last, so that a program has some pixels with all their channels: the filter's taps are shifted
reads of the same rows, and ToRGB is a sum along them. Importing this needs Triton, which CUDA builds of PyTorch bring.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from stylegan2.cuda.finishing import SLOPE, Finish

VALUES_A_PROGRAM = 4096
"""Registers bound it: so many values are held at once, in float32."""


@triton.jit
def _finish_kernel(  # type: ignore[no-untyped-def]
    x, out, part, scale, bias, noise, styles, rgb, fir,
    height_in, width_in, height, width, channels, noise_stride, before, slope, clamp,
    TAPS: tl.constexpr, NOISE: tl.constexpr, CLAMP: tl.constexpr, STYLES: tl.constexpr, COLORS: tl.constexpr,
    PIXELS: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    picture = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    channel = tl.arange(0, CHANNELS)
    row, column = pixel // width, pixel % width
    is_pixel, is_channel = pixel < height * width, channel < channels
    inside = is_pixel[:, None] & is_channel[None, :]
    source = x + picture * height_in * width_in * channels
    if TAPS == 0:
        y = tl.load(source + pixel[:, None] * channels + channel[None, :], mask=inside, other=0.0).to(tl.float32)
    else:
        y = tl.zeros((PIXELS, CHANNELS), tl.float32)
        for i in tl.static_range(TAPS):
            for j in tl.static_range(TAPS):
                r, c = row + i - before, column + j - before
                there = inside & ((r >= 0) & (r < height_in) & (c >= 0) & (c < width_in))[:, None]
                address = source + (r * width_in + c)[:, None] * channels + channel[None, :]
                y += tl.load(fir + i * TAPS + j) * tl.load(address, mask=there, other=0.0).to(tl.float32)
    of_picture = picture * channels + channel
    y = y * tl.load(scale + of_picture, mask=is_channel, other=0.0)[None, :]
    if NOISE:
        y += tl.load(noise + picture * noise_stride + pixel, mask=is_pixel, other=0.0)[:, None]
    y += tl.load(bias + channel, mask=is_channel, other=0.0)[None, :]
    y = tl.where(y < 0, y * slope, y)
    if CLAMP:
        y = tl.minimum(tl.maximum(y, -clamp), clamp)
    for color in tl.static_range(COLORS):
        kernel = tl.load(rgb + (picture * COLORS + color) * channels + channel, mask=is_channel, other=0.0)
        target = part + (picture * COLORS + color) * height * width + pixel
        tl.store(target, tl.sum(y * kernel[None, :], 1), mask=is_pixel)
    if STYLES:
        y = y * tl.load(styles + of_picture, mask=is_channel, other=0.0)[None, :]
    target = out + picture * height * width * channels + pixel[:, None] * channels + channel[None, :]
    tl.store(target, y.to(out.dtype.element_ty), mask=inside)


def finish_by_kernel(x: Tensor, with_: Finish) -> tuple[Tensor, Tensor | None]:
    """As `finish`; a copy is made of x [N, C, H', W'] where it does not lie channels last."""
    x = x.contiguous(memory_format=torch.channels_last)
    count, channels, height_in, width_in = x.shape
    height, width = (height_in, width_in) if with_.fir is None else (with_.size, with_.size)
    out = torch.empty((count, channels, height, width), dtype=x.dtype, device=x.device).contiguous(
        memory_format=torch.channels_last
    )
    colors = 0 if with_.rgb is None else with_.rgb.shape[1]
    part = torch.empty((count, colors, height, width), device=x.device) if colors else None
    noise = with_.noise
    block = triton.next_power_of_2(channels)
    pixels = max(1, VALUES_A_PROGRAM // block)
    grid = (triton.cdiv(height * width, pixels), count)
    launch: Any = _finish_kernel[grid]
    launch(
        x, out, _some(part, out), with_.scale, with_.bias, _some(noise, out), _some(with_.styles, out),
        _some(with_.rgb, out), _some(with_.fir, out), height_in, width_in, height, width, channels,
        0 if noise is None or len(noise) == 1 else height * width, with_.before, SLOPE, with_.clamp or 0.0,
        TAPS=0 if with_.fir is None else with_.fir.shape[0], NOISE=noise is not None, CLAMP=with_.clamp is not None,
        STYLES=with_.styles is not None, COLORS=colors, PIXELS=pixels, CHANNELS=block,
    )  # fmt: skip
    return out, part


def _some(tensor: Tensor | None, other: Tensor) -> Tensor:
    """A pointer that is never followed where there is none."""
    return other if tensor is None else tensor
