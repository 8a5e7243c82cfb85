"""The synthesis network ws -> image (arXiv:1912.04958, sections 2 to 4 and figure 7)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylegan2.network import SynthesisKind, SynthesisSpec
from stylegan2.networks.activations import activation
from stylegan2.networks.layers import Dense, StyledLayer, conv2d, equalized, plus, tensor_of
from stylegan2.networks.resampling import fir_filter, upsample2d


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The layers of one resolution."""

    conv0: StyledLayer | None  # doubles the resolution; none at 4x4
    conv1: StyledLayer
    torgb: StyledLayer | None
    skip: Tensor | None  # [out, in, 1, 1], resnet only
    fir: Tensor  # [t, t]

    def features(self, x: Tensor, ws: Sequence[Tensor], noise: Sequence[Tensor | None]) -> Tensor:
        """x [N, in, R/2, R/2] -> [N, out, R, R] (at 4x4 the same size); ws, noise: those of conv0, then conv1."""
        if self.conv0 is None:
            return self.conv1(x, ws[-1], noise[-1])
        y = self.conv1(self.conv0(x, ws[0], noise[0]), ws[1], noise[1])
        if self.skip is None:
            return y
        shortcut = upsample2d(conv2d(x, self.skip), self.fir)
        return plus(y, shortcut) * math.sqrt(0.5)

    def paint(self, image: Tensor | None, x: Tensor, w: Tensor) -> Tensor | None:
        """The image so far [N, image_channels, R/2, R/2] at twice its size, with this block's part added."""
        enlarged = None if image is None else upsample2d(image, self.fir)
        if self.torgb is None:
            return enlarged
        part = self.torgb(x, w)
        return part if enlarged is None else plus(part, enlarged)


@dataclass(frozen=True, slots=True, eq=False)
class SynthesisNetwork:
    """A constant, and a block for each resolution from 4 on."""

    spec: SynthesisSpec
    const: Tensor  # [C, 4, 4]
    blocks: tuple[Block, ...]

    @classmethod
    def from_tensors(cls, spec: SynthesisSpec, tensors: Mapping[str, Tensor]) -> "SynthesisNetwork":
        """`tensors` are under their canonical names; raises `UnsupportedNetwork` where one is missing."""
        const = tensor_of(tensors, "synthesis.const")
        fir = fir_filter(spec.resample_kernel).to(const)
        blocks = (_block(spec, tensors, resolution, fir) for resolution in spec.block_resolutions)
        return cls(spec, const, tuple(blocks))

    def __call__(self, ws: Tensor, noise: Sequence[Tensor | None]) -> Tensor:
        """ws [N, num_ws, w_dim], noise per layer [N or 1, 1, R, R] or None -> [N, image_channels, R, R], about -1 to 1.

        Layer i takes w i; a ToRGB takes the w of the layer that comes next (at the end: the last w).
        """
        x = self.const.expand(ws.shape[0], -1, -1, -1)  # [N, C, 4, 4]
        x = x.contiguous(memory_format=torch.channels_last)  # as all that follows: convolutions are faster for it
        image = None
        for index, block in enumerate(self.blocks):
            pair = slice(max(2 * index - 1, 0), 2 * index + 1)
            x = block.features(x, ws[:, pair].unbind(1), noise[pair])
            image = block.paint(image, x, ws[:, 2 * index + 1])
        assert image is not None  # noqa: S101 - the last block has a ToRGB in every kind
        return image


def _block(spec: SynthesisSpec, tensors: Mapping[str, Tensor], resolution: int, fir: Tensor) -> Block:
    name = f"synthesis.{resolution}"
    first, last = resolution == 4, resolution == spec.resolution
    painted = last or spec.kind is SynthesisKind.SKIP
    skipped = not first and spec.kind is SynthesisKind.RESNET
    return Block(
        conv0=None if first else _convolution(spec, tensors, f"{name}.conv0", fir),
        conv1=_convolution(spec, tensors, f"{name}.conv1", None),
        torgb=_torgb(spec, tensors, f"{name}.torgb") if painted else None,
        skip=equalized(tensor_of(tensors, f"{name}.skip.weight")) if skipped else None,
        fir=fir,
    )


def _convolution(spec: SynthesisSpec, tensors: Mapping[str, Tensor], name: str, fir: Tensor | None) -> StyledLayer:
    weight = equalized(tensor_of(tensors, f"{name}.weight"))
    return StyledLayer(
        style=Dense.from_tensors(tensors, f"{name}.style"),
        weight=weight,
        bias=tensor_of(tensors, f"{name}.bias"),
        activation=activation(spec.activation),
        energy=weight.square().sum((2, 3)),
        fir=fir,
        noise_strength=tensor_of(tensors, f"{name}.noise_strength"),
        clamp=spec.conv_clamp,
    )


def _torgb(spec: SynthesisSpec, tensors: Mapping[str, Tensor], name: str) -> StyledLayer:
    return StyledLayer(
        style=Dense.from_tensors(tensors, f"{name}.style"),
        weight=equalized(tensor_of(tensors, f"{name}.weight")),
        bias=tensor_of(tensors, f"{name}.bias"),
        clamp=spec.conv_clamp,
    )
