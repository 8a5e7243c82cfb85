"""Both networks as OpenVINO models, for the tensors and specifications of `stylegan2.network`."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from openvino import Model, Node
from openvino import opset13 as op

from stylegan2.errors import UnsupportedNetwork
from stylegan2.latents import noise_resolutions
from stylegan2.network import LabelInput, Network, SynthesisKind
from stylegan2.openvino.operations import (
    ACTIVATIONS,
    EPSILON,
    HOMOGENEOUS,
    activated,
    constant,
    conv2d,
    dense,
    normalized,
    shaped,
    upsample2d,
    upsampling_conv2d,
)

Array = np.ndarray[Any, np.dtype[Any]]


def mapping_model(network: Network) -> Model:
    """Inputs z [N, z_dim] and, for conditional networks, labels [N, label_dim]; output w [N, w_dim]; all float32."""
    spec = network.mapping
    z = op.parameter([-1, spec.z_dim], np.float32, name="z")
    inputs, x = [z], z
    if spec.label_input is not LabelInput.NONE:
        inputs.append(op.parameter([-1, spec.label_dim], np.float32, name="labels"))
    if spec.label_input is LabelInput.CONCAT:
        x = op.concat([z, dense(inputs[1], _tensor(network, "mapping.label.weight"), None)], 1)
    x = normalized(x) if spec.normalize_z else x
    if spec.label_input is LabelInput.EMBED:
        weight = _equalized(_tensor(network, "mapping.label.weight"))
        x = op.concat([x, normalized(dense(inputs[1], weight, _tensor(network, "mapping.label.bias")))], 1)
    for layer in range(spec.layers):
        weight = _equalized(_tensor(network, f"mapping.{layer}.weight")) * np.float32(spec.lr_multiplier)
        bias = _tensor(network, f"mapping.{layer}.bias") * np.float32(spec.lr_multiplier)
        x = activated(dense(x, weight, bias), spec.activation)
    return Model([op.result(x)], inputs, "mapping")


def synthesis_model(network: Network) -> Model:
    """One picture. Inputs: ws [1, num_ws, w_dim], and the noise of each layer [1, 1, R, R] as noise0, noise1, ...

    Outputs: the picture, uint8 [1, R, R, image_channels], and the sum of its values before they became bytes: it is
    finite where they all are.
    """
    graph = SynthesisGraph(network)
    image = graph.image()
    levels = op.clamp(op.add(op.multiply(image, constant([127.5])), constant([128.0])), 0.0, 255.0)
    rows = op.transpose(op.convert(op.floor(levels), "u8"), op.constant(np.array([0, 2, 3, 1])))
    total = op.reduce_sum(image, op.constant(np.arange(4)), keep_dims=False)
    return Model([op.result(rows), op.result(total)], [graph.ws, *graph.noises], "synthesis")


@dataclass(slots=True, eq=False)
class SynthesisGraph:
    """The synthesis network, block by block."""

    network: Network
    ws: Node = field(init=False)
    noises: list[Node] = field(init=False)
    fir: Array = field(init=False)

    def __post_init__(self) -> None:
        spec = self.network.synthesis
        self.ws = op.parameter([1, spec.num_ws, spec.w_dim], np.float32, name="ws")
        sizes = enumerate(noise_resolutions(spec.resolution))
        self.noises = [op.parameter([1, 1, size, size], np.float32, name=f"noise{index}") for index, size in sizes]
        taps = np.asarray(spec.resample_kernel, np.float64)
        square = np.outer(taps, taps) if taps.ndim == 1 else taps
        self.fir = (square * (4 / square.sum())).astype(np.float32)

    def image(self) -> Node:
        """[1, image_channels, R, R], about -1 to 1."""
        kind, sizes = self.network.synthesis.kind, self.network.synthesis.block_resolutions
        x, image = constant(_tensor(self.network, "synthesis.const")[None]), None
        for index, size in enumerate(sizes):
            x = self._block(x, index, size)
            image = None if image is None else upsample2d(image, self.fir)
            if kind is SynthesisKind.SKIP or size == sizes[-1]:
                part = self._torgb(x, f"synthesis.{size}.torgb", 2 * index + 1)
                image = part if image is None else op.add(image, part)
        return image

    def _block(self, x: Node, index: int, size: int) -> Node:
        name = f"synthesis.{size}"
        y = x if size == 4 else self._layer(x, f"{name}.conv0", 2 * index - 1, up=True)
        y = self._layer(y, f"{name}.conv1", 2 * index, up=False)
        if size == 4 or self.network.synthesis.kind is not SynthesisKind.RESNET:
            return y
        shortcut = upsample2d(conv2d(x, _equalized(_tensor(self.network, f"{name}.skip.weight"))), self.fir)
        return op.multiply(op.add(y, shortcut), constant([math.sqrt(0.5)]))

    def _layer(self, x: Node, name: str, index: int, *, up: bool) -> Node:
        """A modulated and demodulated convolution with noise, bias and activation; layer i takes w i and noise i."""
        act = self.network.synthesis.activation
        gain = ACTIVATIONS[act][1] if act in HOMOGENEOUS else 1.0
        weight = _equalized(_tensor(self.network, f"{name}.weight"))
        styles = self._styles(name, index)
        energy = dense(op.multiply(styles, styles), np.square(weight).sum((2, 3)), None)
        scale = op.divide(constant([gain]), op.sqrt(op.add(energy, constant([EPSILON]))))
        x = op.multiply(x, shaped(styles, 1, -1, 1, 1))
        y = upsampling_conv2d(x, weight, self.fir) if up else conv2d(x, weight)
        y = op.multiply(y, shaped(scale, 1, -1, 1, 1))
        strength = _tensor(self.network, f"{name}.noise_strength") * np.float32(gain)
        y = op.add(y, op.multiply(self.noises[index], constant(strength)))
        y = op.add(y, constant(_tensor(self.network, f"{name}.bias")[None, :, None, None] * np.float32(gain)))
        return self._clamped(activated(y, act, gain=act not in HOMOGENEOUS))

    def _torgb(self, x: Node, name: str, index: int) -> Node:
        x = op.multiply(x, shaped(self._styles(name, index), 1, -1, 1, 1))
        y = conv2d(x, _equalized(_tensor(self.network, f"{name}.weight")))
        return self._clamped(op.add(y, constant(_tensor(self.network, f"{name}.bias")[None, :, None, None])))

    def _styles(self, name: str, index: int) -> Node:
        """[1, in]."""
        w = op.gather(self.ws, op.constant(np.array([index])), op.constant(np.int64(1)))
        weight = _equalized(_tensor(self.network, f"{name}.style.weight"))
        return dense(shaped(w, 1, -1), weight, _tensor(self.network, f"{name}.style.bias"))

    def _clamped(self, x: Node) -> Node:
        clamp = self.network.synthesis.conv_clamp
        return x if clamp is None else op.clamp(x, -clamp, clamp)


def _tensor(network: Network, name: str) -> Array:
    if name not in network.tensors:
        raise UnsupportedNetwork(f"the network has no tensor {name!r}")
    return network.tensors[name]


def _equalized(weight: Array) -> Array:
    """Divided by the square root of its fan-in (arXiv:1710.10196, section 4.1)."""
    return weight * np.float32(1 / math.sqrt(math.prod(weight.shape[1:])))
