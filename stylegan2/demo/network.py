"""The StyleGAN2 that is trained (arXiv:1912.04958): modulated skip synthesis, in a form that regression likes.

Two things differ from the product's network, both exact at export. Styles are affine in the semantic vector itself
(82 numbers), not in w: Adam then scales its steps for each semantic, so that rare ones, such as an action unit, learn
as fast as common ones. And gains and biases are folded together, which spares a CPU half of its elementwise passes.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from stylegan2.demo.people import SEMANTICS

GAIN = math.sqrt(2)
"""Of the leaky ReLU."""
STYLE_STEP = 2.5 / math.sqrt(len(SEMANTICS))
"""Run-time coefficient of style weights; 2.5 makes Adam's steps as large as they are from a w of 512 numbers."""
NOISY_UP_TO = 16
"""Layers above this resolution train without their noise inputs (their strength stays 0)."""


@dataclass(frozen=True, slots=True)
class Size:
    """Channels at 4, 8, 16 ... pixels."""

    resolution: int
    channels: tuple[int, ...]

    @property
    def num_ws(self) -> int:
        return 2 * len(self.channels)


SIZES = {
    "tiny": Size(16, (16, 16, 12)),
    "small": Size(128, (192, 192, 128, 96, 48, 24)),
    "medium": Size(256, (256, 256, 192, 128, 64, 32, 16)),
    "big": Size(256, (256, 256, 256, 192, 96, 48, 24)),
}


class StyledConv(nn.Module):
    """A convolution whose input channels are scaled by styles, [out, in, k, k]."""

    def __init__(self, inputs: int, outputs: int, kernel: int, start: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel) * start)
        # Nearly independent of the styles at first: regression finds the mean face before it tells people apart.
        self.style = nn.Parameter(torch.randn(inputs, len(SEMANTICS)) * 0.25)
        self.style_bias = nn.Parameter(torch.ones(inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def styles(self, semantics: Tensor) -> Tensor:
        return F.linear(semantics, self.style * STYLE_STEP, self.style_bias)

    def kernel(self) -> Tensor:
        return self.weight / math.sqrt(math.prod(self.weight.shape[1:]))


class Layer(StyledConv):
    """3x3, demodulated, with a constant noise input, bias and leaky ReLU; `up` doubles the resolution first."""

    noise: Tensor

    def __init__(self, inputs: int, outputs: int, resolution: int, up: bool) -> None:
        super().__init__(inputs, outputs, 3)
        self.up = up
        self.noisy = resolution <= NOISY_UP_TO
        self.noise_strength = nn.Parameter(torch.zeros(()), requires_grad=self.noisy)
        self.register_buffer("noise", torch.randn(resolution, resolution))

    def forward(self, x: Tensor, semantics: Tensor) -> Tensor:
        styles, kernel = self.styles(semantics), self.kernel()
        scale = torch.rsqrt(styles.square() @ kernel.square().sum((2, 3)).t() + 1e-8) * GAIN
        x = x * styles.to(x.dtype)[:, :, None, None]
        x = _upsampled(x, kernel) if self.up else F.conv2d(x, _stored_as(x, kernel), padding=1)
        shift = (self.bias * GAIN)[None, :, None, None]
        if self.noisy:
            shift = shift + self.noise * self.noise_strength * GAIN
        return F.leaky_relu(torch.addcmul(shift.to(x.dtype), x, scale.to(x.dtype)[:, :, None, None]), 0.2)


class ToRGB(StyledConv):
    """1x1, not demodulated."""

    def __init__(self, inputs: int) -> None:
        super().__init__(inputs, 3, 1, start=0.25)

    def forward(self, x: Tensor, semantics: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        kernels = self.kernel()[None, :, :, 0, 0] * self.styles(semantics)[:, None, :]  # [B, 3, C]
        pixels = x.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
        rgb = torch.bmm(pixels, kernels.to(x.dtype).transpose(1, 2)).float()
        return rgb.transpose(1, 2).reshape(batch, 3, height, width) + self.bias[:, None, None]


class Synthesis(nn.Module):
    """Semantic styles [B, num_ws, 82] -> pictures [B, 3, R, R], about -1 to 1."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        channels = size.channels
        self.const = nn.Parameter(torch.randn(channels[0], 4, 4))
        self.layers = nn.ModuleList([Layer(channels[0], channels[0], 4, up=False)])
        for i, (before, after) in enumerate(pairwise(channels)):
            self.layers.append(Layer(before, after, 8 * 2**i, up=True))
            self.layers.append(Layer(after, after, 8 * 2**i, up=False))
        self.to_rgb = nn.ModuleList(ToRGB(count) for count in channels)

    def styled(self) -> list[Layer]:
        return [layer for layer in self.layers if isinstance(layer, Layer)]

    def painted(self) -> list[ToRGB]:
        return [layer for layer in self.to_rgb if isinstance(layer, ToRGB)]

    def forward(self, styles: Tensor, resolution: int | None = None, dtype: torch.dtype = torch.float32) -> Tensor:
        """`resolution` stops early, at a smaller picture; `dtype` is what convolutions compute in."""
        x = self.const.to(dtype).expand(len(styles), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        x = self.layers[0](x, styles[:, 0])
        image: Tensor = self.to_rgb[0](x, styles[:, 1])
        for i in range(1, len(self.to_rgb)):
            if image.shape[-1] == resolution:
                break
            x = self.layers[2 * i - 1](x, styles[:, 2 * i - 1])
            x = self.layers[2 * i](x, styles[:, 2 * i])
            image = _doubled(image) + self.to_rgb[i](x, styles[:, 2 * i + 1])
        return image


def _stored_as(x: Tensor, kernel: Tensor) -> Tensor:
    return kernel.to(x.dtype).contiguous(memory_format=torch.channels_last)


def _upsampled(x: Tensor, kernel: Tensor) -> Tensor:
    """Transposed convolution, then StyleGAN2's low-pass filter: [B, in, H, W] -> [B, out, 2H, 2W]."""
    x = F.conv_transpose2d(x, _stored_as(x, kernel.transpose(0, 1)), stride=2)
    taps = torch.tensor((1.0, 3.0, 3.0, 1.0), device=x.device, dtype=x.dtype) / 4
    channels = x.shape[1]
    return F.conv2d(x, torch.outer(taps, taps).expand(channels, 1, 4, 4), padding=1, groups=channels)


def _doubled(image: Tensor) -> Tensor:
    """The same filter on the picture so far: bilinear enlargement with zeros beyond the border."""
    return F.interpolate(F.pad(image, (1, 1, 1, 1)), scale_factor=2, mode="bilinear")[..., 2:-2, 2:-2]
