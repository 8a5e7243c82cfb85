"""The layers that both networks are made of, as functions of tensors with their run-time coefficients applied."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from stylegan2.errors import UnsupportedNetwork
from stylegan2.networks.activations import Activation, activation
from stylegan2.networks.resampling import upsampling_conv2d

EPSILON = 1e-8
LINEAR = activation("linear")


def tensor_of(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    """Raises `UnsupportedNetwork` where a network lacks the tensor."""
    if name not in tensors:
        raise UnsupportedNetwork(f"the network has no tensor {name!r}")
    return tensors[name]


def equalized(weight: Tensor, lr_multiplier: float = 1.0) -> Tensor:
    """The weight that acts: divided by the square root of its fan-in (arXiv:1710.10196, section 4.1)."""
    return weight * (lr_multiplier / math.sqrt(math.prod(weight.shape[1:])))


def normalize(x: Tensor) -> Tensor:
    """x [N, F] scaled to a mean square of one."""
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + EPSILON)


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """A fully connected layer: [N, in] -> [N, out]."""

    weight: Tensor  # [out, in]
    bias: Tensor | None  # [out]
    activation: Activation = LINEAR

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], name: str, *, lr_multiplier: float = 1.0, act: Activation = LINEAR
    ) -> "Dense":
        weight = equalized(tensor_of(tensors, f"{name}.weight"), lr_multiplier)
        return cls(weight, tensor_of(tensors, f"{name}.bias") * lr_multiplier, act)

    def __call__(self, x: Tensor) -> Tensor:
        return self.activation(functional.linear(x, self.weight, self.bias))


def conv2d(x: Tensor, weight: Tensor) -> Tensor:
    """x [N, in, H, W] correlated with weight [out, in, k, k], k odd -> [N, out, H, W]."""
    return functional.conv2d(x, weight, padding=weight.shape[2] // 2)


def modulated_conv2d(
    x: Tensor, weight: Tensor, styles: Tensor, *, energy: Tensor | None = None, fir: Tensor | None = None
) -> Tensor:
    """A convolution whose weight is scaled per sample and input channel by styles (arXiv:1912.04958, section 2.2).

    x [N, in, H, W], weight [out, in, k, k], styles [N, in] -> [N, out, H, W], or twice that size with `fir` [t, t].
    With `energy` [out, in], the weight's squares summed over its kernel, the result is demodulated: divided by
    the standard deviation that unit-variance input would have in each output channel.

    Scaling a weight's inputs and outputs is the same as scaling x before and the result after; so one weight
    serves the whole batch, and the elementwise passes cost little beside the convolution.
    """
    x = x * styles[:, :, None, None]  # [N, in, H, W]
    y = conv2d(x, weight) if fir is None else upsampling_conv2d(x, weight, fir)
    if energy is None:
        return y
    deviation = torch.rsqrt(styles.square() @ energy.t() + EPSILON)  # [N, out]
    return y * deviation[:, :, None, None]


@dataclass(frozen=True, slots=True, eq=False)
class StyledLayer:
    """A modulated convolution with its style, noise, bias and activation."""

    style: Dense  # [N, w_dim] -> [N, in]
    weight: Tensor  # [out, in, k, k]
    bias: Tensor  # [out]
    activation: Activation = LINEAR
    energy: Tensor | None = None  # [out, in]
    fir: Tensor | None = None  # [t, t]
    noise_strength: Tensor | None = None  # []
    clamp: float | None = None

    def __call__(self, x: Tensor, w: Tensor, noise: Tensor | None = None) -> Tensor:
        """x [N, in, H, W], w [N, w_dim], noise [N or 1, 1, H', W'] -> [N, out, H', W']."""
        x = modulated_conv2d(x, self.weight, self.style(w), energy=self.energy, fir=self.fir)
        if noise is not None and self.noise_strength is not None:
            x = x + noise * self.noise_strength
        x = self.activation(x + self.bias[:, None, None])
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)
