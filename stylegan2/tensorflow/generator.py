"""One network on one device: its graph, its session, arrays in and arrays out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow.compat.v1 as tf

from stylegan2.tensorflow.layers import Layers
from stylegan2.tensorflow.layout import Layout, Tensor
from stylegan2.tensorflow.networks import SynthesisNetwork, mapping_network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Array = np.ndarray[Any, np.dtype[Any]]
    Noise = Sequence[Array] | None
    """One [R, R] a noise input, in the layers' order; empty: zero; None: the file's constants."""


class Generator:
    """Maps and synthesises, one thread at a time. Batches have any size but 0."""

    def __init__(
        self,
        mapping: Mapping[str, Any],
        synthesis: Mapping[str, Any],
        arrays: Mapping[str, Array],
        placement: tuple[str, Any] = ("/cpu:0", None),
    ) -> None:
        """`mapping` and `synthesis` are `stylegan2.network`'s specifications as plain values, `arrays` its tensors;
        `placement` is TensorFlow's name of a device and the session's ConfigProto."""
        device, config = placement
        self._stored: dict[str, tuple[Tensor, Tensor, Array]] = {}
        with tf.Graph().as_default() as graph, tf.device(device):
            layout = Layout(channels_first="gpu" in device)
            layers = Layers(arrays, self._store, layout, tuple(synthesis["resample_kernel"]))
            self._build_mapping(layers, mapping)
            self._build_synthesis(layers, synthesis, layout)
        self._session = tf.Session(graph=graph, config=config)
        self._fill()
        self._noise_constants = self._session.run(self._noise) if self._noise else []

    def map(self, z: Array, labels: Array | None = None) -> Array:
        """z [N, z_dim] and, for a conditional network, labels [N, label_dim] -> w float32 [N, w_dim]."""
        feed = {self._z: z}
        if labels is not None:
            feed[self._labels] = labels
        return np.asarray(self._session.run(self._w, feed))

    def synthesize(self, ws: Array, noises: Sequence[Noise] = ()) -> Array:
        """ws [N, num_ws, w_dim] -> uint8 [N, H, W, C]; `noises` is one an item, or empty: all constant.

        Raises ArithmeticError where values are not finite.
        """
        pixels, finite = self._session.run([self._pixels, self._finite], self._feed(ws, noises))
        if not finite:  # uint8 would hide it
            raise ArithmeticError("not a picture: the network gives values that are not finite")
        return np.asarray(pixels)

    def image(self, ws: Array, noises: Sequence[Noise] = ()) -> Array:
        """As `synthesize`, but float32 [N, H, W, C], about -1 to 1."""
        return np.asarray(self._session.run(self._image, self._feed(ws, noises)))

    def close(self) -> None:
        """Gives the weights' memory back to TensorFlow."""
        self._session.close()

    def _build_mapping(self, layers: Layers, architecture: Mapping[str, Any]) -> None:
        self._z = tf.placeholder(tf.float32, [None, architecture["z_dim"]])
        self._labels = tf.placeholder(tf.float32, [None, architecture["label_dim"]])
        self._w = mapping_network(layers, architecture, self._z, self._labels)

    def _build_synthesis(self, layers: Layers, architecture: Mapping[str, Any], layout: Layout) -> None:
        num_ws = 2 * (architecture["resolution"].bit_length() - 1) - 2
        self._ws = tf.placeholder(tf.float32, [None, num_ws, architecture["w_dim"]])
        network = SynthesisNetwork(layers, architecture, layout)
        self._image = layout.to_nhwc(network.build(self._ws))
        self._noise = network.noise
        self._finite = tf.reduce_all(tf.math.is_finite(self._image))
        self._pixels = tf.cast(tf.clip_by_value(self._image * 127.5 + 128, 0, 255), tf.uint8)

    def _store(self, name: str, array: Array) -> Tensor:
        """A variable, filled by `_fill`: a constant would go into the graph, which holds 2 GB at most."""
        if name not in self._stored:
            value = tf.placeholder(tf.float32, array.shape)
            self._stored[name] = (tf.Variable(value, trainable=False), value, array)
        return self._stored[name][0]

    def _fill(self) -> None:
        stored = self._stored.values()
        self._session.run(
            [variable.initializer for variable, _, _ in stored], {value: array for _, value, array in stored}
        )
        self._stored.clear()

    def _feed(self, ws: Array, noises: Sequence[Noise]) -> dict[Tensor, Array]:
        feed = {self._ws: ws}
        if any(noise is not None for noise in noises):
            for index, constant in enumerate(self._noise_constants):
                feed[self._noise[index]] = np.stack([_noise_input(noise, index, constant[0]) for noise in noises])
        return feed


def _noise_input(noise: Noise, index: int, constant: Array) -> Array:
    """[R, R] of one item."""
    if noise is None:
        return constant
    return noise[index].reshape(constant.shape) if noise else np.zeros_like(constant)
