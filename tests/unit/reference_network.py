"""StyleGAN2 a second time, in NumPy, float64 and as literally as the papers put it: one picture, weights modulated,
zeros inserted, filtered before the convolution. It shares no code and no order of steps with `stylegan2.networks`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from stylegan2.network import LabelInput, Network, SynthesisKind

Array = np.ndarray[Any, np.dtype[Any]]

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": lambda x: math.sqrt(2) * np.maximum(x, 0),
    "lrelu": lambda x: math.sqrt(2) * np.where(x < 0, 0.2 * x, x),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "elu": lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x),
    "selu": lambda x: 1.0507009873554805 * np.where(x < 0, 1.6732632423543772 * np.expm1(np.minimum(x, 0)), x),
    "softplus": lambda x: np.logaddexp(0, x),
    "swish": lambda x: math.sqrt(2) * x / (1 + np.exp(-x)),
}


def map_z(network: Network, z: Array, label: Array) -> Array:
    """z [z_dim], label [label_dim] (it may be 0) -> w [w_dim]."""
    spec, tensor = network.mapping, _tensors(network)
    x = z
    if spec.label_input is LabelInput.CONCAT:
        x = np.concatenate([z, tensor("mapping.label.weight") @ label])
    x = _normalize(x) if spec.normalize_z else x
    if spec.label_input is LabelInput.EMBED:
        weight = tensor("mapping.label.weight") / math.sqrt(spec.label_dim)
        x = np.concatenate([x, _normalize(weight @ label + tensor("mapping.label.bias"))])
    for layer in range(spec.layers):
        weight, bias = (spec.lr_multiplier * tensor(f"mapping.{layer}.{part}") for part in ("weight", "bias"))
        x = ACTIVATIONS[spec.activation](weight @ x / math.sqrt(x.size) + bias)
    return x


def synthesize(network: Network, ws: Array) -> Array:
    """ws [num_ws, w_dim], the file's noise -> image [image_channels, R, R]."""
    spec, tensor = network.synthesis, _tensors(network)
    fir = np.outer(spec.resample_kernel, spec.resample_kernel)
    fir = 4 * fir / fir.sum()
    x, image = _layer(network, "synthesis.4.conv1", tensor("synthesis.const"), ws[0]), None
    if spec.kind is SynthesisKind.SKIP:
        image = _layer(network, "synthesis.4.torgb", x, ws[1])
    for size in spec.block_resolutions[1:]:
        block, first = f"synthesis.{size}", 2 * int(math.log2(size)) - 5
        y = _layer(network, f"{block}.conv0", x, ws[first], fir)
        y = _layer(network, f"{block}.conv1", y, ws[first + 1])
        if spec.kind is SynthesisKind.RESNET:
            weight = tensor(f"{block}.skip.weight")
            shortcut = _correlate(_upsample(x, fir, 0), weight / math.sqrt(weight.shape[1]))
            y = (y + shortcut) / math.sqrt(2)
        x = y
        if spec.kind is SynthesisKind.SKIP or size == spec.resolution:
            part = _layer(network, f"{block}.torgb", x, ws[first + 2])
            image = part if image is None else _upsample(image, fir, 0) + part
    assert image is not None
    return image


def _layer(network: Network, name: str, x: Array, w: Array, fir: Array | None = None) -> Array:
    tensor, clamp = _tensors(network), network.synthesis.conv_clamp
    style = tensor(f"{name}.style.weight") @ w / math.sqrt(w.size) + tensor(f"{name}.style.bias")
    weight = tensor(f"{name}.weight")
    weight = weight / math.sqrt(weight[0].size) * style[:, None, None]
    if name.endswith("torgb"):
        y = _correlate(x, weight) + tensor(f"{name}.bias")[:, None, None]
    else:
        weight = weight / np.sqrt((weight**2).sum((1, 2, 3), keepdims=True) + 1e-8)
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1))) if fir is None else _upsample(x, fir, 1)
        y = _correlate(padded, weight) + tensor(f"{name}.noise_const") * tensor(f"{name}.noise_strength")
        y = ACTIVATIONS[network.synthesis.activation](y + tensor(f"{name}.bias")[:, None, None])
    return y if clamp is None else np.clip(y, -clamp, clamp)


def _upsample(x: Array, fir: Array, margin: int) -> Array:
    """Twice the size and `margin` more on each side, a zero after every sample (stylegan2-ada's alignment)."""
    channels, height, width = x.shape
    taps = len(fir)
    spread = np.zeros((channels, 2 * height, 2 * width))
    spread[:, ::2, ::2] = x
    room = taps + margin  # room for cutting as well as for padding
    spread = np.pad(spread, ((0, 0), (room, room), (room, room)))
    before, after = room - margin - (taps + 1) // 2, room - margin - (taps - 2) // 2
    spread = spread[:, before : spread.shape[1] - after, before : spread.shape[2] - after]
    windows = np.lib.stride_tricks.sliding_window_view(spread, fir.shape, axis=(1, 2))
    return np.asarray(np.einsum("chwij,ij->chw", windows, fir[::-1, ::-1]))


def _correlate(x: Array, weight: Array) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(1, 2))
    return np.asarray(np.einsum("chwij,ocij->ohw", windows, weight, optimize=True))


def _normalize(x: Array) -> Array:
    return np.asarray(x / np.sqrt((x**2).mean() + 1e-8))


def _tensors(network: Network) -> Callable[[str], Array]:
    return lambda name: network.tensors[name].astype(np.float64)
