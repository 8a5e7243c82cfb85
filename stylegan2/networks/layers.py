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


def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x [N, in, H, W] correlated with weight [out, in, k, k], k odd, plus bias [out] -> [N, out, H, W]."""
    return functional.conv2d(x, weight, bias, padding=weight.shape[2] // 2)


def plus(x: Tensor, y: Tensor) -> Tensor:
    """x + y, in x's memory where no gradient is kept: a pass over new memory costs a CPU twice as much."""
    return x + y if torch.is_grad_enabled() else x.add_(y)


@dataclass(frozen=True, slots=True, eq=False)
class StyledLayer:
    """A modulated convolution with its style, noise, bias and activation (arXiv:1912.04958, section 2.2).

    With `energy`, the weight's squares summed over its kernel, the result is demodulated: divided by the standard
    deviation that unit-variance input would have in each output channel.
    """

    style: Dense  # [N, w_dim] -> [N, in]
    weight: Tensor  # [out, in, k, k]
    bias: Tensor  # [out]
    activation: Activation = LINEAR
    energy: Tensor | None = None  # [out, in]
    fir: Tensor | None = None  # [t, t]: doubles the resolution
    noise_strength: Tensor | None = None  # []
    clamp: float | None = None

    def __call__(self, x: Tensor, w: Tensor, noise: Tensor | None = None) -> Tensor:
        """x [N, in, H, W], w [N, w_dim], noise [N or 1, 1, H', W'] -> [N, out, H', W']."""
        gain = self.activation.gain_before
        styles = self.style(w)  # [N, in]
        x = self._modulated(x, styles, self._scale(styles) * gain, self.bias * gain)
        if noise is not None and self.noise_strength is not None:
            x = plus(x, noise * (self.noise_strength * gain))
        x = self.activation.after_gain(x)
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)

    def _scale(self, styles: Tensor) -> Tensor:
        """What each output channel is multiplied with: [N, out]."""
        if self.energy is None:
            return styles.new_ones(styles.shape[0], self.weight.shape[0])
        return torch.rsqrt(styles.square() @ self.energy.t() + EPSILON)

    def _modulated(self, x: Tensor, styles: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        """The convolution with its input channels scaled by styles, its output channels by scale, plus bias.

        One picture gets a weight of its own, which spares every pass over its pixels. A batch shares one weight:
        scaling a weight's inputs and outputs is the same as scaling x before and the result after.
        """
        if len(styles) == 1:
            return self._convolved(x, self.weight * (scale.t() * styles)[:, :, None, None], bias)
        y = self._convolved(x * styles[:, :, None, None], self.weight)
        return torch.addcmul(bias[:, None, None], y, scale[:, :, None, None])

    def _convolved(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return conv2d(x, weight, bias) if self.fir is None else upsampling_conv2d(x, weight, self.fir, bias)
