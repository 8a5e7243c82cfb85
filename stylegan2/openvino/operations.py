"""The operations that StyleGAN2's graphs are made of; alignments are those of `stylegan2.networks.resampling`."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from openvino import Node
from openvino import opset13 as op

from stylegan2.errors import UnsupportedNetwork

Array = np.ndarray[Any, np.dtype[Any]]

UP = 2
EPSILON = 1e-8

ROOT_OF_2 = math.sqrt(2)

ACTIVATIONS: dict[str, tuple[Callable[[Node], Node], float]] = {
    "linear": (lambda x: x, 1.0),
    "relu": (op.relu, ROOT_OF_2),
    "lrelu": (lambda x: op.prelu(x, constant([0.2])), ROOT_OF_2),
    "tanh": (op.tanh, 1.0),
    "sigmoid": (op.sigmoid, 1.0),
    "elu": (lambda x: op.elu(x, 1.0), 1.0),
    "selu": (lambda x: op.selu(x, constant([1.6732632423543772]), constant([1.0507009873554805])), 1.0),
    "softplus": (op.softplus, 1.0),
    "swish": (op.swish, ROOT_OF_2),
}
HOMOGENEOUS = ("linear", "relu", "lrelu")
"""Where ``f(c * x) == c * f(x)``, so that the gain can be a part of the scale that comes before."""


def constant(values: Any) -> Node:
    """float32, of whatever shape."""
    return op.constant(np.ascontiguousarray(values, np.float32))


def shaped(x: Node, *shape: int) -> Node:
    return op.reshape(x, op.constant(np.array(shape, np.int64)), special_zero=False)


def channels_of(x: Node) -> int:
    return int(x.get_output_shape(0)[1])


def activated(x: Node, name: str, *, gain: bool = True) -> Node:
    """``gain * function(x)``, or without the gain. Raises UnsupportedNetwork for a name that is unknown."""
    if name not in ACTIVATIONS:
        raise UnsupportedNetwork(f"activation {name!r} is unknown; known are {', '.join(ACTIVATIONS)}")
    function, factor = ACTIVATIONS[name]
    y = function(x)
    return y if factor == 1 or not gain else op.multiply(y, constant([factor]))


def dense(x: Node, weight: Array, bias: Array | None) -> Node:
    """x [N, in], weight [out, in] -> [N, out]."""
    y = op.matmul(x, constant(weight), transpose_a=False, transpose_b=True)
    return y if bias is None else op.add(y, constant(bias[None]))


def normalized(x: Node) -> Node:
    """x [N, F] scaled to a mean square of one."""
    mean = op.reduce_mean(op.multiply(x, x), op.constant(np.array([1])), keep_dims=True)
    return op.divide(x, op.sqrt(op.add(mean, constant([EPSILON]))))


def conv2d(x: Node, weight: Array) -> Node:
    """x [1, in, H, W] correlated with weight [out, in, k, k], k odd -> [1, out, H, W]."""
    margin = [weight.shape[2] // 2] * 2
    return op.convolution(x, constant(weight), [1, 1], margin, margin, [1, 1])


def filter2d(x: Node, fir: Array, before: int, after: int) -> Node:
    """Every channel convolved with fir [k, k], after H and W are padded with zeros (negative: cut)."""
    kernels = np.broadcast_to(fir[::-1, ::-1], (channels_of(x), 1, 1, *fir.shape))
    return op.group_convolution(
        _cut(x, before, after), constant(kernels), [1, 1], [max(before, 0)] * 2, [max(after, 0)] * 2, [1, 1]
    )


def upsample2d(x: Node, fir: Array) -> Node:
    """x [1, C, H, W] at twice its size, filtered."""
    taps = fir.shape[0]
    kernels = np.broadcast_to(fir, (channels_of(x), 1, 1, taps, taps))
    before, after = (taps + 1) // 2 - (taps - 1), 1 - (taps + 1) // 2
    cut = {"pads_begin": [max(-before, 0)] * 2, "pads_end": [max(-after, 0)] * 2}
    spread = op.group_convolution_backprop_data(x, constant(kernels), [UP, UP], **cut)
    return spread if before <= 0 else _grown(spread, before)


def upsampling_conv2d(x: Node, weight: Array, fir: Array) -> Node:
    """Zeros inserted, correlated with weight [out, in, k, k], filtered: [1, in, H, W] -> [1, out, 2H, 2W]."""
    size, taps = weight.shape[2], fir.shape[0]
    kernel = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    spread = op.convolution_backprop_data(x, constant(kernel), [UP, UP])
    slack = (taps - UP) - (size - 1)
    return filter2d(spread, fir, (slack + 1) // 2 + 1, slack // 2 + 1)


def _cut(x: Node, before: int, after: int) -> Node:
    """Where they are negative, so many rows and columns less."""
    if before >= 0 and after >= 0:
        return x
    height, width = x.get_output_shape(0)[2:]
    start, stop = max(-before, 0), max(-after, 0)
    bounds = [np.array(pair) for pair in ([start, start], [height - stop, width - stop], [1, 1], [2, 3])]
    return op.slice(x, *(op.constant(pair) for pair in bounds))


def _grown(x: Node, before: int) -> Node:
    begin, end = np.array([0, 0, before, before]), np.zeros(4, np.int64)
    return op.pad(x, op.constant(begin), op.constant(end), "constant", op.constant(np.float32(0)))
