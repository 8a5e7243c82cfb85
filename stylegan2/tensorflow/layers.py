"""The layers that StyleGAN2's networks are made of, with weights as the canonical arrays hold them.

Equalised learning rates (arXiv:1710.10196), modulated convolution (arXiv:1912.04958, section 2.2) and the FIR
resampling of its appendix B. The modulation scales a convolution's input and the demodulation its output, which is
the same as scaling the kernels sample by sample and needs no grouped convolution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow.compat.v1 as tf

from stylegan2.tensorflow.layout import Layout, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Array = np.ndarray[Any, np.dtype[Any]]
    Store = Callable[[str, Array], Tensor]
    """Keeps an array on the device under a name and gives the tensor that reads it."""

EPSILON = 1e-8

ACTIVATIONS: Mapping[str, Any] = {
    "linear": (tf.identity, 1.0),
    "relu": (tf.nn.relu, np.sqrt(2)),
    "lrelu": (lambda x: tf.nn.leaky_relu(x, alpha=0.2), np.sqrt(2)),
    "tanh": (tf.tanh, 1.0),
    "sigmoid": (tf.sigmoid, 1.0),
    "elu": (tf.nn.elu, 1.0),
    "selu": (tf.nn.selu, 1.0),
    "softplus": (tf.nn.softplus, 1.0),
    "swish": (lambda x: x * tf.sigmoid(x), np.sqrt(2)),
}
"""Each function and the gain that keeps the variance of its output near its input's."""


def activate(x: Tensor, activation: str) -> Tensor:
    function, gain = ACTIVATIONS[activation]
    y = function(x)
    return y if gain == 1 else y * np.float32(gain)


def normalize(x: Tensor) -> Tensor:
    """[N, C], every row scaled to a mean square of 1."""
    return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), axis=1, keepdims=True) + EPSILON)


def coefficient(weight: Array) -> np.float32:
    """1 / sqrt(fan_in) of [out, in, ...]."""
    return np.float32(1 / np.sqrt(np.prod(weight.shape[1:])))


class Layers:
    """Layers by the names of a network's arrays; ``store`` puts each array on the device."""

    def __init__(self, arrays: Mapping[str, Array], store: Store, layout: Layout, fir: tuple[float, ...]) -> None:
        self._arrays = arrays
        self._store = store
        self._layout = layout
        taps = np.asarray(fir, np.float64)
        self._taps = taps / taps.sum() * 2  # each direction of up-sampling halves the mean, and the filter restores it

    def constant(self, name: str) -> Tensor:
        return self._store(name, self._arrays[name])

    def dense(self, x: Tensor, name: str, lr_multiplier: float = 1.0) -> Tensor:
        """[N, in] -> [N, out], no activation."""
        weight, bias = self._arrays[name + ".weight"], self._arrays[name + ".bias"]
        scaled = weight * (coefficient(weight) * np.float32(lr_multiplier))
        kernel = self._store(name + ".weight", scaled.T)
        return tf.matmul(x, kernel) + self._store(name + ".bias", bias * np.float32(lr_multiplier))

    def project(self, x: Tensor, name: str) -> Tensor:
        """[N, in] -> [N, out]: a bare matrix, neither coefficient nor bias."""
        return tf.matmul(x, self._store(name + ".weight", self._arrays[name + ".weight"].T))

    def modulated(self, x: Tensor, w: Tensor, name: str, up: bool = False, demodulate: bool = True) -> Tensor:
        """A convolution whose input channels are scaled by the style of w [N, w_dim]."""
        weight = self._arrays[name + ".weight"]
        scaled = weight * coefficient(weight)
        style = self.dense(w, name + ".style")  # [N, in]
        x = x * self._layout.per_channel(style)
        x = self._convolve_up(x, name, scaled) if up else self._layout.convolve(x, self._kernel(name, scaled))
        if not demodulate:
            return x
        energy = self._store(name + ".energy", np.square(scaled).sum(axis=(2, 3)).T)  # [in, out]
        return x * self._layout.per_channel(tf.math.rsqrt(tf.matmul(tf.square(style), energy) + EPSILON))

    def skip(self, x: Tensor, name: str) -> Tensor:
        """A residual block's other branch: a 1 x 1 convolution, up-sampled."""
        weight = self._arrays[name + ".weight"]
        return self.upsample(self._layout.convolve(x, self._kernel(name, weight * coefficient(weight))))

    def bias(self, x: Tensor, name: str) -> Tensor:
        return x + self._layout.per_channel(self._store(name + ".bias", self._arrays[name + ".bias"]))

    def upsample(self, x: Tensor) -> Tensor:
        """Twice as large: zeros in between, then the filter."""
        count = len(self._taps)
        x = self._layout.pad(self._layout.insert_zeros(x), (count + 1) // 2, count // 2 - 1)
        return self._layout.filter(x, self._taps)

    def _convolve_up(self, x: Tensor, name: str, weight: Array) -> Tensor:
        """Zeros in between, the convolution, the filter; the kernel is turned round to spread instead of gather."""
        turned = weight[:, :, ::-1, ::-1].transpose(2, 3, 0, 1)  # [kh, kw, out, in]
        x = self._layout.convolve_zero_inserted(x, self._store(name + ".weight", turned))
        count, reach = len(self._taps), weight.shape[2] // 2
        x = self._layout.pad(x, (count + 1) // 2 - reach, count // 2 - reach)
        return self._layout.filter(x, self._taps)

    def _kernel(self, name: str, weight: Array) -> Tensor:
        return self._store(name + ".weight", weight.transpose(2, 3, 1, 0))
