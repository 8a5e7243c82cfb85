"""The mapping and synthesis networks as TensorFlow graphs, in every architecture that network files know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow.compat.v1 as tf

from stylegan2.tensorflow.layers import Layers, activate, normalize
from stylegan2.tensorflow.layout import Layout, Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    Architecture = Mapping[str, Any]
    """A specification of `stylegan2.network` as plain values; an Enum is its value."""


def mapping_network(layers: Layers, architecture: Architecture, z: Tensor, labels: Tensor) -> Tensor:
    """z [N, z_dim], labels [N, label_dim] -> w [N, w_dim]."""
    x = _mapping_input(layers, architecture, z, labels)
    for index in range(architecture["layers"]):
        x = activate(layers.dense(x, f"mapping.{index}", architecture["lr_multiplier"]), architecture["activation"])
    return x


def _mapping_input(layers: Layers, architecture: Architecture, z: Tensor, labels: Tensor) -> Tensor:
    scale = normalize if architecture["normalize_z"] else tf.identity
    if architecture["label_input"] == "concat":
        return scale(tf.concat([z, layers.project(labels, "mapping.label")], axis=1))
    if architecture["label_input"] == "embed":
        return tf.concat([scale(z), normalize(layers.dense(labels, "mapping.label"))], axis=1)
    return scale(z)


class SynthesisNetwork:
    """ws [N, num_ws, w_dim] -> image, with noise inputs that a caller may feed (see `noise`)."""

    def __init__(self, layers: Layers, architecture: Architecture, layout: Layout) -> None:
        self._layers = layers
        self._architecture = architecture
        self._layout = layout
        self.noise: list[Tensor] = []
        """One input [1 or N, R, R] a layer with noise, in the layers' order; unfed, it is the file's constant."""

    def build(self, ws: Tensor) -> Tensor:
        """The image, [N, C, H, W] or [N, H, W, C] as the layout has it, about -1 to 1."""
        w = tf.unstack(ws, axis=1)
        x = self._first(w[0])
        image = self._to_rgb(x, w[1], 4) if self._kind == "skip" else None
        resolution, index = 4, 1
        while resolution < self._architecture["resolution"]:
            resolution *= 2
            x = self._block(x, w[index : index + 2], resolution)
            index += 2
            if self._kind == "skip":
                image = self._layers.upsample(image) + self._to_rgb(x, w[index], resolution)
        return image if image is not None else self._to_rgb(x, w[index], resolution)

    @property
    def _kind(self) -> str:
        return str(self._architecture["kind"])

    def _first(self, w: Tensor) -> Tensor:
        const = self._layout.from_nchw(self._layers.constant("synthesis.const")[tf.newaxis])
        return self._layer(tf.tile(const, [tf.shape(w)[0], 1, 1, 1]), w, 4, "conv1")

    def _block(self, x: Tensor, w: list[Tensor], resolution: int) -> Tensor:
        y = self._layer(x, w[0], resolution, "conv0")
        y = self._layer(y, w[1], resolution, "conv1")
        if self._kind != "resnet":
            return y
        return (y + self._layers.skip(x, f"synthesis.{resolution}.skip")) * np.float32(np.sqrt(0.5))

    def _layer(self, x: Tensor, w: Tensor, resolution: int, conv: str) -> Tensor:
        """Modulated convolution, noise, bias, activation."""
        name = f"synthesis.{resolution}.{conv}"
        x = self._layers.modulated(x, w, name, up=conv == "conv0")
        x = x + self._noise_input(name, resolution) * self._layers.constant(name + ".noise_strength")
        return self._clamp(activate(self._layers.bias(x, name), self._architecture["activation"]))

    def _noise_input(self, name: str, resolution: int) -> Tensor:
        constant = self._layers.constant(name + ".noise_const")[tf.newaxis]
        fed = tf.placeholder_with_default(constant, [None, resolution, resolution])
        self.noise.append(fed)
        return tf.expand_dims(fed, 1 if self._layout.channels_first else 3)

    def _to_rgb(self, x: Tensor, w: Tensor, resolution: int) -> Tensor:
        name = f"synthesis.{resolution}.torgb"
        return self._clamp(self._layers.bias(self._layers.modulated(x, w, name, demodulate=False), name))

    def _clamp(self, x: Tensor) -> Tensor:
        limit = self._architecture["conv_clamp"]
        return x if limit is None else tf.clip_by_value(x, -limit, limit)
