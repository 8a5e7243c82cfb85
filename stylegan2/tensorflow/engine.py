"""The TensorFlow engine: `stylegan2.engine.child.Engine` in TensorFlow 1.14. Runs in a process of its own."""

from __future__ import annotations

import argparse
import gc
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow.compat.v1 as tf

from stylegan2.engine import child
from stylegan2.latents import noise_resolutions, noise_stream
from stylegan2.tensorflow.devices import place
from stylegan2.tensorflow.generator import Generator
from stylegan2.tensorflow.reading import read_elsewhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylegan2.engine.wire import Array, Message
    from stylegan2.tensorflow.generator import Noise


class TensorFlowEngine:
    """Networks by their names, on one device."""

    def __init__(self, device: str, threads: int | None, reader: str) -> None:
        """`device`: "cpu", "cuda", "cuda:N", or "auto": the first GPU that TensorFlow can use, else the CPU.
        `reader`: a Python that runs `stylegan2.checkpoint`."""
        self._placement = place(device, threads)
        self._reader = reader
        self._generators: dict[str, tuple[Generator, int, int]] = {}
        self._touch_device()

    def describe(self) -> dict[str, Any]:
        return {
            "engine": "tensorflow",
            "version": tf.__version__,
            "device": self._placement.device,
            "device_name": self._placement.device_name,
            "memory_bytes": self._placement.memory_bytes,
            "devices": [self._placement.device, *self._placement.companions],
        }

    def load(self, network: str, message: Message, tensors: dict[str, Array]) -> str:
        if "path" in message:
            message, tensors = read_elsewhere(self._reader, message["path"])
        if network in self._generators:
            self._generators.pop(network)[0].close()
        mapping, synthesis = message["mapping"], message["synthesis"]
        placement = self._placement.tensorflow_name, self._placement.config
        generator = Generator(mapping, synthesis, tensors, placement)
        self._generators[network] = generator, mapping["z_dim"], synthesis["resolution"]
        return str(message["sha256"])

    def map(self, network: str, z: Array, labels: Array | None) -> Array:
        return self._generators[network][0].map(z, labels)

    def synthesize(self, network: str, ws: Array, noises: Sequence[Message]) -> Array:
        generator, z_dim, resolution = self._generators[network]
        return generator.synthesize(ws, [_drawn(noise, z_dim, resolution) for noise in noises])

    def failure_kind(self, error: Exception) -> str:
        """Out of memory by its type, a lost device by trying whether anything still works on it."""
        if isinstance(error, tf.errors.ResourceExhaustedError):
            return child.OUT_OF_MEMORY
        try:
            self._touch_device()
        except tf.errors.OpError:
            return child.DEVICE_LOST
        return child.ENGINE_ERROR

    def release(self) -> None:
        """TensorFlow keeps what it has taken from the device, and gives freed parts of it to the next batch."""
        gc.collect()

    def _touch_device(self) -> None:
        with tf.Graph().as_default(), tf.device(self._placement.tensorflow_name):
            one = tf.placeholder(tf.float32, [])
            with tf.Session(config=self._placement.config) as session:
                session.run(one + 1, {one: np.float32(1)})


def _drawn(noise: Message, z_dim: int, resolution: int) -> Noise:
    if noise["mode"] == "stream":
        return noise_stream(noise["seed"], z_dim, noise_resolutions(resolution))
    return {"const": None, "none": ()}[noise["mode"]]


def make(options: argparse.Namespace) -> TensorFlowEngine:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reader", required=True, help="the Python that reads networks' files")
    return TensorFlowEngine(options.device, options.threads, parser.parse_args(options.rest).reader)


if __name__ == "__main__":
    child.run(make)
