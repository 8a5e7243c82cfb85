"""Where a tensor's channels lie: before the pixels on a GPU, after them on a CPU.

TensorFlow's stock build convolves only NHWC on a CPU, and NCHW is what cuDNN is fastest at; the rest of the networks
is written once, in terms of this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

Tensor = Any


@dataclass(frozen=True)
class Layout:
    """Operations on images of one layout. Kernels are TensorFlow's [height, width, in, out]."""

    channels_first: bool

    @property
    def name(self) -> str:
        return "NCHW" if self.channels_first else "NHWC"

    def from_nchw(self, x: Tensor) -> Tensor:
        return x if self.channels_first else tf.transpose(x, [0, 2, 3, 1])

    def to_nhwc(self, x: Tensor) -> Tensor:
        return tf.transpose(x, [0, 2, 3, 1]) if self.channels_first else x

    def per_channel(self, values: Tensor) -> Tensor:
        """[N, C] or [C], shaped to go with images."""
        values = values if values.shape.ndims == 2 else values[tf.newaxis]
        return values[:, :, tf.newaxis, tf.newaxis] if self.channels_first else values[:, tf.newaxis, tf.newaxis, :]

    def convolve(self, x: Tensor, kernel: Tensor) -> Tensor:
        """A correlation that keeps the size."""
        return tf.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding="SAME", data_format=self.name)

    def convolve_zero_inserted(self, x: Tensor, kernel: Tensor) -> Tensor:
        """Every pixel spreads the kernel [height, width, out, in] at twice its place: H -> 2 * H - 2 + height."""
        size = int(x.shape[2 if self.channels_first else 1]) * 2 - 2 + int(kernel.shape[0])
        out = int(kernel.shape[2])
        image = [out, size, size] if self.channels_first else [size, size, out]
        strides = [1, 1, 2, 2] if self.channels_first else [1, 2, 2, 1]
        spread = tf.nn.conv2d_transpose(
            x, kernel, tf.stack([tf.shape(x)[0], *image]), strides, padding="VALID", data_format=self.name
        )
        spread.set_shape([None, *image])
        return spread

    def insert_zeros(self, x: Tensor) -> Tensor:
        """A zero after every pixel, in both directions: H -> 2 * H."""
        first = 2 if self.channels_first else 1
        sides = x.shape.as_list()
        doubled = [side * 2 if axis in (first, first + 1) else side for axis, side in enumerate(sides)][1:]
        padding = [[0, 0]] * 6
        for axis in (first + 1, first + 3):  # [N, H, W, C] -> [N, H, 1, W, 1, C] -> [N, H, 2, W, 2, C]
            x = tf.expand_dims(x, axis)
            padding[axis] = [0, 1]
        return tf.reshape(tf.pad(x, padding), [-1, *doubled])

    def pad(self, x: Tensor, before: int, after: int) -> Tensor:
        """Zeros around the pixels; a negative number cuts pixels off."""
        sides = [max(before, 0), max(after, 0)]
        around = [[0, 0], [0, 0], sides, sides] if self.channels_first else [[0, 0], sides, sides, [0, 0]]
        padded = tf.pad(x, around) if any(sides) else x
        cut = slice(max(-before, 0), min(after, 0) or None)
        if cut == slice(0, None):
            return padded
        return padded[:, :, cut, cut] if self.channels_first else padded[:, cut, cut, :]

    def filter(self, x: Tensor, taps: np.ndarray[Any, Any]) -> Tensor:
        """The same separable filter on every channel (a true convolution, no padding): H -> H - len(taps) + 1."""
        channels = int(x.shape[1 if self.channels_first else 3])
        for shape in ((-1, 1, 1, 1), (1, -1, 1, 1)):
            kernel = np.tile(taps[::-1].reshape(shape), (1, 1, channels, 1)).astype(np.float32)
            x = tf.nn.depthwise_conv2d(x, tf.constant(kernel), [1, 1, 1, 1], "VALID", data_format=self.name)
        return x
