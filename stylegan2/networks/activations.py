"""Activation functions by the names that network files use, each with the gain that keeps the signal's magnitude."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from stylegan2.errors import UnsupportedNetwork


@dataclass(frozen=True, slots=True)
class Activation:
    """``gain * function(x)``."""

    function: Callable[[Tensor], Tensor]
    gain: float
    homogeneous: bool = False
    """``function(c * x) == c * function(x)`` for c > 0: the gain can as well be a part of x."""

    @property
    def gain_before(self) -> float:
        """The part of the gain that may be multiplied into x instead, as `after_gain` expects it."""
        return self.gain if self.homogeneous else 1.0

    def after_gain(self, x: Tensor) -> Tensor:
        """``self(x / gain_before)``; where no gradient is kept, x's memory may be used for the result."""
        return self.function(x) if self.homogeneous else self(x)

    def __call__(self, x: Tensor) -> Tensor:
        y = self.function(x)
        return y if self.gain == 1 else y * self.gain


def _identity(x: Tensor) -> Tensor:
    return x


def _leaky_relu(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, 0.2, inplace=not torch.is_grad_enabled())


ACTIVATIONS = {
    "linear": Activation(_identity, 1.0, homogeneous=True),
    "relu": Activation(torch.relu, math.sqrt(2), homogeneous=True),
    "lrelu": Activation(_leaky_relu, math.sqrt(2), homogeneous=True),
    "tanh": Activation(torch.tanh, 1.0),
    "sigmoid": Activation(torch.sigmoid, 1.0),
    "elu": Activation(functional.elu, 1.0),
    "selu": Activation(functional.selu, 1.0),
    "softplus": Activation(functional.softplus, 1.0),
    "swish": Activation(functional.silu, math.sqrt(2)),
}


def activation(name: str) -> Activation:
    """Raises `UnsupportedNetwork` where the name is not one of StyleGAN2's."""
    if name not in ACTIVATIONS:
        raise UnsupportedNetwork(f"activation {name!r} is unknown; known are {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
