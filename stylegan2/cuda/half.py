"""The synthesis network with float16 layers at its higher resolutions (arXiv:2006.06676, appendix D, mixed precision).

No float16 value can overflow: a kernel's taps have a length of 1 for each output, a picture's styles are 1 at most,
both divided out before and multiplied in again, in float32, with the demodulation that they would cancel in anyway;
and inputs are clamped to `CLAMP`. So a sum of products is `CLAMP` times the root of their number at most, 17,400 for
512 channels. Sums, demodulation, noise and the picture itself are float32; the small resolutions are so throughout.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from stylegan2.cuda.finishing import Finish, Finisher, finish
from stylegan2.errors import UnsupportedNetwork
from stylegan2.network import SynthesisKind, SynthesisSpec
from stylegan2.networks.layers import EPSILON, Dense, equalized, tensor_of
from stylegan2.networks.resampling import UP, fir_filter, upsample2d

CLAMP = 256.0
HALF_FROM = 64
"""The first resolution in float16; those below are 5% of the multiplications."""
GAIN = math.sqrt(2)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A demodulated 3x3 convolution, prepared for its dtype."""

    style: Dense
    weight: Tensor  # [out, in, 3, 3], or [in, out, 3, 3] and mirrored where it doubles; of length 1 for each output
    energy: Tensor  # [in, out], of `weight`
    smallest: Tensor  # [out]: EPSILON in the units of `weight`
    bias: Tensor  # [out], the gain included
    noise_gain: Tensor  # []
    doubles: bool
    clamp: float | None

    def prepared(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """w [N, w_dim] -> styles [N, in], 1 at most, and the scale [N, out] that makes up for it."""
        styles = self.style(w)
        largest = styles.abs().amax(1, keepdim=True).clamp(min=1e-12)  # [N, 1]
        styles = styles / largest
        scale = torch.rsqrt(styles.square() @ self.energy + self.smallest / largest.square()) * GAIN
        return styles, scale

    def convolved(self, x: Tensor) -> Tensor:
        """Of styled x [N, in, H, W]; where it doubles, [N, out, 2H + 1, 2W + 1], not filtered yet."""
        if self.doubles:
            return functional.conv_transpose2d(x, self.weight, stride=UP)
        return functional.conv2d(x, self.weight, padding=1)


@dataclass(frozen=True, slots=True, eq=False)
class ToRGB:
    """A 1x1 convolution to colours, without demodulation, in float32."""

    style: Dense
    weight: Tensor  # [image_channels, in]
    bias: Tensor  # [image_channels]
    clamp: float | None

    def kernels(self, w: Tensor) -> Tensor:
        """w [N, w_dim] -> a kernel for each picture: [N, image_channels, in]."""
        return (self.weight * self.style(w)[:, None, :]).contiguous()

    def biased(self, part: Tensor) -> Tensor:
        part = part + self.bias[:, None, None]
        return part if self.clamp is None else part.clamp(-self.clamp, self.clamp)


@dataclass(frozen=True, slots=True, eq=False)
class HalfSynthesis:
    """For inference. Networks of kind resnet, and activations other than leaky ReLU, are not offered here."""

    const: Tensor  # [C, 4, 4]
    layers: tuple[Layer, ...]  # conv1 of 4x4, then conv0 and conv1 of each resolution
    torgbs: tuple[ToRGB | None, ...]  # one a resolution
    fir: Tensor  # [t, t] float32
    half_from: int
    finisher: Finisher

    @classmethod
    def from_tensors(
        cls,
        spec: SynthesisSpec,
        tensors: Mapping[str, Tensor],
        finisher: Finisher = finish,
        half_from: int = HALF_FROM,
    ) -> "HalfSynthesis":
        """`tensors` float32, under their canonical names. Raises UnsupportedNetwork."""
        if spec.kind is SynthesisKind.RESNET or spec.activation != "lrelu":
            raise UnsupportedNetwork(f"a {spec.kind.value} network with {spec.activation} is rendered in float32")
        layers, torgbs = [], []
        for size in spec.block_resolutions:
            dtype = torch.float16 if size >= half_from else torch.float32
            names = ("conv1",) if size == 4 else ("conv0", "conv1")
            layers += [_layer(spec, tensors, f"synthesis.{size}.{name}", dtype) for name in names]
            painted = spec.kind is SynthesisKind.SKIP or size == spec.resolution
            torgbs.append(_torgb(spec, tensors, f"synthesis.{size}.torgb") if painted else None)
        const = tensor_of(tensors, "synthesis.const")
        fir = fir_filter(spec.resample_kernel).to(const)
        return cls(const, tuple(layers), tuple(torgbs), fir, half_from, finisher)

    def __call__(self, ws: Tensor, noise: Sequence[Tensor | None]) -> Tensor:
        """ws [N, num_ws, w_dim], noise per layer [N or 1, 1, R, R] or None -> [N, image_channels, R, R], float32."""
        prepared = [layer.prepared(ws[:, index]) for index, layer in enumerate(self.layers)]
        x = (self.const * prepared[0][0][:, :, None, None]).contiguous(memory_format=torch.channels_last)
        image = None
        for index, layer in enumerate(self.layers):
            torgb = self.torgbs[index // 2] if index % 2 == 0 else None
            last = index == len(self.layers) - 1
            with_ = self._finish(layer, index, prepared, noise[index])
            rgb = None if torgb is None else torgb.kernels(ws[:, index + 1])
            y = layer.convolved(x.to(layer.weight.dtype))
            styles = None if last else prepared[index + 1][0].contiguous()
            x, part = self.finisher(y, replace(with_, styles=styles, rgb=rgb))
            if index % 2 == 0 and image is not None:
                image = upsample2d(image, self.fir)
            if torgb is not None and part is not None:
                painted = torgb.biased(part)
                image = painted if image is None else image + painted
        assert image is not None  # noqa: S101 - the last resolution has a ToRGB in every kind
        return image

    def _finish(
        self, layer: Layer, index: int, prepared: Sequence[tuple[Tensor, Tensor]], noise: Tensor | None
    ) -> Finish:
        noise = None if noise is None else (noise * layer.noise_gain).contiguous()
        scale = prepared[index][1].contiguous()
        if not layer.doubles:
            return Finish(scale, layer.bias, noise, layer.clamp)
        taps, size = self.fir.shape[0], 2 ** (index // 2 + 3)
        before = (taps - UP - 2 + 1) // 2 + 1  # as in `networks.resampling.upsampling_conv2d`, for 3x3
        return Finish(
            scale, layer.bias, noise, layer.clamp, fir=self.fir.flip(0, 1).contiguous(), before=before, size=size
        )


def _layer(spec: SynthesisSpec, tensors: Mapping[str, Tensor], name: str, dtype: torch.dtype) -> Layer:
    weight = equalized(tensor_of(tensors, f"{name}.weight"))
    lengths = weight.square().sum((1, 2, 3), keepdim=True).sqrt().clamp(min=1e-12)  # [out, 1, 1, 1]
    weight = weight / lengths
    doubles = name.endswith("conv0")
    kernel = weight.flip(2, 3).transpose(0, 1) if doubles else weight
    clamps = [limit for limit in (spec.conv_clamp, CLAMP if dtype is torch.float16 else None) if limit is not None]
    return Layer(
        style=Dense.from_tensors(tensors, f"{name}.style"),
        weight=kernel.to(dtype).contiguous(memory_format=torch.channels_last),
        energy=weight.square().sum((2, 3)).t().contiguous(),
        smallest=(EPSILON / lengths.square()).flatten(),
        bias=(tensor_of(tensors, f"{name}.bias") * GAIN).contiguous(),
        noise_gain=tensor_of(tensors, f"{name}.noise_strength") * GAIN,
        doubles=doubles,
        clamp=min(clamps, default=None),
    )


def _torgb(spec: SynthesisSpec, tensors: Mapping[str, Tensor], name: str) -> ToRGB:
    return ToRGB(
        style=Dense.from_tensors(tensors, f"{name}.style"),
        weight=equalized(tensor_of(tensors, f"{name}.weight")).flatten(1),
        bias=tensor_of(tensors, f"{name}.bias"),
        clamp=spec.conv_clamp,
    )
